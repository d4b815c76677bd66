// Reads a secret's file without being led elsewhere: the path is resolved, judged by the caller, then
// opened, and what was opened must still be what was judged. One owner; calls are short, and a FIFO in
// the file's place is an error, not a wait.
#pragma once

#include <string>

#include "base/result.h"
#include "secrets/secret.h"

namespace idpd::secrets {

inline constexpr std::size_t most_bytes = std::size_t{64} * 1024;

// The absolute path with all links resolved. Error: there is no such file, or it cannot be reached.
base::Result<std::string> resolve_links(const std::string& path);
// `resolved` is the folder (or file) itself or lies below it; the folder's own links are resolved first.
bool lies_within(const std::string& resolved, const std::string& folder);
// Every user of this machine may read it: by its own permissions and those of all folders above it.
bool is_public(const std::string& resolved);
// A regular file of at most 64 KiB; `resolved` must come from resolve_links.
base::Result<Secret> read_secret_file(const std::string& resolved);

}  // namespace idpd::secrets
