// Once stopped, nothing goes out any more, and a read that was cut short is not worth repeating; what became
// of a write that was cut short stays unknown. Owned by whoever builds the transport that it wraps.
#pragma once

#include "http/transport.h"

namespace idpd::http {

class StoppableTransport final : public Transport {
 public:
  explicit StoppableTransport(Transport& inner) : inner_(inner) {}
  void stop() { stopped_ = true; }
  asio::awaitable<base::Result<Response>> send(Request request) override;

 private:
  Transport& inner_;
  bool stopped_ = false;
};

}  // namespace idpd::http
