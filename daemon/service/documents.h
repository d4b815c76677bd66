// What the daemon knows, as the documents that `idpd status`, the admin endpoint and the status page show
// (README.md, "Status as JSON"): one an account and one of the daemon itself, kept in the store, put together
// when somebody asks. Pure but for the store.
#pragma once

#include <optional>
#include <string>

#include "base/json.h"
#include "base/result.h"
#include "config/settings.h"
#include "service/account_pass.h"
#include "service/checks.h"
#include "state/store.h"

namespace idpd::service {

// What is known of an account after a pass, but for when the next one comes. `last_success`: when one ended
// that did not fail, this one or one before.
base::Json account_document(const config::Account& account, const model::DesiredState& desired,
                            const Finished& pass, const std::vector<model::Incident>& open,
                            const std::optional<std::string>& last_success);

// What is shown of an account that another host has; `holder` is empty while nobody has it.
base::Json elsewhere_document(const config::Account& account, const std::string& holder);

// What the last probes have found, beside each identity provider.
void add_checks(base::Json& account, const CheckedByKey& known);

struct DaemonFacts {
  model::Time started;
  std::string source;  // its title
  std::string problem;
  std::optional<model::Revision> revision;
};
base::Result<void> save_daemon_document(const state::Store& store, const DaemonFacts& facts);
base::Result<void> save_account_document(const state::Store& store, const std::string& account_id,
                                         const base::Json& document);
base::Result<std::optional<base::Json>> load_account_document(const state::Store& store,
                                                              const std::string& account_id);
// Those of accounts that the settings no longer have.
base::Result<void> erase_other_accounts(const state::Store& store, const config::Settings& settings);

// The whole status document; nothing when no daemon has ever run on this store.
base::Result<std::optional<base::Json>> status_document(const state::Store& store, model::Time now);

}  // namespace idpd::service
