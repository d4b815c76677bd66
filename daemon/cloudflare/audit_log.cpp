#include "cloudflare/audit_log.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdint>

#include "base/clock.h"
#include "base/text.h"
#include "cloudflare/client.h"
#include "cloudflare/paths.h"

namespace idpd::cloudflare {

using base::Code;
using base::Error;
using base::Json;
using base::Result;
using http::Method;
using http::Priority;
using TimePoint = std::chrono::system_clock::time_point;

namespace {

constexpr int entries_a_page = 100;
constexpr int most_requests = 2;
constexpr std::size_t longest_text = 200;
constexpr std::int64_t first_failing_status = 400;
// The clock counts nanoseconds and ends in 2262.
constexpr int first_year = 1970, last_year = 2261;
// A token without the permission does not get it between two incidents.
constexpr std::chrono::hours failure_kept(1);

std::optional<int> digits(std::string_view text, std::size_t at, std::size_t count) {
  if (text.size() < at + count) return std::nullopt;
  int value = 0;
  const char* const end = text.data() + at + count;
  const auto [stop, error] = std::from_chars(text.data() + at, end, value);
  if (error != std::errc() || stop != end || value < 0) return std::nullopt;
  return value;
}

// `2026-05-01T12:00:00.123Z` or with `+02:00` behind it.
std::optional<TimePoint> read_moment(std::string_view text) {
  constexpr std::size_t month_at = 5, day_at = 8, hour_at = 11, minute_at = 14, second_at = 17, rest_at = 19;
  const auto year = digits(text, 0, 4), month = digits(text, month_at, 2), day = digits(text, day_at, 2);
  const auto hour = digits(text, hour_at, 2), minute = digits(text, minute_at, 2),
             second = digits(text, second_at, 2);
  if (!year || !month || !day || !hour || !minute || !second) return std::nullopt;
  if (*year < first_year || *year > last_year) return std::nullopt;
  const std::chrono::year_month_day date(std::chrono::year(*year),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day)));
  if (!date.ok()) return std::nullopt;
  std::chrono::system_clock::duration since_midnight =
      std::chrono::hours(*hour) + std::chrono::minutes(*minute) + std::chrono::seconds(*second);
  std::string_view rest = text.substr(rest_at);
  if (rest.starts_with('.')) {
    rest.remove_prefix(1);
    auto unit = std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::seconds(1));
    while (!rest.empty() && rest.front() >= '0' && rest.front() <= '9') {
      unit /= 10;
      since_midnight +=
          std::chrono::duration_cast<std::chrono::system_clock::duration>(unit * (rest.front() - '0'));
      rest.remove_prefix(1);
    }
  }
  if (rest.starts_with('+') || rest.starts_with('-')) {
    const auto hours = digits(rest, 1, 2), minutes = digits(rest, 4, 2);
    if (!hours || !minutes) return std::nullopt;
    const auto offset = std::chrono::hours(*hours) + std::chrono::minutes(*minutes);
    since_midnight += rest.front() == '+' ? -offset : offset;
  } else if (rest != "Z" && rest != "z") {
    return std::nullopt;
  }
  return std::chrono::sys_days(date) + since_midnight;
}

std::string shown(std::string_view text) {
  return base::printable(base::beginning(text, longest_text));
}

bool contains_without_case(std::string_view text, std::string_view lower) {
  const auto same = [](char a, char b) { return std::tolower(static_cast<unsigned char>(a)) == b; };
  return std::search(text.begin(), text.end(), lower.begin(), lower.end(), same) != text.end();
}

// What product and type the log gives to an identity provider is not documented; its path is.
bool is_about(const AuditEntry& entry, std::string_view id) {
  if (id.empty()) return false;
  if (entry.resource_id == id) return true;
  constexpr std::string_view collection = "/access/identity_providers/";
  const auto at = entry.uri.find(collection);
  if (at == std::string::npos) return false;
  const std::string_view rest = std::string_view(entry.uri).substr(at + collection.size());
  return rest.substr(0, rest.find_first_of("/?")) == id;
}

bool is_change(const AuditEntry& entry) {
  return entry.succeeded &&
         (entry.action == "create" || entry.action == "update" || entry.action == "delete");
}

bool by_a_token(const AuditEntry& entry) {
  return entry.context == "api_token" || !entry.token_id.empty();
}

bool may_be_ours(const AuditEntry& entry, std::string_view own_token_id) {
  if (!by_a_token(entry)) return false;
  return own_token_id.empty() || entry.token_id.empty() || entry.token_id == own_token_id;
}

std::string actor_of(const AuditEntry& entry) {
  if (entry.actor_type == "system" || entry.actor_type == "cloudflare_admin") return "Cloudflare";
  const std::string token = entry.token_name.empty() ? "" : fmt::format("token \"{}\"", entry.token_name);
  if (entry.email.empty()) return token.empty() ? "somebody the audit log does not name" : token;
  return token.empty() ? entry.email : fmt::format("{} ({})", entry.email, token);
}

std::string interface_of(const AuditEntry& entry) {
  if (contains_without_case(entry.user_agent, "terraform")) return "Terraform";
  if (entry.context == "dash") return "dashboard";
  if (by_a_token(entry) || entry.context == "api_key") return "API";
  return entry.context;
}

}  // namespace

std::optional<AuditEntry> read_audit_entry(const Json& entry) {
  static const Json nothing;
  const auto part = [&](std::string_view name) -> const Json& {
    const Json* found = entry.find(name);
    return found ? *found : nothing;
  };
  const Json &action = part("action"), &actor = part("actor"), &raw = part("raw"),
             &resource = part("resource");
  const auto at = read_moment(action.text("time"));
  if (!at) return std::nullopt;
  AuditEntry read;
  read.resource_id = resource.text("id");
  read.uri = raw.text("uri");
  read.action = action.text("type");
  const Json* status = raw.find("status_code");
  const bool failed = status && status->is_integer() && status->integer() >= first_failing_status;
  read.succeeded = !failed && action.text("result", "success") == "success";
  read.at = *at;
  read.email = actor.text("email");
  read.actor_type = actor.text("type");
  read.context = actor.text("context");
  read.token_id = actor.text("token_id");
  read.token_name = actor.text("token_name");
  read.user_agent = raw.text("user_agent");
  return read;
}

std::optional<LastChange> last_change_by_others(const std::vector<AuditEntry>& entries,
                                                const AuditQuery& query, std::string_view own_token_id) {
  const AuditEntry* newest = nullptr;
  for (const AuditEntry& entry : entries) {
    if (!is_change(entry) || !is_about(entry, query.resource_id) || may_be_ours(entry, own_token_id))
      continue;
    if (entry.at < query.since || entry.at > query.before) continue;
    if (!newest || entry.at > newest->at) newest = &entry;
  }
  if (!newest) return std::nullopt;
  return LastChange{shown(actor_of(*newest)), shown(interface_of(*newest)), base::timestamp(newest->at)};
}

asio::awaitable<Result<std::vector<AuditEntry>>> Client::list_audit_entries(AuditQuery query) {
  if (audit_failure_at_ && clock_.monotonic() - *audit_failure_at_ < failure_kept) co_return audit_failure_;
  // To the second, and outwards, so that nothing of the span is cut off.
  const std::string until = base::timestamp(query.before + std::chrono::seconds(1));
  const std::string span = account_path(fmt::format("/logs/audit?since={}&before={}&direction=desc&limit={}",
                                                    path_segment(base::timestamp(query.since)),
                                                    path_segment(until), entries_a_page));
  const std::string uri = "/client/v4" + account_path("/access/identity_providers/" + query.resource_id);
  std::string filter = "&resource_id=" + path_segment(query.resource_id);
  std::vector<AuditEntry> entries;
  for (int request = 0; request < most_requests; ++request) {
    const std::string path = span + filter;
    auto page = co_await once(Method::get, path, {}, Priority::read);
    if (page && !page->result.is_array())
      page = Error{Code::unavailable, "the answer holds no audit log", where_of(Method::get, path), true};
    if (!page) {
      // "Cancelled" is about this caller only.
      if (page.error().code != Code::invalid) {
        audit_failure_ = page.error();
        audit_failure_at_ = clock_.monotonic();
      }
      co_return page.error();
    }
    for (const Json& item : page->result.array()) {
      if (auto entry = read_audit_entry(item)) entries.push_back(*std::move(entry));
    }
    const std::string cursor = page->result_info.text("cursor");
    if (!cursor.empty() && !page->result.array().empty()) {
      filter =
          fmt::format("&resource_id={}&cursor={}", path_segment(query.resource_id), path_segment(cursor));
    } else if (entries.empty()) {
      // Whether the log knows identity providers by their id is not documented.
      filter = "&raw_uri=" + path_segment(uri);
    } else {
      break;
    }
  }
  co_return std::move(entries);
}

asio::awaitable<std::string> Client::token_id() {
  if (!token_id_.empty()) co_return token_id_;
  if (token_id_at_ && clock_.monotonic() - *token_id_at_ < failure_kept) co_return std::string();
  const std::vector<std::string> paths = {"/user/tokens/verify", account_path("/tokens/verify")};
  for (const std::string& path : paths) {
    auto answer = co_await once(Method::get, path, {}, Priority::read);
    if (answer) token_id_ = answer->result.text("id");
    if (!token_id_.empty()) break;
  }
  token_id_at_ = clock_.monotonic();
  co_return token_id_;
}

}  // namespace idpd::cloudflare
