// What an API token is good for, found out by reading before anything depends on it: which accounts it sees
// and which of the things that idpd reads it may read. Plain values; Client asks for them.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"

namespace idpd::cloudflare {

struct VisibleAccount {
  std::string id;    // 32 hexadecimal digits
  std::string name;  // printable
};

struct VisibleAccounts {
  std::vector<VisibleAccount> first;  // a page of them
  bool complete = true;
};

// One thing that idpd reads.
struct Trial {
  enum class Outcome { readable, refused, unknown, not_tried };

  std::string what;        // `Access apps`
  std::string permission;  // by the name that the dashboard shows
  std::string without;     // what idpd does not do where this cannot be read
  Outcome outcome = Outcome::not_tried;
  base::Error error = {};                 // of `unknown`
  std::optional<std::size_t> count = {};  // how many there are, where the answer says so
};

}  // namespace idpd::cloudflare
