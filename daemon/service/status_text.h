// The status and history documents for a terminal. Pure; a document that lacks members never breaks them.
#pragma once

#include <string>

#include "base/json.h"
#include "model/incident.h"

namespace idpd::service {

// First whether all is well, then only what is not, each once, and what to do next; in-sync ones are a count.
// Ends with a newline.
std::string status_text(const base::Json& status, model::Time now, bool color);
// Incidents and passes in one stream, newest first; passes that did nothing are counted together.
std::string history_text(const base::Json& history, model::Time now, bool color);

}  // namespace idpd::service
