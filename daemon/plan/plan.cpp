#include "plan/plan.h"

#include <algorithm>

#include "base/digest.h"

namespace idpd::plan {

namespace {

base::Json or_null(const std::string& text) {
  return text.empty() ? base::Json() : base::Json(text);
}

// A sensitive field says only that it changes: its value is in no plan, and a fingerprint of one would differ
// between two hosts.
base::Json identity_of(const FieldChange& field) {
  base::Json out;
  out["path"] = field.path;
  if (field.sensitive) {
    out["sensitive"] = true;
    return out;
  }
  out["before"] = field.before;
  out["after"] = field.after;
  return out;
}

base::Json identity_of(const Change& change) {
  base::Json out;
  out["key"] = or_null(change.key);
  out["action"] = name_of(change.action);
  out["id"] = or_null(change.id);
  out["type"] = change.type;
  out["name"] = change.name;
  if (!change.previous_key.empty()) out["previous_key"] = change.previous_key;
  base::Json::Array fields;
  for (const FieldChange& field : change.fields) fields.push_back(identity_of(field));
  out["fields"] = std::move(fields);
  return out;
}

std::size_t& count_of(Summary& summary, Action action) {
  switch (action) {
    case Action::move:
      return summary.move;
    case Action::create:
      return summary.create;
    case Action::adopt:
      return summary.adopt;
    case Action::update:
      return summary.update;
    case Action::replace:
      return summary.replace;
    case Action::remove:
      return summary.remove;
    case Action::forget:
      break;
  }
  return summary.forget;
}

}  // namespace

std::string_view name_of(Action action) {
  switch (action) {
    case Action::move:
      return "move";
    case Action::create:
      return "create";
    case Action::adopt:
      return "adopt";
    case Action::update:
      return "update";
    case Action::replace:
      return "replace";
    case Action::remove:
      return "delete";
    case Action::forget:
      return "forget";
  }
  return "unknown";
}

std::string_view name_of(Origin origin) {
  switch (origin) {
    case Origin::config:
      return "config";
    case Origin::drift:
      return "drift";
    case Origin::both:
      return "both";
    case Origin::unknown:
      break;
  }
  return "unknown";
}

std::string_view name_of(Reason reason) {
  switch (reason) {
    case Reason::deletes_setting:
      return "deletes_setting";
    case Reason::prevent_delete:
      return "prevent_delete";
    case Reason::max_deletes:
      return "max_deletes";
    case Reason::references:
      return "references";
    case Reason::references_unknown:
      return "references_unknown";
    case Reason::last_login_method:
      return "last_login_method";
    case Reason::unmanaged_unsafe:
      return "unmanaged_unsafe";
    case Reason::secret_unresolved:
      return "secret_unresolved";
    case Reason::secret_unknown:
      return "secret_unknown";
    case Reason::secret_target:
      return "secret_target";
    case Reason::secret_refused:
      return "secret_refused";
    case Reason::adoption_consent:
      return "adoption_consent";
    case Reason::lag:
      return "lag";
    case Reason::files_empty:
      return "files_empty";
    case Reason::vanished:
      return "vanished";
    case Reason::scim_storage:
      return "scim_storage";
    case Reason::singleton_replace:
      return "singleton_replace";
    case Reason::contested:
      return "contested";
    case Reason::read_only:
      return "read_only";
  }
  return "unknown";
}

std::string_view name_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::planned:
      return "planned";
    case Outcome::done:
      return "done";
    case Outcome::failed:
      return "failed";
    case Outcome::withheld:
      return "withheld";
    case Outcome::skipped:
      return "skipped";
    case Outcome::unknown:
      break;
  }
  return "unknown";
}

std::string_view name_of(Status status) {
  switch (status) {
    case Status::in_sync:
      return "in_sync";
    case Status::changes:
      return "changes";
    case Status::unknown:
      break;
  }
  return "unknown";
}

void withhold(Change& change, Reason reason, std::string message) {
  if (!change.withheld) change.withheld = Withheld{reason, std::move(message)};
}

bool own_setting(Reason reason) {
  return reason == Reason::deletes_setting || reason == Reason::prevent_delete;
}

Summary summarize(const std::vector<AccountPlan>& accounts) {
  Summary summary;
  for (const AccountPlan& account : accounts) {
    for (const Change& change : account.changes) {
      ++(change.effective() ? count_of(summary, change.action) : summary.withheld);
    }
    summary.in_sync += account.in_sync;
    summary.unmanaged += account.unmanaged.size();
    if (account.status == Status::unknown) ++summary.unknown;
  }
  return summary;
}

std::string fingerprint(const std::vector<AccountPlan>& accounts) {
  std::vector<const AccountPlan*> sorted;
  for (const AccountPlan& account : accounts) sorted.push_back(&account);
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const auto* a, const auto* b) { return a->account_id < b->account_id; });

  base::Json::Array all;
  for (const AccountPlan* account : sorted) {
    base::Json::Array changes;
    for (const Change& change : account->changes) changes.push_back(identity_of(change));
    base::Json one;
    one["account_id"] = account->account_id;
    one["changes"] = std::move(changes);
    all.push_back(std::move(one));
  }
  return "sha256:" + base::sha256_hex(base::canonical_json(all));
}

}  // namespace idpd::plan
