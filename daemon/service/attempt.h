// What an attempt to deliver a message came to, and how long to wait for the next. Pure.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "http/transport.h"

namespace idpd::service {

enum class Verdict {
  acknowledged,
  refused,  // the message is given up: it would be refused again, or is too old
  later,    // the same message is sent again
};

struct Attempt {
  Verdict verdict = Verdict::later;
  std::string why;                      // for the log: shows nothing of the URL
  std::optional<double> asked_seconds;  // by Retry-After
};

Attempt judge(const base::Result<http::Response>& answer, std::string_view url);

// After so many failed attempts, at least one: exponential with full jitter, at most five minutes; what the
// receiver asks for comes before it, at most an hour.
std::chrono::milliseconds delay_before(int attempts, std::optional<double> asked_seconds, double unit_random);

}  // namespace idpd::service
