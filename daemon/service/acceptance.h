// `check: {before_apply: true}`: whether an identity provider takes a secret, asked before that secret is
// written. A refusal is remembered for a while, so that a withheld change does not fail at the identity
// provider's log with every pass. Owned by the command or by one generation of the daemon.
#pragma once

#include <map>
#include <string>

#include "check/prober.h"
#include "config/settings.h"
#include "reconcile/pass.h"
#include "service/alarm.h"

namespace idpd::service {

class Acceptance {
 public:
  Acceptance(const check::Catalog& catalog, http::Transport& transport, base::Clock& clock,
             const config::Settings& settings)
      : catalog_(catalog), transport_(transport), clock_(clock), settings_(settings) {}

  // Empty when the settings do not ask for it. Refers to this and to the account.
  reconcile::Accepts of(const config::Account& account);

 private:
  struct Refusal {
    std::string message;
    Instant until;
  };
  asio::awaitable<std::optional<std::string>> ask(const config::Account& account,
                                                  const model::DesiredProvider& provider,
                                                  const reconcile::SecretValues& secrets);

  const check::Catalog& catalog_;
  http::Transport& transport_;
  base::Clock& clock_;
  const config::Settings& settings_;
  std::map<std::string, Refusal> refusals_;  // by what was asked
};

}  // namespace idpd::service
