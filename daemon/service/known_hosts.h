// Whether an ssh host is who it says, by the text of a `known_hosts` file: names, patterns, `[host]:port`,
// hashed names, `@revoked`. `@cert-authority` lines are passed over. Pure.
#pragma once

#include <string>
#include <string_view>

namespace idpd::service {

enum class HostTrust {
  unknown,  // no line is about this host
  known,
  other,    // there are keys of this host, none of them this one
  revoked,  // this key is trusted for no host
};

// `port` 0 is 22; `key` the host's public key in ssh's own binary form.
HostTrust host_trust(std::string_view known_hosts, const std::string& host, int port, std::string_view key);

// `SHA256:…` as `ssh-keygen -l` prints it, of the raw digest.
std::string shown_fingerprint(std::string_view sha256);

}  // namespace idpd::service
