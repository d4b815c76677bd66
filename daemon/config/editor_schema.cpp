#include "config/editor_schema.h"

#include <string_view>

#include "config/entry.h"

namespace idpd::config {

namespace {

using base::Json;
using model::Type;
using model::TypeCatalog;

constexpr const char* draft = "http://json-schema.org/draft-07/schema#";

Json object(std::initializer_list<Json::Member> members) {
  return Json(Json::Object(members));
}

// Editors check what a person writes: an optional field may be null (unset), a type may go by its alias, and
// what is ours alone is no keyword of theirs.
void for_editors(Json& schema, bool may_be_null) {
  if (!schema.is_object()) return;
  for (const char* word :
       {"x-requires", "x-secret-target", "x-read-alias", "x-singleton", "x-protected", "x-type-aliases"}) {
    schema.erase(word);
  }
  // readOnly fields are no error in a file (they are ignored, with a warning), writeOnly ones are references.
  if (Json* type = schema.find("type"); type && type->is_string() && may_be_null)
    *type = Json::Array{*type, "null"};
  if (Json* options = schema.find("enum"); options && may_be_null) options->array().emplace_back(nullptr);
  if (schema.flag("writeOnly")) schema.erase("format");
  if (schema.flag("readOnly")) schema["doNotSuggest"] = true;  // a word of the editors' own
  const Json required = schema.find("required") ? *schema.find("required") : Json(Json::Array{});
  if (Json* properties = schema.find("properties")) {
    for (auto& [name, member] : properties->object()) {
      bool needed = false;
      for (const Json& one : required.array()) needed = needed || one == Json(name);
      for_editors(member, !needed);
    }
  }
  for (const char* word : {"items", "additionalProperties", "propertyNames"}) {
    if (Json* member = schema.find(word)) for_editors(*member, false);
  }
  if (Json* shapes = schema.find("oneOf")) {
    for (Json& shape : shapes->array()) for_editors(shape, false);
  }
}

// Where `${var:…}` may stand for a value, or for a part of it, a text with one is right whatever the value
// has to be: what it will be is not known here.
void let_variables_stand(Json& schema) {
  if (Json* properties = schema.find("properties")) {
    for (auto& [name, member] : properties->object()) let_variables_stand(member);
    return;
  }
  if (Json* items = schema.find("items")) return let_variables_stand(*items);
  const Json* type = schema.find("type");
  const bool text =
      type && (*type == Json("string") || (type->is_array() && type->array()[0] == Json("string")));
  Json without{Json::Object{}};
  for (const char* word : {"type", "pattern", "enum", "format", "minimum", "maximum"}) {
    const Json* stated = schema.find(word);
    if (!stated || (text && std::string_view(word) == "type")) continue;
    without[word] = *stated;
    schema.erase(word);
  }
  if (without.object().empty()) return;
  schema["anyOf"] =
      Json::Array{std::move(without), object({{"type", "string"}, {"pattern", R"(\$\{var:[^}]+\})"}})};
}

Json names_of(const Type& type) {
  Json::Array names{type.name};
  for (const std::string& alias : type.aliases) names.emplace_back(alias);
  return names;
}

// The same as a pattern. While somebody types, editors take the beginning of a name for the name, and one
// type's name may be the beginning of another's; patterns they take as they are.
std::string pattern_of(const Type& type) {
  std::string pattern = "^(" + type.name;
  for (const std::string& alias : type.aliases) pattern += "|" + alias;
  return pattern + ")$";
}

Json one_type(const TypeCatalog& catalog, const Type& type) {
  Json schema = entry_schema(catalog, type);
  for_editors(schema, false);
  let_variables_stand(schema);
  Json& own = *schema.find("properties")->find("type");
  own.erase("const");
  own["enum"] = names_of(type);
  return schema;
}

// Any entry: its `type` decides which fields it may have. if/then gives better completion and errors than
// oneOf.
Json any_entry(const TypeCatalog& catalog) {
  Json::Array names;
  Json::Array branches;
  for (const Type& type : catalog.types()) {
    const Json own = names_of(type);
    names.insert(names.end(), own.array().begin(), own.array().end());
    const Json this_type = object({{"enum", names_of(type)}, {"pattern", pattern_of(type)}});
    branches.push_back(object(
        {{"if", object({{"properties", object({{"type", this_type}})}, {"required", Json::Array{"type"}}})},
         {"then", object({{"$ref", "#/definitions/" + type.name}})}}));
  }
  Json out = object({{"type", "object"}, {"required", Json::Array{"name", "type", "config"}}});
  out["properties"] = object(
      {{"type", object({{"description", "The kind of identity provider."}, {"enum", std::move(names)}})}});
  out["allOf"] = std::move(branches);
  return out;
}

Json identity_providers(const TypeCatalog& catalog) {
  Json keyed = *catalog.document("identity-providers.json");
  for_editors(keyed, false);
  for (const char* word : {"$schema", "$id"}) keyed.erase(word);
  (*keyed.find("properties")->find("identity_providers"))["additionalProperties"] =
      object({{"$ref", "#/definitions/entry"}});

  Json definitions{Json::Object{}};
  definitions["entry"] = any_entry(catalog);
  definitions["keyed"] = std::move(keyed);
  for (const Type& type : catalog.types()) definitions[type.name] = one_type(catalog, type);

  Json out = object({{"$schema", draft}, {"title", "idpd identity providers"}});
  out["description"] =
      "A file with identity providers under their keys, or with one bare object as the API takes it.";
  out["type"] = "object";
  // A bare object has a type at its top.
  out["if"] = object({{"required", Json::Array{"type"}}});
  out["then"] = object({{"$ref", "#/definitions/entry"}});
  out["else"] = object({{"$ref", "#/definitions/keyed"}});
  out["definitions"] = std::move(definitions);
  return out;
}

}  // namespace

std::optional<Json> editor_schema(const TypeCatalog& catalog, const std::string& name) {
  if (name == "identity-providers") return identity_providers(catalog);
  if (name == "settings") {
    Json out = *catalog.document("settings.json");
    for_editors(out, false);
    // An account needs a token of its own where there are no defaults.
    const Json needs_token = object({{"required", Json::Array{"token"}}});
    const Json accounts = object({{"additionalProperties", needs_token}});
    out["if"] = object({{"required", Json::Array{"account_defaults"}}});
    out["else"] = object({{"properties", object({{"accounts", accounts}})}});
    return out;
  }
  if (const Type* type = catalog.find(name)) {
    Json out = one_type(catalog, *type);
    out.object().insert(out.object().begin(), {"$schema", draft});
    return out;
  }
  return std::nullopt;
}

}  // namespace idpd::config
