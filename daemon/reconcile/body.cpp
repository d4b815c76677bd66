#include "reconcile/body.h"

#include <algorithm>

#include "plan/diff.h"

namespace idpd::reconcile {

namespace {

using base::Json;
using model::DesiredProvider;
using model::is_blank;
using model::LiveProvider;
using model::Record;
using model::Type;

// Empty text and null are as good as absent and known to confuse the API (see the README): they are left out.
void drop_blanks(Json& body) {
  for (const std::string_view name : model::object_members) {
    if (Json* member = body.find(name)) {
      std::erase_if(member->object(), [](const Json::Member& one) { return is_blank(one.second); });
    }
  }
  if (const Json* scim = body.find("scim_config"); scim && scim->object().empty()) body.erase("scim_config");
}

void wipe_strings(Json& value) {
  if (value.is_string()) base::wipe(value.string());
  if (value.is_array()) std::for_each(value.array().begin(), value.array().end(), wipe_strings);
  if (value.is_object()) {
    for (auto& [name, member] : value.object()) wipe_strings(member);
  }
}

Record record_of(const DesiredProvider& desired, const LiveProvider& live, const Record* before) {
  Record out;
  if (before && before->id == live.id) {
    out = *before;
  } else if (before) {  // what it stood for until now is still ours
    out.superseded = before->superseded;
    out.superseded.push_back(before->id);
  }
  out.key = desired.key;
  out.id = live.id;
  out.type = live.type;
  out.name = live.name;
  out.prevent_delete = desired.options.prevent_delete;
  return out;
}

// Fields that the files state and hand to nobody else: what is ours.
void remember_fields(const Type& type, const DesiredProvider& desired, const LiveProvider& live,
                     Record& out) {
  out.applied.clear();
  out.observed.clear();
  for (const auto& [path, want] : plan::wanted_fields(type, desired, nullptr)) {
    out.applied.emplace(path, want);
    if (const auto have = live.fields.find(path); have != live.fields.end())
      out.observed.emplace(path, have->second);
  }
}

bool is_sent(const DesiredProvider& desired, const std::string& path) {
  const auto found = desired.secrets.find(path);
  return found != desired.secrets.end() && !found->second.unset && !plan::is_ignored(desired, path);
}

// The server made the same of the same before: it keeps the value in a form of its own.
bool is_rewritten(const Record* before, const std::string& path, const Json& want, const Json& have) {
  return before && before->applied.contains(path) && !before->stuck.contains(path) &&
         before->applied.at(path) == want && before->observed.at(path) == have;
}

}  // namespace

std::string request_body(const Type& type, const DesiredProvider& desired, const LiveProvider* live,
                         const Record* record, const SecretValues& secrets) {
  Json body{Json::Object{}};
  if (live) body = live->writable;
  body["name"] = desired.name();
  body["type"] = type.name;
  if (!body["config"].is_object()) body["config"] = Json(Json::Object{});  // required even when empty
  const bool same = record && live && record->id == live->id;  // else it says nothing of this one's fields
  for (const auto& [path, want] : plan::wanted_fields(type, desired, same ? record : nullptr)) {
    const auto stated = desired.fields.find(path);
    // As written, not in canonical form: a certificate is not its digest, a stated `false` is said.
    const Json value = stated != desired.fields.end() ? stated->second : type.find(path)->default_value;
    if (is_blank(value)) {
      model::erase_path(body, path);
    } else {
      model::set_path(body, path, value);
    }
  }
  drop_blanks(body);
  for (const auto& [path, input] : desired.secrets) {
    const secrets::Secret* value = is_sent(desired, path) ? secrets.find(desired.key, path) : nullptr;
    if (value) model::set_path(body, path, Json(value->reveal()));
    // Left out, it might be kept: an API that does so has to be told.
    const bool held = live && (live->held_secrets.contains(path) || (same && record->secrets.contains(path)));
    if (held && input.unset && !plan::is_ignored(desired, path)) model::set_path(body, path, Json());
  }
  std::string text = base::dump_json(body);
  wipe_strings(body);
  return text;
}

Record kept_record(const Type& type, const DesiredProvider& desired, const LiveProvider& live,
                   const Record* before) {
  Record out = record_of(desired, live, before);
  remember_fields(type, desired, live, out);
  std::erase_if(out.secrets, [&](const auto& one) { return !is_sent(desired, one.first); });
  std::erase_if(out.stuck,
                [&](const std::string& path) { return out.applied.at(path) == out.observed.at(path); });
  if (!before || before->id != live.id) out.passes = model::young_passes;  // it was there before us
  return out;
}

Record written_record(const Type& type, const DesiredProvider& desired, const LiveProvider& read_back,
                      const LiveProvider* unwritten, const Record* before, const SecretValues& secrets) {
  Record out = record_of(desired, read_back, before);
  remember_fields(type, desired, read_back, out);
  out.secrets.clear();
  for (const auto& [path, input] : desired.secrets) {
    const auto fingerprint = is_sent(desired, path) ? secrets.fingerprint(desired.key, path) : std::nullopt;
    if (fingerprint) out.secrets.emplace(path, *fingerprint);
  }
  out.stuck.clear();
  for (const auto& [path, want] : out.applied) {
    const Json have = out.observed.at(path);
    const Json had = unwritten ? unwritten->fields.at(path) : Json();
    if (have != want && have == had && !is_rewritten(before, path, want, have)) out.stuck.insert(path);
  }
  if (unwritten && (!before || before->id != unwritten->id)) out.passes = model::young_passes;
  return out;
}

namespace {

void observe(Record& record, const std::string& path, const Json& value) {
  if (value.is_null()) {
    record.observed.erase(path);
  } else {
    record.observed[path] = value;
  }
}

}  // namespace

void observe_answer(Record& record, const LiveProvider& answer, const LiveProvider* unwritten) {
  for (const auto& [path, want] : record.applied) {
    const Json have = record.observed.at(path);
    const Json had = unwritten ? unwritten->fields.at(path) : Json();
    // One that is as it was before may be a read that lags, or a server that goes back on its answer each
    // time.
    if (have != want && have != had && answer.fields.at(path) == want) observe(record, path, want);
  }
}

void observe_sent(Record& record) {
  for (const auto& [path, want] : record.applied) observe(record, path, want);
}

bool enables_scim(const DesiredProvider& desired, const LiveProvider* live) {
  const std::string path(model::scim_enabled_path);
  const bool on = desired.fields.at(path) == Json(true) && !plan::is_ignored(desired, path);
  return on && !(live && live->fields.at(path) == Json(true));
}

}  // namespace idpd::reconcile
