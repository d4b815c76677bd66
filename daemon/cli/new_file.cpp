#include "cli/new_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <stdio.h>  // renameat2

#include <cerrno>
#include <fstream>

namespace idpd::cli {

namespace fs = std::filesystem;
using base::Code;
using base::Error;

namespace {

// Unlike rename() it takes nobody's place, also not at the same moment; and the name moves in one step, so
// that a crash leaves no second one behind. Not every file system knows it. 0, or errno.
int rename_new(const fs::path& from, const fs::path& to) {
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return 0;
  if (errno != EINVAL && errno != ENOSYS) return errno;
  if (is_there(to)) return EEXIST;
  return ::rename(from.c_str(), to.c_str()) == 0 ? 0 : errno;
}

}  // namespace

bool is_there(const fs::path& path) {
  std::error_code ignored;
  return fs::exists(fs::symlink_status(path, ignored));
}

base::Result<bool> write_new(const fs::path& path, std::string_view text) {
  if (is_there(path)) return false;
  std::error_code problem;
  if (path.has_parent_path()) fs::create_directories(path.parent_path(), problem);
  if (problem) return Error{Code::io, "its folder cannot be made: " + problem.message(), path.string()};
  // Until it is whole it is a hidden one, which no reader of the folder looks at.
  const fs::path unfinished = path.parent_path() / fmt::format(".{}.unfinished", path.filename().string());
  std::ofstream stream(unfinished, std::ios::binary);
  stream << text;
  stream.close();
  const int number = stream ? rename_new(unfinished, path) : EIO;
  if (number == 0) return true;
  std::error_code ignored;
  fs::remove(unfinished, ignored);
  if (number == EEXIST) return false;
  return Error{Code::io, "cannot be written: is there room on the disk, and may this user write here?",
               path.string()};
}

}  // namespace idpd::cli
