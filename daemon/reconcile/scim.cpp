#include "reconcile/scim.h"

#include <fmt/format.h>

#include "base/text.h"
#include "model/canonical.h"
#include "state/vault.h"

namespace idpd::reconcile {

bool can_keep_scim_secret(plan::Change& change, const ScimStorage& storage) {
  const auto ready = state::await_scim_secret(storage.state_directory, storage.account_id, change.key);
  if (ready) return true;
  change.withheld = plan::Withheld{plan::Reason::scim_storage,
                                   "nothing was written, since turning SCIM on brings a secret that "
                                   "Cloudflare shows once, and it could not be kept here: " +
                                       ready.error().text()};
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
        path ? fmt::format(
                   "the SCIM secret, which Cloudflare shows once, is in {}; give it to the identity provider",
                   *path)
             : fmt::format("the SCIM secret could not be kept ({}): {}", path.error().text(),
                           lost_scim_secret(storage, change.key)));
    return;
  }
  if (expected) {
    change.notes.push_back("the answer held no SCIM secret: " + lost_scim_secret(storage, change.key));
  }
}

void give_up_scim_secret(plan::Change& change, const ScimStorage& storage) {
  const auto done = state::give_up_scim_secret(storage.state_directory, storage.account_id, change.key);
  if (!done)
    change.notes.push_back("the file that was to hold the SCIM secret is left, and can be removed: " +
                           done.error().text());
}

void move_scim_secret(plan::Change& change, const ScimStorage& storage) {
  const auto done =
      state::move_scim_secret(storage.state_directory, storage.account_id, change.previous_key, change.key);
  if (!done)
    change.notes.push_back("the SCIM secret is still under the former key; move that file by hand: " +
                           done.error().text());
}

std::string lost_scim_secret(const ScimStorage& storage, const std::string& key) {
  return fmt::format(
      "SCIM is on, but the SCIM secret was lost on its way here, and users are not provisioned without it; "
      "make a "
      "new one in the Cloudflare dashboard (Zero Trust > Settings > Authentication > this login method > "
      "Regenerate secret), give it to the identity provider, "
      "and put it into {}, which ends this",
      state::scim_secret_path(storage.state_directory, storage.account_id, key));
}

base::Result<bool> is_scim_secret_lost(const ScimStorage& storage, const std::string& key,
                                       const model::FieldMap& fields) {
  if (fields.at(model::scim_enabled_path) != base::Json(true)) return false;
  return state::scim_secret_is_missing(storage.state_directory, storage.account_id, key);
}

base::Result<std::vector<LostSecret>> lost_scim_secrets(const ScimStorage& storage,
                                                        const std::vector<model::Record>& records) {
  std::vector<LostSecret> out;
  for (const model::Record& record : records) {
    const auto lost = is_scim_secret_lost(storage, record.key, record.observed);
    if (!lost) return lost.error();
    if (*lost)
      out.push_back({record.key, record.id, record.name, record.type, lost_scim_secret(storage, record.key)});
  }
  return out;
}

}  // namespace idpd::reconcile
