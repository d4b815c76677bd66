// SQLite behind values: this header's .cpp is the only file that knows it. One owner, one thread; waits up to
// five seconds for another process's write. Errors name the file and the way out.
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace idpd::state {

// The row that a query stands on; valid within the callback only.
class Row {
 public:
  explicit Row(sqlite3_stmt* statement) : statement_(statement) {}
  std::string text(int column) const;
  std::int64_t integer(int column) const;

 private:
  sqlite3_stmt* statement_;
};

class Database {
 public:
  using Body = std::function<base::Result<void>()>;
  using EachRow = std::function<base::Result<void>(const Row&)>;
  enum class Access {
    write,           // the file must exist: SQLite would make it with the umask's permissions
    read,            // takes part in locking, for which it may have to make the -shm file
    read_immutable,  // no locking and no -wal: only for a file that nobody writes
  };

  static base::Result<std::unique_ptr<Database>> open(const std::string& path, Access access);
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;
  ~Database();

  // One statement, which is kept ready; `parameters` fill its question marks in order.
  base::Result<void> execute(std::string_view sql, std::initializer_list<std::string_view> parameters = {},
                             const EachRow& each = {});
  // Several statements without parameters, as a migration has them.
  base::Result<void> script(const std::string& sql);
  // The first column of the only row.
  base::Result<std::int64_t> number(std::string_view sql);
  // All of it or nothing. Takes the write lock at once, so that what the body reads stays true.
  // One within another is part of it: its error must reach the outer one's end, which undoes all.
  base::Result<void> transaction(const Body& body);
  // Reads every page. Error: damage, also where no query would meet it.
  base::Result<void> check();
  // Write-ahead log, each commit flushed to the disk before it returns.
  base::Result<void> make_durable();

  const std::string& path() const { return path_; }
  // The last failure was that SQLite could not have the files it needs beside the database.
  bool lacks_side_files() const;
  // What to say of content that is not what idpd wrote.
  base::Error damaged(std::string_view detail) const;

 private:
  class Statement;
  explicit Database(std::string path) : path_(std::move(path)) {}
  base::Error problem() const;
  std::string path_;
  sqlite3* handle_ = nullptr;
  std::map<std::string, sqlite3_stmt*> statements_;  // by their text: there are some dozens
};

}  // namespace idpd::state
