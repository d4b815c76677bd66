#include "service/view.h"

#include <algorithm>

#include "base/text.h"
#include "report/words.h"

namespace idpd::service {

namespace {

using base::Json;
using model::Time;

constexpr std::size_t longest_value = 300;

const Json& member(const Json& json, std::string_view name) {
  static const Json nothing;
  const Json* found = json.find(name);
  return found ? *found : nothing;
}

const Json::Array& items(const Json& json, std::string_view name) {
  static const Json::Array none;
  const Json& found = member(json, name);
  return found.is_array() ? found.array() : none;
}

std::string safe(std::string_view text) {
  return report::clean(base::valid_utf8(text));
}

std::string text_in(const Json& json, std::string_view name) {
  return safe(json.text(name));
}

std::size_t count_in(const Json& json, std::string_view name) {
  const Json& found = member(json, name);
  return found.is_integer() && found.integer() > 0 ? static_cast<std::size_t>(found.integer()) : 0;
}

MaybeTime time_in(const Json& json, std::string_view name) {
  return model::time_from(json.text(name));
}

// `before` and `after` in a plan, `live` and `desired` in an incident.
std::vector<FieldView> fields_in(const Json& json, std::string_view live, std::string_view file) {
  std::vector<FieldView> out;
  for (const Json& one : items(json, "fields")) {
    FieldView field{text_in(one, "path"), "(sensitive)", "(sensitive)"};
    if (!one.flag("sensitive")) {
      field.live = safe(report::shown_whole(member(one, live)));
      field.file = safe(report::shown_whole(member(one, file)));
      // A certificate is shortened, a URL is not: the difference may be anywhere in it.
      const std::string short_live = report::shorten(field.live, longest_value);
      const std::string short_file = report::shorten(field.file, longest_value);
      if (short_live != short_file) {
        field.live = short_live;
        field.file = short_file;
      }
    }
    out.push_back(std::move(field));
  }
  return out;
}

ActorView actor_in(const Json& json) {
  const Json& by = member(json, "changed_by");
  std::string who = text_in(by, "actor");
  const std::string interface = text_in(by, "interface");
  if (!who.empty() && !interface.empty()) who += " (" + interface + ")";
  return {std::move(who), time_in(by, "at")};
}

ProviderView provider_of(const Json& json) {
  const std::string state = json.text("state");
  return {text_in(json, "key"),
          text_in(json, "id"),
          text_in(json, "name"),
          text_in(json, "type"),
          state == "in_sync" || state == "drifted" ? state : "unknown",
          time_in(json, "since")};
}

ChangeView change_of(const Json& json) {
  const Json& withheld = member(json, "withheld");
  std::string why;
  if (withheld.is_object()) why = text_in(withheld, "message");
  if (withheld.is_object() && why.empty()) why = "no reason given";
  return {text_in(json, "key"),
          text_in(json, "action"),
          text_in(json, "name"),
          text_in(json, "type"),
          text_in(json, "outcome"),
          text_in(json, "error"),
          std::move(why),
          fields_in(json, "before", "after"),
          actor_in(json)};
}

IncidentView incident_of(const Json& json) {
  return {text_in(json, "kind"),    text_in(json, "account"),    text_in(json, "key"),
          text_in(json, "name"),    text_in(json, "type"),       text_in(json, "message"),
          text_in(json, "approve"), text_in(json, "ending"),     fields_in(json, "live", "desired"),
          actor_in(json),           time_in(json, "first_seen"), time_in(json, "ended")};
}

AccountView account_of(const Json& json) {
  AccountView out;
  out.account = text_in(json, "account");
  out.account_id = text_in(json, "account_id");
  out.mode = text_in(json, "mode");
  const std::string status = json.text("status");
  out.status = status == "in_sync" || status == "changes" ? status : "unknown";
  out.error = text_in(json, "error");
  out.elsewhere = json.find("held_by") != nullptr;
  out.holder = text_in(json, "held_by");
  out.fingerprint = text_in(json, "fingerprint");
  out.last_attempt = time_in(json, "last_attempt");
  out.last_success = time_in(json, "last_success");
  out.next_attempt = time_in(json, "next_attempt");
  out.failures = count_in(json, "failures");
  for (const Json& one : items(json, "identity_providers")) out.providers.push_back(provider_of(one));
  for (const Json& one : items(json, "changes")) out.changes.push_back(change_of(one));
  for (const Json& one : items(json, "unmanaged")) out.unmanaged.push_back(provider_of(one));
  return out;
}

PassView pass_of(const Json& json) {
  return {text_in(json, "account"), text_in(json, "result"),   text_in(json, "error"),
          text_in(json, "trigger"), text_in(json, "commit"),   time_in(json, "began"),
          time_in(json, "ended"),   count_in(json, "applied"), count_in(json, "withheld")};
}

}  // namespace

std::string IncidentView::subject() const {
  return !key.empty() ? key : !name.empty() ? name : !account.empty() ? "the account" : "the files";
}

std::size_t AccountView::withheld() const {
  return static_cast<std::size_t>(std::count_if(changes.begin(), changes.end(),
                                                [](const ChangeView& one) { return !one.withheld.empty(); }));
}

std::string AccountView::held_by() const {
  return holder.empty() ? "held by no host just now" : "held by " + holder;
}

StatusView view_of_status(const Json& status) {
  StatusView out;
  out.version = text_in(status, "idpd_version");
  out.at = time_in(status, "at");
  out.started = time_in(status, "started");
  const Json& source = member(status, "source");
  const Json& revision = member(source, "revision");
  out.source = {text_in(source, "title"),    text_in(source, "problem"),   text_in(revision, "commit"),
                text_in(revision, "author"), text_in(revision, "subject"), revision.flag("dirty")};
  for (const Json& one : items(status, "accounts")) out.accounts.push_back(account_of(one));
  for (const Json& one : items(status, "incidents")) out.incidents.push_back(incident_of(one));
  return out;
}

HistoryView view_of_history(const Json& history) {
  HistoryView out;
  for (const Json& one : items(history, "incidents")) out.incidents.push_back(incident_of(one));
  for (const Json& one : items(history, "passes")) out.passes.push_back(pass_of(one));
  return out;
}

std::string lasting(std::chrono::seconds span) {
  const auto count = std::max<std::int64_t>(0, span.count());
  const auto in = [&](std::int64_t unit, std::string_view one, std::string_view many) {
    return report::counted(static_cast<std::size_t>(count / unit), one, many);
  };
  constexpr std::int64_t minute = 60;
  constexpr std::int64_t hour = 60 * minute;
  constexpr std::int64_t day = 24 * hour;
  if (count < minute) return in(1, "second", "seconds");
  if (count < 2 * hour) return in(minute, "minute", "minutes");
  if (count < 2 * day) return in(hour, "hour", "hours");
  return in(day, "day", "days");
}

std::string relative(Time at, Time now) {
  if (at == now) return "just now";
  return at < now ? lasting(now - at) + " ago" : "in " + lasting(at - now);
}

std::string words_of(std::string_view state) {
  std::string out(state);
  std::replace(out.begin(), out.end(), '_', ' ');
  return out;
}

std::string short_commit(const std::string& commit) {
  constexpr std::size_t shown = 12;
  return report::width(commit) <= shown ? commit : commit.substr(0, shown);
}

}  // namespace idpd::service
