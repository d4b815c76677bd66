#include "service/known_hosts.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "base/digest.h"

namespace idpd::service {

namespace {

constexpr int usual_port = 22;

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& one : out) one = static_cast<char>(std::tolower(static_cast<unsigned char>(one)));
  return out;
}

// The next word, taken off the front.
std::string_view take_word(std::string_view& line) {
  const std::size_t begin = std::min(line.find_first_not_of(" \t\r"), line.size());
  line.remove_prefix(begin);
  const std::string_view word = line.substr(0, line.find_first_of(" \t\r"));
  line.remove_prefix(word.size());
  return word;
}

// `*` and `?`, without going back more than to the last star.
bool fits(std::string_view pattern, std::string_view name) {
  std::size_t p = 0;
  std::size_t n = 0;
  std::size_t star = std::string_view::npos;
  std::size_t mark = 0;
  while (n < name.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      mark = n;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == name[n])) {
      ++p;
      ++n;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      n = ++mark;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

// `|1|salt|hash`
bool fits_hashed(std::string_view field, const std::string& name) {
  const std::size_t middle = field.find('|', 3);
  if (middle == std::string_view::npos) return false;
  const auto salt = base::from_base64(field.substr(3, middle - 3));
  return salt && base::base64(base::hmac_sha1(*salt, name)) == field.substr(middle + 1);
}

bool is_about(std::string_view names, const std::string& name) {
  if (names.starts_with("|1|")) return fits_hashed(names, name);
  bool found = false;
  while (!names.empty()) {
    const std::size_t comma = std::min(names.find(','), names.size());
    std::string one = lower(names.substr(0, comma));
    names.remove_prefix(std::min(comma + 1, names.size()));
    const bool negated = one.starts_with('!');
    if (negated) one.erase(0, 1);
    if (!fits(one, name)) continue;
    if (negated) return false;
    found = true;
  }
  return found;
}

}  // namespace

HostTrust host_trust(std::string_view known_hosts, const std::string& host, int port, std::string_view key) {
  const bool usual = port == 0 || port == usual_port;
  const std::string name = usual ? lower(host) : fmt::format("[{}]:{}", lower(host), port);
  const std::string wanted = base::base64(key);
  HostTrust trust = HostTrust::unknown;
  while (!known_hosts.empty()) {
    const std::size_t end = std::min(known_hosts.find('\n'), known_hosts.size());
    std::string_view line = known_hosts.substr(0, end);
    known_hosts.remove_prefix(std::min(end + 1, known_hosts.size()));
    std::string_view names = take_word(line);
    const std::string_view marker = names.starts_with('@') ? names : std::string_view();
    if (!marker.empty()) names = take_word(line);
    if (names.empty() || names.starts_with('#') || marker == "@cert-authority") continue;
    if (!is_about(names, name)) continue;
    take_word(line);  // the kind of key, which the key itself begins with
    const bool same = take_word(line) == wanted;
    if (marker == "@revoked" && same) return HostTrust::revoked;
    if (!marker.empty()) continue;
    if (same) {
      trust = HostTrust::known;
    } else if (trust == HostTrust::unknown) {
      trust = HostTrust::other;
    }
  }
  return trust;
}

std::string shown_fingerprint(std::string_view sha256) {
  std::string out = base::base64(sha256);
  while (out.ends_with('=')) out.pop_back();
  return "SHA256:" + out;
}

}  // namespace idpd::service
