#include "model/canonical.h"

#include <algorithm>
#include <utility>

#include "base/digest.h"

namespace idpd::model {

namespace {

using base::Json;

Json certificate(const Json& value) {
  if (!value.is_string()) return value;
  auto digest = base::certificate_digest(value.string());
  return digest ? Json("sha256:" + *digest) : value;  // what is no certificate is compared as it stands
}

// Inside a leaf: members that are as good as absent go, whatever their depth.
Json tidy(const Json& value, bool certificates) {
  if (value.is_array()) {
    Json::Array out;
    for (const Json& item : value.array()) {
      if (!is_blank(item)) out.push_back(tidy(item, certificates));
    }
    return out;
  }
  if (value.is_object()) {
    Json::Object out;
    for (const auto& [name, member] : value.object()) {
      if (!is_blank(member) && member != Json(false)) out.emplace_back(name, tidy(member, certificates));
    }
    return out;
  }
  return certificates ? certificate(value) : value;
}

}  // namespace

Json canonical_value(const Field& field, const Json& value) {
  Json out = tidy(value, field.certificates);
  if (is_blank(out)) return nullptr;
  if (out == field.default_value) return nullptr;
  if (field.boolean && field.default_value.is_null() && out == Json(false)) return nullptr;
  if (field.set && out.is_array()) {
    std::vector<std::pair<std::string, Json>> items;
    for (Json& item : out.array()) items.emplace_back(base::canonical_json(item), std::move(item));
    std::sort(items.begin(), items.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    Json::Array sorted;
    const std::string* last = nullptr;
    for (auto& [text, item] : items) {
      if (!last || *last != text) sorted.push_back(std::move(item));
      last = &text;
    }
    return sorted;
  }
  return out;
}

FieldMap canonical_fields(const Type& type, const Json& object) {
  FieldMap out;
  for (const Field& field : type.fields) {
    if (field.secret || field.read_only) continue;
    const Json* value = at_path(object, field.path);
    Json canonical = value ? canonical_value(field, *value) : Json();
    if (canonical.is_null() && !field.read_alias.empty()) {
      const std::string parent = field.path.substr(0, field.path.rfind('.') + 1);
      const Json* older = at_path(object, parent + field.read_alias);
      if (older && !is_blank(*older)) canonical = canonical_value(field, Json::Array{*older});
    }
    if (!canonical.is_null()) out.emplace(field.path, std::move(canonical));
  }
  return out;
}

Json shown_value(const Field& field, const Json& canonical) {
  if (!canonical.is_null()) return canonical;
  if (!field.default_value.is_null()) return field.default_value;
  return field.boolean ? Json(false) : Json();
}

bool is_blank(const Json& value) {
  return value.is_null() || (value.is_string() && value.string().empty()) ||
         (value.is_array() && value.array().empty()) || (value.is_object() && value.object().empty());
}

const Json* at_path(const Json& object, std::string_view path) {
  const std::size_t dot = path.find('.');
  const Json* member = object.find(path.substr(0, dot));
  if (!member || dot == std::string_view::npos) return member;
  return at_path(*member, path.substr(dot + 1));
}

Json* at_path(Json& object, std::string_view path) {
  return const_cast<Json*>(at_path(std::as_const(object), path));
}

void set_path(Json& object, std::string_view path, Json value) {
  const std::size_t dot = path.find('.');
  Json& member = object[path.substr(0, dot)];
  if (dot == std::string_view::npos) {
    member = std::move(value);
  } else {
    if (!member.is_object()) member = Json::Object{};
    set_path(member, path.substr(dot + 1), std::move(value));
  }
}

void erase_path(Json& object, std::string_view path) {
  const std::size_t dot = path.find('.');
  if (dot == std::string_view::npos) {
    object.erase(path);
  } else if (Json* member = object.find(path.substr(0, dot))) {
    erase_path(*member, path.substr(dot + 1));
  }
}

}  // namespace idpd::model
