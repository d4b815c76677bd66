// In which order accounts are told of, and which are only counted: a report of a thousand accounts is read by
// people too. What needs a person comes first; accounts with nothing to do are one line, and so are those in
// which the same is to be done as in one that is shown. The JSON form has them all. Pure.
#pragma once

#include <string>
#include <vector>

#include "report/report.h"

namespace idpd::report {

// Up to so many accounts, each is told of as it is and in the order of the aliases.
inline constexpr std::size_t most_accounts_listed = 5;

struct Group {
  const plan::AccountPlan* shown = nullptr;
  std::vector<const plan::AccountPlan*> alike = {};  // the same actions on the same keys and fields
};

struct Arranged {
  std::vector<Group> groups;
  std::size_t quiet = 0;      // accounts with nothing to do, which are not in the groups
  std::size_t matching = 0;   // identity providers in these
  std::size_t unmanaged = 0;  // the same
};
Arranged arranged(const Report& report);

// `995 accounts match (4975 identity providers); …`; empty when there are none.
std::string quiet_words(const Arranged& all);
// `and the same in 998 more accounts: customer-1, customer-2, …`; empty when there are none.
std::string alike_words(const Group& group);

}  // namespace idpd::report
