#include "state/store.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>
#include <utility>

#include "base/log.h"
#include "base/text.h"
#include "state/body.h"
#include "state/database.h"
#include "state/files.h"
#include "state/schema.h"

namespace idpd::state {

namespace {

using base::Code;
using base::Error;
using base::Result;

std::string path_in(const std::string& directory) {
  return directory + "/idpd.db";
}

// A journal with content holds commits that a reader without it would not see.
bool has_journal(const std::string& path) {
  struct stat status{};
  if (::stat((path + "-wal").c_str(), &status) != 0) return errno != ENOENT;
  return status.st_size > 0;
}

Error unreadable_journal(const std::string& path) {
  return Error{Code::io,
               fmt::format("{} has a journal (-wal) that cannot be read without write access to its "
                           "folder; run as the user that owns it (sudo -u idpd)",
                           base::printable(path))};
}

// Made after the first store of the directory, see vault.h: an empty one beside it has lost what it held.
bool was_in_use(const std::string& directory) {
  struct stat status{};
  return ::stat((directory + "/fingerprint.key").c_str(), &status) == 0;
}

Error emptied(const std::string& path) {
  return Error{
      Code::io,
      fmt::format(
          "{} holds nothing, although this state directory has been in use, and nothing is changed in "
          "Cloudflare by it; restore it from a backup, or move it away together with its -wal and -shm "
          "files: then the next apply adopts by name what the files name",
          base::printable(path))};
}

// Opens for reading and finds out what it is: SQLite notices only on the first read that it lacks files.
Result<std::unique_ptr<Database>> open_for_reading(const std::string& path, Condition& condition) {
  auto database = Database::open(path, Database::Access::read);
  if (!database) return database;
  auto found = inspect(**database, migrations());
  if (!found && (*database)->lacks_side_files()) {
    if (has_journal(path)) return unreadable_journal(path);
    database = Database::open(path, Database::Access::read_immutable);
    if (!database) return database;
    found = inspect(**database, migrations());
  }
  if (!found) return found.error();
  condition = *found;
  return database;
}

// Error of a body, with the file and whose it is.
Error bad_body(const Database& database, std::string_view kind, const std::string& key, const Error& error) {
  return database.damaged(fmt::format("{} \"{}\": {}", kind, key, error.message));
}

Error unwritable(const Database& database, std::string_view kind, const std::string& key,
                 const Error& error) {
  return Error{error.code,
               fmt::format("the {} of \"{}\" cannot be kept in {}: {}", kind, base::printable(key),
                           base::printable(database.path()), error.message)};
}

Result<void> mark_seen(Database& database, const std::string& account_id) {
  return database.execute("INSERT INTO accounts (account_id, passes) VALUES (?, 1) ON CONFLICT DO NOTHING",
                          {account_id});
}

Result<void> put_record(Database& database, std::string_view insert, const std::string& account_id,
                        const model::Record& record) {
  const auto body = write_body(record);
  if (!body) return unwritable(database, "record", record.key, body.error());
  return database.execute(
      fmt::format("{} INTO records (account_id, key, id, type, name, body) VALUES (?, ?, ?, ?, ?, ?)",
                  insert),
      {account_id, record.key, record.id, record.type, record.name, *body});
}

Result<std::vector<model::Record>> read_records(Database& database, std::string_view which,
                                                std::initializer_list<std::string_view> parameters) {
  std::vector<model::Record> records;
  auto read = database.execute(
      fmt::format("SELECT key, id, type, name, body FROM records WHERE account_id = ? {}", which), parameters,
      [&](const Row& row) -> Result<void> {
        model::Record& record = records.emplace_back();
        record.key = row.text(0);
        record.id = row.text(1);
        record.type = row.text(2);
        record.name = row.text(3);
        const auto body = read_body(row.text(4), record);
        return body ? body : bad_body(database, "record", record.key, body.error());
      });
  if (!read) return read.error();
  return records;
}

}  // namespace

Store::Store(std::unique_ptr<Database> database) : database_(std::move(database)) {}
Store::Store(Store&&) noexcept = default;
Store& Store::operator=(Store&&) noexcept = default;
Store::~Store() = default;

Result<Store> Store::open(const std::string& directory) {
  const std::string path = path_in(directory);
  if (auto made = make_directory(directory); !made) return made.error();
  if (auto own = check_not_shared(directory); !own) return own.error();
  const bool in_use = was_in_use(directory);  // asked first: another process may be making both just now
  const auto made = make_file(path);
  if (!made) return made.error();
  const bool fresh = *made == Made::now;
  if (fresh && in_use) {
    base::log(
        base::LogLevel::warn,
        fmt::format("{} was gone, although this state directory has been in use: a new one is begun, "
                    "what the files name is adopted by name, and what they no longer name is not deleted",
                    base::printable(path)));
  }
  auto database = Database::open(path, Database::Access::write);
  if (!database) return database.error();
  // Before anything is written: no newer store, no damaged one and no other program's file may be touched.
  const auto condition = inspect(**database, migrations());
  if (!condition) return condition.error();
  if (*condition == Condition::empty && in_use && !fresh) return emptied(path);
  if (auto sound = (*database)->check(); !sound) return sound.error();
  if (auto durable = (*database)->make_durable(); !durable) return durable.error();
  if (auto migrated = migrate(**database, migrations()); !migrated) return migrated.error();
  return Store(*std::move(database));
}

Result<std::optional<Store>> Store::open_read_only(const std::string& directory) {
  const std::string path = path_in(directory);
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) {
    if (errno == ENOENT) return std::optional<Store>();
    return file_error("read", path, errno);
  }
  if (auto own = check_not_shared(directory); !own) return own.error();
  const bool in_use = was_in_use(directory);
  Condition condition = Condition::empty;
  auto database = open_for_reading(path, condition);
  if (!database) return database.error();
  if (condition == Condition::empty) {
    if (in_use) return emptied(path);
    return std::optional<Store>();  // its making was interrupted
  }
  if (condition == Condition::older) {
    return Error{Code::invalid,
                 fmt::format("{} is of an older idpd; `idpd apply` or the service brings it up to date",
                             base::printable(path))};
  }
  return std::optional<Store>(Store(*std::move(database)));
}

Result<Store> Store::open_in_memory() {
  auto database = Database::open(":memory:", Database::Access::write);
  if (!database) return database.error();
  if (auto migrated = migrate(**database, migrations()); !migrated) return migrated.error();
  return Store(*std::move(database));
}

Result<std::vector<model::Record>> Store::records(const std::string& account_id) const {
  return read_records(*database_, "ORDER BY key", {account_id});
}

Result<std::optional<model::Record>> Store::record(const std::string& account_id,
                                                   const std::string& key) const {
  auto found = read_records(*database_, "AND key = ?", {account_id, key});
  if (!found) return found.error();
  if (found->empty()) return std::optional<model::Record>();
  return std::optional(std::move(found->front()));
}

void Store::unwatch(const std::string& account_id, const Touched& touched) {
  const auto found = watched_.find(account_id);
  if (found != watched_.end() && found->second == &touched) watched_.erase(found);
}

Touched* Store::watched(const std::string& account_id) const {
  const auto found = watched_.find(account_id);
  return found == watched_.end() ? nullptr : found->second;
}

void Store::touch_record(const std::string& account_id, const std::string& key) {
  if (Touched* touched = watched(account_id)) touched->records.insert(key);
}

void Store::touch_intents(const std::string& account_id) {
  if (Touched* touched = watched(account_id)) touched->intents = true;
}

Result<bool> Store::seen_before(const std::string& account_id) const {
  bool seen = false;
  auto read = database_->execute("SELECT passes FROM accounts WHERE account_id = ?", {account_id},
                                 [&](const Row& row) {
                                   seen = row.integer(0) > 0;
                                   return Result<void>();
                                 });
  if (!read) return read.error();
  return seen;
}

Result<void> Store::save_records(const std::string& account_id, const std::vector<model::Record>& records) {
  if (Touched* touched = watched(account_id)) touched->all = true;
  return database_->transaction([&]() -> Result<void> {
    auto done = mark_seen(*database_, account_id);
    if (done) done = database_->execute("DELETE FROM records WHERE account_id = ?", {account_id});
    for (const model::Record& record : records) {
      if (done) done = put_record(*database_, "INSERT", account_id, record);
    }
    return done;
  });
}

Result<void> Store::update_records(const std::string& account_id,
                                   const std::vector<const model::Record*>& changed,
                                   const std::set<std::string>& gone) {
  if (changed.empty() && gone.empty()) {
    const auto seen = seen_before(account_id);
    if (!seen) return seen.error();
    if (*seen) return {};
  }
  return database_->transaction([&]() -> Result<void> {
    auto done = mark_seen(*database_, account_id);
    for (const std::string& key : gone) {
      if (done) done = erase_record(account_id, key);
    }
    for (const model::Record* record : changed) {
      if (done) done = save_record(account_id, *record);
    }
    return done;
  });
}

Result<void> Store::save_record(const std::string& account_id, const model::Record& record) {
  touch_record(account_id, record.key);
  return put_record(*database_, "REPLACE", account_id, record);
}

Result<void> Store::erase_record(const std::string& account_id, const std::string& key) {
  touch_record(account_id, key);
  return database_->execute("DELETE FROM records WHERE account_id = ? AND key = ?", {account_id, key});
}

Result<std::vector<model::Intent>> Store::intents(const std::string& account_id) const {
  std::vector<model::Intent> intents;
  auto read =
      database_->execute("SELECT key, type, name, body FROM intents WHERE account_id = ? ORDER BY key",
                         {account_id}, [&](const Row& row) -> Result<void> {
                           model::Intent& intent = intents.emplace_back();
                           intent.key = row.text(0);
                           intent.type = row.text(1);
                           intent.name = row.text(2);
                           const auto body = read_body(row.text(3), intent);
                           return body ? body : bad_body(*database_, "intent", intent.key, body.error());
                         });
  if (!read) return read.error();
  return intents;
}

Result<void> Store::save_intent(const std::string& account_id, const model::Intent& intent) {
  touch_intents(account_id);
  const auto body = write_body(intent);
  if (!body) return unwritable(*database_, "intent", intent.key, body.error());
  return database_->execute("REPLACE INTO intents (account_id, key, type, name, body) VALUES (?, ?, ?, ?, ?)",
                            {account_id, intent.key, intent.type, intent.name, *body});
}

Result<void> Store::replace(const std::string& account_id, const std::vector<model::Record>& records,
                            const std::vector<model::Intent>& intents, bool seen) {
  return database_->transaction([&]() -> Result<void> {
    auto done = save_records(account_id, records);
    if (done && !seen) done = database_->execute("DELETE FROM accounts WHERE account_id = ?", {account_id});
    if (done) done = database_->execute("DELETE FROM intents WHERE account_id = ?", {account_id});
    for (const model::Intent& one : intents) {
      if (done) done = save_intent(account_id, one);
    }
    return done;
  });
}

Result<void> Store::erase_intent(const std::string& account_id, const std::string& key) {
  touch_intents(account_id);
  return database_->execute("DELETE FROM intents WHERE account_id = ? AND key = ?", {account_id, key});
}

}  // namespace idpd::state
