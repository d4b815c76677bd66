// A report: the plans of all accounts of one run with what became of them, and its three written forms.
// Pure values and functions. No form ever holds a secret: plans have none.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "model/incident.h"
#include "plan/plan.h"

namespace idpd::report {

struct Report {
  std::string version;                      // of idpd
  std::optional<model::Revision> revision;  // of the files
  std::vector<plan::AccountPlan> accounts;
  std::vector<model::Diagnostic> diagnostics;  // of the files as a whole
  std::vector<std::string> only;           // --only, so that a saved plan is planned again in the same way
  std::vector<std::string> only_accounts;  // --account
  std::string job;                         // the address of the CI job that this runs in; may be empty
  bool applied = false;                    // the changes have outcomes
  bool shown = false;  // the plan stands on the screen already: the text tells outcomes alone
};

// The document of README.md "Plan as JSON", format_version 1.
base::Json to_json(const Report& report);
base::Json to_json(const model::Diagnostic& diagnostic);
// One of its accounts; `applied`: the changes have outcomes.
base::Json to_json(const plan::AccountPlan& account, bool applied);

// For people: `+` create, `~` update, `-/+` replace, `-` delete, `<=` adopt, `->` move, `.` forget.
std::string to_text(const Report& report, bool color);

// For a pull request's comment: what takes away first and marked, the fields of each change and what is not
// managed folded, the command that carries it out at the end. Nothing in it can break out of its place or
// notify anybody; what would be too long for a comment is cut, and that is said.
std::string to_markdown(const Report& report);

// The last line: `Plan: 1 to create, …` or `No changes. 4 identity providers match.`
std::string summary_line(const Report& report);

// One change on one line, for progress: `~ workforce (pingone "PingOne Workforce")`.
std::string headline(const plan::Change& change, bool color);

}  // namespace idpd::report
