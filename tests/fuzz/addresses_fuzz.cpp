// Small texts that say where something is: places to listen, git addresses, ssh's known_hosts. Line 1 is an
// address, line 2 a host, the rest a known_hosts file.
#include "base/digest.h"
#include "config/files.h"
#include "config/listen.h"
#include "config/settings.h"
#include "fuzz.h"
#include "service/git_address.h"
#include "service/known_hosts.h"

using namespace idpd;
using service::HostTrust;

namespace {

void check_listen(const std::string& text) {
  const auto listen = config::parse_listen(text);
  if (!listen) return fuzz::require_printable(listen.error().text());
  fuzz::require(listen->is_unix()
                    ? listen->path.front() == '/' && listen->address.empty()
                    : listen->port != 0 && (listen->address == "::1" || listen->address.starts_with("127.")),
                "idpd listens to this machine alone", text);
  const auto again = config::parse_listen(config::shown(*listen));
  fuzz::require(again && *again == *listen, "a place to listen is written as it is read", text);
}

void check_address(const std::string& text) {
  const service::GitAddress address = service::git_address(text);
  fuzz::require(address.kind == service::GitAddress::Kind::local || text.find(':') != std::string::npos,
                "a path is a path", text);
  fuzz::require(
      address.kind != service::GitAddress::Kind::local || (address.host.empty() && address.port == 0),
      "a path has no host", text);
  fuzz::require(address.port >= 0 && address.port <= 65535, "a port is one", text);
  const std::string_view prefix = "https://user@";
  if (!text.empty() && text.find_first_of("/@:[]") == std::string::npos) {
    const auto made = service::git_address(std::string(prefix) + text + ":443/x.git");
    fuzz::require(made.host == text && made.port == 443 && made.user == "user", "host and port are found",
                  text);
  }
}

// However the file goes on, a line that names the host and the key makes it known, unless a line revokes the
// key.
void check_known(std::string_view file, const std::string& host) {
  const std::string key = "the key";
  const HostTrust trust = service::host_trust(file, host, 0, key);
  if (host.empty() || host.find_first_of(" \t\r\n,|!*?#@") != std::string::npos) return;
  const std::string line = host + " ssh-ed25519 " + base::base64(key) + "\n";
  const HostTrust added = service::host_trust(line + std::string(file), host, 0, key);
  fuzz::require(added == (trust == HostTrust::revoked ? trust : HostTrust::known), "a known host is known",
                file);
  const HostTrust revoked = service::host_trust("@revoked " + line + std::string(file), host, 0, key);
  fuzz::require(revoked == HostTrust::revoked, "a revoked key is trusted for no host", file);
  const HostTrust changed = service::host_trust(file, host, 0, "another key");
  fuzz::require(trust != HostTrust::known || changed != HostTrust::unknown, "a changed key is seen", file);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view rest = fuzz::text_of(data, size);
  const std::string address = fuzz::take_line(rest);
  const std::string host = fuzz::take_line(rest);
  check_listen(address);
  check_address(address);
  if (config::is_private_url(address))
    fuzz::require(address.starts_with("http"), "only http is private", address);
  fuzz::require(!config::is_source_name("." + address), "a hidden file is no source", address);
  check_known(rest, host);
  return 0;
}
