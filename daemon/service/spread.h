// How often accounts can be looked at within their request budget, where their number does not allow for the
// interval that the settings ask for: passes are spread over more time, instead of queueing without end.
// Pure.
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <string>

#include "config/settings.h"

namespace idpd::service {

// What a look takes is one request, as long as nothing has changed; a part of the budget stays for what has.
std::chrono::milliseconds spread_interval(std::chrono::milliseconds interval, std::size_t accounts,
                                          int requests_per_5m);

struct Spread {
  std::size_t accounts = 0;
  std::chrono::milliseconds interval{};
};
// By rate group.
std::map<std::string, Spread> spread(const config::Settings& settings, int requests_per_5m);

// What to say of it, once; empty when the interval is kept.
std::string spread_notice(const config::Settings& settings, const std::map<std::string, Spread>& all,
                          int requests_per_5m);

}  // namespace idpd::service
