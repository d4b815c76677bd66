#include "cli/new_file.h"

#include <fmt/format.h>

#include <fstream>

namespace idpd::cli {

namespace fs = std::filesystem;
using base::Code;
using base::Error;

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
  bool there = false;
  if (stream) {
    fs::create_hard_link(unfinished, path, problem);  // unlike a rename it takes nobody's place
    there = problem == std::errc::file_exists;
    // Some file systems have no hard links.
    if (problem && !there && !is_there(path)) fs::rename(unfinished, path, problem);
  }
  std::error_code ignored;
  fs::remove(unfinished, ignored);
  if (there) return false;
  if (stream && !problem) return true;
  return Error{Code::io, "cannot be written: is there room on the disk, and may this user write here?",
               path.string()};
}

}  // namespace idpd::cli
