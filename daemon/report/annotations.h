// Diagnostics in the forms that forges show at the line they are about. There is none that both GitHub and
// GitLab show: SARIF takes a paid plan at GitHub for what is not public, and Ultimate at GitLab. These two
// take nothing. Pure; paths have to be those of the repository, from its top.
#pragma once

#include <string>
#include <vector>

#include "model/desired.h"

namespace idpd::report {

// GitHub: a workflow command a line, errors first. GitHub shows ten of each severity a step and drops the
// rest in silence, so that the tenth counts them.
std::string to_workflow_commands(const std::vector<model::Diagnostic>& diagnostics);

// GitLab: a Code Quality report, `[]` without any. A fingerprint has no line in it, so that what moves is not
// new. `whole`: the path that stands for what is about no file, since GitLab wants one.
std::string to_code_quality(const std::vector<model::Diagnostic>& diagnostics, const std::string& whole);

}  // namespace idpd::report
