// What the secrets of one identity provider withhold (design rule 5): a PUT replaces the whole object, so it
// needs every secret that the API holds, and a kept one must not be sent elsewhere. Pure.
#pragma once

#include "plan/diff.h"
#include "plan/plan.h"

namespace idpd::plan {

struct SecretRules {
  const model::DesiredProvider& desired;
  const model::Type& type;
  const SecretStates* states = nullptr;  // null when none was looked at
  bool withhold_unresolved = false;
};

// `live` is null for a create.
void withhold_for_secrets(Change& change, const SecretRules& input, const model::LiveProvider* live);

}  // namespace idpd::plan
