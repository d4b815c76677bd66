// The SCIM secret comes once, in the answer that turns SCIM on (design rule 11): its place is proved before
// the request is sent, and it is written there before anything else happens. Plain functions; they block on
// the disk, shortly.
#pragma once

#include <string>

#include "base/json.h"
#include "model/type_catalog.h"
#include "plan/plan.h"

namespace idpd::reconcile {

struct ScimStorage {
  const std::string& state_directory;
  const std::string& account_id;
};

// False, with the change withheld, when a secret could not be kept.
bool can_keep_scim_secret(plan::Change& change, const ScimStorage& storage);

// Takes a secret that the server made out of its answer and notes in the change where it is. `expected`: the
// request turned SCIM on, so that its absence is worth a note.
void keep_scim_secret(plan::Change& change, const ScimStorage& storage, const model::Type& type,
                      const base::Json& answer, bool expected);

}  // namespace idpd::reconcile
