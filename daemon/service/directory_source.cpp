#include "service/directory_source.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <filesystem>
#include <map>
#include <utility>

#include "base/log.h"
#include "config/files.h"
#include "service/git_repository.h"

namespace idpd::service {

namespace {

namespace fs = std::filesystem;
using base::Code;
using base::Error;
using base::LogLevel;
using base::Result;

std::string stamp_of(const std::string& path) {
  struct stat now = {};
  if (::stat(path.c_str(), &now) != 0) return path + " absent\n";
  return fmt::format("{} {} {} {} {}.{:09} {}.{:09}\n", path, now.st_dev, now.st_ino, now.st_size,
                     now.st_mtim.tv_sec, now.st_mtim.tv_nsec, now.st_ctim.tv_sec, now.st_ctim.tv_nsec);
}

// The files in one folder by their path below it.
std::map<std::string, std::string_view> keyed(const std::vector<config::SourceFile>& files,
                                              std::string root) {
  while (root.ends_with('/')) root.pop_back();
  std::map<std::string, std::string_view> out;
  for (const config::SourceFile& one : files) {
    if (root.empty()) {
      out[one.path] = one.text;
    } else if (one.path == root) {
      out[""] = one.text;
    } else if (one.path.starts_with(root + "/")) {
      out[one.path.substr(root.size() + 1)] = one.text;
    }
  }
  return out;
}

}  // namespace

std::string stamp(const std::string& path) {
  std::string out = stamp_of(path);
  std::vector<std::string> files;
  std::error_code problem;
  fs::recursive_directory_iterator walk(path, problem);
  for (; !problem && walk != fs::recursive_directory_iterator(); walk.increment(problem)) {
    const std::string name = walk->path().filename();
    std::error_code ignored;
    if (config::is_source_name(name)) files.push_back(stamp_of(walk->path()));
    if (config::is_hidden(name) && walk->is_directory(ignored)) walk.disable_recursion_pending();
    if (files.size() > config::most_files) break;  // reading refuses them
  }
  std::sort(files.begin(), files.end());
  for (const std::string& one : files) out += one;
  return out;
}

Result<std::optional<model::Revision>> files_revision(const std::vector<std::string>& paths,
                                                      const std::vector<config::SourceFile>& files) {
  if (paths.empty()) return std::optional<model::Revision>();
  const auto repository = Repository::around(paths.front());
  if (!repository) return repository.error();
  if (!*repository) return std::optional<model::Revision>();
  const auto head = (*repository)->commit_of("HEAD");
  if (!head) return std::optional<model::Revision>();  // nothing is committed yet
  auto out = (*repository)->describe(*head);
  if (!out) return out.error();
  // What was read is compared with the commit itself: no index, no ignored files, nothing in between.
  for (const std::string& path : paths) {
    const auto inside = (*repository)->inside(path);
    if (!inside) return std::optional<model::Revision>();  // of several repositories there is no one commit
    const auto committed = (*repository)->files(*head, {*inside});
    out->dirty = out->dirty || !committed || keyed(files, path) != keyed(*committed, *inside);
  }
  return std::optional(*std::move(out));
}

DirectorySource::DirectorySource(asio::io_context& io, Alarms& alarms, std::string path, Pace pace)
    : io_(io),
      alarms_(alarms),
      path_(std::move(path)),
      pace_(pace),
      watch_(io, path_),
      alarm_(alarms.make()) {}

asio::awaitable<Result<Snapshot>> DirectorySource::read() {
  const auto pause = alarms_.make();
  const Instant end = alarms_.clock().monotonic() + pace_.most;
  std::string before = stamp(path_);
  do {
    co_await pause->wait_until(alarms_.clock().monotonic() + pace_.quiet);
    const std::string now = stamp(path_);
    if (std::exchange(before, now) != now) continue;
    const std::vector<std::string> paths{path_};
    auto files = config::read_files(paths);
    before = stamp(path_);
    if (before != now) continue;
    if (!files) co_return files.error();
    Snapshot out{.files = *std::move(files)};
    out.revision = revision(out.files);
    co_return out;
  } while (alarms_.clock().monotonic() < end);
  co_return Error{
      Code::conflict,
      fmt::format("the files did not stay the same for {} ms; they are read when whoever writes there "
                  "has finished",
                  pace_.quiet.count()),
      path_, true};
}

std::optional<model::Revision> DirectorySource::revision(const std::vector<config::SourceFile>& files) {
  auto found = files_revision({path_}, files);
  if (found) return *std::move(found);
  if (std::exchange(git_problem_, found.error().text()) != found.error().text())
    base::log(LogLevel::warn, "the files' commit is not known, so that reports name none: " + git_problem_);
  return std::nullopt;
}

asio::awaitable<void> DirectorySource::run(std::function<void()> changed) {
  arm();
  while (!stopped_) {
    start_listening();
    const bool told = co_await something_new();
    if (told) changed();
  }
  while (listening_) co_await alarm_->wait_until(never);
}

void DirectorySource::start_listening() {
  if (poll_at_ || listening_) return;
  listening_ = true;
  asio::co_spawn(io_, listen(), asio::detached);
}

asio::awaitable<void> DirectorySource::listen() {
  // g++ 12 lays the frame of a coroutine out wrongly whose loop awaits in its condition.
  for (;;) {
    const bool more = co_await watch_.next();
    if (!more) break;
    last_ = alarms_.clock().monotonic();
    if (first_) continue;  // it is found out when `run` wakes
    first_ = last_;
    alarm_->ring();
  }
  listening_ = false;
  alarm_->ring();
}

Instant DirectorySource::due() const {
  return first_ ? std::min(last_ + pace_.quiet, *first_ + pace_.most) : never;
}

Instant DirectorySource::wake() const {
  return std::min(due(), poll_at_.value_or(never));
}

// Waits; false when it was stopped meanwhile. The watch is armed again before it says so, and whoever is told
// reads afterwards: nothing is lost between the two.
asio::awaitable<bool> DirectorySource::something_new() {
  for (;;) {
    co_await alarm_->wait_until(wake());
    if (stopped_) co_return false;
    const Instant now = alarms_.clock().monotonic();
    const bool polled = poll_at_ && *poll_at_ <= now && poll();
    if (!std::exchange(look_, false) && !polled && due() > now) continue;
    first_.reset();
    arm();
    co_return true;
  }
}

void DirectorySource::arm() {
  const auto armed = watch_.arm();
  if (armed) {
    if (std::exchange(poll_at_, std::nullopt)) base::log(LogLevel::info, title() + " is watched again");
    return;
  }
  if (!poll_at_) {
    base::log(LogLevel::warn, fmt::format("{}; until then it is looked at every {} s", armed.error().text(),
                                          pace_.poll.count() / 1000));
    stamp_ = stamp(path_);
  }
  poll_at_ = alarms_.clock().monotonic() + pace_.poll;
}

bool DirectorySource::poll() {
  poll_at_ = alarms_.clock().monotonic() + pace_.poll;
  const std::string now = stamp(path_);
  return std::exchange(stamp_, now) != now;
}

void DirectorySource::look() {
  look_ = true;
  alarm_->ring();
}

void DirectorySource::stop() {
  stopped_ = true;
  watch_.close();
  alarm_->ring();
}

std::string DirectorySource::title() const {
  return "folder " + path_;
}

}  // namespace idpd::service
