// Time that stands still until a test moves it: `advance` lets everything run that is due meanwhile, in the
// order of its time, so that hours of the daemon are seconds of a test.
#pragma once

#include <algorithm>
#include <asio/io_context.hpp>
#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>
#include <utility>
#include <vector>

#include "service/alarm.h"

namespace idpd::test {

class FakeClock final : public base::Clock {
 public:
  std::chrono::system_clock::time_point now() const override { return now_; }
  std::chrono::steady_clock::time_point monotonic() const override { return monotonic_; }
  void move_to(service::Instant at) {
    now_ += std::chrono::duration_cast<std::chrono::system_clock::duration>(at - monotonic_);
    monotonic_ = at;
  }
  // Somebody sets the clock.
  void jump(std::chrono::system_clock::duration by) { now_ += by; }

 private:
  std::chrono::system_clock::time_point now_ = std::chrono::sys_days{std::chrono::year(2026) / 11 / 1};
  service::Instant monotonic_{std::chrono::hours(1)};
};

class FakeAlarms final : public service::Alarms {
 public:
  explicit FakeAlarms(asio::io_context& io) : io_(io) {}

  std::unique_ptr<service::Alarm> make() override { return std::make_unique<One>(*this); }
  base::Clock& clock() override { return clock_; }
  void jump(std::chrono::system_clock::duration by) { clock_.jump(by); }

  // Runs what can run now, without any time passing.
  void settle() {
    io_.restart();
    io_.poll();
  }

  // When the next of those that wait for a time is due; `never` when none does.
  service::Instant next() {
    const One* found = earliest(service::never);
    return found ? found->at : service::never;
  }

  void advance(std::chrono::nanoseconds length) {
    const service::Instant end = clock_.monotonic() + length;
    settle();
    while (One* next = earliest(end)) {
      clock_.move_to(std::max(next->at, clock_.monotonic()));
      next->expire();
      settle();
    }
    clock_.move_to(end);
  }

 private:
  struct One final : service::Alarm {
    explicit One(FakeAlarms& alarms) : owner(alarms), timer(alarms.io_) { owner.all_.push_back(this); }
    ~One() override { std::erase(owner.all_, this); }

    asio::awaitable<bool> wait_until(service::Instant until) override {
      if (std::exchange(rung, false)) co_return true;
      if (until <= owner.clock_.monotonic()) co_return false;
      at = until;
      timer.expires_at(service::never);
      std::error_code ended;
      co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ended));
      at = service::never;
      co_return std::exchange(rung, false) || !std::exchange(expired, false);
    }
    void ring() override {
      rung = true;
      timer.cancel();
    }
    void expire() {
      at = service::never;
      expired = true;
      timer.cancel();
    }

    FakeAlarms& owner;
    asio::steady_timer timer;
    service::Instant at = service::never;
    bool rung = false;
    bool expired = false;
  };

  One* earliest(service::Instant end) {
    One* found = nullptr;
    for (One* one : all_) {
      if (one->at <= end && one->at != service::never && (!found || one->at < found->at)) found = one;
    }
    return found;
  }

  asio::io_context& io_;
  FakeClock clock_;
  std::vector<One*> all_;
};

}  // namespace idpd::test
