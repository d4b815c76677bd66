#include "service/git_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "base/digest.h"
#include "base/log.h"

namespace idpd::service {

namespace {

namespace fs = std::filesystem;
using base::Code;
using base::Error;
using base::LogLevel;
using base::Result;

constexpr std::chrono::milliseconds shortest_retry{1'000};
constexpr int most_intervals = 10;  // between two tries
constexpr std::size_t shown_digits = 12;
constexpr std::size_t most_packs = 50;

// All that a fetch needs, since it may outlive the source.
struct Order {
  std::shared_ptr<const GitRemote> remote;
  std::string folder;
  std::string branch;
  std::string path;
  std::string known;  // the commit that is read already
};

struct Look {
  std::optional<Fetched> fetched;  // nothing: the known one is still right, or there is none
  std::optional<Error> problem;
};

std::string brief(const std::string& commit) {
  return commit.substr(0, shown_digits);
}

Fetched read_commit(const Repository& clone, const Order& order, const std::string& commit) {
  Fetched out{.commit = commit};
  auto revision = clone.describe(commit);
  if (!revision) {
    out.snapshot = revision.error();
    return out;
  }
  auto files = clone.files(commit, {order.path});
  if (files) {
    out.snapshot = Snapshot{.files = *std::move(files), .revision = *std::move(revision)};
  } else {
    out.snapshot = files.error();
  }
  return out;
}

// Where the branch was rewritten, the new commit counts all the same: a person decided so.
std::string rewritten(const Repository& clone, const Order& order, const std::string& before,
                      const std::string& now) {
  const auto descends = clone.descends(now, before);
  if (!descends || *descends) return {};
  return fmt::format("the branch {} was rewritten: {} is not in the history of {}, which is taken now",
                     order.branch, brief(before), brief(now));
}

Result<Look> fetch_once(const Order& order, Progress& progress) {
  Look out;
  auto clone = Repository::open_bare(order.folder);
  if (!clone) return clone.error();
  const auto before = clone->branch(order.branch);
  auto now = fetch_branch(*clone, *order.remote, order.branch, progress);
  if (!now) out.problem = now.error();
  if (!now && now.error().code == Code::io) return now.error();
  const std::string commit = now ? *now : before.value_or("");
  if (commit.empty() || commit == order.known) return out;
  out.fetched = read_commit(*clone, order, commit);
  auto& snapshot = out.fetched->snapshot;
  if (!snapshot && snapshot.error().code == Code::io) return snapshot.error();
  if (before && commit != *before) {
    const std::string note = rewritten(*clone, order, *before, commit);
    if (!note.empty() && snapshot) snapshot->notes.push_back(note);
  }
  return out;
}

// Each fetch leaves a file, and libgit2 does not gather them: now and then a fresh clone takes the place of
// the old one. That this fails is no harm.
void keep_small(const Order& order, Progress& progress) {
  std::error_code problem;
  std::size_t packs = 0;
  for (const auto& one : fs::directory_iterator(order.folder + "/objects/pack", problem)) {
    if (one.path().extension() == ".pack") ++packs;
  }
  if (packs <= most_packs) return;
  const std::string fresh = order.folder + ".new";
  fs::remove_all(fresh, problem);
  auto clone = Repository::open_bare(fresh);
  if (!clone || !fetch_branch(*clone, *order.remote, order.branch, progress)) return;
  fs::remove_all(order.folder, problem);
  fs::rename(fresh, order.folder, problem);
}

// The clone is only a copy: one that cannot be read is made anew.
Look fetch_now(const Order& order, Progress& progress) {
  auto out = fetch_once(order, progress);
  if (out) {
    if (out->fetched && !out->problem) keep_small(order, progress);
    return *std::move(out);
  }
  std::error_code ignored;
  fs::remove_all(order.folder, ignored);
  out = fetch_once(order, progress);
  if (out) return *std::move(out);
  return Look{.fetched = std::nullopt, .problem = out.error()};
}

}  // namespace

GitSource::GitSource(asio::io_context& io, Alarms& alarms, config::Git settings,
                     const std::string& state_path, const secrets::Resolver& own)
    : alarms_(alarms),
      settings_(std::move(settings)),
      folder_(state_path + "/git/" + base::sha256_hex(settings_.url).substr(0, 16)),
      own_(own),
      alarm_(alarms.make()),
      worker_(io, alarms) {}

asio::awaitable<Result<Snapshot>> GitSource::read() {
  if (!tried_) co_await refresh();
  told_ = {fetched_ ? fetched_->commit : "", problem_ ? problem_->text() : ""};
  if (!fetched_)
    co_return problem_.value_or(Error{Code::network, "nothing was fetched yet", settings_.url, true});
  if (!fetched_->snapshot) co_return fetched_->snapshot.error();
  Snapshot out = *fetched_->snapshot;
  out.problem = told_.problem;
  co_return out;
}

asio::awaitable<void> GitSource::run(std::function<void()> changed) {
  while (!stopped_) {
    co_await refresh();
    if (stopped_) break;
    const State now{fetched_ ? fetched_->commit : "", problem_ ? problem_->text() : ""};
    if (now != told_) {
      told_ = now;
      changed();
    }
    co_await alarm_->wait_until(next());
  }
}

// Fetches, or waits for the fetch in flight.
asio::awaitable<void> GitSource::refresh() {
  if (busy_) {
    const auto alarm = alarms_.make();
    waiters_.push_back(alarm.get());
    while (busy_) co_await alarm->wait_until(never);
    std::erase(waiters_, alarm.get());
    co_return;
  }
  busy_ = true;
  co_await fetch();
  busy_ = false;
  tried_ = true;
  for (Alarm* waiter : waiters_) waiter->ring();
}

asio::awaitable<void> GitSource::fetch() {
  const auto remote = git_remote_of(settings_, own_);
  if (!remote) {
    take(std::nullopt, remote.error());
    co_return;
  }
  const Order order{*remote, folder_, settings_.branch, settings_.path, fetched_ ? fetched_->commit : ""};
  const auto outcome = std::make_shared<Look>();
  std::function<void(Progress&)> job = [order, outcome](Progress& progress) {
    *outcome = fetch_now(order, progress);
  };
  const bool ended = co_await worker_.run(std::move(job), longest_silence);
  if (ended) {
    take(std::move(outcome->fetched), std::move(outcome->problem));
  } else {
    take(std::nullopt, Error{Code::network, "fetching hangs and was given up", settings_.url, true});
  }
}

void GitSource::take(std::optional<Fetched> fetched, std::optional<Error> problem) {
  if (stopped_) return;
  if (fetched) {
    base::log(LogLevel::info, fmt::format("{} is at {}", title(), brief(fetched->commit)));
    if (fetched->snapshot) {
      for (const std::string& note : fetched->snapshot->notes) base::log(LogLevel::warn, note);
    }
    fetched_ = std::move(fetched);
  }
  failures_ = problem ? failures_ + 1 : 0;
  if (problem && problem != problem_) {
    base::log(LogLevel::warn, fmt::format("{}{}", problem->text(),
                                          fetched_ ? "; the last commit fetched stays in force" : ""));
  } else if (!problem && problem_) {
    base::log(LogLevel::info, title() + " can be fetched again");
  }
  problem_ = std::move(problem);
}

// Ever longer after failures, and spread, so that many daemons do not come back at once.
Instant GitSource::next() {
  const Instant now = alarms_.clock().monotonic();
  if (failures_ == 0) return now + settings_.interval;
  const int factor = failures_ < 4 ? 1 << failures_ : most_intervals;
  const std::chrono::duration<double, std::milli> spread = random_.unit() * factor * settings_.interval;
  return now + std::max(shortest_retry, std::chrono::duration_cast<std::chrono::milliseconds>(spread));
}

void GitSource::look() {
  alarm_->ring();
}

void GitSource::stop() {
  stopped_ = true;
  worker_.cancel();
  alarm_->ring();
}

std::string GitSource::title() const {
  return fmt::format("git {} ({})", settings_.url, settings_.branch);
}

}  // namespace idpd::service
