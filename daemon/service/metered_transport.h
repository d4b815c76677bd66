// Counts each exchange and its duration in the metrics, with or without an answer, and tells whoever watches
// whether there was one; one whose coroutine is destroyed while it waits is not counted. Owned by whoever
// builds the transport that it wraps.
#pragma once

#include <functional>

#include "base/clock.h"
#include "http/transport.h"
#include "service/metrics.h"

namespace idpd::service {

class MeteredTransport final : public http::Transport {
 public:
  MeteredTransport(http::Transport& inner, Metrics& metrics, const base::Clock& clock)
      : inner_(inner), metrics_(metrics), clock_(clock) {}
  asio::awaitable<base::Result<http::Response>> send(http::Request request) override;
  // Told after each exchange; an answer that says that the server cannot answer is none.
  void watch(std::function<void(bool answered)> told) { told_ = std::move(told); }

 private:
  http::Transport& inner_;
  Metrics& metrics_;
  const base::Clock& clock_;
  std::function<void(bool)> told_;
};

}  // namespace idpd::service
