// Which live identity provider stands for which key, by the first rule that answers: the record's id, the
// file's adopt_id, an interrupted create, a record whose key left the files, the name. Pure.
#pragma once

#include "plan/planner.h"

namespace idpd::plan {

struct Matching {
  std::map<std::string, Match> by_key;
  std::map<std::string, std::string> problems;  // key -> why it cannot be matched: nothing is planned for it
  std::set<std::string> claimed;                // live ids that some key or record stands for
};

Matching match(const PlanInput& input);

}  // namespace idpd::plan
