// Lets a write go only while it is allowed, and gives it the time at which that ends: a lease that another
// host may hold next. Reads are not held up. Owned by whoever builds the transport that it wraps; what it
// asks is asked at the moment of sending, after every wait.
#pragma once

#include <functional>

#include "http/transport.h"

namespace idpd::http {

class FencedTransport final : public Transport {
 public:
  // Until when a write that begins now may last. Error: none may begin.
  using Permit = std::function<base::Result<base::BootClock::time_point>()>;
  FencedTransport(Transport& inner, Permit permit) : inner_(inner), permit_(std::move(permit)) {}
  asio::awaitable<base::Result<Response>> send(Request request) override;

 private:
  Transport& inner_;
  Permit permit_;
};

}  // namespace idpd::http
