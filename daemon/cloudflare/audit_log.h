// Who changed an identity provider, as the account's audit log (version 2) tells it. What is kept of an entry
// is kept here: the log also holds the bodies of requests, secrets included, and they go no further than the
// reading. Plain values and pure functions; Client asks for the entries.
// A query is no aggregate: g++ 12 destroys a braced temporary in a co_await argument twice.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace idpd::cloudflare {

struct AuditQuery {
  AuditQuery(std::string id, std::chrono::system_clock::time_point from,
             std::chrono::system_clock::time_point to)
      : resource_id(std::move(id)), since(from), before(to) {}

  std::string resource_id;  // of the identity provider
  std::chrono::system_clock::time_point since;
  std::chrono::system_clock::time_point before;
};

// Every text is as the log has it and may be empty.
struct AuditEntry {
  std::string resource_id;
  std::string uri;
  std::string action;  // create, update, delete, view
  bool succeeded = true;
  std::chrono::system_clock::time_point at;
  std::string email;
  std::string actor_type;  // user, account, system, cloudflare_admin
  std::string context;     // dash, api_token, api_key, oauth, …
  std::string token_id;
  std::string token_name;
  std::string user_agent;
};

// For people: printable, short, free of secrets.
struct LastChange {
  std::string actor;      // a mail address, with the token's name where one was used, or `Cloudflare`
  std::string interface;  // `dashboard`, `API`, `Terraform`, else as the log says
  std::string at;         // RFC 3339, UTC
  bool operator==(const LastChange&) const = default;
};

// Nothing where the entry says no time.
std::optional<AuditEntry> read_audit_entry(const base::Json& entry);

// The newest successful change of this identity provider within the query's span that was not made with our
// own token. Where our token's id is not known (empty), no token is blamed: it might have been ours.
std::optional<LastChange> last_change_by_others(const std::vector<AuditEntry>& entries,
                                                const AuditQuery& query, std::string_view own_token_id);

}  // namespace idpd::cloudflare
