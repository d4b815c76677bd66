#include "state/database.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <chrono>
#include <filesystem>
#include <thread>
#include <utility>

#include "base/text.h"

namespace idpd::state {

namespace {

using base::Code;
using base::Error;
using base::Result;

constexpr std::chrono::milliseconds patience = std::chrono::seconds(5);

// A file name as a URI, whose ?, # and % would mean something else.
std::string immutable_uri(const std::string& path) {
  std::string uri = "file:";
  for (const char c : std::filesystem::path(path).lexically_normal().string()) {
    const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                       c == '/' || c == '.' || c == '-' || c == '_';
    uri += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return uri + "?immutable=1";
}

}  // namespace

std::string Row::text(int column) const {
  const auto* data = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
  return data ? std::string(data, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))) : "";
}

std::int64_t Row::integer(int column) const {
  return sqlite3_column_int64(statement_, column);
}

Result<std::unique_ptr<Database>> Database::open(const std::string& path, Access access) {
  std::unique_ptr<Database> database(new Database(path));
  const bool immutable = access == Access::read_immutable;
  const int flags = (access == Access::write ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY) |
                    (immutable ? SQLITE_OPEN_URI : 0) | SQLITE_OPEN_EXRESCODE;
  const std::string name = immutable ? immutable_uri(path) : path;
  if (sqlite3_open_v2(name.c_str(), &database->handle_, flags, nullptr) != SQLITE_OK)
    return database->problem();
  // SQLite falls back to reading alone where the file cannot be written, without a word.
  if (access == Access::write && sqlite3_db_readonly(database->handle_, "main") != 0) {
    return Error{Code::io,
                 fmt::format("{} cannot be opened for writing; run as the user that owns the state directory "
                             "(sudo -u idpd), and check its file system",
                             base::printable(path))};
  }
  sqlite3_busy_timeout(database->handle_, static_cast<int>(patience.count()));
  // The file may come from anywhere: what its schema defines must not run.
  sqlite3_db_config(database->handle_, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(database->handle_, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  // KiB; the kernel caches as well. What the file is, nobody has asked yet: of that, it is silent.
  sqlite3_exec(database->handle_, "PRAGMA cache_size = -512", nullptr, nullptr, nullptr);
  return database;
}

Database::~Database() {
  for (const auto& [sql, statement] : statements_) sqlite3_finalize(statement);
  sqlite3_close_v2(handle_);
}

// Made ready for another run at the end, whatever becomes of this one: until then it would hold its locks.
class Database::Statement {
 public:
  Statement(Database& database, std::string_view sql) {
    sqlite3_stmt*& kept = database.statements_.try_emplace(std::string(sql), nullptr).first->second;
    own_ = kept && sqlite3_stmt_busy(kept) != 0;  // it is run within itself
    statement_ = own_ ? nullptr : kept;
    if (statement_) return;
    code_ =
        sqlite3_prepare_v2(database.handle_, sql.data(), static_cast<int>(sql.size()), &statement_, nullptr);
    if (!own_) kept = statement_;
  }
  ~Statement() {
    if (!statement_) return;
    sqlite3_reset(statement_);
    sqlite3_clear_bindings(statement_);
    if (own_) sqlite3_finalize(statement_);
  }
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  int code() const { return code_; }
  sqlite3_stmt* get() const { return statement_; }

 private:
  sqlite3_stmt* statement_ = nullptr;
  bool own_ = false;
  int code_ = SQLITE_OK;
};

Result<void> Database::execute(std::string_view sql, std::initializer_list<std::string_view> parameters,
                               const EachRow& each) {
  const Statement statement(*this, sql);
  sqlite3_stmt* const raw = statement.get();
  int code = statement.code();
  int index = 0;
  for (const std::string_view parameter : parameters) {
    if (code != SQLITE_OK) break;
    // An empty view may have no data, which SQLite would take for NULL.
    const char* data = parameter.empty() ? "" : parameter.data();
    code = sqlite3_bind_text64(raw, ++index, data, parameter.size(), SQLITE_STATIC, SQLITE_UTF8);
  }
  if (code != SQLITE_OK) return problem();
  while ((code = sqlite3_step(raw)) == SQLITE_ROW) {
    if (!each) continue;
    if (auto taken = each(Row(raw)); !taken) return taken;
  }
  if (code != SQLITE_DONE) return problem();
  return {};
}

Result<void> Database::script(const std::string& sql) {
  if (sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) return problem();
  return {};
}

Result<std::int64_t> Database::number(std::string_view sql) {
  std::int64_t value = 0;
  auto done = execute(sql, {}, [&](const Row& row) {
    value = row.integer(0);
    return Result<void>();
  });
  if (!done) return done.error();
  return value;
}

Result<void> Database::transaction(const Body& body) {
  if (sqlite3_get_autocommit(handle_) == 0) return body();
  if (auto begun = execute("BEGIN IMMEDIATE"); !begun) return begun;
  Result<void> outcome = body();
  if (outcome) outcome = execute("COMMIT");
  // Some errors have rolled back by themselves; then there is nothing left to undo.
  if (!outcome && sqlite3_get_autocommit(handle_) == 0) (void)execute("ROLLBACK");
  return outcome;
}

Result<void> Database::check() {
  std::string verdict;
  auto read = execute("PRAGMA quick_check(1)", {}, [&](const Row& row) {
    verdict = row.text(0);
    return Result<void>();
  });
  if (!read) return read;
  if (verdict != "ok") return damaged(verdict);
  return {};
}

Result<void> Database::make_durable() {
  std::string mode;
  const auto take = [&](const Row& row) {
    mode = row.text(0);
    return Result<void>();
  };
  // SQLite does not wait here: two processes that open a new store at once would make one of them fail.
  const auto deadline = std::chrono::steady_clock::now() + patience;
  auto changed = execute("PRAGMA journal_mode = WAL", {}, take);
  while (!changed && changed.error().retryable && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    changed = execute("PRAGMA journal_mode = WAL", {}, take);
  }
  if (!changed) return changed;
  if (mode != "wal") {
    return Error{Code::io,
                 fmt::format("{} cannot have a write-ahead log; put the state directory on a local file "
                             "system",
                             base::printable(path_))};
  }
  return script("PRAGMA synchronous = FULL");
}

bool Database::lacks_side_files() const {
  const int code = sqlite3_errcode(handle_) & 0xff;
  return code == SQLITE_CANTOPEN || code == SQLITE_READONLY;
}

Error Database::damaged(std::string_view detail) const {
  return Error{
      Code::io,
      fmt::format(
          "{} is damaged ({}), and nothing is changed in Cloudflare without it; restore it from a backup, or "
          "move it away together with its -wal and -shm files: then the next apply adopts by name what "
          "the files name, and what they no longer name is not deleted",
          base::printable(path_), base::printable(detail))};
}

Error Database::problem() const {
  const int code = (handle_ ? sqlite3_errcode(handle_) : SQLITE_NOMEM) & 0xff;
  const std::string detail = handle_ ? sqlite3_errmsg(handle_) : sqlite3_errstr(code);
  if (code == SQLITE_CORRUPT || code == SQLITE_NOTADB) return damaged(detail);
  std::string_view way_out = "check that file and its folder";
  const bool busy = code == SQLITE_BUSY || code == SQLITE_LOCKED;
  if (busy) {
    way_out = "another process is writing to it, try again";
  } else if (code == SQLITE_FULL) {
    way_out = "make room on that file system";
  } else if (code == SQLITE_CANTOPEN || code == SQLITE_READONLY || code == SQLITE_PERM) {
    way_out = "run as the user that owns the state directory (sudo -u idpd)";
  }
  return Error{Code::io, fmt::format("{}: {}; {}", base::printable(path_), detail, way_out), {}, busy};
}

}  // namespace idpd::state
