#include "service/account_pass.h"

#include <algorithm>
#include <limits>

#include "http/fenced_transport.h"
#include "service/contest.h"
#include "state/lock.h"

namespace idpd::service {

namespace {

using plan::Outcome;

static_assert(cluster::ended_shared >= contest_memory, "a contest moves with its account");

model::Time now_of(base::Clock& clock) {
  return std::chrono::floor<std::chrono::seconds>(clock.now());
}

plan::Policy policy_for(const config::Account& account, bool approved,
                        const std::map<std::string, std::string>& contests) {
  plan::Policy out = policy_of(account);
  out.withhold_unresolved = true;
  out.withhold_vanished = !approved;
  out.adoption_consent = approved;
  if (approved) {
    out.allow_deletes = true;
    out.max_deletes = std::numeric_limits<std::size_t>::max();
    out.allow_empty = true;
  } else {
    out.contested = contests;
  }
  return out;
}

// What is left after a pass, as the next one will plan it: what a person would consent to.
std::string consent_for(const plan::AccountPlan& plan) {
  const bool wanted = std::any_of(plan.changes.begin(), plan.changes.end(), [](const plan::Change& change) {
    return change.withheld && needs_consent(change.withheld->reason);
  });
  if (!wanted) return {};
  plan::AccountPlan left;
  left.account_id = plan.account_id;
  std::copy_if(plan.changes.begin(), plan.changes.end(), std::back_inserter(left.changes),
               [](const plan::Change& change) { return change.outcome != Outcome::done; });
  return plan::fingerprint({left});
}

const std::string only_reports =
    "the account is in `mode: report`, in which the daemon never writes; run `idpd apply` by hand, or set "
    "`mode: enforce`";

// What is remembered and written is for all hosts, and by the leave of all.
void share(reconcile::Context& tools, const cluster::Member& member, cluster::Tenure& held) {
  tools.fingerprint_key = member.fingerprint_key();
  tools.publish = [&held] { return held.publish(); };
  tools.barred = [&held] { return held.barred(); };
}

void look_for_lost_secrets(const PassContext& context, const config::Account& account,
                           const std::vector<model::Record>& records, Finished& out) {
  if (auto lost = reconcile::lost_scim_secrets({context.state_directory, account.id}, records)) {
    out.lost_secrets = *std::move(lost);
  } else {
    out.plan.diagnostics.push_back({model::Severity::error, {}, lost.error().text()});
  }
}

Finished not_begun(const PassContext& context, const config::Account& account, const Job& job) {
  Finished out;
  out.plan.account = account.alias;
  out.plan.account_id = account.id;
  out.began = out.ended = now_of(context.clock);
  out.job = job;
  return out;
}

// Null where another host has the account, which is said then.
asio::awaitable<std::unique_ptr<cluster::Tenure>> enter(const PassContext& context,
                                                        const config::Account& account, Finished& out) {
  auto entered = co_await context.cluster->enter(context.store, account.id);
  if (entered) co_return *std::move(entered);
  out.elsewhere = true;
  out.plan.error = entered.error().text();
  co_return nullptr;
}

}  // namespace

bool needs_consent(plan::Reason reason) {
  using plan::Reason;
  return reason == Reason::deletes_setting || reason == Reason::max_deletes ||
         reason == Reason::adoption_consent || reason == Reason::files_empty || reason == Reason::vanished ||
         reason == Reason::contested;
}

bool went_wrong(const plan::Change& change) {
  return change.outcome == Outcome::failed || change.outcome == Outcome::unknown;
}

bool Finished::failed() const {
  return plan.status == plan::Status::unknown ||
         std::any_of(plan.changes.begin(), plan.changes.end(), went_wrong);
}

asio::awaitable<Finished> account_pass(const PassContext& context, const config::Account& account,
                                       std::shared_ptr<const model::DesiredState> desired, Job job) {
  Finished out = not_begun(context, account, job);
  const Instant begun = context.clock.monotonic();

  auto lock = state::AccountLock::try_acquire(context.state_directory, account.id, "idpd run");
  if (!lock) {
    out.locked = lock.error().code == base::Code::locked;
    out.plan.error = lock.error().text();
    co_return out;
  }
  cluster::Tenure* tenure = nullptr;
  std::optional<http::FencedTransport> fence;
  if (context.cluster) {
    *context.tenure = co_await enter(context, account, out);
    tenure = context.tenure->get();
    if (!tenure) co_return out;
    fence.emplace(context.connections.transport(), [tenure] { return tenure->permit(); });
  }
  auto client = context.connections.client(account, fence ? &*fence : nullptr);
  if (!client) {
    out.plan.error = client.error().text();
    co_return out;
  }
  reconcile::Context tools{.catalog = context.catalog,
                           .client = **client,
                           .resolver = context.connections.for_files(),
                           .store = &context.store,
                           .fingerprint_key = context.fingerprint_key,
                           .state_directory = context.state_directory,
                           .accepts = context.accepts};
  if (tenure) share(tools, *context.cluster, *tenure);
  bool approved = account.enforce && !job.approved.empty();
  out.refused = account.enforce || job.approved.empty() ? std::string() : only_reports;
  auto ended = context.store.history().ended_incidents(account.id, out.began - contest_memory);
  if (!ended) {
    out.plan.error = ended.error().text();
    co_return out;
  }
  const auto contests = contested(*ended, out.began);
  reconcile::Input input{.account = account.alias,
                         .account_id = account.id,
                         .desired = *desired,
                         .policy = policy_for(account, approved, contests),
                         .stopping = &context.stopping};
  reconcile::Prepared prepared = co_await reconcile::prepare(tools, input);
  if (approved && plan::fingerprint({prepared.plan}) != job.approved) {
    out.refused = prepared.plan.status == plan::Status::unknown
                      ? "the account could not be read, and nothing was done; approve it again when it can"
                      : "the plan is no longer the approved one, since something has changed meanwhile, and "
                        "nothing of it was done; `idpd status` shows the new one";
    approved = false;
    input.policy = policy_for(account, approved, contests);
    prepared = co_await reconcile::prepare(tools, input);
  }
  out.enforced = account.enforce && prepared.plan.status != plan::Status::unknown;
  if (out.enforced) {
    const reconcile::Progress quiet;
    out.plan = co_await reconcile::execute(tools, input, prepared, quiet);
  } else {
    out.plan = std::move(prepared.plan);
  }
  out.live = std::move(prepared.live);
  out.matches = std::move(prepared.planned.matches);
  out.consent = consent_for(out.plan);
  look_for_lost_secrets(context, account, prepared.records, out);
  out.ended = now_of(context.clock);
  out.took = context.clock.monotonic() - begun;
  co_return out;
}

}  // namespace idpd::service
