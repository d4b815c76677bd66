#include "service/alarm.h"

#include <asio/redirect_error.hpp>
#include <asio/use_awaitable.hpp>
#include <utility>

namespace idpd::service {

namespace {

class SystemAlarm final : public Alarm {
 public:
  explicit SystemAlarm(asio::io_context& io) : timer_(io) {}

  asio::awaitable<bool> wait_until(Instant at) override {
    if (std::exchange(rung_, false)) co_return true;
    timer_.expires_at(at);
    std::error_code ended;
    co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, ended));
    // Its time may have come in the moment in which it was rung.
    co_return std::exchange(rung_, false) || ended;
  }

  void ring() override {
    rung_ = true;
    timer_.cancel();
  }

 private:
  asio::steady_timer timer_;
  bool rung_ = false;
};

}  // namespace

std::unique_ptr<Alarm> SystemAlarms::make() {
  return std::make_unique<SystemAlarm>(io_);
}

}  // namespace idpd::service
