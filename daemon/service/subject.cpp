#include "service/subject.h"

namespace idpd::service {

check::Subject subject_of(const std::string& account, const std::string& team_domain,
                          const model::DesiredProvider& provider, const reconcile::SecretValues& secrets) {
  const std::string path(check::client_secret_path);
  check::Subject out{.account = account, .provider = provider, .team_domain = team_domain};
  out.secret = secrets.find(provider.key, path);
  const auto states = secrets.states().find(provider.key);
  if (states == secrets.states().end()) return out;
  if (const auto state = states->second.find(path); state != states->second.end())
    out.secret_problem = state->second.problem;
  return out;
}

}  // namespace idpd::service
