// How long a lease that etcd counts may still be relied on here, and what follows for a write. Counted from
// before the request that granted or renewed it was sent, on a clock that goes on while the machine sleeps,
// and less a margin: for clocks of different pace, and for a server that is still at a request when we have
// given it up. Pure.
#pragma once

#include <algorithm>
#include <chrono>
#include <optional>

#include "base/clock.h"

namespace idpd::cluster {

using Moment = base::BootClock::time_point;

class Lease {
 public:
  // `asked` is when the request was sent whose answer said that it lasts so long.
  void renewed(Moment asked, std::chrono::seconds lasts) {
    until_ = asked + lasts - margin(lasts);
    shortest_write_ = std::chrono::nanoseconds(lasts) / 4;
  }
  void ended() { until_ = {}; }
  bool good(Moment now) const { return now < until_; }
  // When a write that begins now has to be over; nothing when too little is left for one.
  std::optional<Moment> write_until(Moment now) const {
    if (until_ - now < shortest_write_) return std::nullopt;
    return until_;
  }

  static std::chrono::nanoseconds margin(std::chrono::nanoseconds lasts) {
    return std::max<std::chrono::nanoseconds>(lasts / 10, std::chrono::milliseconds(500));
  }

 private:
  Moment until_{};
  std::chrono::nanoseconds shortest_write_{0};
};

}  // namespace idpd::cluster
