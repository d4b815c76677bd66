// Where a repository lies: the parts of `https://host/x.git`, `ssh://user@host:22/x.git`, `user@host:x.git`,
// `file:///x` or a path. Pure.
#pragma once

#include <string>

namespace idpd::service {

struct GitAddress {
  enum class Kind { https, ssh, local } kind = Kind::local;
  std::string user = {};
  std::string host = {};
  int port = 0;  // 0: none is written
};

GitAddress git_address(const std::string& url);

}  // namespace idpd::service
