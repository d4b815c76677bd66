// What `plan` and `apply` share in showing a report and in turning it into an exit code.
#pragma once

#include <string>

#include "base/exit_code.h"
#include "cli/options.h"
#include "cli/workspace.h"
#include "plan/planner.h"
#include "report/report.h"

namespace idpd::cli {

report::Report make_report(const World& world, const Options& options,
                           std::vector<plan::AccountPlan> accounts,
                           std::vector<model::Diagnostic> diagnostics);
std::string render(const report::Report& report, const Options& options);
// Bad input: the diagnostics alone, in the form that was asked for.
base::ExitCode fail(const World& world, const Options& options, std::vector<model::Diagnostic> diagnostics);
// An account that cannot be planned, or that holds an error.
bool has_error(const report::Report& report);
bool has_changes(const report::Report& report);
// The account's settings and the command's flags, which win.
plan::Policy policy_of(const config::Account& account, const Options& options);

}  // namespace idpd::cli
