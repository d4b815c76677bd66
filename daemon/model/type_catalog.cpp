#include "model/type_catalog.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "base/text.h"

namespace idpd::model {

namespace {

using base::Code;
using base::Error;
using base::Json;
using base::Result;

constexpr std::string_view types_folder = "types/";
constexpr std::string_view checks_folder = "checks/";  // no schemas: check/catalog.h
constexpr int max_ref_depth = 20;

// Every keyword that the program acts on or that is only for people. Anything else in a schema would be
// a rule that nobody keeps, so it is refused.
const std::set<std::string, std::less<>> known_keywords{
    "$schema",     "$id",           "$ref",           "$comment",     "title",      "description",
    "examples",    "definitions",   "type",           "properties",   "required",   "additionalProperties",
    "items",       "enum",          "const",          "default",      "format",     "pattern",
    "minLength",   "maxLength",     "minimum",        "maximum",      "minItems",   "minProperties",
    "uniqueItems", "propertyNames", "readOnly",       "writeOnly",    "deprecated", "oneOf",
    "x-singleton", "x-protected",   "x-type-aliases", "x-read-alias", "x-requires", "x-secret-target"};

Error schema_error(const std::string& document, const std::string& message) {
  return Error{Code::internal, message, "schema/" + document};
}

// Replaces every $ref by what it names; words that stand beside a $ref win over those behind it.
class RefResolver {
 public:
  explicit RefResolver(const std::map<std::string, Json, std::less<>>& documents) : documents_(documents) {}

  Result<Json> schema(const std::string& document, const Json& node, int depth) const {
    if (!node.is_object()) return node;  // `additionalProperties: false`
    for (const auto& [word, value] : node.object()) {
      if (!known_keywords.contains(word))
        return schema_error(document, fmt::format("unknown keyword \"{}\"", word));
    }
    if (const Json* ref = node.find("$ref")) return follow(document, node, ref->string(), depth);
    Json out{Json::Object{}};
    out.object().reserve(node.object().size());
    for (const auto& [word, value] : node.object()) {
      auto resolved = member(document, word, value, depth);
      if (!resolved) return resolved;
      out.object().emplace_back(word, *std::move(resolved));
    }
    return out;
  }

 private:
  Result<Json> member(const std::string& document, const std::string& word, const Json& value,
                      int depth) const {
    if (word == "items" || word == "additionalProperties" || word == "propertyNames")
      return schema(document, value, depth);
    if (word == "properties" || word == "definitions") {
      Json out{Json::Object{}};
      out.object().reserve(value.object().size());
      for (const auto& [name, node] : value.object()) {
        auto resolved = schema(document, node, depth);
        if (!resolved) return resolved;
        out.object().emplace_back(name, *std::move(resolved));
      }
      return out;
    }
    if (word != "oneOf") return value;
    Json out{Json::Array{}};
    for (const Json& node : value.array()) {
      auto resolved = schema(document, node, depth);
      if (!resolved) return resolved;
      out.array().push_back(*std::move(resolved));
    }
    return out;
  }

  Result<Json> follow(const std::string& document, const Json& node, const std::string& ref,
                      int depth) const {
    if (depth == max_ref_depth) return schema_error(document, "a $ref goes in a circle: " + ref);
    const std::size_t hash = std::min(ref.find('#'), ref.size());
    std::string target = document;
    if (hash > 0) {
      const auto folder = std::filesystem::path(document).parent_path();
      target = (folder / ref.substr(0, hash)).lexically_normal().generic_string();
    }
    const auto found = documents_.find(target);
    const Json* named = found == documents_.end() ? nullptr : &found->second;
    for (std::size_t at = hash + 1; named && at < ref.size();) {  // a JSON pointer without escapes
      const std::size_t end = std::min(ref.find('/', at + 1), ref.size());
      named = named->find(std::string_view(ref).substr(at + 1, end - at - 1));
      at = end;
    }
    if (!named) return schema_error(document, "a $ref names nothing: " + ref);
    auto resolved = schema(target, *named, depth + 1);
    if (!resolved) return resolved;
    for (const auto& [word, value] : node.object()) {
      if (word != "$ref") (*resolved)[word] = value;
    }
    for (const char* word : {"$schema", "$id"}) resolved->erase(word);
    return resolved;
  }

  const std::map<std::string, Json, std::less<>>& documents_;
};

bool names(const Json* list, std::string_view name) {
  return list && std::any_of(list->array().begin(), list->array().end(),
                             [&](const Json& item) { return item == Json(name); });
}

bool is_format(const Json& schema, std::string_view format) {
  const Json* items = schema.find("items");
  return schema.text("format") == format || (items && items->text("format") == format);
}

void add_fields(std::vector<Field>& fields, const Json& object, const std::string& prefix, bool required) {
  for (const auto& [name, schema] : object.find("properties")->object()) {
    const std::string path = prefix + name;
    const bool needed = required && names(object.find("required"), name);
    if (schema.find("const")) continue;  // the type's own name
    if (schema.find("properties") && !schema.flag("readOnly")) {
      add_fields(fields, schema, path + ".", needed);
      continue;
    }
    Field field{.path = path, .schema = schema, .required = needed};
    field.secret = schema.flag("writeOnly");
    field.read_only = schema.flag("readOnly");
    field.set = schema.flag("uniqueItems");
    field.certificates = is_format(schema, "x509-certificate");
    field.boolean = schema.text("type") == "boolean";
    field.secret_target = schema.flag("x-secret-target");
    field.read_alias = schema.text("x-read-alias");
    if (const Json* value = schema.find("default")) field.default_value = *value;
    fields.push_back(std::move(field));
  }
}

Result<Type> make_type(const std::string& document, Json schema) {
  const Json* properties = schema.find("properties");
  const Json* type = properties ? properties->find("type") : nullptr;
  const Json* name = type ? type->find("const") : nullptr;
  if (!name || !name->is_string())
    return schema_error(document, "properties.type.const does not name the type");
  if (!properties->find("name") || !properties->find("config")) {
    return schema_error(document, "properties needs `name` and `config`");
  }
  Type out;
  out.name = name->string();
  out.title = schema.text("title", out.name);
  out.singleton = schema.flag("x-singleton");
  out.is_protected = schema.flag("x-protected");
  if (const Json* aliases = schema.find("x-type-aliases")) {
    for (const Json& alias : aliases->array()) out.aliases.push_back(alias.string());
  }
  add_fields(out.fields, schema, "", true);
  out.schema = std::move(schema);
  return out;
}

}  // namespace

const Field* Type::find(std::string_view path) const {
  const auto found =
      std::find_if(fields.begin(), fields.end(), [&](const Field& field) { return field.path == path; });
  return found == fields.end() ? nullptr : &*found;
}

Result<TypeCatalog> TypeCatalog::load(const Documents& documents) {
  std::map<std::string, Json, std::less<>> raw;
  for (const auto& [path, text] : documents) {
    if (path.starts_with(checks_folder)) continue;
    auto parsed = base::parse_json(text);
    if (!parsed) return schema_error(path, parsed.error().message);
    raw.emplace(path, *std::move(parsed));
  }
  TypeCatalog catalog;
  const RefResolver resolver(raw);
  for (const auto& [path, document] : raw) {
    auto resolved = resolver.schema(path, document, 0);
    if (!resolved) return std::move(resolved).error();
    if (path.starts_with(types_folder)) {
      auto type = make_type(path, *std::move(resolved));
      if (!type) return std::move(type).error();
      std::vector<std::string> spellings = type->aliases;
      spellings.insert(spellings.begin(), type->name);
      for (const std::string& spelling : spellings) {
        if (catalog.find(spelling)) return schema_error(path, fmt::format("a second type \"{}\"", spelling));
      }
      catalog.types_.push_back(*std::move(type));
    } else {
      catalog.documents_.emplace(path, *std::move(resolved));
    }
  }
  std::sort(catalog.types_.begin(), catalog.types_.end(),
            [](const Type& a, const Type& b) { return a.name < b.name; });

  const Json* common = catalog.document("common.json");
  const Json* definitions = common ? common->find("definitions") : nullptr;
  const Json* server = definitions ? definitions->find("server_fields") : nullptr;
  if (!server) return schema_error("common.json", "definitions.server_fields is missing");
  for (const auto& [name, schema] : server->find("properties")->object())
    catalog.server_fields_.push_back(name);
  return catalog;
}

const Type* TypeCatalog::find(std::string_view name_or_alias) const {
  for (const Type& type : types_) {
    if (type.name == name_or_alias) return &type;
    if (std::find(type.aliases.begin(), type.aliases.end(), name_or_alias) != type.aliases.end())
      return &type;
  }
  return nullptr;
}

std::vector<std::string> TypeCatalog::names() const {
  std::vector<std::string> out;
  out.reserve(types_.size());
  for (const Type& type : types_) out.push_back(type.name);
  return out;
}

const Json* TypeCatalog::document(std::string_view path) const {
  const auto found = documents_.find(path);
  return found == documents_.end() ? nullptr : &found->second;
}

}  // namespace idpd::model
