#include "config/entry.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "config/decode.h"
#include "config/variables.h"

namespace idpd::config {

namespace {

using base::Json;
using model::DesiredProvider;
using model::Diagnostic;
using model::Severity;
using model::Type;
using model::TypeCatalog;

void let_secrets_be_absent(Json& object) {
  Json* properties = object.find("properties");
  if (!properties) return;
  if (Json* required = object.find("required")) {
    std::erase_if(required->array(), [&](const Json& name) {
      const Json* member = properties->find(name.string());
      return member && member->flag("writeOnly");
    });
  }
  for (auto& [name, member] : properties->object()) let_secrets_be_absent(member);
}

DesiredProvider make_provider(const Type& type, const EntryReader::Place& place, Decoded decoded) {
  DesiredProvider out;
  out.key = place.key;
  out.type = type.name;
  out.where = place.where;
  out.secrets = std::move(decoded.secrets);
  const auto take_position = [&](std::string_view path) {
    const auto found = decoded.positions.find(path);
    if (found != decoded.positions.end())
      out.positions.push_back({path, found->second.line, found->second.column});
  };
  for (const std::string_view path : {"options.adopt_id", "options.ignore"}) take_position(path);
  for (const model::Field& field : type.fields) {
    take_position(field.path);
    if (field.secret || field.read_only) continue;
    if (Json* value = model::at_path(decoded.value, field.path))
      out.fields.emplace(field.path, std::move(*value));
  }
  out.positions.shrink_to_fit();
  if (const Json* options = decoded.value.find("options"); options && options->is_object()) {
    out.options.prevent_delete = options->flag("prevent_delete");
    out.options.keep_secret = options->flag("keep_secret");
    out.options.adopt_id = options->text("adopt_id");
    out.options.secret_expires = options->text("secret_expires");
    if (const Json* ignore = options->find("ignore"); ignore && ignore->is_array()) {
      for (const Json& path : ignore->array()) {
        if (path.is_string()) out.options.ignore.insert(path.string());  // one that was refused is null
      }
    }
  }
  if (const Json* check = decoded.value.find("check")) out.check = *check;
  return out;
}

void check_one(const Type& type, const DesiredProvider& one, std::vector<Diagnostic>& diagnostics) {
  const model::Location options = one.location("options.ignore");
  for (const std::string& path : one.options.ignore) {
    const model::Field* field = type.find(path);
    if (field && !field->read_only && path != model::name_path) continue;
    std::vector<std::string> paths;
    for (const model::Field& known : type.fields) {
      if (!known.read_only && known.path != model::name_path) paths.push_back(known.path);
    }
    diagnostics.push_back({Severity::error, options,
                           fmt::format("options.ignore names \"{}\", which is no field of type {}{}",
                                       base::printable(path), type.name, base::did_you_mean(path, paths))});
  }
  for (const auto& [path, secret] : one.secrets) {
    const model::Field* field = type.find(path);
    if (secret.unset && field && field->required && !one.options.keep_secret) {
      continue;  // the decoder has said that it must not be empty
    }
    if (secret.in_clear) {
      diagnostics.push_back(
          {Severity::warning, secret.where,
           fmt::format("{} holds a secret in clear; write a reference such as ${{credential:{}}}", path,
                       one.key)});
    }
  }
}

}  // namespace

Json entry_schema(const TypeCatalog& catalog, const Type& type) {
  Json schema = type.schema;
  for (const char* word : {"$schema", "$id"}) schema.erase(word);
  const Json* ours = catalog.document("identity-provider.json");
  if (!ours) return schema;
  for (const auto& [name, member] : ours->find("properties")->object())
    (*schema.find("properties"))[name] = member;
  return schema;
}

const Json& EntryReader::schema_for(const Type& type, bool secrets_may_be_absent) {
  const auto [found, added] = schemas_.try_emplace({&type, secrets_may_be_absent});
  if (added) {
    found->second = entry_schema(catalog_, type);
    if (secrets_may_be_absent) let_secrets_be_absent(found->second);
  }
  return found->second;
}

const Type* EntryReader::type_of(const Place& place, const Node& node,
                                 std::vector<Diagnostic>& diagnostics) const {
  const Node* stated = node.find("type");
  if (!stated || stated->kind != Node::Kind::scalar) {
    diagnostics.push_back({Severity::error, place.where,
                           fmt::format("{} has no type; it is one of {}", base::printable(place.key),
                                       base::join(catalog_.names(), ", "))});
    return nullptr;
  }
  const Type* type = catalog_.find(stated->text);
  if (!type) {
    const std::vector<std::string> names = catalog_.names();
    std::string hint = base::did_you_mean(stated->text, names);
    if (hint.empty()) hint = "; it is one of " + base::join(names, ", ");
    diagnostics.push_back({Severity::error,
                           {place.where.file, stated->line, stated->column},
                           fmt::format("unknown type \"{}\"{}", base::printable(stated->text), hint)});
  }
  return type;
}

// `config.okta_account` in a PingOne entry: say whose it is.
std::string EntryReader::of_another_type(const Type& type, const std::string& parent,
                                         const std::string& name) const {
  const std::string path = parent.empty() ? name : parent + "." + name;
  std::vector<std::string> owners;
  for (const Type& other : catalog_.types()) {
    const bool has = std::any_of(other.fields.begin(), other.fields.end(), [&](const model::Field& field) {
      return field.path == path || field.path.starts_with(path + ".");
    });
    if (has) owners.push_back(other.name);
  }
  if (owners.empty()) return "";
  constexpr std::size_t few = 4;
  if (owners.size() > few) return fmt::format("; a field that type {} does not have", type.name);
  return fmt::format("; a field of type {}, not of {}", base::join(owners, ", "), type.name);
}

std::optional<DesiredProvider> EntryReader::read(const Place& place, const Node& node,
                                                 std::vector<Diagnostic>& diagnostics) {
  if (node.kind != Node::Kind::mapping) {
    diagnostics.push_back(
        {Severity::error, place.where,
         fmt::format("{} must be a mapping with name, type and config", base::printable(place.key))});
    return std::nullopt;
  }
  const Node* stated = node.find("type");
  if (any_variable_ && stated && has_variable(std::string_view(stated->text))) return std::nullopt;
  const Type* type = type_of(place, node, diagnostics);
  if (!type) return std::nullopt;

  const Node* options = node.find("options");
  const Node* keep = options ? options->find("keep_secret") : nullptr;
  const bool kept = keep && (keep->text == "true" || keep->text == "True" || keep->text == "TRUE");
  const DecodeOptions decoding{.file = place.where.file,
                               .keep_null = true,
                               .any_variable = any_variable_,
                               .explain_unknown = [&](const std::string& parent, const std::string& name) {
                                 return of_another_type(*type, parent, name);
                               }};
  Decoded decoded = decode(node, schema_for(*type, kept), decoding, diagnostics);
  DesiredProvider provider = make_provider(*type, place, std::move(decoded));
  check_one(*type, provider, diagnostics);
  return provider;
}

}  // namespace idpd::config
