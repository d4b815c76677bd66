// Every exit code of the program. Scripts rely on them; see the table in README.md.
#pragma once

namespace idpd::base {

enum class ExitCode : int {
  done = 0,     // also: withheld only by the user's own setting
  error = 1,    // bad input, API failure, partial apply, withheld by a guard, the answer was no
  changes = 2,  // plan --detailed-exitcode: there are changes
};

}  // namespace idpd::base
