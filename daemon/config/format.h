// What the schema words about one value's form mean: length, range, pattern, format. Pure.
#pragma once

#include <optional>
#include <string>

#include "base/json.h"

namespace idpd::config {

// What is wrong, as the end of a sentence ("must be a URL such as https://example.com"); nothing when it is
// right. Never repeats the value.
std::optional<std::string> format_problem(const base::Json& schema, const base::Json& value);

}  // namespace idpd::config
