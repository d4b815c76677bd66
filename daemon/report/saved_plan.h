// What a plan saved by `idpd plan --out` says it was made for. The plan itself is not read back: it is made
// again, and has to come out the same. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace idpd::report {

struct SavedPlan {
  std::string fingerprint;
  std::vector<std::string> accounts;  // aliases, at least one
  std::vector<std::string> only;      // keys; empty = all

  bool operator==(const SavedPlan&) const = default;
};

// Error (invalid): anything but what to_json(Report) writes.
base::Result<SavedPlan> read_saved_plan(std::string_view text);

}  // namespace idpd::report
