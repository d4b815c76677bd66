#include "service/attempt.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "http/budget.h"
#include "http/retry.h"

namespace idpd::service {

namespace {

constexpr http::RetryPolicy policy{.attempts = std::numeric_limits<int>::max(),
                                   .base = std::chrono::seconds(1),
                                   .cap = std::chrono::minutes(5)};
constexpr double longest_wish_seconds = 3600;

// `https://user@HOST:1/path` -> `HOST`
std::string host_of(std::string_view url) {
  const std::size_t scheme = url.find("://");
  const std::size_t begin = scheme == std::string::npos ? 0 : scheme + 3;
  std::string authority(url.substr(begin, url.find_first_of("/?#\\", begin) - begin));
  if (const std::size_t user = authority.rfind('@'); user != std::string::npos) authority.erase(0, user + 1);
  return authority.substr(0, authority.find(':'));
}

// The host too can be what makes a webhook's URL a secret.
std::string without_host(std::string text, std::string_view url) {
  const std::string host = host_of(url);
  const std::string_view instead = "the host";
  if (host.empty()) return text;
  for (std::size_t at = text.find(host); at != std::string::npos; at = text.find(host, at + instead.size()))
    text.replace(at, host.size(), instead);
  return text;
}

}  // namespace

Attempt judge(const base::Result<http::Response>& answer, std::string_view url) {
  if (!answer) {
    // `where` is left out: it may hold the URL.
    return {Verdict::later, without_host(answer.error().message, url), answer.error().retry_after_seconds};
  }
  const int status = answer->status;
  if (status >= 200 && status < 300) return {Verdict::acknowledged, {}, {}};
  // The body is not shown: it may repeat what was sent where.
  std::string why = fmt::format("the answer was {}", status);
  if (status >= 500 || status == 408 || status == 429) {
    const double asked = http::parse_retry_after(answer->header("retry-after"));
    return {Verdict::later, std::move(why), asked < 0 ? std::nullopt : std::optional(asked)};
  }
  if (status >= 300 && status < 400) why += ", a redirect, which is never followed";
  return {Verdict::refused, std::move(why), {}};
}

std::chrono::milliseconds delay_before(int attempts, std::optional<double> asked_seconds,
                                       double unit_random) {
  const base::Error error{.code = base::Code::unavailable, .message = {}, .retryable = true};
  const auto own = http::delay_before_retry(policy, attempts, error, unit_random);
  const double asked = std::clamp(asked_seconds.value_or(0), 0.0, longest_wish_seconds);
  return own.value_or(policy.cap) + std::chrono::milliseconds(static_cast<std::int64_t>(asked * 1000));
}

}  // namespace idpd::service
