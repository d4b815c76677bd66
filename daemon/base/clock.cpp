#include "base/clock.h"

#include <fmt/chrono.h>

#include <ctime>
#include <random>

namespace idpd::base {

BootClock::time_point BootClock::now() noexcept {
  timespec at{};
  (void)::clock_gettime(CLOCK_BOOTTIME, &at);
  return time_point(std::chrono::seconds(at.tv_sec) + std::chrono::nanoseconds(at.tv_nsec));
}

double SystemRandom::unit() {
  thread_local std::mt19937_64 engine{std::random_device{}()};
  return std::uniform_real_distribution<double>(0.0, 1.0)(engine);
}

std::string timestamp(std::chrono::sys_seconds at) {
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::time_t{at.time_since_epoch().count()}));
}

}  // namespace idpd::base
