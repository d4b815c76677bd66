#include "cluster/shared_records.h"

#include <fmt/format.h>

#include <algorithm>

#include "state/body.h"

namespace idpd::cluster {

using base::Code;
using base::Error;
using base::Json;
using base::Result;

namespace {

constexpr std::string_view record_prefix = "record/";
constexpr std::string_view intent_prefix = "intent/";

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
  if (!done) return done.error();
  return out;
}

std::vector<std::string_view> whole_prefixes(const state::Touched& touched) {
  std::vector<std::string_view> out;
  if (touched.all) out.push_back(record_prefix);
  if (touched.all || touched.intents) out.push_back(intent_prefix);
  return out;
}

Result<void> take_over(state::Store& store, const std::string& account_id, const std::string& prefix,
                       const std::vector<KeyValue>& keys) {
  std::vector<model::Record> records;
  std::vector<model::Intent> intents;
  bool seen = false;
  for (const KeyValue& one : keys) {
    const std::string_view name = std::string_view(one.key).substr(prefix.size());
    auto read = Result<void>();
    if (name.starts_with(record_prefix)) read = add(records, name.substr(record_prefix.size()), one);
    if (name.starts_with(intent_prefix)) read = add(intents, name.substr(intent_prefix.size()), one);
    if (!read) return read;
    if (name == mark_name) seen = one.value == seen_mark;
  }
  return store.replace(account_id, records, intents, seen);
}

}  // namespace idpd::cluster
