#include "config/export.h"

#include <fmt/format.h>
#include <yaml-cpp/emitter.h>

#include <algorithm>
#include <cctype>
#include <set>

#include "base/digest.h"
#include "base/text.h"
#include "model/canonical.h"

namespace idpd::config {

namespace {

using base::Json;
using model::Field;

// Text that other readers of YAML would take for a number, a date or a yes: idpd goes by the schema and would
// not, but editors and linters look at the files as well.
bool looks_typed(const std::string& text) {
  static const std::set<std::string, std::less<>> words{"true", "false", "yes",  "no", "on",   "off",
                                                        "y",    "n",     "null", "~",  ".inf", ".nan"};
  std::string lower = text;
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  constexpr std::string_view of_numbers = "0123456789+-._:eExXoTZ";
  const bool numeric = !text.empty() && text.find_first_not_of(of_numbers) == std::string::npos &&
                       text.find_first_of("0123456789") < 2 && std::count(text.begin(), text.end(), '-') < 3;
  return words.contains(lower) || numeric;
}

void emit(YAML::Emitter& out, const Json& value) {
  if (value.is_bool()) {
    out << value.boolean();
  } else if (value.is_integer()) {
    out << value.integer();
  } else if (value.is_number()) {
    out << value.number();
  } else if (value.is_string()) {
    // A block has a line end at its end, and cannot begin with a space: it is for what does not mind, the
    // PEM.
    const bool lines = value.string().find('\n') != std::string::npos;
    const bool pem =
        value.string().starts_with("-----BEGIN ") && base::certificate_digest(value.string()).ok();
    const bool plain = !lines && !looks_typed(value.string());
    out << (plain ? YAML::Auto : pem ? YAML::Literal : YAML::DoubleQuoted) << value.string();
  } else if (value.is_array()) {
    out << YAML::BeginSeq;
    for (const Json& item : value.array()) emit(out, item);
    out << YAML::EndSeq;
  } else if (value.is_object()) {
    out << YAML::BeginMap;
    for (const auto& [name, member] : value.object()) {
      out << YAML::Key << name << YAML::Value;
      emit(out, member);
    }
    out << YAML::EndMap;
  } else {
    out << YAML::Null;
  }
}

// A literal `${` in what lives would be read as a reference.
Json escaped(const Json& value) {
  Json out = value;
  if (out.is_string()) {
    std::string& text = out.string();
    for (std::size_t at = text.find("${"); at != std::string::npos; at = text.find("${", at + 3))
      text.insert(at, "$");
  }
  if (out.is_array()) {
    for (Json& item : out.array()) item = escaped(item);
  }
  if (out.is_object()) {
    for (auto& [name, member] : out.object()) member = escaped(member);
  }
  return out;
}

bool is_blank(const Json& value) {
  return value.is_null() || (value.is_string() && value.string().empty()) ||
         (value.is_array() && value.array().empty());
}

// `client_secret` of `workforce` -> `workforce-client-secret`.
std::string credential_name(const std::string& key, const Field& field) {
  return key + "-" + base::slug(field.path.substr(field.path.rfind('.') + 1));
}

}  // namespace

Exported export_provider(const std::string& account, const std::string& key,
                         const model::LiveProvider& live) {
  Exported out;
  Json entry{Json::Object{}};
  entry["name"] = escaped(live.name);
  entry["type"] = live.type;
  entry["config"] = Json(Json::Object{});
  for (const Field& field : live.schema->fields) {  // in the schema's order: as a person would write it
    if (field.read_only) continue;
    if (field.secret) {
      if (!field.required && !live.held_secrets.contains(field.path)) continue;
      const std::string name = credential_name(key, field);
      model::set_path(entry, field.path, fmt::format("${{credential:{}}}", name));
      out.credentials.push_back(name);
    } else if (const Json* value = model::at_path(live.writable, field.path); value && !is_blank(*value)) {
      model::set_path(entry, field.path, escaped(*value));
    }
  }
  if (const Json* scim = entry.find("scim_config"); scim && !scim->flag("enabled"))
    entry.erase("scim_config");
  entry["options"]["adopt_id"] = live.id;

  YAML::Emitter emitter;
  emitter.SetIndent(2);
  emitter << YAML::BeginMap;
  if (!account.empty()) emitter << YAML::Key << "account" << YAML::Value << account;
  emitter << YAML::Key << "identity_providers" << YAML::Value << YAML::BeginMap << YAML::Key << key
          << YAML::Value;
  emit(emitter, entry);
  emitter << YAML::EndMap << YAML::EndMap;
  out.yaml = std::string(emitter.c_str(), emitter.size()) + "\n";
  return out;
}

}  // namespace idpd::config
