// One pass over one account: load, list, plan, guard, apply, read back, save, report. `plan`, `apply` and
// `run` are this pass with another ending. The objects of the context belong to main and outlive it;
// destroying the coroutine between two requests leaves the store true to what was sent so far.
#pragma once

#include <asio/awaitable.hpp>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "cloudflare/client.h"
#include "model/desired.h"
#include "plan/planner.h"
#include "reconcile/secret_values.h"
#include "secrets/resolver.h"
#include "state/store.h"

namespace idpd::reconcile {

// Asked before a secret, or where it goes, is written: why the identity provider does not take it. Nothing
// when it does, and when that cannot be told.
using Accepts = std::function<asio::awaitable<std::optional<std::string>>(const model::DesiredProvider&,
                                                                          const SecretValues&)>;

// Where several hosts share the records: what the store holds of the account is known to all of them
// afterwards. Error: it is not, and nothing more may be written.
using Publish = std::function<asio::awaitable<base::Result<void>>()>;
// Why no further change may begin; nothing while all is well.
using Barred = std::function<std::optional<std::string>()>;

struct Context {
  const model::TypeCatalog& catalog;
  cloudflare::Client& client;
  const secrets::Resolver& resolver;
  state::Store* store = nullptr;               // null: there is none (CI)
  std::optional<std::string> fingerprint_key;  // nothing when there is no store
  std::string state_directory;
  Accepts accepts = {};  // empty: every secret is written unasked
  Publish publish = {};  // empty: this host alone
  Barred barred = {};
};

struct Input {
  std::string account;  // the alias
  std::string account_id;
  const model::DesiredState& desired;
  std::set<std::string> only = {};
  plan::Policy policy;
  const bool* stopping = nullptr;  // once true, no further change is begun
};

// All that a pass has found out before it writes anything.
struct Prepared {
  plan::AccountPlan plan;
  plan::Planned planned;  // without its plan, which is above
  model::LiveState live;
  std::vector<model::Record> records;
  std::vector<model::Intent> intents;
  SecretValues secrets;
};

// Load, list, plan, guard: reads only. What goes wrong makes the account unknown, with the error in the plan.
asio::awaitable<Prepared> prepare(const Context& context, const Input& input);

// Told of each change when it begins (outcome planned) and when it has ended.
using Progress = std::function<void(const plan::Change&)>;

// Apply, read back, save: carries out what the plan does not withhold, each change's outcome in it. Needs a
// store and the account's lock. One change that fails stops no other. The plan leaves `prepared`, whose
// records become those that are remembered now.
asio::awaitable<plan::AccountPlan> execute(const Context& context, const Input& input, Prepared& prepared,
                                           const Progress& progress);

}  // namespace idpd::reconcile
