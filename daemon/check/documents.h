// What an OpenID provider publishes of itself, its discovery document and its keys, held against what Access
// is set to use. Pure; the documents come from outside.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/json.h"
#include "check/outcome.h"

namespace idpd::check {

// What the files say.
struct Expected {
  std::string issuer;
  std::string differs;                           // why another issuer is no fault; empty: it is one
  std::map<std::string, std::string> endpoints;  // member of the document -> the address that is used
  bool pkce = false;
  std::string authentication;  // client_secret_basic, …; empty when no secret is used
  std::vector<std::string> scopes;
};

// OpenID Connect Discovery 1.0, sections 3 and 4.3; RFC 8414 for PKCE.
void judge_discovery(const base::Json& document, const Expected& expected, Probe& out);

// RFC 7517. `algorithms`: those that ID tokens may be signed with; empty: not known.
void judge_keys(const base::Json& document, const std::vector<std::string>& algorithms, Probe& out);

// The strings of a list; empty when it is none.
std::vector<std::string> strings(const base::Json* list);

}  // namespace idpd::check
