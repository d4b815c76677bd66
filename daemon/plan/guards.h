// The guards: every rule that withholds a delete, in one place. They come after the planner, because who
// refers to what is looked up only when something is to be deleted. Pure. What the settings withhold a
// person can allow; what safety withholds (references, the last login method) nothing overrides.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "model/desired.h"
#include "model/live.h"
#include "plan/plan.h"
#include "plan/planner.h"

namespace idpd::plan {

// The settings' part: `deletes`, prevent_delete, max_deletes. Comes first, so that no request is spent on
// what is withheld anyway.
void apply_settings(AccountPlan& plan, const Policy& policy, const model::DesiredState& desired,
                    const std::vector<model::Record>* records);

// The live ids that would be deleted: who refers to them has to be looked up.
std::vector<std::string> ids_to_delete(const AccountPlan& plan);

// What was looked up: id -> who refers to it; or why that could not be done.
struct References {
  std::map<std::string, std::vector<std::string>> by_id;
  std::optional<std::string> problem;
};

// The safety part: references, and that a login method remains after the whole plan.
void apply_safety(AccountPlan& plan, const References& references, const model::LiveState& live);

}  // namespace idpd::plan
