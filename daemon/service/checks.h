// The connection probes of the daemon: which identity provider is due, when it was last probed and with what
// outcome, over restarts. One that is new, or whose settings or secret have changed, is due at once. Owned by
// one generation; who runs it cancels it, and what was cut short counts as not probed.
#pragma once

#include <asio/awaitable.hpp>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "check/prober.h"
#include "config/settings.h"
#include "model/incident.h"
#include "secrets/resolver.h"
#include "service/alarm.h"
#include "state/store.h"

namespace idpd::service {

// Of the name of the document that keeps what is known of an account; its id follows.
inline constexpr std::string_view checks_prefix = "checks/";

// The last probe of one identity provider.
struct Checked {
  std::string question;  // what was probed: another one is due at once
  model::Time at{};
  check::Verdict verdict = check::Verdict::unknown;
  std::map<std::string, check::Verdict> probes;  // by name

  bool operator==(const Checked&) const = default;
};
using CheckedByKey = std::map<std::string, Checked>;

class Checks {
 public:
  struct Parts {
    Alarms& alarms;
    base::Random& random;
    const check::Catalog& catalog;
    http::Transport& transport;
    state::Store& store;
    const secrets::Resolver& resolver;  // for the files
    std::string fingerprint_key;
  };
  Checks(Parts parts, const config::Settings& settings);

  // Probes, one after another, those that are due or among `again`. The outcomes are of these alone.
  asio::awaitable<std::vector<check::Outcome>> run(const config::Account& account,
                                                   const model::DesiredState& desired,
                                                   const std::set<std::string>& again);
  // What is known of the account; keys that the files no longer name are in it until the next run.
  const CheckedByKey& known(const config::Account& account);
  // Nothing is probed any more.
  void stop() { stopping_ = true; }

 private:
  bool is_due(const CheckedByKey& known, const std::string& key, const std::string& question) const;
  void save(const config::Account& account, const CheckedByKey& known) const;
  model::Time now() const;

  Parts parts_;
  const config::Settings& settings_;
  std::map<std::string, CheckedByKey> known_;  // by account id
  bool stopping_ = false;
};

base::Json to_json(const CheckedByKey& all);
// What cannot be read was not probed.
CheckedByKey checked_from(const base::Json& json);

}  // namespace idpd::service
