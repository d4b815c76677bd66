// The model: what an idpd may write, given what its files said, what it owns and what it was shown; and
// whether what it reports of a pass is true. What goes against that becomes a problem of the scene.
#pragma once

#include "plan/plan.h"
#include "reliability/scene.h"

namespace idpd::test {

// Of a write that is about to take effect.
void judge_write(Process& who, http::Method method, const std::string& id, const Json& body);

// Of a pass that has ended, by what it says of itself.
void judge_pass(Process& who, const plan::AccountPlan& plan);

// Whether an object shows what an entry says, as far as can be read; else what differs.
std::string difference(const Entry& entry, const Json& object);

}  // namespace idpd::test
