#include "config/listen.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <sys/un.h>

#include <algorithm>
#include <charconv>

#include "base/text.h"

namespace idpd::config {

using base::Code;
using base::Error;
using base::Result;

namespace {

constexpr std::size_t max_path = sizeof(sockaddr_un::sun_path) - 1;

Error refused(std::string message) {
  return Error{Code::invalid, std::move(message)};
}

Result<Listen> unix_socket(std::string_view path) {
  const auto control = [](unsigned char c) { return c < ' ' || c == 0x7f; };
  if (!path.starts_with('/') || path.ends_with('/') || std::any_of(path.begin(), path.end(), control))
    return refused("must be unix: and the absolute path of a socket, such as unix:/run/idpd/admin.sock");
  if (path.size() > max_path)
    return refused(fmt::format("has a path of {} bytes; a unix socket's may have {}", path.size(), max_path));
  Listen out;
  out.path = path;
  return out;
}

// Numeric; empty when it is no address of this machine alone.
std::string loopback(const std::string& host) {
  constexpr std::uint32_t loopback_net = 127;
  if (host.find('\0') != std::string::npos) return {};  // inet_pton would read what stands before it
  if (host == "localhost") return "127.0.0.1";
  if (host.starts_with('[') && host.ends_with(']')) {
    in6_addr six{};
    const std::string inside = host.substr(1, host.size() - 2);
    if (inet_pton(AF_INET6, inside.c_str(), &six) == 1 && IN6_IS_ADDR_LOOPBACK(&six)) return "::1";
    return {};
  }
  in_addr four{};
  if (inet_pton(AF_INET, host.c_str(), &four) == 1 && ntohl(four.s_addr) >> 24U == loopback_net) return host;
  return {};
}

}  // namespace

Result<Listen> parse_listen(std::string_view text) {
  constexpr std::string_view unix_prefix = "unix:";
  if (text.starts_with(unix_prefix)) return unix_socket(text.substr(unix_prefix.size()));
  const std::size_t colon = text.rfind(':');
  const std::string_view digits = colon == std::string_view::npos ? "" : text.substr(colon + 1);
  Listen out;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), out.port);
  if (digits.empty() || error != std::errc() || end != digits.data() + digits.size() || out.port == 0)
    return refused(fmt::format("\"{}\" is neither unix:/path nor address:port (a port is 1 to 65535)",
                               base::printable(text)));
  out.address = loopback(std::string(text.substr(0, colon)));
  if (out.address.empty()) {
    return refused(
        fmt::format("\"{}\" is not on loopback: the endpoint knows no login, so that it listens on a unix "
                    "socket, 127.0.0.1, localhost or [::1] only",
                    base::printable(text)));
  }
  return out;
}

std::string shown(const Listen& listen) {
  if (listen.is_unix()) return "unix:" + listen.path;
  return fmt::format("{}:{}", listen.address == "::1" ? "[::1]" : listen.address, listen.port);
}

}  // namespace idpd::config
