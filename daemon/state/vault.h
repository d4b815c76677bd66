// Files beside the store that hold or protect secrets: the key of the secret fingerprints and the SCIM
// secrets that the API gives out once. All 0600, written whole (temporary file, fsync, rename, fsync of the
// folder) or not at all. Calls are short and do block on the disk.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace idpd::state {

// The key of the keyed fingerprints, `<directory>/fingerprint.key`: 32 random bytes as hex. Made when
// missing.
base::Result<std::string> fingerprint_key(const std::string& directory);
// Never makes one; nothing when it is missing.
base::Result<std::optional<std::string>> read_fingerprint_key(const std::string& directory);

// Proves, before a request is sent, that the answer's secret could be kept: checks the key's name, makes the
// folder, writes and removes a probe file. Error: io, with the path; invalid for a key that names no file.
base::Result<void> prepare_scim_storage(const std::string& directory, const std::string& account_id,
                                        const std::string& key);
// `<directory>/scim/<account id>/<key>`; returns the path.
base::Result<std::string> save_scim_secret(const std::string& directory, const std::string& account_id,
                                           const std::string& key, std::string_view secret);

}  // namespace idpd::state
