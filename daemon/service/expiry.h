// What will stop working on a date that is known: client secrets whose end the files state
// (`options.secret_expires`) and certificates that Cloudflare holds of an identity provider. Pure.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "model/desired.h"
#include "model/incident.h"
#include "model/live.h"
#include "plan/planner.h"

namespace idpd::service {

struct Expiring {
  std::string key;
  std::string id;  // the live id; empty when it is not known
  std::string name;
  std::string type;
  std::string what;  // `client secret`, or `certificate in config.idp_public_certs`
  model::Time expires{};

  bool operator==(const Expiring&) const = default;
};

// Of all that the files name, sorted by key, then date. What cannot be read as a certificate or a date is
// left out: others report that.
std::vector<Expiring> expiring(const model::DesiredState& desired, const model::LiveState& live,
                               const std::vector<plan::Match>& matches);

// One for each key of which something has expired or will within `warn_before`; account, account_id and the
// times of the incident are the caller's to fill in. A certificate that has expired beside one that has not
// is no trouble: that is how they are changed. The fingerprint moves when something else is due or has
// expired.
std::vector<model::Incident> expiry_incidents(const std::vector<Expiring>& all, model::Time now,
                                              std::chrono::milliseconds warn_before);

}  // namespace idpd::service
