// `validate --output github-actions|gitlab-ci`: diagnostics at their lines, with paths as a forge knows them.
#pragma once

#include <string>
#include <vector>

#include "cli/options.h"
#include "cli/world.h"
#include "model/desired.h"

namespace idpd::cli {

// Empty for an output that is not about annotations.
std::string annotations(const World& world, const Options& options,
                        std::vector<model::Diagnostic> diagnostics);

}  // namespace idpd::cli
