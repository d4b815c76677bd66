#include "state/schema.h"

#include <fmt/format.h>

#include "base/text.h"

namespace idpd::state {

namespace {

using base::Code;
using base::Error;
using base::Result;

constexpr std::int64_t application_id = 0x69647064;  // "idpd"; `file` and SQLite's tools show it

constexpr const char* steps_of_the_store[] = {
    // 1: `body` is JSON of all that is never searched for.
    R"sql(
      CREATE TABLE accounts (
        account_id TEXT NOT NULL PRIMARY KEY,
        passes INTEGER NOT NULL
      ) STRICT;
      CREATE TABLE records (
        account_id TEXT NOT NULL,
        key TEXT NOT NULL,
        id TEXT NOT NULL,
        type TEXT NOT NULL,
        name TEXT NOT NULL,
        body TEXT NOT NULL,
        PRIMARY KEY (account_id, key)
      ) STRICT;
      CREATE TABLE intents (
        account_id TEXT NOT NULL,
        key TEXT NOT NULL,
        type TEXT NOT NULL,
        name TEXT NOT NULL,
        body TEXT NOT NULL,
        PRIMARY KEY (account_id, key)
      ) STRICT;
    )sql",
    // 2: what the daemon tells of. Times are seconds since 1970; `ended` is 0 while it lasts.
    R"sql(
      CREATE TABLE incidents (
        number INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
        account_id TEXT NOT NULL,
        ended INTEGER NOT NULL,
        body TEXT NOT NULL
      ) STRICT;
      CREATE INDEX incidents_by_account ON incidents (account_id, ended);
      CREATE TABLE passes (
        number INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
        account_id TEXT NOT NULL,
        began INTEGER NOT NULL,
        body TEXT NOT NULL
      ) STRICT;
      CREATE INDEX passes_by_account ON passes (account_id, number);
      CREATE TABLE documents (
        name TEXT NOT NULL PRIMARY KEY,
        body TEXT NOT NULL
      ) STRICT;
      CREATE TABLE outbox (
        number INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
        receiver TEXT NOT NULL,
        incident INTEGER NOT NULL,
        written INTEGER NOT NULL,
        body TEXT NOT NULL
      ) STRICT;
      CREATE TABLE told (
        receiver TEXT NOT NULL,
        incident INTEGER NOT NULL,
        at INTEGER NOT NULL,
        ended INTEGER NOT NULL,
        PRIMARY KEY (receiver, incident)
      ) STRICT;
    )sql",
};

}  // namespace

Migrations migrations() {
  return steps_of_the_store;
}

Result<Condition> inspect(Database& database, Migrations steps) {
  std::int64_t owner = 0;
  std::int64_t version = 0;
  std::int64_t objects = 0;
  // One statement, and so one moment, even while another process makes the tables.
  auto read = database.execute(
      "SELECT (SELECT application_id FROM pragma_application_id), (SELECT user_version FROM "
      "pragma_user_version),"
      " (SELECT count(*) FROM sqlite_schema)",
      {}, [&](const Row& row) {
        owner = row.integer(0);
        version = row.integer(1);
        objects = row.integer(2);
        return Result<void>();
      });
  if (!read) return read.error();
  const std::string path = base::printable(database.path());
  if (owner == 0 && version == 0 && objects == 0) return Condition::empty;
  if (owner != application_id) {
    return Error{Code::io,
                 fmt::format("{} is another program's database; choose another state directory", path)};
  }
  const auto newest = static_cast<std::int64_t>(steps.size());
  if (version > newest) {
    return Error{
        Code::invalid,
        fmt::format("{} was written by a newer idpd (schema {}, this one knows {}); use that "
                    "idpd; or move the file away, and the next apply adopts by name what the files name",
                    path, version, newest)};
  }
  return version == newest ? Condition::current : Condition::older;
}

Result<void> migrate(Database& database, Migrations steps) {
  return database.transaction([&]() -> Result<void> {
    // Read again under the write lock: another process may have migrated meanwhile.
    const auto condition = inspect(database, steps);
    if (!condition) return condition.error();
    if (*condition == Condition::current) return {};
    const auto version = database.number("PRAGMA user_version");
    if (!version) return version.error();
    if (*version < 0) return database.damaged("a negative schema version");
    for (auto step = static_cast<std::size_t>(*version); step < steps.size(); ++step) {
      if (auto done = database.script(steps[step]); !done) return done;
    }
    return database.script(
        fmt::format("PRAGMA user_version = {}; PRAGMA application_id = {}", steps.size(), application_id));
  });
}

}  // namespace idpd::state
