#include "service/incidents.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/digest.h"
#include "report/words.h"
#include "service/subject.h"

namespace idpd::service {

namespace {

using base::Json;
using model::Difference;
using model::Ending;
using model::Incident;
using model::Kind;
using plan::Action;
using plan::Change;
using plan::Origin;
using plan::Outcome;

std::string digest(const Json& what) {
  return "sha256:" + base::sha256_hex(base::canonical_json(what));
}

// `about`: a change or a lost secret, of one identity provider.
template <typename About>
Incident incident_of(Kind kind, const Finished& pass, const About& about) {
  Incident out;
  out.kind = kind;
  out.account = pass.plan.account;
  out.account_id = pass.plan.account_id;
  out.key = about.key;
  out.id = about.id;
  out.name = about.name;
  out.type = about.type;
  return out;
}

std::string whom(const Change& change) {
  return change.key.empty() ? report::title(change.type, change.name) : change.key;
}

Incident drift_of(const Finished& pass, const Change& change) {
  Incident out = incident_of(Kind::drift, pass, change);
  Json::Array fields;
  const bool gone = report::from_nothing(change);
  for (const plan::FieldChange& field : change.fields) {
    if (gone || field.origin == Origin::config || field.origin == Origin::unknown) continue;
    out.fields.push_back({field.path, field.before, field.after, field.sensitive});
    fields.push_back(Json::Object{{"path", field.path}, {"live", field.before}});
  }
  out.fingerprint = digest(Json::Object{
      {"action", plan::name_of(change.action)}, {"id", change.id}, {"fields", std::move(fields)}});
  out.message = gone ? fmt::format("{} is gone from Cloudflare", whom(change))
                     : fmt::format("{} differs from the files in {}", whom(change),
                                   report::counted(out.fields.size(), "field", "fields"));
  if (change.outcome == Outcome::done) out.ending = Ending::healed;
  return out;
}

Incident withheld_of(const Finished& pass, const Change& change) {
  Incident out = incident_of(Kind::withheld, pass, change);
  const bool consent = needs_consent(change.withheld->reason);
  if (consent) out.approve = pass.consent;
  out.message =
      fmt::format("{} of {} is withheld: {}",
                  change.action == Action::remove ? "the delete" : std::string(plan::name_of(change.action)),
                  whom(change), change.withheld->message);
  out.fingerprint = digest(Json::Object{{"action", plan::name_of(change.action)},
                                        {"reason", plan::name_of(change.withheld->reason)},
                                        {"approve", out.approve}});
  return out;
}

Incident failure_of(const Finished& pass, const Change& change) {
  Incident out = incident_of(Kind::failure, pass, change);
  out.message =
      fmt::format("{} of {} {}: {}", plan::name_of(change.action), whom(change),
                  change.outcome == Outcome::failed ? "failed" : "may have been made or not", change.error);
  out.fingerprint = digest(Json(change.error));
  return out;
}

Incident account_failure(const Finished& pass, const std::string& message) {
  Incident out;
  out.kind = Kind::failure;
  out.account = pass.plan.account;
  out.account_id = pass.plan.account_id;
  out.message = message;
  out.fingerprint = digest(Json(message));
  return out;
}

Incident lost_secret(const Finished& pass, const reconcile::LostSecret& lost) {
  Incident out = incident_of(Kind::failure, pass, lost);
  out.matter = lost_scim_secret;
  out.message = fmt::format("{}: {}", lost.key, lost.message);
  out.fingerprint = digest(Json(lost.id));
  return out;
}

// What an answer quotes, such as a correlation id, differs each time: the same probes are the same state.
Incident failed_check(const config::Account& account, const check::Outcome& outcome) {
  Incident out;
  out.kind = Kind::check;
  out.account = account.alias;
  out.account_id = account.id;
  out.key = outcome.key;
  out.name = outcome.name;
  out.type = outcome.type;
  std::string probes;
  for (const check::Probe& one : outcome.probes) {
    if (one.verdict != check::Verdict::bad) continue;
    out.message += fmt::format("{}{}: {}", out.message.empty() ? "" : "; ", one.name, sentence_of(one));
    probes += one.name + '\n';
  }
  out.fingerprint = digest(Json(probes));
  return out;
}

std::string errors_of(const plan::AccountPlan& plan) {
  std::string out;
  for (const model::Diagnostic& one : plan.diagnostics) {
    if (one.severity != model::Severity::error) continue;
    if (!out.empty()) out += "; ";
    out += one.message;
  }
  return out;
}

bool same_matter(const Incident& a, const Incident& b) {
  return a.kind == b.kind && a.key == b.key && a.matter == b.matter &&
         (!a.key.empty() || a.id == b.id || a.kind == Kind::failure);
}

// A drift that is no more although idpd has written nothing: either somebody undid it in Cloudflare, or the
// files took it over, and then what lives is still as it was.
Ending ending_of(const Incident& drift, const model::LiveState& live) {
  const model::LiveProvider* found = live.find(drift.id);
  if (!found || !found->schema) return drift.fields.empty() ? Ending::reverted : Ending::accepted;
  if (drift.fields.empty()) return Ending::reverted;  // it was gone
  const bool unchanged = std::all_of(drift.fields.begin(), drift.fields.end(), [&](const Difference& one) {
    const model::Field* field = found->schema->find(one.path);
    return one.sensitive || !field || model::shown_value(*field, found->fields.at(one.path)) == one.live;
  });
  return unchanged ? Ending::accepted : Ending::reverted;
}

Incident ended(Incident incident, Ending ending, model::Time at) {
  incident.ended = at;
  incident.ending = ending;
  return incident;
}

// What is seen again keeps its number, its beginning and who did it.
Told continued(const Incident& before, Incident now, model::Time at) {
  const bool same = before.fingerprint == now.fingerprint;
  now.number = before.number;
  now.first_seen = before.first_seen;
  now.last_seen = at;
  if (same) now.changed_by = before.changed_by;
  if (now.ending) {
    now.ended = at;
    return {Step::ended, std::move(now)};
  }
  return {same ? Step::lasts : Step::changed, std::move(now)};
}

Told begun(Incident now, model::Time at) {
  now.first_seen = now.last_seen = at;
  if (now.ending) now.ended = at;
  return {Step::opened, std::move(now)};
}

}  // namespace

bool is_drift(const Change& change) {
  return change.origin == Origin::drift || change.origin == Origin::both;
}

std::vector<Incident> seen_in(const Finished& pass) {
  std::vector<Incident> out;
  if (pass.plan.status == plan::Status::unknown) {
    if (pass.locked) return out;
    const std::string error = pass.plan.error.value_or("it could not be read");
    out.push_back(account_failure(pass, error));
    out.back().message = "nothing is changed in it for now, and it is tried again: " + error;
    return out;
  }
  if (const std::string errors = errors_of(pass.plan); !errors.empty())
    out.push_back(account_failure(pass, errors));
  for (const Change& change : pass.plan.changes) {
    if (is_drift(change)) out.push_back(drift_of(pass, change));
    if (went_wrong(change)) out.push_back(failure_of(pass, change));
    // What merely lags behind is over in a moment.
    const bool withheld = pass.enforced && change.withheld && change.withheld->reason != plan::Reason::lag;
    if (withheld) out.push_back(withheld_of(pass, change));
  }
  for (const reconcile::LostSecret& lost : pass.lost_secrets) out.push_back(lost_secret(pass, lost));
  return out;
}

std::vector<Told> observe(const std::vector<Incident>& open, std::vector<Incident> seen,
                          const Finished& pass) {
  std::vector<Told> out;
  const bool unknown = pass.plan.status == plan::Status::unknown;
  for (const Incident& before : open) {
    if (before.kind == Kind::check) continue;  // no pass has looked at that
    const auto again =
        std::find_if(seen.begin(), seen.end(), [&](const Incident& now) { return same_matter(before, now); });
    if (again != seen.end()) {
      out.push_back(continued(before, std::move(*again), pass.ended));
      seen.erase(again);
    } else if (!unknown) {
      const Ending ending = before.kind == Kind::drift ? ending_of(before, pass.live) : Ending::resolved;
      out.push_back({Step::ended, ended(before, ending, pass.ended)});
    }
  }
  for (Incident& now : seen) out.push_back(begun(std::move(now), pass.ended));
  return out;
}

std::vector<Told> observe_checks(const std::vector<Incident>& open,
                                 const std::vector<check::Outcome>& outcomes, const config::Account& account,
                                 const model::DesiredState& desired, model::Time now) {
  std::vector<Told> out;
  std::set<std::string> told;
  for (const Incident& before : open) {
    if (before.kind != Kind::check) continue;
    told.insert(before.key);
    const bool named = std::any_of(desired.providers.begin(), desired.providers.end(),
                                   [&](const model::DesiredProvider& one) { return one.key == before.key; });
    const auto outcome = std::find_if(outcomes.begin(), outcomes.end(),
                                      [&](const check::Outcome& one) { return one.key == before.key; });
    if (!named || (outcome != outcomes.end() && outcome->verdict() == check::Verdict::ok)) {
      out.push_back({Step::ended, ended(before, Ending::resolved, now)});
    } else if (outcome != outcomes.end() && outcome->verdict() == check::Verdict::bad) {
      out.push_back(continued(before, failed_check(account, *outcome), now));
    }
  }
  for (const check::Outcome& one : outcomes) {
    if (one.verdict() == check::Verdict::bad && !told.contains(one.key))
      out.push_back(begun(failed_check(account, one), now));
  }
  return out;
}

std::vector<Told> observe_files(const std::vector<Incident>& open, const std::string& problem, bool in_force,
                                model::Time now) {
  std::vector<Told> out;
  if (problem.empty()) {
    for (const Incident& before : open) out.push_back({Step::ended, ended(before, Ending::resolved, now)});
    return out;
  }
  Incident seen;
  seen.kind = Kind::failure;
  seen.message = (in_force ? "the last good ones stay in force until this is mended: "
                           : "none are in force, and nothing is done until this is mended: ") +
                 problem;
  seen.fingerprint = digest(Json(problem));
  if (open.empty()) {
    out.push_back(begun(std::move(seen), now));
  } else {
    out.push_back(continued(open.front(), std::move(seen), now));
  }
  return out;
}

}  // namespace idpd::service
