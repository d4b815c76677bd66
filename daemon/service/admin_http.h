// Between our requests and answers and those of libmicrohttpd: for admin_server.cpp alone. Nothing is owned
// or kept here, nothing blocks.
#pragma once

#include <microhttpd.h>

#include <cstdint>
#include <string>

#include "base/result.h"
#include "service/admin_routes.h"

namespace idpd::service {

// Fills in the headers that matter and gives the length of the body, zero where none is said. Error
// (invalid): headers that contradict one another, or of which two readers might believe different ones.
base::Result<std::uint64_t> read_headers(MHD_Connection* connection, AdminRequest& request);

MHD_Result send_answer(MHD_Connection* connection, const AdminResponse& answer);

int descriptor_of(MHD_Connection* connection);

// For the log: who asked for a change. Only a unix socket knows.
std::string peer_of(MHD_Connection* connection);

}  // namespace idpd::service
