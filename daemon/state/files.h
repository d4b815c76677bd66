// What the store, the locks and the vault need of files: folders for their owner alone, files written whole
// or not at all, names that cannot lead elsewhere. Every call blocks on the disk; errors name the path.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"

namespace idpd::state {

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept;
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor();

  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }

 private:
  int fd_;
};

// `cannot <what> <path>: <errno's text>; <way out>`.
base::Error file_error(std::string_view what, const std::string& path, int number);

// Before they become part of a path: 32 hex digits; letters, digits, `.`, `_`, `-`, no dot in front.
base::Result<void> check_account_id(const std::string& account_id);
base::Result<void> check_file_name(const std::string& name);

// Makes the folder and its missing parents, 0700 whatever the umask. One that exists stays as it is.
base::Result<void> make_directory(const std::string& path);
// Error: others than its owner may write to the folder, and so put their own files in the place of ours. That
// every user may look into it is only warned of: what idpd puts there is 0600 and 0700.
base::Result<void> check_not_shared(const std::string& directory);
// A name in the folder survives a power cut only after this.
base::Result<void> sync_directory(const std::string& path);
// An empty file, 0600 whatever the umask; one that exists is not even opened.
enum class Made { now, before };
base::Result<Made> make_file(const std::string& path);
// The whole of a regular file, nothing when it does not exist. Error: larger than `most` bytes.
base::Result<std::optional<std::string>> read_file(const std::string& path, std::size_t most);

// Temporary file, fsync, rename, fsync of the folder; 0600. With `Existing::keep` a file that is already
// there wins, also over one that is made at the same moment.
enum class Existing { replace, keep };
base::Result<void> write_file(const std::string& path, std::string_view text, Existing existing);

}  // namespace idpd::state
