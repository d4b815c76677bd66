// Which live identity provider stands for which key, by the first rule that answers: the record's id, the
// file's adopt_id, an interrupted create, a record whose key left the files, the name. Pure.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "plan/index.h"
#include "plan/planner.h"

namespace idpd::plan {

// Names are views into the input, which outlives it.
struct Matching {
  std::unordered_map<std::string_view, Match> by_key;
  std::unordered_map<std::string_view, std::string>
      problems;                                  // key -> why it cannot be matched: nothing is planned
  std::unordered_set<std::string_view> claimed;  // live ids that some key or record stands for
};

Matching match(const PlanInput& input, const Index& index);

}  // namespace idpd::plan
