#include "cluster/shared_records.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/digest.h"
#include "state/body.h"
#include "state/database.h"

namespace idpd::cluster {

using base::Code;
using base::Error;
using base::Json;
using base::Result;

namespace {

constexpr std::string_view record_prefix = "record/";
constexpr std::string_view intent_prefix = "intent/";
constexpr std::string_view incident_prefix = "incident/";

Result<std::string> text_of(const model::Record& record) {
  auto body = state::write_body(record);
  if (!body) return body;
  return base::dump_json(
      Json::Object{{"id", record.id}, {"type", record.type}, {"name", record.name}, {"body", *body}});
}

Result<std::string> text_of(const model::Intent& intent) {
  auto body = state::write_body(intent);
  if (!body) return body;
  return base::dump_json(Json::Object{{"type", intent.type}, {"name", intent.name}, {"body", *body}});
}

Result<void> read(const Json& json, model::Record& out) {
  out.id = json.text("id");
  out.type = json.text("type");
  out.name = json.text("name");
  return state::read_body(json.text("body"), out);
}

Result<void> read(const Json& json, model::Intent& out) {
  out.type = json.text("type");
  out.name = json.text("name");
  return state::read_body(json.text("body"), out);
}

Result<void> read(const Json& json, model::Incident& out) {
  auto incident = model::incident_from(json);
  if (!incident) return incident.error();
  out = *std::move(incident);
  return {};
}

template <typename T>
Result<void> add(std::vector<T>& all, std::string_view key, const KeyValue& from) {
  T& one = all.emplace_back();
  one.key = key;
  const auto json = base::parse_json(from.value);
  auto done = json ? read(*json, one) : Result<void>(json.error());
  if (done) return done;
  return Error{Code::io,
               fmt::format("{} in etcd is not what idpd wrote: {}", from.key, done.error().message)};
}

Result<std::string> text_of(model::Incident incident) {
  incident.number = 0;  // each store has its own
  incident.last_seen = incident.first_seen;
  return base::dump_json(model::to_json(incident));
}

// The same on all hosts, whatever number it has there.
std::string name_of(const model::Incident& one) {
  const Json matter = Json::Array{model::name_of(one.kind), one.key, one.matter,
                                  one.key.empty() ? one.id : "", model::timestamp(one.first_seen)};
  return std::string(incident_prefix) + base::sha256_hex(base::dump_json(matter)).substr(0, 32);
}

// What another host would need to go on: what is wrong, and what was set back of late.
Result<std::vector<model::Incident>> incidents_of(const state::Store& store, const std::string& account_id) {
  auto out = store.history().open_incidents(account_id);
  if (!out) return out;
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  auto ended = store.history().ended_incidents(account_id, now - ended_shared);
  if (!ended) return ended;
  for (model::Incident& one : *ended) {
    if (one.kind == model::Kind::drift && one.ending == model::Ending::healed) out->push_back(std::move(one));
  }
  return out;
}

Result<void> add_incidents(Entries& out, const state::Store& store, const std::string& account_id) {
  const auto all = incidents_of(store, account_id);
  if (!all) return all.error();
  for (const model::Incident& one : *all) {
    auto text = text_of(one);
    if (!text) return text.error();
    out[name_of(one)] = *std::move(text);
  }
  return {};
}

Result<std::vector<model::Incident>> take_over_incidents(state::Store& store, const std::string& account_id,
                                                         std::vector<model::Incident> theirs) {
  state::History history = store.history();
  const auto open = history.open_incidents(account_id);
  if (!open) return open.error();
  const auto ended = history.ended_incidents(account_id, {});
  if (!ended) return ended.error();
  std::map<std::string, const model::Incident*> here;
  for (const model::Incident& one : *ended) here[name_of(one)] = &one;
  for (const model::Incident& one : *open) here[name_of(one)] = &one;
  std::vector<model::Incident> fresh;
  std::set<std::string> known;
  for (model::Incident& one : theirs) {
    known.insert(name_of(one));
    const auto found = here.find(name_of(one));
    one.account_id = account_id;
    one.number = found == here.end() ? 0 : found->second->number;
    if (found != here.end()) one.last_seen = std::max(one.first_seen, found->second->last_seen);
    if (auto saved = history.save(one); !saved) return saved.error();
    if (found == here.end() && !one.ended) fresh.push_back(std::move(one));
  }
  for (model::Incident one : *open) {
    if (known.contains(name_of(one))) continue;
    one.ended = one.last_seen;
    one.ending = model::Ending::resolved;
    if (auto saved = history.save(one); !saved) return saved.error();
  }
  return fresh;
}

template <typename T>
Result<void> add_entries(Entries& out, std::string_view prefix, std::vector<T> all) {
  for (T& one : all) {
    one.passes = std::min(one.passes, model::young_passes);
    auto text = text_of(one);
    if (!text) return text.error();
    out[std::string(prefix) + one.key] = *std::move(text);
  }
  return {};
}

}  // namespace

Result<Entries> shared_entries(const state::Store& store, const std::string& account_id,
                               const state::Touched& touched) {
  Entries out;
  auto done = Result<void>();
  if (touched.all) {
    const auto records = store.records(account_id);
    done = records ? add_entries(out, record_prefix, *records) : Result<void>(records.error());
  }
  for (const std::string& key : touched.records) {
    if (!done || touched.all) break;
    const auto record = store.record(account_id, key);
    if (!record) return record.error();
    out[std::string(record_prefix) + key] = std::nullopt;
    if (*record) done = add_entries(out, record_prefix, std::vector{**record});
  }
  if (done && (touched.all || touched.intents)) {
    const auto intents = store.intents(account_id);
    done = intents ? add_entries(out, intent_prefix, *intents) : Result<void>(intents.error());
  }
  if (done && (touched.all || touched.incidents)) done = add_incidents(out, store, account_id);
  if (!done) return done.error();
  return out;
}

std::vector<std::string_view> whole_prefixes(const state::Touched& touched) {
  std::vector<std::string_view> out;
  if (touched.all) out.push_back(record_prefix);
  if (touched.all || touched.intents) out.push_back(intent_prefix);
  if (touched.all || touched.incidents) out.push_back(incident_prefix);
  return out;
}

Result<std::vector<model::Incident>> take_over(state::Store& store, const std::string& account_id,
                                               const std::string& prefix, const std::vector<KeyValue>& keys) {
  std::vector<model::Record> records;
  std::vector<model::Intent> intents;
  std::vector<model::Incident> incidents;
  bool seen = false;
  for (const KeyValue& one : keys) {
    const std::string_view name = std::string_view(one.key).substr(prefix.size());
    auto read = Result<void>();
    if (name.starts_with(record_prefix)) read = add(records, name.substr(record_prefix.size()), one);
    if (name.starts_with(intent_prefix)) read = add(intents, name.substr(intent_prefix.size()), one);
    if (name.starts_with(incident_prefix)) read = add(incidents, {}, one);
    if (!read) return read.error();
    if (name == mark_name) seen = one.value == seen_mark;
  }
  const auto seen_here = store.seen_before(account_id);
  if (!seen_here) return seen_here.error();
  if (seen || !records.empty() || !intents.empty() || !*seen_here) {
    auto replaced = store.replace(account_id, records, intents, seen);
    if (!replaced) return replaced.error();
  }
  std::vector<model::Incident> fresh;
  auto done = store.database().transaction([&]() -> Result<void> {
    auto taken = take_over_incidents(store, account_id, std::move(incidents));
    if (!taken) return taken.error();
    fresh = *std::move(taken);
    return {};
  });
  if (!done) return done.error();
  return fresh;
}

}  // namespace idpd::cluster
