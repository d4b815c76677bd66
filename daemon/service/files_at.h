// The files of a commit, once, for a command by hand: from `desired.git`, fetched into a folder that is
// removed again, or from the work tree's repository that the files lie in. Blocks until it is done.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "config/settings.h"
#include "secrets/resolver.h"
#include "service/source.h"

namespace idpd::service {

// `paths` are folders (or files) of the repository, in a work tree relative to the current folder; empty:
// those of the settings. `revision` is a branch, a tag or a commit; empty: the branch of `desired.git`. `own`
// resolves the settings' own references. Errors say what is missing.
base::Result<Snapshot> files_at(const config::Settings& settings, const std::vector<std::string>& paths,
                                const std::string& revision, const secrets::Resolver& own);

}  // namespace idpd::service
