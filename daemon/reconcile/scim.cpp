#include "reconcile/scim.h"

#include <fmt/format.h>

#include "base/text.h"
#include "model/canonical.h"
#include "state/vault.h"

namespace idpd::reconcile {

bool can_keep_scim_secret(plan::Change& change, const ScimStorage& storage) {
  const auto ready = state::prepare_scim_storage(storage.state_directory, storage.account_id, change.key);
  if (ready) return true;
  change.withheld = plan::Withheld{
      plan::Reason::scim_storage,
      "turning SCIM on brings a secret once, and it could not be kept: " + ready.error().text()};
  change.outcome = plan::Outcome::withheld;
  return false;
}

void keep_scim_secret(plan::Change& change, const ScimStorage& storage, const model::Type& type,
                      const base::Json& answer, bool expected) {
  for (const model::Field& field : type.fields) {
    if (!field.secret || !field.read_only) continue;
    const base::Json* value = model::at_path(answer, field.path);
    if (!value || !value->is_string() || value->string().empty() || base::is_masked(value->string()))
      continue;
    const auto path =
        state::save_scim_secret(storage.state_directory, storage.account_id, change.key, value->string());
    change.notes.push_back(
        path ? fmt::format("the SCIM secret is in {}", *path)
             : fmt::format("the SCIM secret could not be kept ({}); make a new one in the dashboard",
                           path.error().text()));
    return;
  }
  if (expected) {
    change.notes.emplace_back(
        "SCIM was turned on, but the answer held no SCIM secret; make one in the dashboard");
  }
}

}  // namespace idpd::reconcile
