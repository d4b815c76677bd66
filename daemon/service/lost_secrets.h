// After an `apply`: a SCIM secret that was lost on its way is an open incident, whether a daemon runs or not.
// The daemon's next pass finds it open, tells whoever wants to know, and ends it when a secret is there.
#pragma once

#include "base/result.h"
#include "config/settings.h"
#include "model/incident.h"
#include "state/store.h"

namespace idpd::service {

// Under the account's lock. Error: io, with the path.
base::Result<void> note_lost_secrets(state::Store& store, const std::string& state_directory,
                                     const config::Account& account, model::Time now);

}  // namespace idpd::service
