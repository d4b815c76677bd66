// Whether this host reaches the API, by what its requests come to: since when none has been answered. Once or
// twice in vain is chance. Pure.
#pragma once

#include <optional>

#include "cluster/lease.h"

namespace idpd::cluster {

class Reach {
 public:
  void answered() {
    failures_ = 0;
    failing_since_.reset();
  }
  void failed(Moment now) {
    ++failures_;
    if (!failing_since_) failing_since_ = now;
  }
  // Since when there has been no answer, where that has gone on for so long; nothing: as far as is known it
  // does.
  std::optional<Moment> lost(Moment now, std::chrono::nanoseconds patience) const {
    if (failures_ < fewest_failures || now - *failing_since_ < patience) return std::nullopt;
    return failing_since_;
  }

 private:
  static constexpr int fewest_failures = 3;
  int failures_ = 0;
  std::optional<Moment> failing_since_;
};

}  // namespace idpd::cluster
