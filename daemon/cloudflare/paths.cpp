#include "cloudflare/paths.h"

#include <fmt/format.h>

#include "base/text.h"

namespace idpd::cloudflare {

std::string path_segment(std::string_view id) {
  std::string out;
  for (const char c : id) {
    const bool plain =
        (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_';
    if (plain) {
      out += c;
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

std::string where_of(http::Method method, std::string_view path) {
  path = path.substr(0, path.find('?'));
  constexpr std::string_view accounts = "/accounts/";
  std::string shown(path);
  if (path.starts_with(accounts)) {
    const auto rest = path.find('/', accounts.size());
    shown = fmt::format("{}…{}", accounts, rest == std::string_view::npos ? "" : path.substr(rest));
  }
  return fmt::format("{} {}", http::name_of(method), base::printable(shown));
}

std::string_view permission_for(http::Method method, std::string_view path) {
  path = path.substr(0, path.find('?'));
  const auto has = [&](std::string_view part) { return path.find(part) != std::string_view::npos; };
  if (has("/access/apps") || has("/access/policies")) return "Access: Apps and Policies Read";
  if (has("/zt_risk_scoring")) return "Zero Trust Read";
  if (path == "/zones") return "Zone Read";
  if (has("/logs/audit")) return "Account Settings Read";
  return method == http::Method::get ? "Access: Organizations, Identity Providers, and Groups Read"
                                     : "Access: Organizations, Identity Providers, and Groups Write";
}

}  // namespace idpd::cloudflare
