// Incidents as they come about, for the tests of what is told of them.
#pragma once

#include "model/incident.h"

namespace idpd::test {

inline const model::Time found_at{std::chrono::sys_days{std::chrono::year(2026) / 11 / 1} +
                                  std::chrono::hours(9)};

inline model::Incident drift() {
  model::Incident out{.number = 7,
                      .kind = model::Kind::drift,
                      .account = "production",
                      .account_id = "0123456789abcdef0123456789abcdef",
                      .key = "workforce",
                      .id = "f174e90a-fafe-4643-bbbc-4a0ed4fc8415",
                      .name = "PingOne Workforce",
                      .type = "pingone",
                      .fingerprint = "sha256:1",
                      .message = "It was changed in Cloudflare."};
  out.fields = {{.path = "config.pkce_enabled", .live = false, .desired = true},
                {.path = "config.claims",
                 .live = base::Json::Array{"department"},
                 .desired = base::Json::Array{"department", "employee_id"}},
                {.path = "config.client_secret", .live = {}, .desired = {}, .sensitive = true}};
  out.changed_by =
      model::Attribution{.actor = "ann@example.com", .interface = "dashboard", .at = "2026-11-01T08:58:12Z"};
  out.first_seen = found_at;
  out.last_seen = found_at;
  return out;
}

inline model::Incident ended(model::Incident incident, model::Ending how, std::chrono::seconds after) {
  incident.ended = incident.last_seen = incident.first_seen + after;
  incident.ending = how;
  return incident;
}

inline model::Incident failure() {
  model::Incident out{.number = 8,
                      .kind = model::Kind::failure,
                      .account = "production",
                      .account_id = "0123456789abcdef0123456789abcdef",
                      .message = "the token is refused (401); check accounts.production.token"};
  out.first_seen = out.last_seen = found_at;
  return out;
}

inline model::Incident withheld() {
  model::Incident out = failure();
  out.number = 9;
  out.kind = model::Kind::withheld;
  out.key = "old";
  out.name = "Old & gone";
  out.type = "oidc";
  out.message = "2 deletes are withheld: max_deletes is 1";
  out.approve = "sha256:6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b";
  return out;
}

}  // namespace idpd::test
