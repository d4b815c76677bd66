#include "check/documents.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.h"

namespace idpd::check {

namespace {

using base::Json;

constexpr std::array<const char*, 3> required{"issuer", "authorization_endpoint", "jwks_uri"};

bool has(const std::vector<std::string>& list, const std::string& word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

void bad(Probe& out, std::string message, std::string advice) {
  out.verdict = Verdict::bad;
  out.grade = Grade::documented;
  out.message = std::move(message);
  out.advice = std::move(advice);
}

// RSA for RS256 and PS256, EC for ES256, OKP for EdDSA (RFC 7518, section 3.1; RFC 8037).
bool fits(const std::string& key_type, const std::vector<std::string>& algorithms) {
  if (algorithms.empty()) return key_type == "RSA" || key_type == "EC" || key_type == "OKP";
  return std::any_of(algorithms.begin(), algorithms.end(), [&](const std::string& one) {
    return (key_type == "RSA" && (one.starts_with("RS") || one.starts_with("PS"))) ||
           (key_type == "EC" && one.starts_with("ES")) || (key_type == "OKP" && one.starts_with("Ed"));
  });
}

}  // namespace

std::vector<std::string> strings(const Json* list) {
  std::vector<std::string> out;
  if (!list || !list->is_array()) return out;
  for (const Json& one : list->array()) {
    if (one.is_string()) out.push_back(one.string());
  }
  return out;
}

void judge_discovery(const Json& document, const Expected& expected, Probe& out) {
  for (const char* name : required) {
    if (document.text(name).empty())
      return bad(out, fmt::format("the discovery document has no {}", name),
                 "this is no OpenID provider, or one that is not set up to its end: compare the address");
  }
  out.verdict = Verdict::ok;
  out.grade = Grade::documented;
  out.message = "the discovery document is there";
  const std::string issuer = document.text("issuer");
  if (issuer != expected.issuer) {
    const std::string names =
        fmt::format("the document names the issuer {}, not {}", issuer, expected.issuer);
    if (expected.differs.empty()) return bad(out, names, "write the issuer exactly as the document has it");
    out.notes.push_back(fmt::format("{}: {}", names, expected.differs));
  }
  for (const auto& [name, address] : expected.endpoints) {
    const std::string advertised = document.text(name);
    if (issuer == expected.issuer && !advertised.empty() && advertised != address)
      out.notes.push_back(fmt::format("the document's {} is {}, and {} is used", name, advertised, address));
  }
  if (expected.pkce && !has(strings(document.find("code_challenge_methods_supported")), "S256"))
    out.notes.emplace_back(
        "config.pkce_enabled is true, and PKCE with S256 is not advertised; it may work all the same");
  const auto methods = strings(document.find("token_endpoint_auth_methods_supported"));
  if (!expected.authentication.empty() && !methods.empty() && !has(methods, expected.authentication))
    out.notes.push_back(fmt::format("{} is not among the advertised ways to send the secret: {}",
                                    expected.authentication, base::join(methods, ", ")));
  const auto scopes = strings(document.find("scopes_supported"));
  for (const std::string& scope : expected.scopes) {
    if (!scopes.empty() && !has(scopes, scope))
      out.notes.push_back(
          fmt::format("the scope {} is not advertised; the list need not be complete", scope));
  }
}

void judge_keys(const Json& document, const std::vector<std::string>& algorithms, Probe& out) {
  const Json* keys = document.find("keys");
  std::size_t usable = 0;
  if (keys && keys->is_array()) {
    for (const Json& key : keys->array()) {
      if (key.text("use", "sig") == "sig" && fits(key.text("kty"), algorithms)) ++usable;
    }
  }
  if (usable == 0)
    return bad(out, "there is no key that an ID token could be verified with",
               "compare the address of the keys with jwks_uri of the identity provider's discovery document");
  out.verdict = Verdict::ok;
  out.grade = Grade::documented;
  out.message = fmt::format("{} signing key{}", usable, usable == 1 ? "" : "s");
}

}  // namespace idpd::check
