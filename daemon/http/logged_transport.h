// Notes each exchange in the log at debug level: method, URL without its query, status or error, duration.
// Never a header or a body. Owned by whoever builds the transport that it wraps.
#pragma once

#include "base/clock.h"
#include "http/transport.h"

namespace idpd::http {

class LoggedTransport final : public Transport {
 public:
  LoggedTransport(Transport& inner, const base::Clock& clock) : inner_(inner), clock_(clock) {}
  asio::awaitable<base::Result<Response>> send(Request request) override;

 private:
  Transport& inner_;
  const base::Clock& clock_;
};

}  // namespace idpd::http
