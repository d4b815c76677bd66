// A file that a person names on the command line (settings, a saved plan): read whole and bounded, since it
// may be anything, also a device without an end.
#pragma once

#include <string>

#include "base/result.h"

namespace idpd::base {

// Error: it cannot be read, or it is larger than so many bytes, of which no more are read then.
Result<std::string> read_input(const std::string& path, std::size_t most);

}  // namespace idpd::base
