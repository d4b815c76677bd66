#include "service/spread.h"

#include <fmt/format.h>

#include <algorithm>

namespace idpd::service {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds window = std::chrono::minutes(5);
constexpr double share_for_looks = 0.7;  // a tenth is kept for writes alone, and drift and changes read more

std::string length_of(milliseconds length) {
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(length).count();
  if (length < std::chrono::seconds(1)) return fmt::format("{} ms", length.count());
  return seconds % 60 == 0 || seconds >= 600 ? fmt::format("{} min", (seconds + 59) / 60)
                                             : fmt::format("{} s", seconds);
}

}  // namespace

milliseconds spread_interval(milliseconds interval, std::size_t accounts, int requests_per_5m) {
  const double looks = share_for_looks * std::max(1, requests_per_5m);
  const auto needed = static_cast<double>(accounts) / looks * static_cast<double>(window.count());
  return std::max(interval, milliseconds(static_cast<std::int64_t>(needed)));
}

std::map<std::string, Spread> spread(const config::Settings& settings, int requests_per_5m) {
  std::map<std::string, Spread> out;
  for (const config::Account& one : settings.accounts) ++out[one.rate_group].accounts;
  for (auto& [group, one] : out) {
    // A few of them may be looked at as often as somebody likes: they wait for each other soon enough.
    one.interval = one.accounts < settings.concurrency
                       ? settings.interval
                       : spread_interval(settings.interval, one.accounts, requests_per_5m);
  }
  return out;
}

std::string spread_notice(const config::Settings& settings, const std::map<std::string, Spread>& all,
                          int requests_per_5m) {
  const Spread* slowest = nullptr;
  std::size_t groups = 0;
  std::string name;
  for (const auto& [group, one] : all) {
    if (one.interval <= settings.interval) continue;
    ++groups;
    if (slowest && one.interval <= slowest->interval) continue;
    slowest = &one;
    name = group;
  }
  if (!slowest) return {};
  return fmt::format(
      "{} accounts share the {} requests in 5 min of rate group {}{}: each is looked at every {} instead of "
      "every {}",
      slowest->accounts, requests_per_5m, name, groups > 1 ? fmt::format(" (the slowest of {})", groups) : "",
      length_of(slowest->interval), length_of(settings.interval));
}

}  // namespace idpd::service
