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
// Several hosts share one key: it takes the place of this one's own.
base::Result<void> set_fingerprint_key(const std::string& directory, std::string_view key);
// Never makes one; nothing when it is missing.
base::Result<std::optional<std::string>> read_fingerprint_key(const std::string& directory);

// Before a request whose answer brings a SCIM secret: proves that it could be kept (checks the key's name,
// makes the folder, writes and removes a probe file) and notes, durably, that one is awaited. Error: io, with
// the path; invalid for a key that names no file.
base::Result<void> await_scim_secret(const std::string& directory, const std::string& account_id,
                                     const std::string& key);
// The request was refused: no secret comes.
base::Result<void> give_up_scim_secret(const std::string& directory, const std::string& account_id,
                                       const std::string& key);
// `<directory>/scim/<account id>/<key>`; returns the path. None is awaited any more.
base::Result<std::string> save_scim_secret(const std::string& directory, const std::string& account_id,
                                           const std::string& key, std::string_view secret);
// The file, and what is awaited, under another key. Where there is neither, nothing is done.
base::Result<void> move_scim_secret(const std::string& directory, const std::string& account_id,
                                    const std::string& from, const std::string& to);
// One was awaited, and the file is as it was before: whoever puts a new secret there ends it.
base::Result<bool> scim_secret_is_missing(const std::string& directory, const std::string& account_id,
                                          const std::string& key);
// What a process that was killed left half written beside the secrets, and perhaps a secret in it. Only under
// the account's lock, where nobody else is writing there.
base::Result<void> remove_unfinished_scim(const std::string& directory, const std::string& account_id);
std::string scim_secret_path(const std::string& directory, const std::string& account_id,
                             const std::string& key);

}  // namespace idpd::state
