#include "service/supervisor.h"

#include <fmt/format.h>
#include <systemd/sd-daemon.h>

#include <ctime>

#include "base/text.h"

namespace idpd::service {

namespace {

// The variables stay (0): a reload and the watchdog need them later.
void tell(const std::string& state) {
  (void)sd_notify(0, state.c_str());
}

}  // namespace

void Supervisor::ready() {
  tell("READY=1");
}

void Supervisor::reloading() {
  // With the time, the manager can tell this reload from an earlier one. It counts on this very clock.
  timespec now{};
  (void)clock_gettime(CLOCK_MONOTONIC, &now);
  const auto since_boot = std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
  tell(fmt::format("RELOADING=1\nMONOTONIC_USEC={}",
                   std::chrono::duration_cast<std::chrono::microseconds>(since_boot).count()));
}

void Supervisor::stopping() {
  tell("STOPPING=1");
}

void Supervisor::status(std::string_view line) {
  if (line == status_) return;
  status_ = line;
  // A line break would begin another assignment: text from outside could say READY.
  tell("STATUS=" + base::printable(line));
}

void Supervisor::watchdog() {
  tell("WATCHDOG=1");
}

std::optional<std::chrono::microseconds> Supervisor::watchdog_interval() const {
  std::uint64_t limit = 0;
  if (sd_watchdog_enabled(0, &limit) <= 0) return std::nullopt;
  return std::chrono::microseconds(limit / 2);
}

}  // namespace idpd::service
