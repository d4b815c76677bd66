// What the files of a schedule say, as the test itself understands them: keys with their entries, the YAML of
// it, and the secrets behind the references with all the values that they ever had. Nothing of it is shared
// with the daemon.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/json.h"

namespace idpd::test {

using base::Json;

inline const std::string singleton_type = "onetimepin";

struct Entry {
  std::string type;
  std::string name;
  std::string secret;  // the variable that holds it
  int client = 1;
  int pkce = -1;  // not stated, false, true
  int scim = -1;
  bool prevent_delete = false;
  std::string adopt_id;
};

// The config of an object of this entry, without its secret.
inline std::map<std::string, std::string> config_of(const Entry& entry) {
  if (entry.type == singleton_type) return {};
  std::map<std::string, std::string> out{{"client_id", "client-" + std::to_string(entry.client)}};
  if (entry.type == "pingone") out["ping_env_id"] = "environment";
  if (entry.type == "oidc") {
    for (const std::string name : {"auth_url", "token_url", "certs_url"})
      out[name] = "https://login.example.com/" + name;
  }
  return out;
}

struct Files {
  bool broken = false;
  std::map<std::string, Entry> entries;

  bool has_name(const std::string& name) const {
    for (const auto& [key, entry] : entries) {
      if (entry.name == name) return true;
    }
    return false;
  }
  bool has_type(const std::string& type) const {
    for (const auto& [key, entry] : entries) {
      if (entry.type == type) return true;
    }
    return false;
  }
  const Entry* find(const std::string& key) const {
    const auto found = entries.find(key);
    return found == entries.end() ? nullptr : &found->second;
  }
};

inline std::string yaml_of(const Files& files) {
  if (files.broken) return "identity_providers: [";
  std::string out = "identity_providers:";
  if (files.entries.empty()) out += " {}";
  out += "\n";
  for (const auto& [key, entry] : files.entries) {
    out += "  " + key + ":\n    name: \"" + entry.name + "\"\n    type: " + entry.type + "\n    config: {";
    for (const auto& [name, value] : config_of(entry)) out += name + ": \"" + value + "\", ";
    if (entry.pkce >= 0) out += std::string("pkce_enabled: ") + (entry.pkce ? "true, " : "false, ");
    if (entry.type != singleton_type) out += "client_secret: \"${env:" + entry.secret + "}\"";
    out += "}\n";
    if (entry.scim >= 0)
      out += std::string("    scim_config: {enabled: ") + (entry.scim ? "true}\n" : "false}\n");
    if (entry.prevent_delete || !entry.adopt_id.empty()) {
      out += std::string("    options: {prevent_delete: ") + (entry.prevent_delete ? "true" : "false");
      if (!entry.adopt_id.empty()) out += ", adopt_id: \"" + entry.adopt_id + "\"";
      out += "}\n";
    }
  }
  return out;
}

// Every value that each variable ever had, the current one last.
class Secrets {
 public:
  std::set<std::string> missing;  // cannot be had for now

  std::size_t turns(const std::string& variable) const {
    const auto found = turns_.find(variable);
    return found == turns_.end() ? 0 : found->second;
  }
  void rotate(const std::string& variable) { ++turns_[variable]; }
  static std::string value(const std::string& variable, std::size_t turn) {
    return "real-" + variable + "-" + std::to_string(turn) + "-secret";
  }
  std::string current(const std::string& variable) const { return value(variable, turns(variable)); }
  std::optional<std::string> read(const std::string& variable) const {
    if (variable == "TOKEN") return "t0ken";
    if (missing.contains(variable)) return std::nullopt;
    return current(variable);
  }
  const std::map<std::string, std::size_t>& all() const { return turns_; }

 private:
  std::map<std::string, std::size_t> turns_;
};

}  // namespace idpd::test
