// From what a pass has seen to what is told of it: which incidents open, change and end. Pure. What is
// unknown opens and ends nothing: an account that could not be read leaves its drift as it was last seen.
#pragma once

#include <string>
#include <vector>

#include "check/outcome.h"
#include "model/incident.h"
#include "model/live.h"
#include "service/account_pass.h"

namespace idpd::service {

enum class Step { opened, changed, lasts, ended };

struct Told {
  Step step = Step::opened;
  model::Incident incident;
};

// What is wrong now, as incidents that have neither a number nor a beginning. Drift that the pass has written
// back is among them, with its ending.
std::vector<model::Incident> seen_in(const Finished& pass);

// What becomes of the account's open incidents, given what is wrong now (of the pass, and of what expires).
std::vector<Told> observe(const std::vector<model::Incident>& open, std::vector<model::Incident> seen,
                          const Finished& pass);

// The same for the files as a whole: `problem` is why they cannot be used, empty when they can.
std::vector<Told> observe_files(const std::vector<model::Incident>& open, const std::string& problem,
                                bool in_force, model::Time now);

// The same for what the probes have found. What they could not tell opens and ends nothing; one that the
// files no longer name, or that there is nothing to probe of any more, is over.
std::vector<Told> observe_checks(const std::vector<model::Incident>& open,
                                 const std::vector<check::Outcome>& outcomes, const config::Account& account,
                                 const model::DesiredState& desired, model::Time now);

bool is_drift(const plan::Change& change);

// The matter of an incident about a SCIM secret that never came.
inline constexpr std::string_view lost_scim_secret = "scim_secret";

}  // namespace idpd::service
