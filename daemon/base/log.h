// The log: what happened, for people who look into it, on stderr. Results never go here, and secrets never
// anywhere. spdlog does the work, in log.cpp alone; when stderr is systemd's journal and the format is text,
// entries go there with their fields instead. Set up once by main's commands; one thread.
#pragma once

#include <string>
#include <string_view>

#include "base/journal.h"

namespace idpd::base {

enum class LogLevel { trace, debug, info, warn, error };

// `json` writes one JSON object a line.
void set_up_log(LogLevel level, bool json);
void log(LogLevel level, std::string_view message);
// With fields for programs that search: members in JSON (`"idpd_key": …`) and fields in the journal. As text
// they are not shown, so the message has to say by itself what it is about.
void log(LogLevel level, std::string_view message, const Fields& fields);
bool logs(LogLevel level);

}  // namespace idpd::base
