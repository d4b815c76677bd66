#include "service/subject.h"

#include "base/digest.h"

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

std::string question_of(const check::Subject& subject, const std::optional<std::string>& secret_fingerprint) {
  base::Json fields{base::Json::Object{}};
  for (const auto& [path, value] : subject.provider.fields) fields[path] = value;
  const base::Json all = base::Json::Object{{"account", subject.account},
                                            {"key", subject.provider.key},
                                            {"type", subject.provider.type},
                                            {"fields", std::move(fields)},
                                            {"check", subject.provider.check},
                                            {"team_domain", subject.team_domain},
                                            {"secret", secret_fingerprint.value_or("")}};
  return "sha256:" + base::sha256_hex(base::canonical_json(all));
}

std::string sentence_of(const check::Probe& probe) {
  return probe.advice.empty() ? probe.message : probe.message + "; " + probe.advice;
}

}  // namespace idpd::service
