#include "state/lock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <utility>

#include "base/clock.h"
#include "base/text.h"
#include "state/files.h"

namespace idpd::state {

namespace {

using base::Code;
using base::Error;
using base::Result;

constexpr std::size_t longest_holder = 512;

// Whoever holds the lock writes this a moment after taking it, so it may be missing.
std::string holder(const std::string& path) {
  const auto text = read_file(path, longest_holder);
  if (!text || !*text || (*text)->empty()) return "another process";
  std::string_view line(**text);
  if (line.ends_with('\n')) line.remove_suffix(1);
  return base::printable(line);
}

// For people only: that it cannot be written is no reason to give the lock up.
void write_holder(int fd, const std::string& purpose) {
  const std::string text = fmt::format("pid {} ({}), since {}\n", ::getpid(),
                                       base::printable(purpose.substr(0, longest_holder / 8)),
                                       base::timestamp(std::chrono::system_clock::now()));
  if (::ftruncate(fd, 0) != 0) return;
  [[maybe_unused]] const ssize_t put = ::pwrite(fd, text.data(), text.size(), 0);
}

}  // namespace

Result<AccountLock> AccountLock::try_acquire(const std::string& directory, const std::string& account_id,
                                             const std::string& purpose) {
  if (auto good = check_account_id(account_id); !good) return good.error();
  const std::string folder = directory + "/locks";
  if (auto made = make_directory(folder); !made) return made.error();
  const std::string path = folder + "/" + account_id;
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return file_error("open the lock", path, errno);
  AccountLock lock(fd);
  int problem = 0;
  do {
    problem = ::flock(fd, LOCK_EX | LOCK_NB) == 0 ? 0 : errno;
  } while (problem == EINTR);
  if (problem == EWOULDBLOCK) {
    lock.disown();
    return Error{Code::locked,
                 fmt::format("account {} is in use by {}; wait for it to end, or stop it (lock {})",
                             account_id, holder(path), base::printable(path)),
                 {},
                 true};
  }
  if (problem != 0) {
    lock.disown();
    return file_error("lock", path, problem);
  }
  struct stat status{};
  if (::fstat(fd, &status) == 0 && (status.st_mode & 07777) != 0600) ::fchmod(fd, 0600);  // the umask
  write_holder(fd, purpose);
  return lock;
}

AccountLock::AccountLock(AccountLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

AccountLock& AccountLock::operator=(AccountLock&& other) noexcept {
  if (this != &other) {
    release();
    fd_ = std::exchange(other.fd_, -1);
  }
  return *this;
}

AccountLock::~AccountLock() {
  release();
}

void AccountLock::disown() {
  ::close(std::exchange(fd_, -1));
}

// The file stays: were it removed, two processes could hold locks on two files of one name.
void AccountLock::release() {
  if (fd_ < 0) return;
  // Nobody may be named as the holder who is none; a holder that was killed leaves its text behind.
  [[maybe_unused]] const int emptied = ::ftruncate(fd_, 0);
  disown();
}

}  // namespace idpd::state
