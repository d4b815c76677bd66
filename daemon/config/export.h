// A live identity provider as the YAML that would bring it about: for `import`. What the program cannot read
// (secrets) becomes a reference to be filled. Pure; yaml-cpp's emitter does the quoting.
#pragma once

#include <string>
#include <vector>

#include "model/live.h"

namespace idpd::config {

struct Exported {
  std::string yaml;
  std::vector<std::string> credentials;  // names that the secrets refer to, still to be supplied
};

// The type must be one that we know (live.schema).
Exported export_provider(const std::string& account, const std::string& key, const model::LiveProvider& live);

}  // namespace idpd::config
