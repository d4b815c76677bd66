#include "plan/guards.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/text.h"

namespace idpd::plan {

namespace {

bool deletes(const Change& change) {
  return change.removes() && change.effective() && !change.delete_withheld;
}

bool prevented(const Change& change, const model::DesiredState& desired,
               const std::vector<model::Record>* records) {
  for (const model::DesiredProvider& one : desired.providers) {
    if (one.key == change.key && one.options.prevent_delete) return true;
  }
  if (!records) return false;
  return std::any_of(records->begin(), records->end(), [&](const model::Record& record) {
    return record.key == change.key && record.id == change.id && record.prevent_delete;
  });
}

std::string listed(const std::vector<std::string>& titles) {
  constexpr std::size_t most = 5;
  const std::vector<std::string> shown(
      titles.begin(), titles.begin() + static_cast<std::ptrdiff_t>(std::min(most, titles.size())));
  std::string out = base::join(shown, ", ");
  if (titles.size() > most) out += fmt::format(" and {} more", titles.size() - most);
  return out;
}

// A replace whose old one has to stay goes on: the new one is made, and the old one's delete is tried later.
void withhold_delete(Change& change, Reason reason, std::string message) {
  if (change.action == Action::replace) {
    change.delete_withheld = Withheld{reason, std::move(message)};
  } else {
    withhold(change, reason, std::move(message));
  }
}

}  // namespace

void apply_settings(AccountPlan& plan, const Policy& policy, const model::DesiredState& desired,
                    const std::vector<model::Record>* records) {
  std::size_t count = 0;
  for (Change& change : plan.changes) {
    const auto contest = policy.contested.find(change.key);
    // What the files have changed as well is somebody's decision.
    if (contest != policy.contested.end() && change.origin == Origin::drift && !change.removes())
      withhold(change, Reason::contested, contest->second);
    if (!change.removes()) continue;
    if (prevented(change, desired, records)) {
      withhold(change, Reason::prevent_delete,
               "it stays, since its options.prevent_delete says so; to have it deleted, set that to false, "
               "and apply, first");
    }
    if (!policy.allow_deletes) {
      withhold(change, Reason::deletes_setting,
               "it stays, since this account withholds deletes; if it is to go, run `idpd apply "
               "--allow-deletes`, or set `deletes: allow` in the settings");
    }
    if (deletes(change)) ++count;
  }
  if (count <= policy.max_deletes) return;
  for (Change& change : plan.changes) {
    if (!deletes(change)) continue;
    withhold(
        change, Reason::max_deletes,
        fmt::format(
            "{} deletes are planned and {} allowed in one pass, so that none is made; if they are meant, run "
            "`idpd apply --max-deletes {}`",
            count, policy.max_deletes, count));
  }
}

std::vector<std::string> ids_to_delete(const AccountPlan& plan) {
  std::vector<std::string> out;
  for (const Change& change : plan.changes) {
    if (deletes(change)) out.push_back(change.id);
  }
  return out;
}

void apply_safety(AccountPlan& plan, const References& references, const model::LiveState& live) {
  for (Change& change : plan.changes) {
    if (!deletes(change)) continue;
    if (references.problem) {
      withhold_delete(
          change, Reason::references_unknown,
          "what refers to it could not be looked up, so that it is not deleted: " + *references.problem);
    } else if (const auto found = references.by_id.find(change.id);
               found != references.by_id.end() && !found->second.empty()) {
      withhold_delete(change, Reason::references,
                      "still referred to by " + listed(found->second) +
                          ", where logins would break; take it out there first");
    }
  }
  std::set<std::string> deleted;
  bool creates = false;
  for (const Change& change : plan.changes) {
    creates = creates || (change.action == Action::create && change.effective());
    if (change.action == Action::remove && deletes(change)) deleted.insert(change.id);
  }
  const bool some_stay = std::any_of(live.providers.begin(), live.providers.end(),
                                     [&](const auto& one) { return !deleted.contains(one.id); });
  if (creates || some_stay) return;
  for (Change& change : plan.changes) {
    if (change.action == Action::remove && deletes(change)) {
      withhold(change, Reason::last_login_method,
               "it stays, since no login method would remain, and nobody could log in any more; add another "
               "one first");
    }
  }
}

}  // namespace idpd::plan
