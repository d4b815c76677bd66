#include "secrets/file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>

namespace idpd::secrets {

namespace {

using base::Code;
using base::Error;
using base::Result;

// Messages carry no path: the resolver puts the reference, which names it, in front.
Error system_error(int number) {
  std::string_view way_out;
  if (number == EACCES || number == EPERM) way_out = "; let the user that idpd runs as read it";
  return Error{Code::io, fmt::format("cannot be read: {}{}", std::strerror(number), way_out)};
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }

 private:
  int fd_;
};

// What the kernel says was opened: a folder on the way may have become a link since it was resolved.
bool opened_what_was_resolved(int fd, const std::string& resolved) {
  std::string opened(PATH_MAX, '\0');
  const ssize_t size = ::readlink(fmt::format("/proc/self/fd/{}", fd).c_str(), opened.data(), opened.size());
  return size >= 0 && std::string_view(opened.data(), static_cast<std::size_t>(size)) == resolved;
}

}  // namespace

Result<std::string> resolve_links(const std::string& path) {
  const std::unique_ptr<char, decltype(&std::free)> resolved(::realpath(path.c_str(), nullptr), &std::free);
  if (!resolved) return system_error(errno);
  return std::string(resolved.get());
}

bool lies_within(const std::string& resolved, const std::string& folder) {
  if (folder.empty() || folder.front() != '/') return false;
  const auto root = resolve_links(folder);
  if (!root) return false;
  if (*root == "/" || resolved == *root) return true;
  return resolved.starts_with(*root + "/");
}

bool is_public(const std::string& resolved) {
  struct stat status{};
  if (::stat(resolved.c_str(), &status) != 0 || (status.st_mode & S_IROTH) == 0) return false;
  for (std::filesystem::path folder = resolved; folder != folder.root_path();) {
    folder = folder.parent_path();
    if (::stat(folder.c_str(), &status) != 0 || (status.st_mode & S_IXOTH) == 0) return false;
  }
  return true;
}

Result<Secret> read_secret_file(const std::string& resolved) {
  const Descriptor file(::open(resolved.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  if (file.get() < 0) return system_error(errno);
  struct stat status{};
  if (::fstat(file.get(), &status) != 0) return system_error(errno);
  if (!S_ISREG(status.st_mode))
    return Error{Code::invalid, "is no regular file; name the file that holds the secret"};
  if (!opened_what_was_resolved(file.get(), resolved)) {
    return Error{Code::io, "changed while it was opened (or /proc is missing); try again", {}, true};
  }
  std::string text(most_bytes + 1, '\0');  // full size at once: growing would leave copies behind
  std::size_t size = 0;
  while (size < text.size()) {
    const ssize_t got = ::read(file.get(), text.data() + size, text.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      const int number = errno;
      base::wipe(text);
      return system_error(number);
    }
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  Secret value(std::string(text.data(), size));
  base::wipe(text);
  if (size > most_bytes) {
    return Error{Code::invalid, fmt::format("is larger than {} KiB; that is no secret", most_bytes / 1024)};
  }
  return value;
}

}  // namespace idpd::secrets
