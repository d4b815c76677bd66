#include "state/files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "base/log.h"
#include "base/text.h"

namespace idpd::state {

namespace {

using base::Code;
using base::Error;
using base::Result;

constexpr mode_t owner_file = 0600;
constexpr mode_t owner_folder = 0700;

std::string folder_of(const std::string& path) {
  const std::string folder = std::filesystem::path(path).parent_path().string();
  return folder.empty() ? "." : folder;
}

// Zero, or errno.
int write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t put = ::write(fd, text.data(), text.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return errno;
    text.remove_prefix(static_cast<std::size_t>(put));
  }
  return 0;
}

// Gives the finished temporary file its name. Zero, or errno.
int give_name(const std::string& temporary, const std::string& path, Existing existing) {
  if (existing == Existing::replace) return ::rename(temporary.c_str(), path.c_str()) == 0 ? 0 : errno;
  // Unlike rename, link refuses a name that is taken: of two processes the first one wins.
  if (::link(temporary.c_str(), path.c_str()) != 0 && errno != EEXIST) return errno;
  return ::unlink(temporary.c_str()) == 0 ? 0 : errno;
}

}  // namespace

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  if (this != &other) {
    if (fd_ >= 0) ::close(fd_);
    fd_ = std::exchange(other.fd_, -1);
  }
  return *this;
}

Descriptor::~Descriptor() {
  if (fd_ >= 0) ::close(fd_);
}

Error file_error(std::string_view what, const std::string& path, int number) {
  std::string_view way_out = "check the state directory in the settings";
  if (number == EACCES || number == EPERM) {
    way_out = "run as the user that owns the state directory (sudo -u idpd)";
  } else if (number == ENOSPC || number == EDQUOT) {
    way_out = "make room on that file system";
  } else if (number == EROFS) {
    way_out = "the file system is read-only; choose another state directory";
  }
  return Error{Code::io, fmt::format("cannot {} {}: {}; {}", what, base::printable(path),
                                     std::strerror(number), way_out)};
}

Result<void> check_account_id(const std::string& account_id) {
  const bool good = account_id.size() == 32 && std::all_of(account_id.begin(), account_id.end(), [](char c) {
                      return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
                    });
  if (good) return {};
  return Error{Code::invalid, fmt::format("\"{}\" is no account id; it has 32 digits 0-9 and a-f",
                                          base::printable(account_id))};
}

Result<void> check_file_name(const std::string& name) {
  const bool good = !name.empty() && name.size() <= 255 && name.front() != '.' &&
                    std::all_of(name.begin(), name.end(), [](char c) {
                      return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                             c == '.' || c == '_' || c == '-';
                    });
  if (good) return {};
  return Error{Code::invalid,
               fmt::format("the key \"{}\" cannot name a file; use letters, digits, '.', '_' and '-', no dot "
                           "in front, at most 255",
                           base::printable(name))};
}

Result<void> make_directory(const std::string& path) {
  struct stat status{};
  if (::stat(path.c_str(), &status) == 0) {
    if (S_ISDIR(status.st_mode)) return {};
    return file_error("make the folder", path, ENOTDIR);
  }
  if (errno != ENOENT) return file_error("make the folder", path, errno);
  std::string_view name(path);
  while (name.size() > 1 && name.ends_with('/')) name.remove_suffix(1);
  const std::string parent = folder_of(std::string(name));
  if (name.empty() || parent == name) return file_error("make the folder", path, ENOENT);
  if (auto made = make_directory(parent); !made) return made;
  if (::mkdir(path.c_str(), owner_folder) != 0) {
    if (errno == EEXIST) return make_directory(path);  // another process was faster
    return file_error("make the folder", path, errno);
  }
  if (::chmod(path.c_str(), owner_folder) != 0) return file_error("protect", path, errno);  // the umask
  return sync_directory(parent);
}

Result<void> check_not_shared(const std::string& directory) {
  struct stat status{};
  if (::stat(directory.c_str(), &status) != 0) return file_error("read", directory, errno);
  if ((status.st_mode & (S_IROTH | S_IXOTH)) != 0) {
    base::log(
        base::LogLevel::warn,
        fmt::format("every user of this machine may look into the state directory {} (mode {:04o}); chmod "
                    "o-rwx",
                    base::printable(directory), status.st_mode & 07777U));
  }
  if ((status.st_mode & (S_IWGRP | S_IWOTH)) == 0) return {};
  return Error{Code::invalid,
               fmt::format("others may write to the state directory {} (mode {:04o}); chmod go-w, or name a "
                           "folder below it, which idpd makes for itself",
                           base::printable(directory), status.st_mode & 07777U)};
}

Result<void> sync_directory(const std::string& path) {
  const Descriptor folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder || ::fsync(folder.get()) != 0) return file_error("flush", path, errno);
  return {};
}

Result<Made> make_file(const std::string& path) {
  const Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, owner_file));
  if (!file && errno == EEXIST) return Made::before;
  if (!file || ::fchmod(file.get(), owner_file) != 0) return file_error("create", path, errno);
  if (auto synced = sync_directory(folder_of(path)); !synced) return synced.error();
  return Made::now;
}

Result<std::optional<std::string>> read_file(const std::string& path, std::size_t most) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  if (!file && errno == ENOENT) return std::optional<std::string>();
  if (!file) return file_error("read", path, errno);
  struct stat status{};
  if (::fstat(file.get(), &status) != 0) return file_error("read", path, errno);
  if (!S_ISREG(status.st_mode)) {
    return Error{Code::io, fmt::format("{} is no regular file; move it away", base::printable(path))};
  }
  std::string text(most + 1, '\0');
  std::size_t size = 0;
  while (size < text.size()) {
    const ssize_t got = ::read(file.get(), text.data() + size, text.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return file_error("read", path, errno);
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  if (size > most) {
    return Error{Code::io, fmt::format("{} is larger than {} bytes; it is not what idpd wrote, move it away",
                                       base::printable(path), most)};
  }
  text.resize(size);
  return std::optional<std::string>(std::move(text));
}

Result<void> write_file(const std::string& path, std::string_view text, Existing existing) {
  const std::string folder = folder_of(path);
  std::string temporary = folder + "/.tmp-XXXXXX";  // no key begins with a dot, so it hides none
  const Descriptor file(::mkostemp(temporary.data(), O_CLOEXEC));
  if (!file) return file_error("write to", folder, errno);
  int problem = ::fchmod(file.get(), owner_file) == 0 ? 0 : errno;
  if (problem == 0) problem = write_all(file.get(), text);
  if (problem == 0 && ::fsync(file.get()) != 0) problem = errno;
  if (problem == 0) problem = give_name(temporary, path, existing);
  if (problem != 0) {
    ::unlink(temporary.c_str());
    return file_error("write", path, problem);
  }
  return sync_directory(folder);
}

}  // namespace idpd::state
