// What a probe is told of an identity provider of the files. Pure.
#pragma once

#include <string>

#include "check/prober.h"
#include "reconcile/secret_values.h"

namespace idpd::service {

// `secrets` holds the client's secret, or why it cannot be resolved; both outlive the subject.
check::Subject subject_of(const std::string& account, const std::string& team_domain,
                          const model::DesiredProvider& provider, const reconcile::SecretValues& secrets);

}  // namespace idpd::service
