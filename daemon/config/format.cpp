#include "config/format.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <regex>

#include "base/digest.h"
#include "config/decode.h"

namespace idpd::config {

namespace {

using base::Json;

// std::regex recurses once a character: only short text is ever given to it.
constexpr std::size_t longest_for_pattern = 256;

// Patterns are those of our schemas: few, and much dearer to compile than to match.
const std::regex& compiled(const std::string& pattern) {
  thread_local std::map<std::string, std::regex> known;
  const auto found = known.find(pattern);
  return found != known.end() ? found->second : known.emplace(pattern, std::regex(pattern)).first->second;
}

bool matches(const std::string& text, const std::string& pattern) {
  return text.size() <= longest_for_pattern && std::regex_search(text, compiled(pattern));
}

bool is_date(const std::string& text) {
  if (!matches(text, "^[0-9]{4}-[0-9]{2}-[0-9]{2}$")) return false;
  const std::chrono::year_month_day day{
      std::chrono::year(std::stoi(text.substr(0, 4))),
      std::chrono::month(static_cast<unsigned>(std::stoi(text.substr(5, 2)))),
      std::chrono::day(static_cast<unsigned>(std::stoi(text.substr(8, 2))))};
  return day.ok();
}

bool is_url(const std::string& text) {
  const std::size_t scheme = text.find("://");
  if (scheme == std::string::npos || text.size() > 2048) return false;
  if (text.substr(0, scheme) != "https" && text.substr(0, scheme) != "http") return false;
  const bool has_host = scheme + 3 < text.size() && text[scheme + 3] != '/';
  const bool control =
      std::any_of(text.begin(), text.end(), [](unsigned char c) { return c <= 0x20 || c == 0x7f; });
  return has_host && !control && text.find_first_of("\"<>\\") == std::string::npos;
}

std::optional<std::string> string_problem(const Json& schema, const std::string& text) {
  const auto size = static_cast<std::int64_t>(text.size());
  if (const Json* least = schema.find("minLength"); least && size < least->integer()) {
    return size == 0 ? "must not be empty"
                     : fmt::format("must have at least {} characters", least->integer());
  }
  if (const Json* most = schema.find("maxLength"); most && size > most->integer()) {
    return fmt::format("must have at most {} characters", most->integer());
  }
  if (text.empty()) return std::nullopt;  // as good as absent
  const std::string format = schema.text("format");
  if (format == "uri" && !is_url(text)) return "must be a URL such as https://example.com/path";
  if (format == "date" && !is_date(text)) return "must be a date such as 2027-05-01";
  if (format == "duration" && !matches(text, "^[0-9]{1,9}(ms|s|m|h|d)$"))
    return "must be a duration such as 30s, 5m, 12h or 30d";
  if (format == "x509-certificate" && !base::certificate_digest(text))
    return "must be an X.509 certificate in PEM or base64";
  if (const std::string pattern = schema.text("pattern"); !pattern.empty() && !matches(text, pattern)) {
    return fmt::format("must match {}", pattern);
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> format_problem(const Json& schema, const Json& value) {
  if (value.is_string()) return string_problem(schema, value.string());
  if (value.is_number()) {
    if (const Json* least = schema.find("minimum"); least && value.number() < least->number()) {
      return fmt::format("must be at least {}", base::dump_json(*least));
    }
    if (const Json* most = schema.find("maximum"); most && value.number() > most->number()) {
      return fmt::format("must be at most {}", base::dump_json(*most));
    }
  }
  return std::nullopt;
}

std::int64_t duration_ms(const std::string& text) {
  const std::size_t unit = text.find_first_not_of("0123456789");
  const std::int64_t count = std::stoll(text.substr(0, unit));
  const std::string name = text.substr(unit);
  if (name == "ms") return count;
  if (name == "s") return count * 1000;
  if (name == "m") return count * 60'000;
  if (name == "h") return count * 3'600'000;
  return count * 86'400'000;
}

}  // namespace idpd::config
