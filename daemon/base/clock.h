// Time and chance as interfaces, so that tests own both. The objects live in main and are passed by
// reference; neither blocks.
#pragma once

#include <chrono>
#include <string>

namespace idpd::base {

class Clock {
 public:
  virtual ~Clock() = default;
  virtual std::chrono::system_clock::time_point now() const = 0;        // for people and records
  virtual std::chrono::steady_clock::time_point monotonic() const = 0;  // for waiting
};

class Random {
 public:
  virtual ~Random() = default;
  virtual double unit() = 0;  // evenly spread in [0, 1)
};

class SystemClock final : public Clock {
 public:
  std::chrono::system_clock::time_point now() const override { return std::chrono::system_clock::now(); }
  std::chrono::steady_clock::time_point monotonic() const override {
    return std::chrono::steady_clock::now();
  }
};

class SystemRandom final : public Random {
 public:
  double unit() override;
};

// Goes on while the machine sleeps, and while the process is stopped: what a lease that others count is
// counted by.
struct BootClock {
  using duration = std::chrono::nanoseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<BootClock>;
  static constexpr bool is_steady = true;
  static time_point now() noexcept;
};

// RFC 3339 in UTC, to the second. Seconds reach further than the clock's own nanoseconds, which end in 2262:
// certificates that are valid for ever say 9999.
std::string timestamp(std::chrono::sys_seconds at);
inline std::string timestamp(std::chrono::system_clock::time_point at) {
  return timestamp(std::chrono::floor<std::chrono::seconds>(at));
}

}  // namespace idpd::base
