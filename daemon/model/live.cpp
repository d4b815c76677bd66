#include "model/live.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"

namespace idpd::model {

namespace {

using base::Code;
using base::Error;
using base::Json;
using base::Result;

// Removes whatever is masked in fields that the schema does not know (in one that it knows, asterisks are
// text like any other), and notes the paths.
void strip_masked(const Type* schema, Json& node, const std::string& path, std::set<std::string>& found) {
  const auto masked = [](const Json& value) { return value.is_string() && base::is_masked(value.string()); };
  if (schema && schema->find(path)) return;
  if (node.is_object()) {
    const auto below = [&](const std::string& name) { return fmt::format("{}.{}", path, name); };
    for (auto& [name, member] : node.object()) strip_masked(schema, member, below(name), found);
    std::erase_if(node.object(), [&](const Json::Member& member) {
      return masked(member.second) && found.contains(below(member.first));
    });
  } else if (node.is_array()) {
    for (Json& item : node.array()) strip_masked(schema, item, path, found);
    std::erase_if(node.array(), masked);
  } else if (masked(node)) {
    found.insert(path);
  }
}

// The newer name in place of the older one: a PUT sends what the API takes today.
void undo_read_alias(const Field& field, Json& object) {
  const std::string older = field.path.substr(0, field.path.rfind('.') + 1) + field.read_alias;
  const Json* value = at_path(object, older);
  if (!value) return;
  const Json* newer = at_path(object, field.path);
  const bool missing = !newer || newer->is_null() || (newer->is_array() && newer->array().empty());
  if (missing && value->is_string() && !value->string().empty()) {
    set_path(object, field.path, Json::Array{*value});
  }
  erase_path(object, older);
}

}  // namespace

Result<LiveProvider> take_live(const TypeCatalog& catalog, Json object) {
  LiveProvider live;
  live.id = object.text("id", object.text("uid"));
  live.type = object.text("type");
  live.name = object.text("name");
  if (live.id.empty() || live.type.empty()) {
    return Error{
        Code::incomplete,
        "an identity provider in the API's answer has no id or no type; check api.base_url and any proxy"};
  }
  live.read_only = object.flag("read_only");
  live.schema = catalog.find(live.type);
  if (live.schema) live.type = live.schema->name;

  live.writable = std::move(object);
  for (const std::string& name : catalog.server_fields()) live.writable.erase(name);
  for (const std::string_view name : object_members) {  // a null config is as good as none
    if (const Json* member = live.writable.find(name); member && !member->is_object())
      live.writable.erase(name);
  }
  live.writable["type"] = live.type;
  if (live.schema) {
    for (const Field& field : live.schema->fields) {
      if (!field.read_alias.empty()) undo_read_alias(field, live.writable);
      if (field.secret) {
        const Json* value = at_path(live.writable, field.path);
        if (value && value->is_string() && !value->string().empty()) live.held_secrets.insert(field.path);
      }
      if (field.secret || field.read_only) erase_path(live.writable, field.path);
    }
  }
  for (const std::string_view name : object_members) {
    if (Json* member = live.writable.find(name))
      strip_masked(live.schema, *member, std::string(name), live.opaque);
  }
  if (live.schema) live.fields = canonical_fields(*live.schema, live.writable);
  return live;
}

const LiveProvider* LiveState::find(std::string_view id) const {
  for (const LiveProvider& live : providers) {
    if (live.id == id) return &live;
  }
  return nullptr;
}

bool same_live(const LiveProvider& a, const LiveProvider& b) {
  return a.id == b.id && a.type == b.type && a.read_only == b.read_only && a.fields == b.fields;
}

}  // namespace idpd::model
