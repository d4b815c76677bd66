#include "state/body.h"

#include <fmt/format.h>

#include <functional>
#include <utility>

#include "base/json.h"

namespace idpd::state {

namespace {

using base::Code;
using base::Error;
using base::Json;
using base::Result;

template <typename Texts>
Json texts(const Texts& values) {
  return Json(Json::Array(values.begin(), values.end()));
}

template <typename Map>
Json object(const Map& map) {
  Json::Object members;
  for (const auto& [name, value] : map) members.emplace_back(name, Json(value));
  return Json(std::move(members));
}

Error unexpected(std::string_view member) {
  return Error{Code::io, fmt::format("\"{}\" is missing or of the wrong kind", member)};
}

// What could not be read back would look like a damaged store on the next start, so it is not written.
Result<std::string> checked(const Json& value) {
  std::string text = base::dump_json(value);
  auto back = base::parse_json(text);
  if (!back) return Error{Code::invalid, back.error().message};
  return text;
}

bool read_texts(const Json* value, const std::function<void(const std::string&)>& take) {
  if (!value || !value->is_array()) return false;
  for (const Json& item : value->array()) {
    if (!item.is_string()) return false;
    take(item.string());
  }
  return true;
}

bool read_fields(const Json* value, model::FieldMap& fields) {
  if (!value || !value->is_object()) return false;
  fields.reserve(value->object().size());
  for (const auto& [path, field] : value->object()) fields[path] = field;
  return true;
}

bool read_fingerprints(const Json* value, std::map<std::string, std::string>& fingerprints) {
  if (!value || !value->is_object()) return false;
  for (const auto& [path, fingerprint] : value->object()) {
    if (!fingerprint.is_string()) return false;
    fingerprints[path] = fingerprint.string();
  }
  return true;
}

}  // namespace

Result<std::string> write_body(const model::Record& record) {
  Json body;
  body["applied"] = object(record.applied);
  body["observed"] = object(record.observed);
  body["secrets"] = object(record.secrets);
  body["stuck"] = texts(record.stuck);
  body["prevent_delete"] = record.prevent_delete;
  body["superseded"] = texts(record.superseded);
  body["passes"] = record.passes;
  return checked(body);
}

Result<std::string> write_body(const model::Intent& intent) {
  Json body;
  body["ids_before"] = texts(intent.ids_before);
  body["passes"] = intent.passes;
  return checked(body);
}

Result<void> read_body(std::string_view body, model::Record& record) {
  const auto json = base::parse_json(body);
  if (!json) return json.error();
  if (!read_fields(json->find("applied"), record.applied)) return unexpected("applied");
  if (!read_fields(json->find("observed"), record.observed)) return unexpected("observed");
  if (!read_fingerprints(json->find("secrets"), record.secrets)) return unexpected("secrets");
  const auto add_stuck = [&](const std::string& path) { record.stuck.insert(path); };
  if (!read_texts(json->find("stuck"), add_stuck)) return unexpected("stuck");
  const auto add_superseded = [&](const std::string& id) { record.superseded.push_back(id); };
  if (!read_texts(json->find("superseded"), add_superseded)) return unexpected("superseded");
  const Json* prevent_delete = json->find("prevent_delete");
  if (!prevent_delete || !prevent_delete->is_bool()) return unexpected("prevent_delete");
  record.prevent_delete = prevent_delete->boolean();
  const Json* passes = json->find("passes");
  if (!passes || !passes->is_integer() || !std::in_range<int>(passes->integer())) return unexpected("passes");
  record.passes = static_cast<int>(passes->integer());
  return {};
}

Result<void> read_body(std::string_view body, model::Intent& intent) {
  const auto json = base::parse_json(body);
  if (!json) return json.error();
  const auto add = [&](const std::string& id) { intent.ids_before.push_back(id); };
  if (!read_texts(json->find("ids_before"), add)) return unexpected("ids_before");
  const Json* passes = json->find("passes");
  if (!passes || !passes->is_integer() || !std::in_range<int>(passes->integer())) return unexpected("passes");
  intent.passes = static_cast<int>(passes->integer());
  return {};
}

std::string seconds_of(model::Time at) {
  return std::to_string(at.time_since_epoch().count());
}

}  // namespace idpd::state
