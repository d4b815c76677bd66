// What a plan is made from, found by key or id in one step: an account may have a hundred thousand. Views
// into the input, which outlives it.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "plan/planner.h"

namespace idpd::plan {

template <typename Of>
class Lookup {
 public:
  // The first of equal ones is the one that is found.
  Lookup(const std::vector<Of>& all, std::string Of::* name) {
    found_.reserve(all.size());
    for (const Of& one : all) found_.emplace(one.*name, &one);
  }
  // Null when there is none.
  const Of* find(std::string_view name) const {
    const auto found = found_.find(name);
    return found == found_.end() ? nullptr : found->second;
  }

 private:
  std::unordered_map<std::string_view, const Of*> found_;
};

struct Index {
  explicit Index(const PlanInput& input)
      : live(input.live.providers, &model::LiveProvider::id),
        desired(input.desired.providers, &model::DesiredProvider::key),
        records(input.records ? *input.records : no_records, &model::Record::key) {}

  Lookup<model::LiveProvider> live;        // by id
  Lookup<model::DesiredProvider> desired;  // by key
  Lookup<model::Record> records;           // by key

 private:
  inline static const std::vector<model::Record> no_records;
};

}  // namespace idpd::plan
