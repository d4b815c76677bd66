#include "service/checks.h"

#include <algorithm>

#include "base/log.h"
#include "reconcile/secret_values.h"
#include "service/subject.h"

namespace idpd::service {

namespace {

using base::Json;

// Between two identity providers, so that many of them are no burst.
constexpr std::chrono::milliseconds longest_gap{2'000};

std::string document_of(const config::Account& account) {
  return std::string(checks_prefix) + account.id;
}

std::optional<check::Verdict> verdict_from(const std::string& name) {
  for (const check::Verdict one : {check::Verdict::ok, check::Verdict::bad, check::Verdict::unknown}) {
    if (check::name_of(one) == name) return one;
  }
  return std::nullopt;
}

}  // namespace

Json to_json(const CheckedByKey& all) {
  Json out{Json::Object{}};
  for (const auto& [key, one] : all) {
    Json probes{Json::Object{}};
    for (const auto& [name, verdict] : one.probes) probes[name] = check::name_of(verdict);
    out[key] = Json::Object{{"question", one.question},
                            {"at", model::timestamp(one.at)},
                            {"verdict", check::name_of(one.verdict)},
                            {"probes", std::move(probes)}};
  }
  return out;
}

CheckedByKey checked_from(const Json& json) {
  CheckedByKey out;
  if (!json.is_object()) return out;
  for (const auto& [key, body] : json.object()) {
    const auto at = model::time_from(body.text("at"));
    const auto verdict = verdict_from(body.text("verdict"));
    if (!at || !verdict) continue;
    Checked one{body.text("question"), *at, *verdict, {}};
    if (const Json* probes = body.find("probes"); probes && probes->is_object()) {
      for (const auto& [name, value] : probes->object()) {
        if (value.is_string())
          one.probes.emplace(name, verdict_from(value.string()).value_or(check::Verdict::unknown));
      }
    }
    out.emplace(key, std::move(one));
  }
  return out;
}

Checks::Checks(Parts parts, const config::Settings& settings)
    : parts_(std::move(parts)), settings_(settings) {}

model::Time Checks::now() const {
  return std::chrono::floor<std::chrono::seconds>(parts_.alarms.clock().now());
}

const CheckedByKey& Checks::known(const config::Account& account) {
  const auto found = known_.find(account.id);
  if (found != known_.end()) return found->second;
  const auto saved = parts_.store.history().document(document_of(account));
  return known_[account.id] = saved && *saved ? checked_from(**saved) : CheckedByKey{};
}

bool Checks::is_due(const CheckedByKey& known, const std::string& key, const std::string& question) const {
  const auto found = known.find(key);
  if (found == known.end() || found->second.question != question) return true;
  const model::Time at = found->second.at;
  return now() >= at + std::chrono::floor<std::chrono::seconds>(*settings_.check.interval) ||
         at > now();  // the clock was set back
}

void Checks::save(const config::Account& account, const CheckedByKey& known) const {
  const auto saved = parts_.store.history().save_document(document_of(account), to_json(known));
  if (!saved)
    base::log(base::LogLevel::error, "what was probed cannot be written down: " + saved.error().text());
}

asio::awaitable<std::vector<check::Outcome>> Checks::run(const config::Account& account,
                                                         const model::DesiredState& desired,
                                                         const std::set<std::string>& again) {
  std::vector<check::Outcome> out;
  CheckedByKey known = this->known(account);
  const auto alarm = parts_.alarms.make();  // its own: accounts are probed side by side
  const auto secrets = reconcile::SecretValues::resolve(desired, parts_.resolver, parts_.fingerprint_key);
  std::erase_if(known, [&](const auto& one) {
    return std::none_of(desired.providers.begin(), desired.providers.end(),
                        [&](const model::DesiredProvider& provider) { return provider.key == one.first; });
  });
  for (const model::DesiredProvider& provider : desired.providers) {
    const check::Subject subject = subject_of(account.alias, account.team_domain, provider, secrets);
    const std::string question =
        question_of(subject, secrets.fingerprint(provider.key, std::string(check::client_secret_path)));
    if (!is_due(known, provider.key, question) && !again.contains(provider.key)) continue;
    if (!out.empty()) {
      const auto pause =
          std::chrono::duration_cast<std::chrono::nanoseconds>(longest_gap * parts_.random.unit());
      co_await alarm->wait_until(parts_.alarms.clock().monotonic() + pause);
    }
    if (stopping_) break;
    const check::Tools tools{.catalog = parts_.catalog,
                             .transport = parts_.transport,
                             .allowed_hosts = settings_.check.allowed_hosts,
                             .now = now(),
                             .warn_before_expiry = settings_.warn_before_expiry};
    check::Outcome outcome = co_await check::probe(tools, subject, check::Extent::all);
    if (stopping_) break;  // it was cut short
    Checked checked{question, now(), outcome.verdict(), {}};
    for (const check::Probe& one : outcome.probes) checked.probes.emplace(one.name, one.verdict);
    known.insert_or_assign(provider.key, std::move(checked));
    out.push_back(std::move(outcome));
  }
  if (known != known_[account.id]) {
    save(account, known);
    known_[account.id] = std::move(known);
  }
  co_return out;
}

}  // namespace idpd::service
