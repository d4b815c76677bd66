#include "service/directory_watch.h"

#include <fmt/format.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <asio/redirect_error.hpp>
#include <asio/use_awaitable.hpp>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

#include "config/files.h"

namespace idpd::service {

namespace {

namespace fs = std::filesystem;
using base::Code;
using base::Error;
using base::Result;

// Of a folder above only what may put another folder, or file, in the place of ours: a busy /tmp would wake
// us with each write otherwise.
constexpr std::uint32_t names_mask =
    IN_CREATE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE | IN_DELETE_SELF | IN_MOVE_SELF | IN_ATTRIB;
constexpr std::uint32_t mask = names_mask | IN_MODIFY | IN_CLOSE_WRITE;

Error limit_error(const char* limit, const std::string& path) {
  return Error{
      Code::io,
      fmt::format("cannot be watched, the limit {} is reached; raise it: sysctl {}=VALUE", limit, limit),
      path};
}

// What reading passes over matters no more here, but for Kubernetes, which swaps a `..data` that files lead
// through.
bool may_matter(const std::string& name) {
  return config::is_source_name(name) || name.starts_with("..");
}

}  // namespace

DirectoryWatch::DirectoryWatch(asio::io_context& io, const std::string& path)
    : path_(fs::absolute(path).lexically_normal()), stream_(io) {
  while (path_.size() > 1 && path_.ends_with('/')) path_.pop_back();
}

Result<void> DirectoryWatch::open() {
  if (stream_.is_open()) return {};
  const int fd = ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  if (fd < 0) {
    if (errno == EMFILE) return limit_error("fs.inotify.max_user_instances", path_);
    return Error{Code::io, fmt::format("cannot be watched: {}", std::strerror(errno)), path_};
  }
  stream_.assign(fd);
  return {};
}

Result<void> DirectoryWatch::add(const std::string& path, const std::string& name, std::uint32_t events) {
  // One folder may be there for two reasons: it is watched for both.
  const int watch = ::inotify_add_watch(stream_.native_handle(), path.c_str(), events | IN_MASK_ADD);
  if (watch < 0) {
    if (errno == ENOSPC) return limit_error("fs.inotify.max_user_watches", path);
    return {};  // it went meanwhile, or may not be read: reading says so
  }
  if (found_.insert(watch).second) names_[watch].clear();
  names_[watch].insert(name);
  return {};
}

// Each folder above, for the next part of the path alone: others' files are none of our business.
Result<void> DirectoryWatch::add_above() {
  std::error_code ignored;
  std::uint32_t events = fs::is_directory(path_, ignored) ? names_mask : mask;
  for (fs::path one = path_; one.has_relative_path(); one = one.parent_path()) {
    if (auto done = add(one.parent_path(), one.filename(), events); !done) return done;
    events = names_mask;
  }
  return {};
}

Result<void> DirectoryWatch::add_below() {
  if (auto done = add(path_, "", mask); !done) return done;
  std::error_code problem;
  fs::recursive_directory_iterator walk(path_, problem);
  for (; !problem && walk != fs::recursive_directory_iterator(); walk.increment(problem)) {
    std::error_code ignored;
    const bool link = walk->is_symlink(ignored);
    const bool folder = !link && walk->is_directory(ignored);
    const std::string name = walk->path().filename();
    if (folder && config::is_hidden(name)) {
      walk.disable_recursion_pending();
    } else if (folder || (link && config::is_source_name(name))) {
      if (auto done = add(walk->path(), "", mask); !done) return done;
    }
  }
  return {};
}

Result<void> DirectoryWatch::arm() {
  if (auto done = open(); !done) return done;
  found_.clear();
  auto done = add_above();
  if (done) done = add_below();
  std::erase_if(names_, [&](const auto& one) {
    if (found_.contains(one.first)) return false;
    ::inotify_rm_watch(stream_.native_handle(), one.first);
    return true;
  });
  return done;
}

// Whether one of those that can be read now matters.
bool DirectoryWatch::take_events() {
  alignas(inotify_event) char buffer[16 * 1024];
  bool matters = false;
  bool folders = false;
  for (;;) {
    const ssize_t got = ::read(stream_.native_handle(), buffer, sizeof buffer);
    if (got <= 0) break;
    for (const char* at = buffer; at < buffer + got;) {
      const auto* event = reinterpret_cast<const inotify_event*>(at);
      at += sizeof(inotify_event) + event->len;
      if ((event->mask & IN_Q_OVERFLOW) != 0) matters = folders = true;
      if ((event->mask & IN_IGNORED) != 0) names_.erase(event->wd);
      const auto watched = names_.find(event->wd);
      if (watched == names_.end()) continue;
      const std::string name = event->len > 0 ? event->name : "";
      const bool folder = (event->mask & IN_ISDIR) != 0;
      const bool ours = watched->second.contains(name) ||
                        (watched->second.contains("") && (folder || name.empty() || may_matter(name)));
      matters = matters || ours;
      folders = folders || (ours && folder && (event->mask & (IN_CREATE | IN_MOVED_TO)) != 0);
    }
  }
  // What happens in a new folder before it is watched is seen by whoever reads afterwards; an error is told
  // by the next arm().
  if (folders) (void)arm();
  return matters;
}

asio::awaitable<bool> DirectoryWatch::next() {
  while (stream_.is_open()) {
    if (take_events()) co_return true;
    std::error_code problem;
    co_await stream_.async_wait(asio::posix::stream_descriptor::wait_read,
                                asio::redirect_error(asio::use_awaitable, problem));
    if (problem) break;
  }
  co_return false;
}

void DirectoryWatch::close() {
  std::error_code ignored;
  stream_.close(ignored);
}

}  // namespace idpd::service
