#include "service/generation.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "service/sources.h"

namespace idpd::service {

namespace {

using base::Result;

// Of Cloudflare's 1,200 in five minutes a user: some are left for people and tools.
constexpr int requests_per_5m = 960;

Event event_of(Step step) {
  if (step == Step::opened) return Event::opened;
  return step == Step::ended ? Event::ended : Event::changed;
}

Delivery delivery_of(Verdict verdict) {
  if (verdict == Verdict::acknowledged) return Delivery::delivered;
  return verdict == Verdict::later ? Delivery::failed : Delivery::dropped;
}

// What ends first of each key.
std::map<std::string, model::Time> earliest(const std::vector<Expiring>& all) {
  std::map<std::string, model::Time> out;
  for (const Expiring& one : all) {
    const auto [found, added] = out.emplace(one.key, one.expires);
    if (!added) found->second = std::min(found->second, one.expires);
  }
  return out;
}

std::unique_ptr<http::Transport> make_wire(const Lasting& lasting, const config::Settings& settings) {
  return lasting.make_transport(lasting.io, transport_options(settings));
}

std::optional<Checks> make_checks(const Lasting& lasting, const config::Settings& settings,
                                  http::Transport& transport, const secrets::Resolver& resolver) {
  if (!settings.check.interval) return std::nullopt;
  return Checks({.alarms = lasting.alarms,
                 .random = lasting.random,
                 .catalog = lasting.checks,
                 .transport = transport,
                 .store = lasting.store,
                 .resolver = resolver,
                 .fingerprint_key = lasting.fingerprint_key},
                settings);
}

}  // namespace

Generation::Generation(Lasting& lasting, config::Settings settings)
    : lasting_(lasting),
      settings_(std::move(settings)),
      wire_(make_wire(lasting, settings_)),
      gate_(*wire_),
      logged_(gate_, lasting.alarms.clock()),
      metered_(logged_, lasting.metrics, lasting.alarms.clock()),
      connections_({lasting.io, lasting.alarms.clock(), lasting.random, metered_, lasting.budgets,
                    lasting.environment},
                   settings_, requests_per_5m),
      probe_wire_(lasting.make_transport(lasting.io, check::transport_options(settings_.check))),
      probe_log_(*probe_wire_, lasting.alarms.clock()),
      acceptance_(lasting.checks, probe_log_, lasting.alarms.clock(), settings_),
      checks_(make_checks(lasting, settings_, probe_log_, connections_.for_files())),
      source_(make_source(lasting.io, lasting.alarms, settings_, connections_.for_settings())),
      accounts_(settings_.accounts_path.empty()
                    ? nullptr
                    : make_folder_source(lasting.io, lasting.alarms, settings_.accounts_path)),
      // Webhooks go past the log: their URL is a secret.
      notifier_(lasting.alarms, lasting.random, gate_, lasting.store, connections_.for_settings(),
                settings_.notify),
      daemon_({.io = lasting.io,
               .alarms = lasting.alarms,
               .random = lasting.random,
               .catalog = lasting.catalog,
               .connections = connections_,
               .store = lasting.store,
               .fingerprint_key = lasting.fingerprint_key,
               .source = *source_,
               .observer = *this,
               .started = lasting.started,
               .acceptance = &acceptance_,
               .checks = checks_ ? &*checks_ : nullptr,
               .cluster = lasting.cluster,
               .kept = std::exchange(lasting.kept, {})},
              settings_),
      tasks_(lasting.io, lasting.alarms, [this] { stop(); }) {
  lasting.metrics.keep_accounts(settings_.aliases());
  for (const auto& [group, pace] : daemon_.pace()) lasting.metrics.interval(group, pace.interval);
  if (cluster::Member* member = lasting.cluster) {
    metered_.watch([member](bool answered) { member->api(answered); });
    reach_.emplace(lasting.alarms, metered_, *member, settings_);
  }
  notifier_.watch([this](Verdict verdict) { lasting_.metrics.notification(delivery_of(verdict)); });
}

asio::awaitable<void> Generation::run(Trigger first, std::function<void()> ready) {
  tasks_.start(notifier_.run());
  tasks_.start(daemon_.run(first, std::move(ready)));
  if (reach_) tasks_.start(reach_->run());
  if (accounts_) {
    accounts_->look();  // they were read before anybody watched them
    tasks_.start(accounts_->run([this] {
      if (lasting_.accounts_changed) lasting_.accounts_changed();
    }));
  }
  co_await tasks_.ended();
}

void Generation::stop() {
  if (accounts_) accounts_->stop();
  if (reach_) reach_->stop();
  daemon_.stop();
  notifier_.stop();
}

void Generation::abandon() {
  gate_.stop();
  if (accounts_) accounts_->stop();
  if (reach_) reach_->stop();
  daemon_.abandon();
  notifier_.stop();
}

Result<void> Generation::incident(const Told& told) {
  if (told.step == Step::lasts) return notifier_.remind({told.incident});
  return notifier_.tell(told.incident, event_of(told.step));
}

void Generation::passed(const Finished& pass, const config::Account& account,
                        const std::vector<Expiring>& expiring) {
  Metrics& metrics = lasting_.metrics;
  const bool known = pass.plan.status != plan::Status::unknown;
  const auto& changes = pass.plan.changes;
  metrics.pass(pass.plan, pass.took, pass.began, pass.ended, !pass.failed());
  if (!known) return;
  metrics.drifted(account.alias, static_cast<std::size_t>(std::count_if(
                                     changes.begin(), changes.end(), [](const plan::Change& change) {
                                       return is_drift(change) && change.outcome != plan::Outcome::done;
                                     })));
  metrics.expiries(account.alias, earliest(expiring));
}

void Generation::checked(const config::Account& account, const CheckedByKey& known) {
  lasting_.metrics.checked(account.alias, known);
}

void Generation::told_elsewhere(const model::Incident& incident) {
  if (auto noted = notifier_.assume_told(incident); !noted)
    base::log(base::LogLevel::warn,
              "an incident that another host has told of may be told again: " + noted.error().text());
}

void Generation::status(const std::string& line) {
  lasting_.status(line);
}

// What another host has, that one tells of.
void Generation::measure_cluster(Result<std::vector<model::Incident>>& open) {
  const cluster::Member& member = *lasting_.cluster;
  std::vector<std::string> here;
  for (const config::Account& account : settings_.accounts) {
    if (member.holds(account.id)) here.push_back(account.alias);
  }
  lasting_.metrics.keep_accounts(here);
  for (const config::Account& account : settings_.accounts)
    lasting_.metrics.held(account.alias, member.holds(account.id));
  lasting_.metrics.cluster(member.problem().empty());
  if (!open) return;
  std::erase_if(*open, [&](const model::Incident& one) {
    return !one.account_id.empty() && !member.holds(one.account_id);
  });
}

void Generation::measure() {
  for (const auto& [group, budget] : lasting_.budgets)
    lasting_.metrics.rate_limit_wait(group, budget->waited_seconds());
  lasting_.metrics.notifications_pending(notifier_.pending());
  auto open = lasting_.store.history().open_incidents();
  if (lasting_.cluster) measure_cluster(open);
  if (open) lasting_.metrics.open_incidents(*open);
}

}  // namespace idpd::service
