// Where the admin endpoint listens: a unix socket or a loopback port, as a value. Pure; nothing is opened
// here. Anything that another machine could reach is refused: the endpoint knows no login.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace idpd::config {

struct Listen {
  std::string path;        // of a unix socket, absolute; empty: a TCP port
  std::string address;     // of a TCP port: numeric, 127.x.y.z or ::1
  std::uint16_t port = 0;  // 0 (any free one) cannot be written in the settings

  bool is_unix() const { return !path.empty(); }
  bool operator==(const Listen&) const = default;
};

// `unix:/path`, `127.0.0.1:PORT`, `localhost:PORT` (which is 127.0.0.1) or `[::1]:PORT`. Error (invalid): one
// that cannot be used, said so that it can follow the setting's name.
base::Result<Listen> parse_listen(std::string_view text);

// As it is written in the settings.
std::string shown(const Listen& listen);

}  // namespace idpd::config
