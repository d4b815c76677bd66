#include <algorithm>
#include <map>
#include <set>

#include "plan/index.h"
#include "reconcile/body.h"
#include "reconcile/executor.h"
#include "reconcile/pass.h"
#include "state/vault.h"

namespace idpd::reconcile {

namespace {

using model::DesiredProvider;
using model::LiveProvider;
using model::Record;

std::set<std::string_view> changed_keys(const plan::AccountPlan& plan) {
  std::set<std::string_view> out;
  for (const plan::Change& change : plan.changes) {
    if (change.action != plan::Action::move && !change.superseded) out.insert(change.key);
  }
  return out;
}

// What is remembered after the pass: those that matched are brought up to date (an adoption without a change
// is recorded here), those that changed have been written by the executor, those that are gone leave.
std::vector<Record> records_after(const Input& input, const Prepared& prepared,
                                  std::map<std::string, Record> records) {
  const plan::Lookup<LiveProvider> live_by_id(prepared.live.providers, &LiveProvider::id);
  const plan::Lookup<DesiredProvider> desired_by_key(input.desired.providers, &DesiredProvider::key);
  const std::set<std::string_view> changed = changed_keys(prepared.plan);
  for (const plan::Match& match : prepared.planned.matches) {
    const DesiredProvider* one = desired_by_key.find(match.key);
    const auto before = records.find(match.key);
    // Stopped before it: recorded now, the next pass would see no move, and a SCIM secret would stay behind.
    if (match.by == plan::MatchedBy::move && before == records.end()) continue;
    if (before != records.end()) before->second.prevent_delete = one->options.prevent_delete;
    const bool selected = input.only.empty() || input.only.contains(match.key);
    const LiveProvider* live = live_by_id.find(match.id);
    if (!selected || changed.contains(match.key) || !live || !live->schema) continue;
    // With what was recorded until now, even where that is another one: a replace that was interrupted
    // leaves an old one, which is still ours to delete.
    const Record kept =
        kept_record(*live->schema, *one, *live, before == records.end() ? nullptr : &before->second);
    records[match.key] = kept;
  }
  std::vector<Record> out;
  for (auto& [key, record] : records) {
    if (prepared.planned.gone.contains(key)) continue;
    std::erase_if(record.superseded, [&](const std::string& id) {
      return !live_by_id.find(id);  // gone by another hand
    });
    if (record.young()) ++record.passes;
    out.push_back(std::move(record));
  }
  return out;
}

// The key stands for one of the intent's type. Until a replace is through it stands for the old one, and the
// new one may still show up.
bool is_settled(const Prepared& prepared, const model::Intent& intent) {
  const auto& matches = prepared.planned.matches;
  return std::any_of(matches.begin(), matches.end(), [&](const plan::Match& match) {
    const LiveProvider* live = match.key == intent.key ? prepared.live.find(match.id) : nullptr;
    return live && live->type == intent.type;
  });
}

// Something that the files want and that this create may have made is there, unclaimed: several, or it would
// have been taken. Forgotten now, a replace would make yet another one.
bool has_candidates(const Input& input, const Prepared& prepared, const model::Intent& intent) {
  const auto& desired = input.desired.providers;
  if (std::none_of(desired.begin(), desired.end(), [&](const auto& one) { return one.key == intent.key; }))
    return false;
  const auto owned = [&](const LiveProvider& live) {
    return std::any_of(prepared.records.begin(), prepared.records.end(),
                       [&](const Record& one) { return one.owns(live.id); });
  };
  const auto& live = prepared.live.providers;
  return std::any_of(live.begin(), live.end(),
                     [&](const LiveProvider& one) { return intent.may_have_made(one) && !owned(one); });
}

// Writes what differs from what the store holds, `held`.
base::Result<void> save(const Context& context, const Input& input, Prepared& prepared,
                        const std::map<std::string, Record>& held) {
  std::vector<Record> after = records_after(input, prepared, held);
  std::vector<const Record*> changed;
  std::set<std::string> gone;
  for (const auto& [key, record] : held) gone.insert(gone.end(), key);
  for (const Record& record : after) {
    const auto before = held.find(record.key);
    if (before == held.end() || before->second != record) changed.push_back(&record);
    gone.erase(record.key);
  }
  if (auto saved = context.store->update_records(input.account_id, changed, gone); !saved) return saved;
  prepared.records = std::move(after);
  for (model::Intent intent : prepared.intents) {
    const bool was_young = intent.young();
    if (was_young) ++intent.passes;
    const bool over =
        is_settled(prepared, intent) || (!intent.young() && !has_candidates(input, prepared, intent));
    auto done = base::Result<void>();
    if (over) {
      done = context.store->erase_intent(input.account_id, intent.key);
    } else if (was_young) {
      done = context.store->save_intent(input.account_id, intent);
    }
    if (!done) return done;
  }
  return {};
}

}  // namespace

asio::awaitable<plan::AccountPlan> execute(const Context& context, const Input& input, Prepared& prepared,
                                           const Progress& progress) {
  if (prepared.plan.status == plan::Status::unknown) co_return std::move(prepared.plan);
  if (auto tidied = state::remove_unfinished_scim(context.state_directory, input.account_id); !tidied)
    prepared.plan.diagnostics.push_back({model::Severity::warning, {}, tidied.error().text()});
  Executor executor(context, input, prepared, progress);
  co_await executor.run();
  if (auto saved = save(context, input, prepared, executor.records()); !saved) {
    prepared.plan.diagnostics.push_back({model::Severity::error, {}, saved.error().text()});
  } else if (context.publish) {
    const auto shared = co_await context.publish();
    if (!shared) prepared.plan.diagnostics.push_back({model::Severity::error, {}, shared.error().text()});
  }
  co_return std::move(prepared.plan);
}

}  // namespace idpd::reconcile
