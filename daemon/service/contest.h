// Two writers that keep undoing each other (design rule 13): an identity provider that idpd has set back a
// few times within a day is contested. It is written ever more rarely then, so that neither the people who
// log in nor the API suffer from the quarrel, and that is said with who the other one is. Pure: all of it
// follows from the incidents that ended, and so survives a restart.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "model/incident.h"

namespace idpd::service {

// How far back incidents count.
inline constexpr std::chrono::hours contest_memory{24};

// Those that are not to be written yet, by key, each with a sentence that says why and until when. `ended`:
// the account's incidents that ended within contest_memory; what ended in the future, by a clock that was set
// back, does not count.
std::map<std::string, std::string> contested(const std::vector<model::Incident>& ended, model::Time now);

}  // namespace idpd::service
