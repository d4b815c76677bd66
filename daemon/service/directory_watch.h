// Says that something happened to a folder or a file: in it, in what lies below it, in what its links lead
// to, or to the folders above it, so that one that is removed and made anew is noticed. inotify on the loop.
// Owned by a source; `next` ends after `close`, and neither blocks for longer than it takes to list the
// folder.
#pragma once

#include <asio/awaitable.hpp>
#include <asio/io_context.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <cstdint>
#include <map>
#include <set>
#include <string>

#include "base/result.h"

namespace idpd::service {

class DirectoryWatch {
 public:
  DirectoryWatch(asio::io_context& io, const std::string& path);

  // Watches whatever is there now; again after each change. Error: the system's limit is reached, and what to
  // do about it.
  base::Result<void> arm();
  // The next time that something happened: true. False: the watch was closed.
  asio::awaitable<bool> next();
  void close();

 private:
  base::Result<void> open();
  // `name`: only what happens to this one in the folder; empty: to all.
  base::Result<void> add(const std::string& path, const std::string& name, std::uint32_t events);
  base::Result<void> add_above();
  base::Result<void> add_below();
  bool take_events();

  std::string path_;
  asio::posix::stream_descriptor stream_;
  std::map<int, std::set<std::string>> names_;  // by inotify's descriptor
  std::set<int> found_;                         // while arming
};

}  // namespace idpd::service
