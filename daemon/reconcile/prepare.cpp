#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "plan/guards.h"
#include "plan/index.h"
#include "reconcile/pass.h"
#include "reconcile/scim.h"

namespace idpd::reconcile {

namespace {

using base::Code;
using base::Error;
using base::Result;
using model::LiveProvider;
using model::LiveState;
using model::Record;

Result<void> load(const Context& context, const Input& input, Prepared& out, bool& seen_before) {
  if (!context.store) return {};
  auto records = context.store->records(input.account_id);
  if (!records) return std::move(records).error();
  auto intents = context.store->intents(input.account_id);
  if (!intents) return std::move(intents).error();
  auto seen = context.store->seen_before(input.account_id);
  if (!seen) return std::move(seen).error();
  out.records = *std::move(records);
  out.intents = *std::move(intents);
  seen_before = *seen;
  return {};
}

// For as long as the list stays as it is.
plan::Lookup<LiveProvider> by_id(const LiveState& live) {
  return {live.providers, &LiveProvider::id};
}

struct Missing {
  const Record* record;
  std::string id;
};

std::vector<Missing> missing(const std::vector<Record>& records, const LiveState& live) {
  const auto listed = by_id(live);
  std::set<std::string_view> seen;
  std::vector<Missing> out;
  for (const Record& record : records) {
    for (const std::string& id : record.superseded) {
      if (!listed.find(id) && seen.insert(id).second) out.push_back({&record, id});
    }
    if (!listed.find(record.id) && seen.insert(record.id).second) out.push_back({&record, record.id});
  }
  return out;
}

// A recorded one that the list lacks is read by itself: gone, not listed yet, or a list that cannot be
// trusted. What a replace left behind is old: where it lives, the list should have had it.
asio::awaitable<Result<void>> look_for_missing(const Context& context, const Prepared& prepared,
                                               LiveState& live) {
  for (const Missing& one : missing(prepared.records, live)) {
    auto object = co_await context.client.get_identity_provider(one.id);
    if (!object && object.error().code == Code::not_found) continue;
    if (!object) co_return std::move(object).error();
    if (!one.record->young() || one.id != one.record->id) {
      co_return Error{Code::incomplete,
                      fmt::format("the list of identity providers lacks {} ({}), which exists: it cannot "
                                  "be trusted, and nothing is done by it; run again",
                                  one.id, one.record->key)};
    }
    auto taken = model::take_live(context.catalog, *std::move(object));
    if (!taken) co_return std::move(taken).error();
    live.providers.push_back(*std::move(taken));
  }
  co_return Result<void>{};
}

asio::awaitable<Result<LiveState>> list(const Context& context, const Prepared& prepared) {
  auto objects = co_await context.client.list_identity_providers();
  if (!objects) co_return std::move(objects).error();
  LiveState live;
  live.providers.reserve(objects->size());
  for (base::Json& object : *objects) {
    auto taken = model::take_live(context.catalog, std::move(object));
    if (!taken) co_return std::move(taken).error();
    live.providers.push_back(*std::move(taken));
  }
  if (auto looked = co_await look_for_missing(context, prepared, live); !looked) co_return looked.error();
  co_return live;
}

// Said by every plan until it is mended.
void warn_lost_scim_secrets(const Context& context, const Input& input, Prepared& prepared) {
  const ScimStorage storage{context.state_directory, input.account_id};
  const auto live = by_id(prepared.live);
  const plan::Lookup<model::DesiredProvider> desired(input.desired.providers, &model::DesiredProvider::key);
  for (const plan::Match& match : prepared.planned.matches) {
    const auto lost = is_scim_secret_lost(storage, match.key, live.find(match.id)->fields);
    if (lost && !*lost) continue;
    const std::string what = lost ? lost_scim_secret(storage, match.key) : lost.error().text();
    prepared.plan.diagnostics.push_back({model::Severity::warning,
                                         desired.find(match.key)->location(model::scim_enabled_path),
                                         fmt::format("{}: {}", match.key, what)});
  }
}

// An id that was given anew: what lives under it now is of another type and name than what we remember, so it
// is not ours. One that was merely renamed is.
void forget_others(Prepared& prepared) {
  const auto live = by_id(prepared.live);
  std::erase_if(prepared.records, [&](const Record& record) {
    const LiveProvider* found = live.find(record.id);
    return found && found->type != record.type && found->name != record.name;
  });
}

asio::awaitable<void> guard(const Context& context, const Input& input, Prepared& prepared) {
  plan::apply_settings(prepared.plan, input.policy, input.desired,
                       context.store ? &prepared.records : nullptr);
  const std::vector<std::string> ids = plan::ids_to_delete(prepared.plan);
  if (ids.empty()) co_return;
  plan::References references;
  if (auto referrers = co_await context.client.list_referrers()) {
    references.by_id = cloudflare::referrers_of(ids, *referrers);
  } else {
    references.problem = referrers.error().text();
  }
  plan::apply_safety(prepared.plan, references, prepared.live);
}

}  // namespace

asio::awaitable<Prepared> prepare(const Context& context, const Input& input) {
  Prepared out;
  out.plan.account = input.account;
  out.plan.account_id = input.account_id;
  bool seen_before = false;
  if (auto loaded = load(context, input, out, seen_before); !loaded) {
    out.plan.error = loaded.error().text();
    co_return out;
  }
  auto live = co_await list(context, out);
  if (!live) {
    out.plan.error = live.error().text();
    co_return out;
  }
  out.live = *std::move(live);
  forget_others(out);
  out.secrets = SecretValues::resolve(input.desired, context.resolver, context.fingerprint_key);
  out.planned = plan::make_plan({.catalog = context.catalog,
                                 .account = input.account,
                                 .account_id = input.account_id,
                                 .desired = input.desired,
                                 .live = out.live,
                                 .records = context.store ? &out.records : nullptr,
                                 .intents = context.store ? &out.intents : nullptr,
                                 .seen_before = seen_before,
                                 .secrets = &out.secrets.states(),
                                 .only = input.only,
                                 .policy = input.policy});
  out.plan = std::move(out.planned.plan);
  if (context.store) warn_lost_scim_secrets(context, input, out);
  co_await guard(context, input, out);
  co_return out;
}

}  // namespace idpd::reconcile
