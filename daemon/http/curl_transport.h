// HTTP over libcurl, driven by the io_context: no thread of its own, nothing blocks. main owns it; the
// io_context is made before it. Connections are kept and shared. A coroutine that is cancelled or destroyed
// while it waits takes its exchange off curl at once; destroying the transport ends what is in flight.
// Certificates are always verified, there is no switch. curl is known only to the curl_*.cpp files.
#pragma once

#include <asio/io_context.hpp>
#include <chrono>
#include <memory>
#include <string>

#include "http/transport.h"

namespace idpd::http {

struct CurlOptions {
  std::string ca_file = {};      // trusted beside the system's own CAs
  std::string unix_socket = {};  // goes there instead of to the URL's host, and past every proxy
  std::chrono::milliseconds connect_timeout{10'000};
  std::chrono::milliseconds stall_timeout{30'000};  // no byte in either direction; whole seconds
  std::chrono::milliseconds total_timeout{120'000};
  // The kernel gives up what it has taken and nobody acknowledges for so long, also once the request is over:
  // else it would deliver it when the network comes back, minutes later. 0: as the system is set.
  std::chrono::milliseconds unacknowledged{0};
  std::size_t max_body = std::size_t{64} << 20U;  // of the decoded answer
  std::string user_agent = "idpd/" IDPD_VERSION;
  // Where a person set these, for errors.
  std::string address_from = "api.base_url";
  std::string ca_from = "api.ca_file";
};

class CurlDriver;

class CurlTransport final : public Transport {
 public:
  CurlTransport(asio::io_context& io, CurlOptions options);
  ~CurlTransport() override;
  CurlTransport(const CurlTransport&) = delete;
  CurlTransport& operator=(const CurlTransport&) = delete;

  // A request with a body goes out at most once, even where curl itself would try a second connection.
  asio::awaitable<base::Result<Response>> send(Request request) override;

 private:
  std::shared_ptr<const CurlOptions> options_;
  std::shared_ptr<CurlDriver> driver_;
};

}  // namespace idpd::http
