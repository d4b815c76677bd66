#include "service/documents.h"

#include <algorithm>
#include <string_view>
#include <unordered_map>

#include "plan/index.h"
#include "report/report.h"
#include "service/incidents.h"

namespace idpd::service {

namespace {

using base::Json;
using base::Result;
using model::Incident;

constexpr const char* daemon_name = "daemon";
constexpr std::string_view account_prefix = "account/";

std::string name_for(const std::string& account_id) {
  return std::string(account_prefix) + account_id;
}

// `pending`: the files have moved and nothing has been written yet.
std::string_view state_of(const Finished& pass, const plan::Change* change) {
  if (pass.plan.status == plan::Status::unknown) return "unknown";
  if (!change) return "in_sync";
  return is_drift(*change) ? "drifted" : "pending";
}

// What a pass has found out, by key.
class Providers {
 public:
  Providers(const Finished& pass, const std::vector<Incident>& open)
      : pass_(pass), matches_(pass.matches, &plan::Match::key) {
    for (const plan::Change& one : pass.plan.changes) {
      if (one.outcome != plan::Outcome::done) left_.emplace(one.key, &one);
    }
    for (const Incident& one : open) {
      if (one.kind == model::Kind::drift) drifts_.emplace(one.key, &one);
    }
  }

  const Incident* drift(std::string_view key) const { return find(drifts_, key); }

  Json document(const model::DesiredProvider& one) const {
    const plan::Change* change = find(left_, one.key);
    const plan::Match* match = matches_.find(one.key);
    const Incident* differs = drift(one.key);
    const std::string id = change && !change->id.empty() ? change->id : match ? match->id : std::string();
    return Json::Object{{"key", one.key},
                        {"id", id},
                        {"name", one.name()},
                        {"type", one.type},
                        {"state", state_of(pass_, change)},
                        {"since", differs ? Json(model::timestamp(differs->first_seen)) : Json()}};
  }

 private:
  template <typename Of>
  using ByKey = std::unordered_map<std::string_view, const Of*>;
  template <typename Of>
  static const Of* find(const ByKey<Of>& all, std::string_view key) {
    const auto found = all.find(key);
    return found == all.end() ? nullptr : found->second;
  }

  const Finished& pass_;
  plan::Lookup<plan::Match> matches_;
  ByKey<plan::Change> left_;  // changes that are not done
  ByKey<Incident> drifts_;    // that are open
};

// Who changed what is told beside the change itself.
void add_attribution(Json& plan, const Providers& known) {
  Json* changes = plan.find("changes");
  for (Json& change : changes->array()) {
    const Incident* drift = known.drift(change.text("key"));
    if (!drift || !drift->changed_by) continue;
    change["changed_by"] = Json::Object{{"actor", drift->changed_by->actor}, {"at", drift->changed_by->at}};
  }
}

}  // namespace

Json account_document(const config::Account& account, const model::DesiredState& desired,
                      const Finished& pass, const std::vector<Incident>& open,
                      const std::optional<std::string>& last_success) {
  Json out = report::to_json(pass.plan, pass.enforced);
  const Providers known(pass, open);
  add_attribution(out, known);
  out["mode"] = account.enforce ? "enforce" : "report";
  out["last_attempt"] = model::timestamp(pass.ended);
  out["last_success"] = last_success ? Json(*last_success) : Json();
  out["fingerprint"] = pass.consent.empty() ? Json() : Json(pass.consent);
  out["refused"] = pass.refused.empty() ? Json() : Json(pass.refused);
  Json::Array providers;
  for (const model::DesiredProvider& one : desired.providers) providers.push_back(known.document(one));
  out["identity_providers"] = std::move(providers);
  return out;
}

Json elsewhere_document(const config::Account& account, const std::string& holder) {
  plan::AccountPlan nothing;
  nothing.account = account.alias;
  nothing.account_id = account.id;
  Json out = report::to_json(nothing, false);
  out["mode"] = account.enforce ? "enforce" : "report";
  for (const char* absent : {"last_attempt", "last_success", "fingerprint", "refused"}) out[absent] = Json();
  out["identity_providers"] = Json::Array{};
  out["held_by"] = holder;
  return out;
}

void add_checks(Json& account, const CheckedByKey& known) {
  for (Json& one : account["identity_providers"].array()) {
    const auto found = known.find(one.text("key"));
    one["check"] = found == known.end()
                       ? Json()
                       : Json(Json::Object{{"verdict", check::name_of(found->second.verdict)},
                                           {"at", model::timestamp(found->second.at)}});
  }
}

Result<void> save_daemon_document(const state::Store& store, const DaemonFacts& facts) {
  Json source = Json::Object{{"title", facts.source},
                             {"problem", facts.problem.empty() ? Json() : Json(facts.problem)},
                             {"revision", facts.revision ? model::to_json(*facts.revision) : Json()}};
  return store.history().save_document(
      daemon_name, Json::Object{{"started", model::timestamp(facts.started)}, {"source", std::move(source)}});
}

Result<void> save_account_document(const state::Store& store, const std::string& account_id,
                                   const Json& document) {
  return store.history().save_document(name_for(account_id), document);
}

Result<std::optional<Json>> load_account_document(const state::Store& store, const std::string& account_id) {
  return store.history().document(name_for(account_id));
}

Result<void> erase_other_accounts(const state::Store& store, const config::Settings& settings) {
  for (const std::string_view prefix : {account_prefix, checks_prefix}) {
    const auto documents = store.history().documents(std::string(prefix));
    if (!documents) return documents.error();
    for (const auto& [name, body] : *documents) {
      if (settings.find_id(name.substr(prefix.size()))) continue;
      if (auto erased = store.history().erase_document(name); !erased) return erased;
    }
  }
  return {};
}

Result<std::optional<Json>> status_document(const state::Store& store, model::Time now) {
  const state::History history = store.history();
  auto daemon = history.document(daemon_name);
  if (!daemon) return std::move(daemon).error();
  auto accounts = history.documents(std::string(account_prefix));
  if (!accounts) return std::move(accounts).error();
  const auto open = history.open_incidents();
  if (!open) return open.error();
  if (!*daemon && open->empty()) return std::optional<Json>();  // `apply` alone may leave an incident
  Json out =
      Json::Object{{"format_version", 1}, {"idpd_version", IDPD_VERSION}, {"at", model::timestamp(now)}};
  if (*daemon) {
    for (auto& [name, value] : (*daemon)->object()) out[name] = std::move(value);
  }
  Json::Array all;
  for (auto& [name, document] : *accounts) all.push_back(std::move(document));
  std::sort(all.begin(), all.end(),
            [](const Json& a, const Json& b) { return a.text("account") < b.text("account"); });
  out["accounts"] = std::move(all);
  Json::Array incidents;
  const Json* shown = out.find("accounts");
  const auto elsewhere = [&](const std::string& account_id) {
    const Json::Array& accounts_shown = shown->array();
    return std::any_of(accounts_shown.begin(), accounts_shown.end(), [&](const Json& one) {
      return one.text("account_id") == account_id && one.find("held_by");
    });
  };
  for (const Incident& one : *open) {
    if (elsewhere(one.account_id)) continue;  // the host that has the account tells of it
    incidents.push_back(model::to_json(one));
  }
  out["incidents"] = std::move(incidents);
  return std::optional<Json>(std::move(out));
}

}  // namespace idpd::service
