// One pass of the daemon over one account: the pass of reconcile/, under the account's lock, with what the
// account's mode and a person's approval allow. The context and the account outlive the coroutine.
#pragma once

#include <asio/awaitable.hpp>
#include <memory>
#include <optional>
#include <string>

#include "cluster/member.h"
#include "model/incident.h"
#include "reconcile/pass.h"
#include "reconcile/scim.h"
#include "service/account_loop.h"
#include "service/connections.h"

namespace idpd::service {

struct PassContext {
  const model::TypeCatalog& catalog;
  base::Clock& clock;
  Connections& connections;
  state::Store& store;
  std::string fingerprint_key;
  std::string state_directory;
  const bool& stopping;  // true: no change is begun any more
  reconcile::Accepts accepts = {};
  cluster::Member* cluster = nullptr;  // null: this host alone
  // Where there are several hosts: the right under which the pass was made, for what is told of it.
  std::unique_ptr<cluster::Tenure>* tenure = nullptr;
};

struct Finished {
  plan::AccountPlan plan;
  model::LiveState live;             // as it was listed, before any write
  std::vector<plan::Match> matches;  // which of the live ones the files mean
  bool locked = false;               // another idpd has the account: nothing was looked at
  bool elsewhere = false;            // another host has it, or none may: nothing was looked at
  bool enforced = false;             // changes have outcomes
  std::string consent;  // the fingerprint of what is left and waits for a person; empty = nothing does
  std::vector<reconcile::LostSecret> lost_secrets;  // SCIM secrets that never came
  std::string refused;  // why an approval was not carried out; empty = it was, or there was none
  Job job;
  model::Time began{};
  model::Time ended{};
  std::chrono::nanoseconds took{0};

  // The account could not be read, or a change went wrong.
  bool failed() const;
};

asio::awaitable<Finished> account_pass(const PassContext& context, const config::Account& account,
                                       std::shared_ptr<const model::DesiredState> desired, Job job);

// Whether a person can allow what is withheld for this reason (design rule 15).
bool needs_consent(plan::Reason reason);
bool went_wrong(const plan::Change& change);

}  // namespace idpd::service
