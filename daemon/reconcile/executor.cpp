#include "reconcile/executor.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "plan/guards.h"
#include "reconcile/body.h"
#include "reconcile/scim.h"

namespace idpd::reconcile {

namespace {

using base::Code;
using base::Error;
using base::Json;
using base::Result;
using model::DesiredProvider;
using model::LiveProvider;
using model::Record;
using plan::Action;
using plan::Change;
using plan::Outcome;

// The request may have been carried out although no good answer came.
bool is_lost(const Error& error) {
  return error.code == Code::network || error.code == Code::unavailable;
}

void fail(Change& change, const Error& error) {
  change.outcome = is_lost(error) ? Outcome::unknown : Outcome::failed;
  change.error = error.text();
}

std::string stays(const std::string& old, const std::string& why) {
  return fmt::format("the old one, {}, stays for now: {}", old, why);
}

const std::string stopped = "idpd was stopped before it, so that nothing was written; the next pass makes it";
const std::string perhaps = "if it was carried out: ";

}  // namespace

Executor::Executor(const Context& context, const Input& input, Prepared& prepared, const Progress& progress)
    : context_(context), input_(input), prepared_(prepared), progress_(progress) {
  for (const Record& record : prepared.records) records_.emplace(record.key, record);
  for (const LiveProvider& live : prepared.live.providers) alive_.insert(live.id);
}

asio::awaitable<void> Executor::run() {
  for (Change& change : prepared_.plan.changes) {
    if (!change.effective()) {
      change.outcome = Outcome::withheld;
      continue;
    }
    if (input_.stopping && *input_.stopping) {
      change.outcome = Outcome::skipped;
      change.error = stopped;
      continue;
    }
    if (const auto why = context_.barred ? context_.barred() : std::nullopt) {
      change.outcome = Outcome::skipped;
      change.error = "nothing was written: " + *why;
      continue;
    }
    if (progress_) progress_(change);
    co_await carry_out(change);
    // Before the next one begins: whoever takes over has to know of this one.
    const auto shared = co_await publish();
    if (!shared) change.notes.push_back(shared.error().text());
    prepared_.secrets.hide_in(change.error);
    std::for_each(change.notes.begin(), change.notes.end(),
                  [&](std::string& note) { prepared_.secrets.hide_in(note); });
    if (progress_) progress_(change);
  }
}

asio::awaitable<Result<void>> Executor::publish() {
  if (!context_.publish) co_return Result<void>();
  co_return co_await context_.publish();
}

// Whether it sends a secret that is not the one written last, or lets it go elsewhere.
bool Executor::writes_new_secrets(const Change& change) const {
  const bool adds = change.action == Action::create || change.action == Action::replace;
  if (!adds && change.action != Action::update && change.action != Action::adopt) return false;
  const DesiredProvider& one = desired(change);
  const Record* record = record_of(change.key);
  const model::Type* type = context_.catalog.find(one.type);
  const bool moved =
      std::any_of(change.fields.begin(), change.fields.end(), [&](const plan::FieldChange& field) {
        const model::Field* known = type ? type->find(field.path) : nullptr;
        return known && known->secret_target;
      });
  return std::any_of(one.secrets.begin(), one.secrets.end(), [&](const auto& secret) {
    if (!prepared_.secrets.find(one.key, secret.first)) return false;
    if (adds || moved || !record) return true;
    const auto written = record->secrets.find(secret.first);
    return written == record->secrets.end() ||
           written->second != prepared_.secrets.fingerprint(one.key, secret.first);
  });
}

asio::awaitable<bool> Executor::may_write_secrets(Change& change) {
  if (!context_.accepts || !writes_new_secrets(change)) co_return true;
  auto refusal = co_await context_.accepts(desired(change), prepared_.secrets);
  if (refusal) {
    plan::withhold(change, plan::Reason::secret_refused,
                   "the secret was not written, and what Cloudflare has stays: " + *std::move(refusal));
    change.outcome = Outcome::withheld;
    co_return false;
  }
  if (input_.stopping && *input_.stopping) {
    change.outcome = Outcome::skipped;
    change.error = stopped;
    co_return false;
  }
  co_return true;
}

asio::awaitable<void> Executor::carry_out(Change& change) {
  const bool may = co_await may_write_secrets(change);
  if (!may) co_return;
  switch (change.action) {
    case Action::move:
      move(change);
      break;
    case Action::create:
      co_await create(change);
      break;
    case Action::adopt:
    case Action::update:
      co_await update(change);
      break;
    case Action::replace:
      co_await replace(change);
      break;
    case Action::remove:
      co_await remove(change);
      break;
    case Action::forget:
      break;  // no pass plans one; the command does it itself
  }
}

const DesiredProvider& Executor::desired(const Change& change) const {
  const auto& all = input_.desired.providers;
  return *std::find_if(all.begin(), all.end(),
                       [&](const DesiredProvider& one) { return one.key == change.key; });
}

const Record* Executor::record_of(const std::string& key) const {
  const auto found = records_.find(key);
  return found == records_.end() ? nullptr : &found->second;
}

// In the store before anything else happens; a store that fails is said, the API's state stands anyway.
void Executor::remember(Change& change, Record record) {
  if (auto saved = context_.store->save_record(input_.account_id, record); !saved) {
    change.notes.push_back("it could not be noted in the store, so that the next pass does not know of it: " +
                           saved.error().text());
  }
  records_[record.key] = std::move(record);
}

void Executor::move(Change& change) {
  Record record = *record_of(change.previous_key);
  record.key = change.key;
  move_scim_secret(change, storage());  // first: with the record under the new key nothing is moved any more
  remember(change, record);
  records_.erase(change.previous_key);
  if (auto erased = context_.store->erase_record(input_.account_id, change.previous_key); !erased) {
    change.notes.push_back("the record under the former key could not be taken out of the store: " +
                           erased.error().text());
  }
  change.outcome = Outcome::done;
}

asio::awaitable<Result<LiveProvider>> Executor::read(const std::string& id) {
  auto object = co_await context_.client.get_identity_provider(id);
  if (!object) co_return std::move(object).error();
  co_return model::take_live(context_.catalog, *object);
}

// No lost update: what was planned against must still be what lives.
asio::awaitable<std::optional<LiveProvider>> Executor::read_unchanged(Change& change) {
  auto live = co_await read(change.id);
  const LiveProvider* planned = prepared_.live.find(change.id);
  if (live && planned && model::same_live(*live, *planned)) co_return *std::move(live);
  if (!live && live.error().code != Code::not_found) {
    change.error = "nothing was written, since it could not be looked at just before: " + live.error().text();
    change.outcome = Outcome::failed;  // a read that fails has changed nothing
    co_return std::nullopt;
  }
  change.outcome = Outcome::skipped;
  change.error =
      live ? "it was changed in Cloudflare since the plan was made, and was not overwritten; plan again"
           : "it was deleted in Cloudflare since the plan was made, and nothing was written; plan again";
  prepared_.plan.changed_since = true;
  co_return std::nullopt;
}

asio::awaitable<void> Executor::update(Change& change) {
  const auto live = co_await read_unchanged(change);
  if (!live) co_return;
  const DesiredProvider& one = desired(change);
  const Record* before = record_of(change.key);
  const bool enabling = enables_scim(one, &*live);
  if (enabling && !can_keep_scim_secret(change, storage())) co_return;
  auto answer = co_await context_.client.update_identity_provider(
      change.id, request_body(*live->schema, one, &*live, before, prepared_.secrets));
  if (answer) {
    keep_scim_secret(change, storage(), *live->schema, *answer, enabling);
  } else if (!is_lost(answer.error())) {
    fail(change, answer.error());
    if (enabling) give_up_scim_secret(change, storage());
    co_return;
  }
  auto read_back = co_await read(change.id);
  if (!answer) {
    if (!read_back || !arrived(change, *read_back)) {
      fail(change, answer.error());
      if (enabling) change.notes.push_back(perhaps + lost_scim_secret(storage(), change.key));
      co_return;
    }
    change.notes.push_back("the answer was lost, but the change had been made");
    if (enabling) change.notes.push_back(lost_scim_secret(storage(), change.key));
  }
  finish_write(change, read_back, answer ? &*answer : nullptr, &*live);
}

// After a lost answer: are all fields that can be read as wanted? Where only a secret changes nobody can
// tell.
bool Executor::arrived(const Change& change, const LiveProvider& live) const {
  bool readable = false;
  const auto wanted = plan::wanted_fields(*live.schema, desired(change), record_of(change.key));
  for (const plan::FieldChange& field : change.fields) {
    if (field.sensitive) continue;
    readable = true;
    const auto have = live.fields.find(field.path);
    const Json& want = wanted.at(field.path);
    if (want != (have == live.fields.end() ? Json() : have->second)) return false;
  }
  const bool secret = std::any_of(change.fields.begin(), change.fields.end(),
                                  [](const auto& field) { return field.sensitive; });
  return readable && !secret;
}

// Read back and remember. Where the object cannot be read yet, the answer to the write stands for it.
void Executor::finish_write(Change& change, const Result<LiveProvider>& read_back, const Json* answer,
                            const LiveProvider* unwritten) {
  const DesiredProvider& one = desired(change);
  const auto taken = answer ? model::take_live(context_.catalog, *answer) : Result<LiveProvider>(Error{});
  std::optional<LiveProvider> seen;
  if (read_back && read_back->type == one.type) {
    seen = *read_back;
  } else {
    change.notes.push_back("it was written, and could not be read back yet: " +
                           (read_back ? "its id is that of another one now" : read_back.error().text()));
    if (taken) seen = *taken;
  }
  change.outcome = Outcome::done;
  if (!seen || !seen->schema) return;
  const Record* before = record_of(change.key);
  Record record = written_record(*seen->schema, one, *seen, unwritten, before, prepared_.secrets);
  if (taken) observe_answer(record, *taken, unwritten);
  if (!answer && !unwritten) observe_sent(record);
  for (const std::string& path : record.stuck) {
    change.notes.push_back(fmt::format(
        "{} was written, but Cloudflare did not keep it, and the former value is still there", path));
  }
  remember(change, std::move(record));
}

asio::awaitable<void> Executor::create(Change& change) {
  const auto id = co_await post(change);
  if (!id) co_return;
  change.id = *id;
}

// No twin: the intent is saved before the request; after a lost answer the list says what became of it.
asio::awaitable<std::optional<std::string>> Executor::post(Change& change) {
  const DesiredProvider& one = desired(change);
  const bool enabling = enables_scim(one, nullptr);
  if (enabling && !can_keep_scim_secret(change, storage())) co_return std::nullopt;
  const model::Type& type = *context_.catalog.find(one.type);
  const model::Intent intent{change.key, one.type, one.name(), {alive_.begin(), alive_.end()}};
  if (auto saved = context_.store->save_intent(input_.account_id, intent); !saved) {
    change.outcome = Outcome::failed;
    change.error = "nothing was created, since the store has to know of it first: " + saved.error().text();
    co_return std::nullopt;
  }
  const auto shared = co_await publish();
  if (!shared) {
    if (enabling) give_up_scim_secret(change, storage());
    (void)context_.store->erase_intent(input_.account_id, change.key);
    change.outcome = Outcome::failed;
    change.error = "nothing was created: " + shared.error().text();
    co_return std::nullopt;
  }
  auto answer = co_await context_.client.create_identity_provider(
      request_body(type, one, nullptr, nullptr, prepared_.secrets));
  if (answer) {
    keep_scim_secret(change, storage(), type, *answer, enabling);
    auto made = model::take_live(context_.catalog, *answer);
    if (made) {
      co_await finish_create(change, made->id, &*answer);
      co_return made->id;
    }
    answer = Error{Code::unavailable, "the answer to the create names no id"};
  }
  if (!is_lost(answer.error())) {
    fail(change, answer.error());
    if (enabling) give_up_scim_secret(change, storage());
    (void)context_.store->erase_intent(input_.account_id,
                                       change.key);  // kept, it would only delay the next try
    co_return std::nullopt;
  }
  co_return co_await find_lost(change, intent, answer.error());
}

asio::awaitable<std::optional<std::string>> Executor::find_lost(Change& change, const model::Intent& intent,
                                                                const Error& lost) {
  fail(change, lost);
  const bool enabling = enables_scim(desired(change), nullptr);
  if (enabling) change.notes.push_back(perhaps + lost_scim_secret(storage(), change.key));
  auto objects = co_await context_.client.list_identity_providers();
  if (!objects) co_return std::nullopt;
  std::vector<std::string> found;
  for (const Json& object : *objects) {
    auto live = model::take_live(context_.catalog, object);
    if (live && intent.may_have_made(*live)) found.push_back(live->id);
  }
  if (found.size() > 1) {
    change.outcome = Outcome::failed;
    change.error += fmt::format(
        "; any of {} may be it, and none was taken: delete the superfluous ones or set options.adopt_id",
        base::join(found, ", "));
  }
  if (found.size() != 1) co_return std::nullopt;
  change.error.clear();
  change.notes.clear();
  change.notes.emplace_back("the answer was lost, but it had been created");
  if (enabling) change.notes.push_back(lost_scim_secret(storage(), change.key));
  co_await finish_create(change, found[0], nullptr);
  co_return found[0];
}

asio::awaitable<void> Executor::finish_create(Change& change, const std::string& id, const Json* answer) {
  alive_.insert(id);
  // The id first: whatever comes next, it is known to be ours.
  const Record* before = record_of(change.key);
  Record record;
  record.key = change.key;
  record.id = id;
  record.type = change.type;
  record.name = change.name;
  record.prevent_delete = desired(change).options.prevent_delete;
  if (before) record.superseded = before->superseded;
  if (change.action == Action::replace) record.superseded.push_back(change.id);
  remember(change, std::move(record));
  if (auto erased = context_.store->erase_intent(input_.account_id, change.key); !erased) {
    change.notes.push_back("it was created, but that this is over could not be noted in the store: " +
                           erased.error().text());
  }
  const auto read_back = co_await read(id);
  finish_write(change, read_back, answer, nullptr);
}

asio::awaitable<void> Executor::replace(Change& change) {
  const std::string old = change.id;
  const auto made = co_await post(change);
  if (!made) co_return;
  change.notes.push_back(fmt::format("the new one has the id {}", *made));
  if (change.delete_withheld) {
    change.notes.push_back(stays(old, change.delete_withheld->message));
    co_return;
  }
  Change removal = change;
  removal.action = Action::remove;
  removal.superseded = true;
  co_await remove(removal);
  if (removal.outcome == Outcome::done) co_return;
  if (removal.withheld) {
    change.delete_withheld = removal.withheld;
    change.notes.push_back(stays(old, removal.withheld->message));
    co_return;
  }
  // The new one is there, so that it is not skipped, whatever kept the other half.
  change.outcome = removal.outcome == Outcome::skipped ? Outcome::failed : removal.outcome;
  change.error = stays(old, removal.error);
}

// Who refers to it is looked up again: a person may have taken minutes to say yes.
asio::awaitable<bool> Executor::still_unreferenced(Change& change) {
  if (!fresh_references_) {
    fresh_references_.emplace();
    const std::vector<std::string> ids = plan::ids_to_delete(prepared_.plan);
    if (auto referrers = co_await context_.client.list_referrers()) {
      fresh_references_->by_id = cloudflare::referrers_of(ids, *referrers);
    } else {
      fresh_references_->problem = referrers.error().text();
    }
  }
  plan::AccountPlan single;
  single.changes.push_back(change);
  single.changes.back().action = Action::remove;
  model::LiveState live;
  for (const std::string& id : alive_) live.providers.push_back({.id = id});
  plan::apply_safety(single, *fresh_references_, live);
  if (!single.changes.back().withheld) co_return true;
  change.withheld = single.changes.back().withheld;
  change.outcome = Outcome::withheld;
  co_return false;
}

asio::awaitable<void> Executor::remove(Change& change) {
  const auto live = co_await read_unchanged(change);
  if (!live || !co_await still_unreferenced(change)) co_return;
  auto answer = co_await context_.client.delete_identity_provider(change.id);
  if (!answer && is_lost(answer.error())) {
    const auto left = co_await read(change.id);
    if (!left && left.error().code == Code::not_found) {
      answer = Result<void>{};
      change.notes.push_back("the answer was lost, but it had been deleted");
    }
  }
  if (!answer) {
    fail(change, answer.error());
    co_return;
  }
  alive_.erase(change.id);
  change.outcome = Outcome::done;
  forget(change);
}

// After a replace whose answer was lost: the record named the old one, and stands for the one that matched
// now.
void Executor::hand_over(Record& record) const {
  for (const plan::Match& match : prepared_.planned.matches) {
    const LiveProvider* live = match.key == record.key ? prepared_.live.find(match.id) : nullptr;
    if (!live) continue;
    record = Record{.key = record.key,
                    .id = live->id,
                    .type = live->type,
                    .name = live->name,
                    .prevent_delete = record.prevent_delete,
                    .superseded = record.superseded,
                    .passes = model::young_passes};
  }
}

void Executor::forget(Change& change) {
  if (change.unmanaged) return;
  if (change.superseded) {
    const Record* found = record_of(change.key);
    if (!found) return;
    Record record = *found;
    std::erase(record.superseded, change.id);
    if (record.id == change.id) hand_over(record);
    remember(change, std::move(record));
    return;
  }
  records_.erase(change.key);
  if (auto erased = context_.store->erase_record(input_.account_id, change.key); !erased) {
    change.notes.push_back(
        "it was deleted, but could not be taken out of the store; the next pass does that: " +
        erased.error().text());
  }
}

}  // namespace idpd::reconcile
