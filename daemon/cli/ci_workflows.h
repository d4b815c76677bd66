// The CI workflows of configs/ci/, compiled in, so that `idpd init` writes what the repository shows.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace idpd::cli {

struct CiWorkflow {
  std::string name;        // what `--ci` calls it
  std::string path;        // where it belongs, from the top of a repository on
  std::string when_there;  // what to do where there is such a file already; may be empty
  std::string_view text;
};

const std::vector<CiWorkflow>& ci_workflows();
// Those of `--ci`, with `none`.
std::vector<std::string> ci_names();

}  // namespace idpd::cli
