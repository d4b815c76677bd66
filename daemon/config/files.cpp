#include "config/files.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <set>
#include <string_view>

#include "config/identity_providers.h"

namespace idpd::config {

namespace {

namespace fs = std::filesystem;
using base::Code;
using base::Error;
using base::Result;

Result<SourceFile> read_file(const fs::path& path) {
  std::ifstream stream(path, std::ios::binary);
  std::string text;
  // In pieces: thousands of small files must not each take the room, nor the time to clear it, of a large
  // one.
  std::array<char, 1 << 14> piece{};
  while (stream && text.size() <= most_bytes) {
    stream.read(piece.data(), piece.size());
    text.append(piece.data(), static_cast<std::size_t>(stream.gcount()));
  }
  text.resize(std::min<std::size_t>(text.size(), most_bytes + 1));
  if (stream.bad() || (!stream && !stream.eof()))
    return Error{Code::io, "cannot be read; may this user read it?", path.string()};
  return SourceFile{path.string(), std::move(text)};
}

Error walk_error(const fs::path& path, const std::error_code& problem) {
  return Error{Code::io, "cannot be read: " + problem.message(), path.string()};
}

Result<void> collect(const fs::path& folder, std::vector<fs::path>& found) {
  std::error_code problem;
  fs::recursive_directory_iterator walk(folder, fs::directory_options::none, problem);
  if (problem) return walk_error(folder, problem);
  for (; walk != fs::recursive_directory_iterator(); walk.increment(problem)) {
    if (problem) return walk_error(folder, problem);
    const fs::path& path = walk->path();
    if (is_hidden(path.filename().string())) {
      if (walk->is_directory(problem)) walk.disable_recursion_pending();
    } else if (is_source_name(path.filename().string())) {
      const fs::file_status status = walk->status(problem);
      if (!fs::exists(status)) return walk_error(path, problem);  // a link to nowhere is no absent file
      if (fs::is_directory(status)) continue;
      // To pass it over could look like a removal, and to open it may take for ever.
      if (!fs::is_regular_file(status))
        return Error{Code::io, "is neither a file nor a folder", path.string()};
      found.push_back(path);
      if (found.size() > most_files) {
        return Error{Code::invalid, fmt::format("more than {} files", most_files), folder.string()};
      }
    }
  }
  if (problem) return walk_error(folder, problem);
  return {};
}

}  // namespace

Error too_much(const std::string& path) {
  return Error{Code::invalid,
               fmt::format("with this file they have more than {} MiB in all", most_bytes_in_all >> 20U),
               path};
}

bool is_source_name(std::string_view name) {
  static const std::set<std::string_view> extensions{".yaml", ".yml", ".json"};
  const std::size_t dot = name.rfind('.');
  return dot != std::string_view::npos && extensions.contains(name.substr(dot)) && !is_hidden(name) &&
         name.front() != '#';
}

Result<std::vector<SourceFile>> read_files(const std::vector<std::string>& paths) {
  std::vector<fs::path> found;
  for (const std::string& path : paths) {
    std::error_code problem;
    const fs::file_status status = fs::status(path, problem);
    if (fs::is_directory(status)) {
      if (auto collected = collect(path, found); !collected) return collected.error();
    } else if (fs::is_regular_file(status)) {
      found.emplace_back(path);
    } else if (problem && status.type() != fs::file_type::not_found) {
      return walk_error(path, problem);
    } else {
      return Error{Code::io, "there is no such file or folder", path};
    }
  }
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  std::vector<SourceFile> files;
  std::size_t bytes = 0;
  for (const fs::path& path : found) {
    auto file = read_file(path);
    if (!file) return std::move(file).error();
    bytes += file->text.size();
    if (bytes > most_bytes_in_all) return too_much(path.string());
    files.push_back(*std::move(file));
  }
  return files;
}

}  // namespace idpd::config
