// The history document, format_version 1: what the store tells of incidents and passes, newest first. It
// reads the store and nothing else; short, and blocks on the disk.
#pragma once

#include "base/json.h"
#include "base/result.h"
#include "state/store.h"

namespace idpd::service {

// At most so many incidents and as many passes. Errors: io, for a damaged store.
base::Result<base::Json> history_document(const state::Store& store, std::size_t most);

}  // namespace idpd::service
