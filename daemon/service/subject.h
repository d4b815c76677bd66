// Between the files and the probes: what a probe is told of an identity provider, and how its outcome is told
// on. Pure.
#pragma once

#include <optional>
#include <string>

#include "check/prober.h"
#include "reconcile/secret_values.h"

namespace idpd::service {

// `secrets` holds the client's secret, or why it cannot be resolved; both outlive the subject.
check::Subject subject_of(const std::string& account, const std::string& team_domain,
                          const model::DesiredProvider& provider, const reconcile::SecretValues& secrets);

// A digest of all that the answers depend on: another one is worth asking for. The secret counts by its keyed
// fingerprint; without one, it does not count.
std::string question_of(const check::Subject& subject, const std::optional<std::string>& secret_fingerprint);

// What was found, and what to do next.
std::string sentence_of(const check::Probe& probe);

}  // namespace idpd::service
