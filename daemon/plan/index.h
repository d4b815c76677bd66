// What a plan is made from, found by key or id in one step: an account may have a hundred thousand. Views
// into the input, which outlives it.
#pragma once

#include <string_view>
#include <unordered_map>

#include "plan/planner.h"

namespace idpd::plan {

template <typename Of>
class Lookup {
 public:
  // The first of equal ones is the one that is found.
  template <typename Name>
  Lookup(const std::vector<Of>& all, Name name) {
    found_.reserve(all.size());
    for (const Of& one : all) found_.emplace(name(one), &one);
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
      : live(input.live.providers, [](const model::LiveProvider& one) { return std::string_view(one.id); }),
        desired(input.desired.providers, [](const auto& one) { return std::string_view(one.key); }),
        records(input.records ? *input.records : no_records,
                [](const model::Record& one) { return std::string_view(one.key); }) {}

  Lookup<model::LiveProvider> live;        // by id
  Lookup<model::DesiredProvider> desired;  // by key
  Lookup<model::Record> records;           // by key

 private:
  inline static const std::vector<model::Record> no_records;
};

}  // namespace idpd::plan
