// Between our requests and answers and those of libmicrohttpd: for admin_server.cpp alone. Nothing is owned
// or kept here, nothing blocks.
#pragma once

#include <microhttpd.h>

#include <cstddef>
#include <cstdint>
#include <string>

#include "base/result.h"
#include "service/admin_routes.h"

namespace idpd::service {

// One request while it comes in; the library holds the pointer to it and gives it back to forget_request.
struct Incoming {
  AdminRequest request;
  std::size_t discarded = 0;  // of a body that is larger than allowed
};
void forget_request(void* closure, MHD_Connection* connection, void** state, MHD_RequestTerminationCode why);

// As the library's way to decode: the path is compared as it came, so that what is spelt differently is not
// there.
std::size_t leave_escaped(void* closure, MHD_Connection* connection, char* text);

// Fills in the headers that matter and gives the length of the body, zero where none is said. Error
// (invalid): headers that contradict one another, or of which two readers might believe different ones.
base::Result<std::uint64_t> read_headers(MHD_Connection* connection, AdminRequest& request);

MHD_Result send_answer(MHD_Connection* connection, const AdminResponse& answer);

int descriptor_of(MHD_Connection* connection);

// For the log: who asked for a change. Only a unix socket knows.
std::string peer_of(MHD_Connection* connection);

}  // namespace idpd::service
