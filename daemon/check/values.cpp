#include "check/values.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

namespace idpd::check {

namespace {

using base::Json;

constexpr int most_depth = 8;
constexpr std::string_view https = "https://";

std::string text_of(const Json& value) {
  if (value.is_string()) return value.string();
  if (!value.is_array()) return {};
  std::string out;
  for (const Json& one : value.array()) {
    if (one.is_string()) out += (out.empty() ? "" : " ") + one.string();
  }
  return out;
}

}  // namespace

std::string Values::field(const std::string& path) const {
  constexpr std::string_view own = "check.";
  if (path.starts_with(own)) return provider_.check.text(path.substr(own.size()));
  const auto found = provider_.fields.find(path);
  return found == provider_.fields.end() ? std::string() : text_of(found->second);
}

std::optional<std::string> Values::find(const std::string& name, int depth) const {
  if (depth > most_depth) return std::nullopt;
  if (const auto found = given_.find(name); found != given_.end()) return found->second;
  if (name.find('.') != std::string::npos) {
    std::string value = field(name);
    if (value.empty()) return std::nullopt;
    return value;
  }
  const auto found = knowledge_.values.find(name);
  if (found == knowledge_.values.end()) return std::nullopt;
  const Value& value = found->second;
  if (!value.of.empty()) {
    const auto assumed = assumed_.find(name);
    std::string key = assumed == assumed_.end() ? field(value.of) : assumed->second;
    if (key.empty()) key = value.otherwise;
    const auto translated = value.translations.find(key);
    if (translated == value.translations.end()) return std::nullopt;
    return translated->second;
  }
  for (const std::string& one : value.templates) {
    if (auto filled = fill(one, true, depth + 1)) return filled;
  }
  return std::nullopt;
}

std::optional<std::string> Values::fill(const std::string& text, bool escape, int depth) const {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t open = text.find('{', at);
    const std::size_t close = open == std::string::npos ? open : text.find('}', open);
    out += text.substr(at, std::min(open, text.size()) - at);
    if (close == std::string::npos) break;
    auto value = find(text.substr(open + 1, close - open - 1), depth);
    if (!value && escape) return std::nullopt;
    if (value) out += escape && open > 0 ? escaped(*value) : *value;
    at = close + 1;
    if (escape && at < text.size() && text[at] == '/') {
      while (out.ends_with('/')) out.pop_back();  // `https://example.com/` + `/path`
    }
  }
  return out;
}

std::optional<std::string> Values::address(const std::string& text) const {
  if (text.empty()) return std::nullopt;
  return fill(text, true, 0);
}

std::string Values::sentence(const std::string& text) const {
  return fill(text, false, 0).value_or("");
}

std::string escaped(std::string_view text) {
  constexpr std::string_view unreserved = "-._~";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain =
        byte < 0x80 && (std::isalnum(byte) != 0 || unreserved.find(c) != std::string_view::npos);
    out += plain ? std::string(1, c) : fmt::format("%{:02X}", byte);
  }
  return out;
}

std::string form(const std::map<std::string, std::string>& parameters) {
  std::string out;
  for (const auto& [name, value] : parameters) {
    if (!out.empty()) out += '&';
    out += escaped(name) + '=' + escaped(value);
  }
  return out;
}

std::optional<std::string> https_host(const std::string& url) {
  if (!url.starts_with(https)) return std::nullopt;
  const std::string authority =
      url.substr(https.size(), url.find_first_of("/?#", https.size()) - https.size());
  // A user in front of the host, or what two readers of addresses may understand in two ways.
  if (authority.find_first_of("@\\% \t") != std::string::npos) return std::nullopt;
  const std::size_t from = authority.starts_with('[') ? authority.find(']') : 0;
  if (from == std::string::npos) return std::nullopt;
  std::string host = authority.substr(0, authority.find(':', from));
  std::transform(host.begin(), host.end(), host.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (host.empty()) return std::nullopt;
  return host;
}

bool is_allowed(const std::string& host, const std::vector<std::string>& allowed) {
  return std::any_of(allowed.begin(), allowed.end(), [&](const std::string& one) {
    if (!one.starts_with("*.")) return host == one;
    return host.size() > one.size() - 1 && host.ends_with(one.substr(1));
  });
}

std::string without_query(const std::string& url) {
  return url.substr(0, url.find_first_of("?#"));
}

}  // namespace idpd::check
