#include "service/daemon.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/log.h"
#include "base/text.h"
#include "cloudflare/audit_log.h"
#include "state/database.h"

namespace idpd::service {

namespace {

using base::Code;
using base::Error;
using base::LogLevel;
using base::Result;
using model::Incident;

// How far back somebody's change is looked for, how long it is asked about, and for how long a log that
// cannot be read is left alone.
constexpr std::chrono::hours looked_back{24};
constexpr std::chrono::hours asked_for{1};
constexpr std::chrono::hours unreadable_for{1};

constexpr std::string_view older_status =
    "the status could not be saved, so that `idpd status` shows an older one";

void complain(const Result<void>& done, std::string_view what) {
  if (!done) base::log(LogLevel::error, fmt::format("{}: {}", what, done.error().text()));
}

Ended ended_as(const Finished& pass) {
  if (pass.elsewhere) return Ended::elsewhere;
  if (pass.locked) return Ended::locked;
  if (pass.plan.changed_since) return Ended::overtaken;
  return pass.failed() ? Ended::failed : Ended::done;
}

model::Pass summary_of(const Finished& finished, const DesiredFiles& files) {
  model::Pass out;
  out.account = finished.plan.account;
  out.account_id = finished.plan.account_id;
  out.began = finished.began;
  out.ended = finished.ended;
  out.trigger = name_of(finished.job.trigger);
  if (files.revision()) out.commit = files.revision()->commit;
  for (const plan::Change& change : finished.plan.changes) {
    if (change.outcome == plan::Outcome::done) ++out.applied;
    if (change.withheld) ++out.withheld;
    if (went_wrong(change) && out.error.empty()) out.error = change.error;
  }
  using model::PassResult;
  out.result = finished.plan.status == plan::Status::unknown ? PassResult::unknown
               : finished.failed()                           ? PassResult::failed
               : out.withheld > 0                            ? PassResult::withheld
               : finished.plan.changes.empty()               ? PassResult::in_sync
                                                             : PassResult::changes;
  if (finished.plan.error) out.error = *finished.plan.error;
  return out;
}

void log_changes(const Finished& finished) {
  for (const plan::Change& change : finished.plan.changes) {
    if (change.outcome != plan::Outcome::done) continue;
    base::log(
        LogLevel::info,
        fmt::format("{}: {} of {} done", finished.plan.account, plan::name_of(change.action), change.key),
        {{"IDPD_ACCOUNT", finished.plan.account}, {"IDPD_KEY", change.key}});
  }
}

void log_step(const Told& told) {
  const Incident& one = told.incident;
  const std::string whose = one.account.empty() ? "" : one.account + ": ";
  base::Fields fields{{"IDPD_INCIDENT", std::to_string(one.number)}};
  if (!one.account.empty()) fields.emplace_back("IDPD_ACCOUNT", one.account);
  if (!one.key.empty()) fields.emplace_back("IDPD_KEY", one.key);
  if (told.step == Step::opened || told.step == Step::changed) {
    base::log(LogLevel::warn, fmt::format("{}{}", whose, one.message), fields);
  } else if (told.step == Step::ended) {
    base::log(LogLevel::info, fmt::format("{}over ({}): {}", whose, model::name_of(*one.ending), one.message),
              fields);
  }
}

}  // namespace

Daemon::Daemon(Parts parts, const config::Settings& settings)
    : parts_(std::move(parts)),
      settings_(settings),
      files_(parts_.catalog, settings, parts_.store),
      slots_(settings.concurrency),
      pace_(spread(settings, parts_.connections.requests_per_5m())),
      spread_notice_(spread_notice(settings, pace_, parts_.connections.requests_per_5m())),
      files_changed_(parts_.alarms.make()),
      tasks_(parts_.io, parts_.alarms, [this] { stop(); }),
      checking_(parts_.io, parts_.alarms, [this] { stop(); }) {
  for (const config::Account& account : settings.accounts) {
    accounts_.emplace_back(*this, account);
    const std::string& group = account.rate_group;
    parts_.connections.budget(account).watch(
        [this, group](bool waits) { slots_.budget_waits(group, waits); });
  }
  if (!spread_notice_.empty())
    base::log(LogLevel::warn,
              spread_notice_ +
                  "; a longer reconcile.interval, or tokens of more than one Cloudflare user, end this");
}

Daemon::~Daemon() {
  for (const config::Account& account : settings_.accounts) parts_.connections.budget(account).watch({});
}

Daemon::One::One(Daemon& daemon, const config::Account& its)
    : account(its),
      loop(
          daemon.parts_.alarms, daemon.parts_.random, daemon.slots_,
          {daemon.pace_.at(its.rate_group).interval, its.rate_group},
          [this, &daemon](Job job) { return daemon.pass(*this, std::move(job)); },
          [this, &daemon] { daemon.settled(*this); }) {}

model::Time Daemon::now() const {
  return std::chrono::floor<std::chrono::seconds>(parts_.alarms.clock().now());
}

asio::awaitable<void> Daemon::run(Trigger first, std::function<void()> ready) {
  complain(erase_other_accounts(parts_.store, settings_),
           "the status still shows accounts that the settings no longer have");
  for (One& one : accounts_) {
    if (const auto document = document_of(one)) {
      count(one, *document);
      if (std::string last = document->text("last_success"); !last.empty())
        one.last_success = std::move(last);
    }
    if (!parts_.checks) end_checks(one);
  }
  tasks_.start(parts_.source.run([this] { files_changed_->ring(); }));
  co_await read_files();
  if (!files_.in_force() && files_.recall()) {
    base::log(LogLevel::warn,
              "the files cannot be used, so that those that were last good are in force; `idpd validate` "
              "shows what is wrong");
  }
  if (parts_.cluster) parts_.cluster->watch([this] { look_at_cluster(); });
  ready();
  if (files_.in_force()) begin(first);
  say_status();
  tasks_.start(follow_files());
  co_await tasks_.ended();
  co_await checking_.ended();
  if (parts_.cluster) parts_.cluster->watch([] {});
}

void Daemon::begin(Trigger first) {
  if (begun_ || stopping_) return;
  begun_ = true;
  for (One& one : accounts_) {
    one.signature = files_.signature(one.account.alias);
    const auto kept = parts_.kept.find(one.account.id);
    if (kept != parts_.kept.end() && kept->second.signature == one.signature) {
      one.consent = kept->second.consent;
      one.elsewhere = !parts_.cluster || !parts_.cluster->holds(one.account.id);
      one.loop.resume(kept->second.next);
    } else if (first != Trigger::start) {
      one.loop.ask(first);
    }
    tasks_.start(one.loop.run());
  }
  parts_.kept.clear();
}

KeptAccounts Daemon::kept() const {
  KeptAccounts out;
  if (!begun_) return out;
  for (const One& one : accounts_) out[one.account.id] = {one.signature, one.loop.next(), one.consent};
  return out;
}

void Daemon::ask_where_files_changed() {
  for (One& one : accounts_) {
    const std::size_t now = files_.signature(one.account.alias);
    if (std::exchange(one.signature, now) != now) one.loop.ask(Trigger::files);
  }
}

void Daemon::stop() {
  if (std::exchange(stopping_, true)) return;
  parts_.source.stop();
  if (parts_.checks) parts_.checks->stop();
  checking_.abandon();
  for (One& one : accounts_) one.loop.stop();
  files_changed_->ring();
}

// After each look at etcd: what has become this host's is looked at now, and what has not is shown as such.
void Daemon::look_at_cluster() {
  for (One& one : accounts_) {
    if (parts_.cluster->holds(one.account.id)) {
      one.shown_holder.reset();
      if (!std::exchange(one.elsewhere, false)) continue;
      if (begun_) one.loop.ask(Trigger::takeover);
      continue;
    }
    const std::string holder = parts_.cluster->holder(one.account.id);
    one.elsewhere = true;
    if (one.shown_holder == holder) continue;
    one.shown_holder = holder;
    base::Json document = elsewhere_document(one.account, holder);
    count(one, document);
    complain(save_document(one, std::move(document)), older_status);
  }
  say_status();
}

void Daemon::abandon() {
  stop();
  tasks_.abandon();
}

asio::awaitable<bool> Daemon::read_files() {
  const Result<Snapshot> read = co_await parts_.source.read();
  if (stopping_) co_return false;
  if (!read && read.error().code == Code::conflict) {
    base::log(LogLevel::info, read.error().text());
    co_return false;
  }
  const bool good = files_.take(read);
  const auto open = parts_.store.history().open_incidents(std::string());
  if (open) tell(observe_files(*open, files_.problem(), files_.in_force(), now()));
  complain(save_daemon_document(parts_.store,
                                {parts_.started, parts_.source.title(), files_.problem(), files_.revision()}),
           older_status);
  co_return good;
}

asio::awaitable<void> Daemon::follow_files() {
  for (;;) {
    if (!stopping_) co_await files_changed_->wait_until(never);
    if (stopping_) co_return;
    const bool good = co_await read_files();
    if (good) {
      begin(Trigger::files);
      ask_where_files_changed();
    }
    say_status();
  }
}

asio::awaitable<Ended> Daemon::pass(One& one, Job job) {
  std::unique_ptr<cluster::Tenure> tenure;
  PassContext context{.catalog = parts_.catalog,
                      .clock = parts_.alarms.clock(),
                      .connections = parts_.connections,
                      .store = parts_.store,
                      .fingerprint_key = parts_.fingerprint_key,
                      .state_directory = settings_.state_path,
                      .stopping = stopping_,
                      .cluster = parts_.cluster,
                      .tenure = &tenure};
  if (parts_.acceptance) context.accepts = parts_.acceptance->of(one.account);
  const auto desired = files_.of(one.account.alias);
  const Finished finished = co_await account_pass(context, one.account, desired, std::move(job));
  const Ended ended = ended_as(finished);
  if (tenure) {
    for (const Incident& each : tenure->told_elsewhere()) parts_.observer.told_elsewhere(each);
  }
  if (finished.elsewhere) {
    one.elsewhere = true;
    base::log(LogLevel::debug, fmt::format("{}: {}", one.account.alias, *finished.plan.error));
  } else if (finished.locked) {
    base::log(LogLevel::info, fmt::format("{}: {}", one.account.alias, *finished.plan.error),
              {{"IDPD_ACCOUNT", one.account.alias}});
  } else if (!stopping_ || finished.enforced) {
    co_await conclude(one, finished, *desired);
    if (tenure) co_await share_incidents(one, *tenure);
    begin_check(one, finished, desired);
  }
  co_return ended;
}

asio::awaitable<void> Daemon::share_incidents(const One& one, cluster::Tenure& tenure) {
  const auto shared = co_await tenure.publish_incidents();
  if (!shared) {
    base::log(LogLevel::info, fmt::format("{}: its incidents could not be shared: {}", one.account.alias,
                                          shared.error().text()));
  }
}

asio::awaitable<void> Daemon::conclude(One& one, const Finished& finished,
                                       const model::DesiredState& desired) {
  const state::History history = parts_.store.history();
  log_changes(finished);
  if (!finished.refused.empty())
    base::log(LogLevel::warn, fmt::format("{}: not carried out: {}", one.account.alias, finished.refused),
              {{"IDPD_ACCOUNT", one.account.alias}});
  const auto open = history.open_incidents(one.account.id);
  if (!open) {
    base::log(
        LogLevel::error,
        "the pass was made, but its incidents are not told, since those that are open cannot be read: " +
            open.error().text());
    co_return;
  }
  std::vector<Expiring> expiring;
  if (finished.plan.status != plan::Status::unknown)
    expiring = service::expiring(desired, finished.live, finished.matches);
  std::vector<Incident> seen = seen_in(finished);
  for (Incident& each : expiry_incidents(expiring, now(), settings_.warn_before_expiry)) {
    each.account = one.account.alias;
    each.account_id = one.account.id;
    seen.push_back(std::move(each));
  }
  std::vector<Told> told = observe(*open, std::move(seen), finished);
  for (Told& each : told) {
    const bool drift = each.incident.kind == model::Kind::drift && !stopping_;
    // The log lags behind: while nobody is named it is asked again.
    const auto lasted = each.incident.last_seen - each.incident.first_seen;
    const bool recent =
        lasted >= std::chrono::seconds(0) && lasted < asked_for;  // below: the clock was set back
    const bool ended = each.step == Step::ended;
    if (drift && !each.incident.changed_by && recent && !ended) co_await attribute(one, each.incident);
  }
  tell(std::move(told));
  const auto lasting = history.open_incidents(one.account.id);
  one.consent = finished.consent;
  if (!finished.failed()) one.last_success = model::timestamp(finished.ended);
  one.summary = summary_of(finished, files_);
  one.document = account_document(one.account, desired, finished,
                                  lasting ? *lasting : std::vector<Incident>(), one.last_success);
  parts_.observer.passed(finished, one.account, expiring);
}

// The settings no longer ask for probes: nobody would ever end what they have found.
void Daemon::end_checks(const One& one) {
  const auto open = parts_.store.history().open_incidents(one.account.id);
  if (open) tell(observe_checks(*open, {}, one.account, {}, now()));
  parts_.observer.checked(one.account, {});
}

// After a pass, and beside the next ones: no pass waits for an identity provider.
void Daemon::begin_check(One& one, const Finished& finished,
                         std::shared_ptr<const model::DesiredState> desired) {
  if (!parts_.checks || one.checking || stopping_) return;
  const Trigger why = finished.job.trigger;
  // Whoever asks wants to know whether what was bad is mended.
  const bool again = why == Trigger::request || why == Trigger::reload;
  one.checking = true;
  checking_.start(check(one, std::move(desired), again));
}

asio::awaitable<void> Daemon::check(One& one, std::shared_ptr<const model::DesiredState> desired,
                                    bool again) {
  const auto open = parts_.store.history().open_incidents(one.account.id);
  std::set<std::string> bad;
  if (open && again) {
    for (const Incident& each : *open) {
      if (each.kind == model::Kind::check) bad.insert(each.key);
    }
  }
  const auto outcomes = co_await parts_.checks->run(one.account, *desired, bad);
  if (open) tell(observe_checks(*open, outcomes, one.account, *desired, now()));
  parts_.observer.checked(one.account, parts_.checks->known(one.account));
  // Not yet saved after the pass: that is when it is told what the probes know.
  if (auto document = one.document ? std::nullopt : document_of(one))
    complain(save_document(one, *std::move(document)), older_status);
  one.checking = false;
}

// Who it was, from the account's audit log. What cannot be found out stays unknown, and is no failure.
asio::awaitable<void> Daemon::attribute(One& one, model::Incident& incident) {
  const base::Clock& clock = parts_.alarms.clock();
  if (incident.id.empty() || clock.monotonic() < one.audit_again) co_return;
  auto client = parts_.connections.client(one.account);
  if (!client) co_return;
  const std::string own_token = co_await (*client)->token_id();
  const cloudflare::AuditQuery query(incident.id, clock.now() - looked_back,
                                     clock.now() + std::chrono::minutes(1));
  const auto entries = co_await (*client)->list_audit_entries(query);
  if (!entries) {
    base::log(LogLevel::info, fmt::format("{}: who changed {} is unknown: {}", one.account.alias,
                                          incident.key, entries.error().text()));
    one.audit_again = clock.monotonic() + unreadable_for;
  } else if (const auto found = cloudflare::last_change_by_others(*entries, query, own_token)) {
    incident.changed_by = model::Attribution{found->actor, found->interface, found->at};
  }
}

// The part of an account's document that is known only now: when the next pass comes.
void Daemon::settled(One& one) {
  auto document = std::exchange(one.document, std::nullopt);
  if (!document) document = document_of(one);
  if (!document) return;
  const auto ahead =
      std::chrono::duration_cast<std::chrono::seconds>(one.loop.next() - parts_.alarms.clock().monotonic());
  (*document)["next_attempt"] = stopping_ ? base::Json() : base::Json(model::timestamp(now() + ahead));
  (*document)["failures"] = one.loop.failures();
  count(one, *document);
  auto summary = std::exchange(one.summary, std::nullopt);
  complain(parts_.store.database().transaction([&]() -> Result<void> {
    if (summary) {
      if (auto done = parts_.store.history().add(*summary); !done) return done;
    }
    return save_document(one, *std::move(document));
  }),
           "what the pass found could not be written down, so that `idpd status` and `idpd history` show an "
           "older one");
  say_status();
}

std::optional<base::Json> Daemon::document_of(const One& one) const {
  auto document = load_account_document(parts_.store, one.account.id);
  return document ? *std::move(document) : std::nullopt;
}

Result<void> Daemon::save_document(const One& one, base::Json document) {
  if (parts_.checks) add_checks(document, parts_.checks->known(one.account));
  return save_account_document(parts_.store, one.account.id, document);
}

void Daemon::count(One& one, const base::Json& document) {
  ProviderCounts& out = one.counts = {};
  if (const base::Json* providers = document.find("identity_providers")) {
    for (const base::Json& provider : providers->array()) {
      const std::string state = provider.text("state");
      ++(state == "in_sync"   ? out.in_sync
         : state == "drifted" ? out.drifted
         : state == "pending" ? out.pending
                              : out.unknown);
    }
  }
  if (const base::Json* changes = document.find("changes")) {
    for (const base::Json& change : changes->array())
      out.withheld += change.find("withheld") && change.find("withheld")->is_object() ? 1 : 0;
  }
}

void Daemon::tell(std::vector<Told> all) {
  for (Told& told : all) {
    told.incident.message = base::valid_utf8(told.incident.message);  // it may name a file
    // Written down and queued for whoever wants to know, or neither: a crash in between loses none.
    const auto saved = parts_.store.database().transaction([&]() -> Result<void> {
      if (auto done = parts_.store.history().save(told.incident); !done) return done;
      return parts_.observer.incident(told);
    });
    complain(saved, "an incident could not be written down, and nobody is notified of it");
    log_step(told);
  }
}

Result<void> Daemon::ask(const std::optional<std::string>& account, Trigger trigger) {
  if (account && !settings_.find(*account)) {
    return Error{Code::invalid, fmt::format("there is no account \"{}\"{}", base::printable(*account),
                                            base::did_you_mean(*account, settings_.aliases()))};
  }
  parts_.source.look();
  for (One& one : accounts_) {
    if (!account || one.account.alias == *account) one.loop.ask(trigger);
  }
  return {};
}

Result<std::string> Daemon::approve(const std::string& fingerprint) {
  for (One& one : accounts_) {
    if (one.consent.empty() || one.consent != fingerprint) continue;
    if (!one.account.enforce) {
      return Error{Code::refused,
                   fmt::format("account {} is in `mode: report`, in which the daemon never writes, and "
                               "nothing was done; run `idpd apply` by hand, or set `mode: enforce`",
                               one.account.alias)};
    }
    one.consent.clear();  // once
    one.loop.approve(fingerprint);
    return one.account.alias;
  }
  return Error{Code::refused,
               "no withheld plan has this fingerprint (any more), and nothing was done; `idpd status` shows "
               "the one that waits now"};
}

std::string Daemon::not_ready() const {
  if (files_.in_force()) return {};
  return "no files are in force: " +
         (files_.problem().empty() ? "they have not been read yet" : files_.problem());
}

void Daemon::say_status() {
  ProviderCounts all;
  for (const One& one : accounts_) {
    all.in_sync += one.counts.in_sync;
    all.drifted += one.counts.drifted;
    all.pending += one.counts.pending;
    all.unknown += one.counts.unknown;
    all.withheld += one.counts.withheld;
  }
  std::string line = files_.in_force()
                         ? fmt::format("{} in sync, {} drifted, {} pending, {} unknown, {} withheld",
                                       all.in_sync, all.drifted, all.pending, all.unknown, all.withheld)
                         : not_ready();
  if (files_.in_force() && !files_.problem().empty())
    line = "files broken, the last good ones are in force; " + line;
  if (!spread_notice_.empty()) line += "; " + spread_notice_;
  const auto elsewhere = parts_.cluster ? std::count_if(accounts_.begin(), accounts_.end(),
                                                        [](const One& one) { return one.elsewhere; })
                                        : 0;
  if (elsewhere > 0) line += fmt::format(", {} of {} accounts on other hosts", elsewhere, accounts_.size());
  if (parts_.cluster && !parts_.cluster->problem().empty()) line = parts_.cluster->problem() + "; " + line;
  parts_.observer.status(line);
}

}  // namespace idpd::service
