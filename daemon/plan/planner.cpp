#include "plan/planner.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "base/text.h"
#include "plan/matching.h"
#include "plan/secret_rules.h"

namespace idpd::plan {

namespace {

using model::DesiredProvider;
using model::LiveProvider;
using model::Record;
using model::Severity;
using model::Type;

class Planner {
 public:
  explicit Planner(const PlanInput& input) : input_(input), index_(input), matching_(match(input, index_)) {
    for (const auto& [key, found] : matching_.by_key) {
      matched_.insert(found.id);
      if (!found.previous_key.empty()) key_after_.emplace(found.previous_key, key);
    }
    out_.plan.account = input.account;
    out_.plan.account_id = input.account_id;
  }

  Planned run() {
    check_only();
    for (const DesiredProvider& one : input_.desired.providers) plan_desired(one);
    withhold_vanished();
    plan_removed();
    plan_unmanaged();
    if (!input_.records) {
      note(Severity::warning, {},
           "there is no store here: removed identity providers and rotated secrets cannot be seen");
    }
    sort_changes();
    out_.plan.status = out_.plan.changes.empty() ? Status::in_sync : Status::changes;
    return std::move(out_);
  }

 private:
  void note(Severity severity, model::Location where, std::string message) {
    out_.plan.diagnostics.push_back({severity, std::move(where), std::move(message)});
  }
  bool selected(const std::string& key) const { return input_.only.empty() || input_.only.contains(key); }
  const SecretStates* secrets_of(const std::string& key) const {
    if (!input_.secrets) return nullptr;
    const auto found = input_.secrets->find(key);
    return found == input_.secrets->end() ? nullptr : &found->second;
  }

  // A name that fits nothing is a typing error, and would look like "no changes".
  void check_only() {
    if (input_.only.empty()) return;
    std::vector<std::string> keys;
    keys.reserve(input_.desired.providers.size());
    for (const DesiredProvider& one : input_.desired.providers) keys.push_back(one.key);
    if (input_.records) {
      for (const Record& record : *input_.records) keys.push_back(record.key);
    }
    for (const std::string& key : input_.only) {
      if (std::find(keys.begin(), keys.end(), key) != keys.end()) continue;
      out_.failed.push_back(key);
      note(Severity::error, {},
           fmt::format("--only names \"{}\", which neither the files nor the store know{}",
                       base::printable(key), base::did_you_mean(key, keys)));
    }
  }

  void plan_desired(const DesiredProvider& one) {
    const Type& type = *input_.catalog.find(one.type);
    warn_unresolved(one);
    if (const auto problem = matching_.problems.find(one.key); problem != matching_.problems.end()) {
      if (!selected(one.key)) return;
      out_.failed.push_back(one.key);
      note(Severity::error, one.where, fmt::format("{}: {}", one.key, problem->second));
      return;
    }
    const auto match = matching_.by_key.find(one.key);
    if (match == matching_.by_key.end()) {
      if (selected(one.key)) plan_create(one, type);
      return;
    }
    out_.matches.push_back(match->second);
    if (!selected(one.key)) return;
    const LiveProvider& live = *index_.live.find(match->second.id);
    if (match->second.by == MatchedBy::move) {
      Change move = change_for(Action::move, one, &live);
      move.previous_key = match->second.previous_key;
      move.origin = Origin::config;
      out_.plan.changes.push_back(std::move(move));
    }
    if (live.type != one.type) {
      plan_replace(one, type, live);
    } else {
      plan_update(one, type, live, match->second);
    }
  }

  void warn_unresolved(const DesiredProvider& one) {
    const SecretStates* secrets = secrets_of(one.key);
    if (!secrets || !selected(one.key)) return;
    for (const auto& [path, state] : *secrets) {
      if (state.resolved || state.problem.empty()) continue;
      note(Severity::warning, one.location(path),
           fmt::format("{}: {} cannot be resolved: {}", one.key, path, state.problem));
    }
  }

  Change change_for(Action action, const DesiredProvider& one, const LiveProvider* live) const {
    Change change;
    change.action = action;
    change.key = one.key;
    change.id = live ? live->id : "";
    change.name = one.name();
    change.type = one.type;
    change.where = one.where;
    return change;
  }

  SecretRules secret_rules(const DesiredProvider& one, const Type& type) const {
    return {one, type, secrets_of(one.key), input_.policy.withhold_unresolved};
  }

  DiffInput diff_input(const DesiredProvider& one, const Type& type, const LiveProvider* live,
                       const Record* record) const {
    return {type,
            one,
            live,
            record,
            secrets_of(one.key),
            input_.records != nullptr,
            input_.policy.retry_stuck,
            input_.policy.resend_secrets};
  }

  void plan_create(const DesiredProvider& one, const Type& type) {
    const Record* record = index_.records.find(one.key);
    Change change = change_for(Action::create, one, nullptr);
    change.fields = diff(diff_input(one, type, nullptr, record)).fields;
    change.origin = combined(change.fields);
    if (record) {
      change.explanation = fmt::format("the identity provider {} is gone from Cloudflare", record->id);
      if (record->young()) {
        withhold(change, Reason::lag,
                 "it was created moments ago and the API does not show it yet, so that it is not made twice; "
                 "run again in a minute");
      }
    }
    if (pending_intent(one)) withhold(change, Reason::lag, unanswered);
    withhold_for_secrets(change, secret_rules(one, type), nullptr);
    out_.plan.changes.push_back(std::move(change));
  }

  bool pending_intent(const DesiredProvider& one) const {
    return input_.intents &&
           std::any_of(input_.intents->begin(), input_.intents->end(),
                       [&](const model::Intent& intent) { return intent.key == one.key && intent.young(); });
  }

  void plan_update(const DesiredProvider& one, const Type& type, const LiveProvider& live,
                   const Match& match) {
    const Record* record = index_.records.find(match.by == MatchedBy::move ? match.previous_key : one.key);
    if (record && record->id != live.id) record = nullptr;
    Diff found = diff(diff_input(one, type, &live, record));
    for (const std::string& path : found.stuck) {
      note(Severity::warning, one.location(path),
           fmt::format("{}: {} was written, but Cloudflare did not keep it, and the former value is still "
                       "there; it is tried again when the file or Cloudflare changes, or by `idpd apply`; if "
                       "Cloudflare never keeps it, take it out of the file",
                       one.key, path));
    }
    if (found.fields.empty()) {
      ++out_.plan.in_sync;
      return;
    }
    // Without a store nobody can tell an adoption from an update; both lead to the same write.
    const bool adopting = !record && input_.records;
    Change change = change_for(adopting ? Action::adopt : Action::update, one, &live);
    change.fields = std::move(found.fields);
    change.origin = combined(change.fields);
    if (live.read_only) {
      withhold(change, Reason::read_only,
               "it is read-only in Cloudflare, so that nothing is written; manage it where it comes from: "
               "take it out of the files, then run `idpd forget`");
    }
    if (adopting && match.by == MatchedBy::name && !input_.policy.adoption_consent) {
      withhold(change, Reason::adoption_consent,
               fmt::format("taking over an existing one by its name would change it, which a person has to "
                           "want, so that it stays as it is; set options.adopt_id: {}, or run `idpd apply`",
                           live.id));
    }
    withhold_for_secrets(change, secret_rules(one, type), &live);
    out_.plan.changes.push_back(std::move(change));
  }

  void plan_replace(const DesiredProvider& one, const Type& type, const LiveProvider& live) {
    Change change = change_for(Action::replace, one, &live);
    change.fields = diff(diff_input(one, type, nullptr, nullptr)).fields;
    for (FieldChange& field : change.fields) field.origin = Origin::config;
    change.origin = Origin::config;
    change.explanation =
        fmt::format("the type changes from {} to {}, which takes a new one", live.type, one.type);
    if (type.singleton || (live.schema && live.schema->singleton)) {
      withhold(change, Reason::singleton_replace,
               "a type of which an account has only one is never replaced, so that all stays as it is; give "
               "the other one a key of its own");
    }
    if (live.read_only)
      withhold(change, Reason::read_only,
               "the old one is read-only in Cloudflare and could not be deleted, so that all stays as it is; "
               "give the new one a key of its own");
    if (pending_intent(one)) withhold(change, Reason::lag, unanswered);
    withhold_for_secrets(change, secret_rules(one, type), nullptr);
    out_.plan.changes.push_back(std::move(change));
  }

  // Two or more recorded ones gone at once looks more like a wrong account than like someone's wish.
  void withhold_vanished() {
    if (!input_.policy.withhold_vanished) return;
    std::vector<Change*> creates;  // the new ones too: made alone, they would end the state of "all gone"
    std::size_t gone = 0;
    std::size_t recorded = 0;
    for (const DesiredProvider& one : input_.desired.providers)
      recorded += index_.records.find(one.key) ? 1 : 0;
    for (Change& change : out_.plan.changes) {
      if (change.action != Action::create) continue;
      creates.push_back(&change);
      gone += index_.records.find(change.key) ? 1 : 0;
    }
    if (gone < 2 || gone < recorded) return;
    for (Change* change : creates) {
      withhold(*change, Reason::vanished,
               "all identity providers that idpd manages are gone at once, and none is made anew unasked; "
               "see that this is the right account, then run `idpd apply`");
    }
  }

  // The key that a record gets; the same where it does not move.
  std::string key_after(const std::string& key) const {
    const auto next = key_after_.find(key);
    return next == key_after_.end() ? key : next->second;
  }
  bool moved(const std::string& key) const { return key_after_.contains(key); }
  bool matched(const std::string& id) const { return matched_.contains(id); }

  Change removal(const LiveProvider& live, std::string key) const {
    Change change;
    change.action = Action::remove;
    change.key = std::move(key);
    change.id = live.id;
    change.name = live.name;
    change.type = live.type;
    change.origin = Origin::config;
    if (live.read_only)
      withhold(change, Reason::read_only,
               "it is read-only in Cloudflare and cannot be deleted; to stop managing it, run `idpd forget`");
    return change;
  }

  void plan_removed() {
    if (!input_.records) return;
    bool any_named = false;
    for (const Record& record : *input_.records)
      any_named = any_named || desired(record.key) || moved(record.key);
    std::set<std::string> removed;  // no id twice, although two records may name one
    for (const Record& record : *input_.records) {
      if (!selected(record.key)) continue;
      const bool left_behind = plan_superseded(record, removed);
      if (desired(record.key) || moved(record.key)) continue;
      const LiveProvider* live = index_.live.find(record.id);
      if (!live || matched(record.id)) {  // gone, or another key has taken it over
        if ((live || !record.young()) && !left_behind) out_.gone.insert(record.key);
        continue;
      }
      if (!removed.insert(record.id).second) continue;
      Change change = removal(*live, record.key);
      change.explanation = "the files no longer name it";
      if (record.prevent_delete) withhold(change, Reason::prevent_delete, prevented);
      if (!any_named && !input_.policy.allow_empty) {
        withhold(change, Reason::files_empty,
                 "the files name none of the identity providers that idpd manages, which is rarely meant, so "
                 "that all stay; see that `desired` in the settings leads to the files, or run `idpd apply "
                 "--allow-empty` if it is meant");
      }
      out_.plan.changes.push_back(std::move(change));
    }
  }

  // A replace whose answer was lost: the record still names the old one.
  bool replaced_unseen(const Record& record) const {
    const auto match = matching_.by_key.find(record.key);
    return match != matching_.by_key.end() && match->second.by == MatchedBy::intent &&
           match->second.id != record.id;
  }

  // What replaces left behind; true when there is any.
  bool plan_superseded(const Record& record, std::set<std::string>& removed) {
    bool any = false;
    const std::string next = key_after(record.key);
    std::vector<std::string> ids = record.superseded;
    if (replaced_unseen(record)) ids.push_back(record.id);
    for (const std::string& id : ids) {
      const LiveProvider* old = index_.live.find(id);
      if (!old || matched(id) || !removed.insert(id).second) continue;
      any = true;
      Change change = removal(*old, selected(next) ? next : record.key);
      change.superseded = true;
      change.explanation = "left behind when it was replaced by one of another type";
      if (record.prevent_delete) withhold(change, Reason::prevent_delete, prevented);
      out_.plan.changes.push_back(std::move(change));
    }
    return any;
  }

  bool desired(const std::string& key) const { return index_.desired.find(key) != nullptr; }

  void plan_unmanaged() {
    if (input_.policy.unmanaged == Unwanted::ignore) return;
    const bool unsafe = !matching_.problems.empty() || !input_.records || !input_.seen_before ||
                        !input_.only.empty() || has_unmatched();
    for (const LiveProvider& live : input_.live.providers) {
      if (matching_.claimed.contains(live.id)) continue;
      const bool removable = live.schema && !live.schema->is_protected && !live.read_only;
      if (input_.policy.unmanaged != Unwanted::remove || !removable) {
        out_.plan.unmanaged.push_back({live.id, live.name, live.type, live.read_only});
        continue;
      }
      Change change = removal(live, "");
      change.unmanaged = true;
      change.explanation = "no file names it, and the account says `unmanaged: delete`";
      if (unsafe) {
        withhold(change, Reason::unmanaged_unsafe,
                 "it stays: unmanaged ones are deleted only when every key is matched, the store knows the "
                 "account, and no --only is given; carry out the rest first, then plan again");
      }
      out_.plan.changes.push_back(std::move(change));
    }
  }

  bool has_unmatched() const {
    return std::any_of(input_.desired.providers.begin(), input_.desired.providers.end(),
                       [&](const DesiredProvider& one) { return !matching_.by_key.contains(one.key); });
  }

  void sort_changes() {
    std::stable_sort(out_.plan.changes.begin(), out_.plan.changes.end(),
                     [](const Change& a, const Change& b) {
                       // What a replace left behind goes before the record that remembers it.
                       const bool own_a = !a.superseded;
                       const bool own_b = !b.superseded;
                       return std::tie(a.action, a.key, own_a, a.id) < std::tie(b.action, b.key, own_b, b.id);
                     });
  }

  static constexpr const char* unanswered =
      "an earlier create got no answer, and what it made may show up yet, so that it is not made twice; run "
      "again in a minute";
  static constexpr const char* prevented =
      "it stays, since options.prevent_delete was set when it was last applied; set it to false and apply, "
      "then remove it";

  const PlanInput& input_;
  const Index index_;
  const Matching matching_;
  std::unordered_set<std::string_view> matched_;  // ids
  std::unordered_map<std::string_view, std::string>
      key_after_;  // of what moves: the former key -> the new one
  Planned out_;
};

}  // namespace

Planned make_plan(const PlanInput& input) {
  return Planner(input).run();
}

}  // namespace idpd::plan
