// The admin endpoint's HTTP server on the daemon's own loop: no thread, nothing blocks, everything is bounded
// (connections, their life, headers, bodies), so that no client can hold up a pass. One request a connection.
// Owned by the daemon's generation of settings; stop() closes everything at once, and nothing calls the
// backend afterwards. The io_context and the backend outlive it. libmicrohttpd is known to admin_server.cpp
// alone.
#pragma once

#include <asio/io_context.hpp>
#include <chrono>
#include <memory>
#include <vector>

#include "base/result.h"
#include "config/listen.h"
#include "service/admin_routes.h"

namespace idpd::service {

struct AdminLimits {
  std::size_t connections = 64;                 // on each socket; more wait in the kernel's queue
  std::chrono::milliseconds life{30'000};       // of a connection, whatever it does
  std::size_t body = std::size_t{64} << 10U;    // of a request, bytes
  std::size_t memory = std::size_t{32} << 10U;  // of a connection: its headers must fit
};

class AdminServer {
 public:
  // All sockets or none. Errors (io) name the address and the way out.
  static base::Result<std::unique_ptr<AdminServer>> start(asio::io_context& io,
                                                          const std::vector<config::Listen>& listen,
                                                          AdminBackend& backend, AdminLimits limits = {});
  ~AdminServer();
  AdminServer(const AdminServer&) = delete;
  AdminServer& operator=(const AdminServer&) = delete;

  // Not from within a call of the backend.
  void stop();
  // Where it listens, with the ports that it got.
  std::vector<config::Listen> listening() const;

 private:
  class Listener;
  AdminServer() = default;
  std::vector<std::shared_ptr<Listener>> listeners_;
};

}  // namespace idpd::service
