// Whether and when a failed request is sent again: exponential backoff with full jitter. Pure; the caller
// owns the timer and its cancellation, and decides first whether this method may be repeated at all.
#pragma once

#include <chrono>
#include <optional>

#include "base/result.h"

namespace idpd::http {

struct RetryPolicy {
  int attempts = 4;  // in all, the first one included
  std::chrono::milliseconds base{500};
  std::chrono::milliseconds cap{30'000};
};

// A server that asks for more than this is not waited for.
constexpr std::chrono::seconds longest_retry_after{300};

// After `attempt` attempts (1 = the first has failed). Nothing: give up.
std::optional<std::chrono::milliseconds> delay_before_retry(const RetryPolicy& policy, int attempt,
                                                            const base::Error& error, double unit_random);

}  // namespace idpd::http
