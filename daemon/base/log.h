// The log: what happened, for people who look into it, on stderr. Results never go here, and secrets never
// anywhere. spdlog does the work, in log.cpp alone. Set up once by main's commands; one thread.
#pragma once

#include <string>
#include <string_view>

namespace idpd::base {

enum class LogLevel { trace, debug, info, warn, error };

// `json` writes one JSON object a line.
void set_up_log(LogLevel level, bool json);
void log(LogLevel level, std::string_view message);
bool logs(LogLevel level);

}  // namespace idpd::base
