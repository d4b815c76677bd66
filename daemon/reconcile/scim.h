// The SCIM secret comes once, in the answer that turns SCIM on (design rule 11): its place is proved and the
// wish noted before the request is sent, and it is written there before anything else happens. A note without
// a secret, after a crash or a lost answer, is a loss that is told until somebody puts a new secret there.
// Plain functions; they block on the disk, shortly.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "model/record.h"
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

// The request was refused, so that none comes.
void give_up_scim_secret(plan::Change& change, const ScimStorage& storage);

// A key's record and its secret file become those of another key.
void move_scim_secret(plan::Change& change, const ScimStorage& storage);

// What a person has to do about a secret that did not arrive.
std::string lost_scim_secret(const ScimStorage& storage, const std::string& key);

// True when SCIM is on, by our request, and its secret never came. Error: io, with the path.
base::Result<bool> is_scim_secret_lost(const ScimStorage& storage, const std::string& key,
                                       const model::FieldMap& fields);

struct LostSecret {
  std::string key;
  std::string id;
  std::string name;
  std::string type;
  std::string message;
};

// Of all that idpd manages. Error: as above.
base::Result<std::vector<LostSecret>> lost_scim_secrets(const ScimStorage& storage,
                                                        const std::vector<model::Record>& records);

}  // namespace idpd::reconcile
