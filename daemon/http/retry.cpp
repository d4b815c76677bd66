#include "http/retry.h"

#include <algorithm>
#include <cmath>

namespace idpd::http {

std::optional<std::chrono::milliseconds> delay_before_retry(const RetryPolicy& policy, int attempt,
                                                            const base::Error& error, double unit_random) {
  using Milliseconds = std::chrono::duration<double, std::milli>;
  if (!error.retryable || attempt >= policy.attempts) return std::nullopt;
  const Milliseconds cap(policy.cap);
  const double unit = std::clamp(unit_random, 0.0, 1.0);
  const Milliseconds highest = std::min(cap, Milliseconds(policy.base) * std::exp2(std::max(0, attempt - 1)));
  Milliseconds delay = highest * unit;
  if (error.retry_after_seconds) {
    const std::chrono::duration<double> asked(std::max(0.0, *error.retry_after_seconds));
    if (asked > longest_retry_after) return std::nullopt;
    // The jitter comes on top, so that all who were told the same second do not come back at once.
    delay += asked;
  }
  return std::chrono::milliseconds(std::llround(std::ceil(delay.count())));
}

}  // namespace idpd::http
