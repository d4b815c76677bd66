// The one thing that the daemon waits on: until a time, or until somebody rings. Time comes with it, so that
// a test runs hours in seconds. An Alarm has one waiter at a time; its owner outlives the waiting coroutine,
// which ends early (as if rung) when it is cancelled.
#pragma once

#include <asio/awaitable.hpp>
#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>
#include <chrono>
#include <memory>

#include "base/clock.h"

namespace idpd::service {

using Instant = std::chrono::steady_clock::time_point;
inline constexpr Instant never = Instant::max();

class Alarm {
 public:
  virtual ~Alarm() = default;
  // True when it was rung, false when the time came. A ring while nobody waits ends the next wait at once;
  // several are one.
  virtual asio::awaitable<bool> wait_until(Instant at) = 0;
  virtual void ring() = 0;
};

class Alarms {
 public:
  virtual ~Alarms() = default;
  virtual std::unique_ptr<Alarm> make() = 0;
  virtual base::Clock& clock() = 0;
};

class SystemAlarms final : public Alarms {
 public:
  SystemAlarms(asio::io_context& io, base::Clock& clock) : io_(io), clock_(clock) {}
  std::unique_ptr<Alarm> make() override;
  base::Clock& clock() override { return clock_; }

 private:
  asio::io_context& io_;
  base::Clock& clock_;
};

}  // namespace idpd::service
