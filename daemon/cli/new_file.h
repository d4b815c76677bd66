// Files that idpd writes for a person, who goes on with them: whole or not at all, and never in the place of
// one that is there. They get the rights that the umask leaves; what holds secrets is written by state/.
#pragma once

#include <filesystem>
#include <string_view>

#include "base/result.h"

namespace idpd::cli {

// Whatever is there under this name, a link that leads nowhere included.
bool is_there(const std::filesystem::path& path);

// True: written. False: there was something already, which is as it was. Makes the folders above it.
base::Result<bool> write_new(const std::filesystem::path& path, std::string_view text);

}  // namespace idpd::cli
