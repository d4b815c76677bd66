// A temporary folder and, in it, repositories made by the `git` program with nobody's configuration.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

#include "base/log.h"
#include "fake_alarms.h"

namespace idpd::test {

// Until somebody sets the log up it is the library's own object, whose type the sanitizer does not know.
inline const bool log_is_set_up = (base::set_up_log(base::LogLevel::error, false), true);

class Folder {
 public:
  Folder() : Folder(std::filesystem::temp_directory_path()) {}
  explicit Folder(const std::filesystem::path& parent) {
    std::string name = (parent / "idpd-test-XXXXXX").string();
    path_ = ::mkdtemp(name.data()) ? std::filesystem::canonical(name) : "";
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }
  std::string string() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

inline void write(const std::filesystem::path& path, const std::string& text) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
}

// What the command prints, without the newline at the end; the test fails when it does.
inline std::string shell(const std::filesystem::path& folder, const std::string& command) {
  const std::string whole = "cd '" + folder.string() + "' && { " + command + "; } 2>&1";
  FILE* pipe = ::popen(whole.c_str(), "r");
  std::string out;
  std::array<char, 4096> buffer{};
  while (const std::size_t got = std::fread(buffer.data(), 1, buffer.size(), pipe))
    out.append(buffer.data(), got);
  EXPECT_EQ(::pclose(pipe), 0) << command << "\n" << out;
  while (out.ends_with('\n')) out.pop_back();
  return out;
}

class GitRepo {
 public:
  explicit GitRepo(std::filesystem::path path) : path_(std::move(path)) {
    std::filesystem::create_directories(path_);
    git("init -q -b main .");
  }

  std::string git(const std::string& arguments) const {
    return shell(path_,
                 "GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null git -c user.name=Ada "
                 "-c user.email=ada@example.com " +
                     arguments);
  }
  // Writes a file and commits it; the commit's id.
  std::string commit(const std::string& name, const std::string& text,
                     const std::string& subject = "A change") const {
    write(path_ / name, text);
    git("add -A");
    git("commit -q -m '" + subject + "'");
    return git("rev-parse HEAD");
  }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// Runs the loop until the condition holds, since a thread or the kernel has its part in it; no injected time
// passes.
template <typename Condition>
bool until(FakeAlarms& alarms, Condition condition,
           std::chrono::milliseconds most = std::chrono::seconds(20)) {
  const auto end = std::chrono::steady_clock::now() + most;
  for (;;) {
    alarms.settle();
    if (condition()) return true;
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

}  // namespace idpd::test
