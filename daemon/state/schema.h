// The store's schema: its version is SQLite's user_version, and each step takes the one before it further.
// Released steps never change; a new need is a new step at the end.
#pragma once

#include <cstdint>
#include <span>

#include "base/result.h"
#include "state/database.h"

namespace idpd::state {

// Step N, counted from 1, makes version N out of version N - 1.
using Migrations = std::span<const char* const>;
Migrations migrations();

enum class Condition {
  empty,  // nothing in it yet
  older,
  current,
};

// What the file is, without a change to it. Error: another program's file (application_id), or `invalid` for
// a store of a newer idpd.
base::Result<Condition> inspect(Database& database, Migrations steps);
// All missing steps in one transaction: a failure leaves the version that was there.
base::Result<void> migrate(Database& database, Migrations steps);

}  // namespace idpd::state
