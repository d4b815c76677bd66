// The columns `body`: a record and an intent as JSON, without the fields that have columns of their own.
// Pure.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "model/incident.h"
#include "model/record.h"

namespace idpd::state {

// Error: something in it could not be read back (text that is not UTF-8, nested too deeply).
base::Result<std::string> write_body(const model::Record& record);
base::Result<std::string> write_body(const model::Intent& intent);
// Fills the rest of the record or intent. Errors say what is wrong, without a path.
base::Result<void> read_body(std::string_view body, model::Record& record);
base::Result<void> read_body(std::string_view body, model::Intent& intent);

// As the tables hold a time: seconds since 1970.
std::string seconds_of(model::Time at);

}  // namespace idpd::state
