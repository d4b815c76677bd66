#include "service/lost_secrets.h"

#include <algorithm>

#include "service/incidents.h"

namespace idpd::service {

base::Result<void> note_lost_secrets(state::Store& store, const std::string& state_directory,
                                     const config::Account& account, model::Time now) {
  const auto records = store.records(account.id);
  if (!records) return records.error();
  auto lost = reconcile::lost_scim_secrets({state_directory, account.id}, *records);
  if (!lost) return std::move(lost).error();
  auto open = store.history().open_incidents(account.id);
  if (!open) return std::move(open).error();
  std::erase_if(*open, [](const model::Incident& one) { return one.matter != lost_scim_secret; });
  Finished only;  // a pass that has seen nothing else
  only.plan.account = account.alias;
  only.plan.account_id = account.id;
  only.plan.status = plan::Status::in_sync;
  only.lost_secrets = *std::move(lost);
  only.ended = now;
  for (Told& told : observe(*open, seen_in(only), only)) {
    if (auto saved = store.history().save(told.incident); !saved) return saved;
  }
  return {};
}

}  // namespace idpd::service
