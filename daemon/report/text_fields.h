// The fields of one change as lines for a terminal: paths in one column, values in the next.
#pragma once

#include <string>

#include "plan/plan.h"
#include "report/style.h"

namespace idpd::report {

std::string field_lines(const plan::Change& change, std::size_t indent, const Painter& paint);

}  // namespace idpd::report
