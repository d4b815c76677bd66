// The lines below a change that say what happens to each of its fields.
#pragma once

#include <string>
#include <vector>

#include "plan/plan.h"
#include "report/paint.h"

namespace idpd::report {

// Not indented; laid out for so many columns.
std::vector<std::string> field_lines(const plan::Change& change, const Paint& paint, std::size_t columns);

}  // namespace idpd::report
