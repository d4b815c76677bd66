#include "model/incident.h"

#include <fmt/format.h>

#include <array>
#include <cstdio>

#include "base/clock.h"

namespace idpd::model {

namespace {

using base::Code;
using base::Error;
using base::Json;
using base::Result;

constexpr std::array<std::string_view, 5> kinds{"drift", "failure", "withheld", "expiry", "check"};
constexpr std::array<std::string_view, 4> endings{"healed", "reverted", "accepted", "resolved"};
constexpr std::array<std::string_view, 5> results{"in_sync", "changes", "withheld", "failed", "unknown"};

template <typename T, std::size_t n>
std::optional<T> named(const std::array<std::string_view, n>& names, const std::string& name) {
  for (std::size_t i = 0; i < n; ++i) {
    if (names[i] == name) return static_cast<T>(i);
  }
  return std::nullopt;
}

// Null in place of nothing.
Json or_null(const std::string& text) {
  return text.empty() ? Json() : Json(text);
}

std::size_t count_in(const Json& json, std::string_view name) {
  const Json* found = json.find(name);
  return found && found->is_integer() && found->integer() > 0 ? static_cast<std::size_t>(found->integer())
                                                              : 0;
}

std::int64_t number_in(const Json& json) {
  const Json* found = json.find("number");
  return found && found->is_integer() ? found->integer() : 0;
}

Json value_in(const Json& json, std::string_view name) {
  const Json* found = json.find(name);
  return found ? *found : Json();
}

}  // namespace

std::string_view name_of(Kind kind) {
  return kinds[static_cast<std::size_t>(kind)];
}
std::string_view name_of(Ending ending) {
  return endings[static_cast<std::size_t>(ending)];
}
std::string_view name_of(PassResult result) {
  return results[static_cast<std::size_t>(result)];
}

std::string timestamp(Time at) {
  return base::timestamp(at);
}

std::optional<Time> day_from(const std::string& text) {
  int year = 0;
  unsigned month = 0;
  unsigned day = 0;
  if (std::sscanf(text.c_str(), "%4d-%2u-%2u", &year, &month, &day) != 3) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(month),
                                         std::chrono::day(day)};
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days(date);
}

std::optional<Time> time_from(const std::string& text) {
  constexpr unsigned last_hour = 23;
  constexpr unsigned last_minute = 59;
  constexpr unsigned leap_second = 60;
  int year = 0;
  unsigned month = 0;
  unsigned day = 0;
  unsigned hour = 0;
  unsigned minute = 0;
  unsigned second = 0;
  if (std::sscanf(text.c_str(), "%4d-%2u-%2uT%2u:%2u:%2u", &year, &month, &day, &hour, &minute, &second) != 6)
    return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(month),
                                         std::chrono::day(day)};
  if (year < 0 || !date.ok() || hour > last_hour || minute > last_minute || second > leap_second)
    return std::nullopt;
  return std::chrono::sys_days(date) + std::chrono::hours(hour) + std::chrono::minutes(minute) +
         std::chrono::seconds(second);
}

Json to_json(const Revision& revision) {
  return Json::Object{{"commit", revision.commit},
                      {"author", or_null(revision.author)},
                      {"subject", or_null(revision.subject)},
                      {"dirty", revision.dirty}};
}

Json to_json(const Incident& incident) {
  Json::Array fields;
  for (const Difference& one : incident.fields) {
    fields.push_back(Json::Object{
        {"path", one.path}, {"live", one.live}, {"desired", one.desired}, {"sensitive", one.sensitive}});
  }
  Json changed_by;
  if (incident.changed_by) {
    changed_by = Json::Object{{"actor", incident.changed_by->actor},
                              {"interface", or_null(incident.changed_by->interface)},
                              {"at", incident.changed_by->at}};
  }
  return Json::Object{{"number", incident.number},
                      {"kind", name_of(incident.kind)},
                      {"account", incident.account},
                      {"account_id", incident.account_id},
                      {"key", incident.key},
                      {"id", incident.id},
                      {"name", incident.name},
                      {"type", incident.type},
                      {"matter", or_null(incident.matter)},
                      {"fingerprint", incident.fingerprint},
                      {"message", incident.message},
                      {"approve", or_null(incident.approve)},
                      {"fields", std::move(fields)},
                      {"changed_by", std::move(changed_by)},
                      {"first_seen", timestamp(incident.first_seen)},
                      {"last_seen", timestamp(incident.last_seen)},
                      {"ended", incident.ended ? Json(timestamp(*incident.ended)) : Json()},
                      {"ending", incident.ending ? Json(name_of(*incident.ending)) : Json()}};
}

Json to_json(const Pass& pass) {
  return Json::Object{
      {"number", pass.number},          {"account", pass.account},        {"account_id", pass.account_id},
      {"began", timestamp(pass.began)}, {"ended", timestamp(pass.ended)}, {"result", name_of(pass.result)},
      {"applied", pass.applied},        {"withheld", pass.withheld},      {"error", or_null(pass.error)},
      {"trigger", pass.trigger},        {"commit", or_null(pass.commit)}};
}

Result<Incident> incident_from(const Json& json) {
  Incident out;
  const auto kind = named<Kind>(kinds, json.text("kind"));
  const auto first = time_from(json.text("first_seen"));
  const auto last = time_from(json.text("last_seen"));
  if (!kind || !first || !last) return Error{Code::io, "an incident without a kind or a time"};
  out.number = number_in(json);
  out.kind = *kind;
  out.account = json.text("account");
  out.account_id = json.text("account_id");
  out.key = json.text("key");
  out.id = json.text("id");
  out.name = json.text("name");
  out.type = json.text("type");
  out.matter = json.text("matter");
  out.fingerprint = json.text("fingerprint");
  out.message = json.text("message");
  out.approve = json.text("approve");
  if (const Json* fields = json.find("fields"); fields && fields->is_array()) {
    for (const Json& one : fields->array()) {
      out.fields.push_back(
          {one.text("path"), value_in(one, "live"), value_in(one, "desired"), one.flag("sensitive")});
    }
  }
  if (const Json* by = json.find("changed_by"); by && by->is_object())
    out.changed_by = Attribution{by->text("actor"), by->text("interface"), by->text("at")};
  out.first_seen = *first;
  out.last_seen = *last;
  out.ended = time_from(json.text("ended"));
  out.ending = named<Ending>(endings, json.text("ending"));
  return out;
}

Result<Pass> pass_from(const Json& json) {
  Pass out;
  const auto result = named<PassResult>(results, json.text("result"));
  const auto began = time_from(json.text("began"));
  const auto ended = time_from(json.text("ended"));
  if (!result || !began || !ended) return Error{Code::io, "a pass without a result or a time"};
  out.number = number_in(json);
  out.account = json.text("account");
  out.account_id = json.text("account_id");
  out.began = *began;
  out.ended = *ended;
  out.result = *result;
  out.applied = count_in(json, "applied");
  out.withheld = count_in(json, "withheld");
  out.error = json.text("error");
  out.trigger = json.text("trigger");
  out.commit = json.text("commit");
  return out;
}

}  // namespace idpd::model
