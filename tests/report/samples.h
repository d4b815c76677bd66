// Reports to look at: together they hold every action, origin, reason, outcome and status.
#pragma once

#include "report/report.h"

namespace idpd::report::samples {

inline constexpr const char* secret = "s3cr3t-that-nobody-may-see";

Report empty();         // one account without a name, all in sync
Report everything();    // a plan: every action and origin, an unknown account, diagnostics
Report two_accounts();  // small, one in sync and one not
Report every_reason();  // one withheld change for each
Report applied();       // every outcome
Report fleet();         // a thousand accounts: most in sync, many with the same to do, a few in trouble
Report hostile();       // names that try to break out

}  // namespace idpd::report::samples
