// An account's records, intents, incidents and "seen before" as keys of etcd: `record/KEY`, `intent/KEY`,
// `incident/DIGEST` and `mark` below the account's own prefix. Counters that only a young record needs are
// cut off, and when an incident was last seen, so that a pass without a change changes nothing there. No
// secret is in them. Plain functions on the store.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "cluster/etcd.h"
#include "model/incident.h"
#include "state/store.h"

namespace idpd::cluster {

// For so long it is shared that a drift was set back, which makes contests; else only what is still wrong.
inline constexpr std::chrono::hours ended_shared{24};

// Changes with every change of the account, and says whether a pass has seen it.
inline constexpr std::string_view mark_name = "mark";
inline constexpr std::string_view seen_mark = "seen";
inline constexpr std::string_view unseen_mark = "new";

// By name, without the mark: what may have changed, as far as `touched` says; nothing: there is none.
using Entries = std::map<std::string, std::optional<std::string>>;
base::Result<Entries> shared_entries(const state::Store& store, const std::string& account_id,
                                     const state::Touched& touched);
// How the names begin of which, with that touched, all are among them.
std::vector<std::string_view> whole_prefixes(const state::Touched& touched);
// The account in the store becomes what etcd holds, but for records of which etcd knows nothing as yet.
// `keys` are its keys, all with this prefix. Gives the open incidents that are new here, and were told of
// elsewhere; one that is open here alone has ended there.
base::Result<std::vector<model::Incident>> take_over(state::Store& store, const std::string& account_id,
                                                     const std::string& prefix,
                                                     const std::vector<KeyValue>& keys);

}  // namespace idpd::cluster
