#include "cluster/member.h"

#include <fmt/format.h>

#include <asio/redirect_error.hpp>
#include <asio/use_awaitable.hpp>
#include <utility>
#include <vector>

#include "base/log.h"
#include "base/text.h"
#include "cluster/shards.h"

namespace idpd::cluster {

using base::Code;
using base::Error;
using base::LogLevel;
using base::Result;

namespace {

constexpr int looks_a_lease = 6;

}  // namespace

Member::Member(asio::io_context& io, std::unique_ptr<http::Transport> transport, Etcd::Options etcd,
               Identity identity, Session::Now now)
    : transport_(std::move(transport)),
      etcd_(*transport_, std::move(etcd)),
      session_(etcd_, std::move(identity), std::move(now)),
      timer_(io) {
  // A shard that waits for the end of a pass is given up then, and not a while later.
  session_.left = [this] {
    for (const auto& [shard, held] : session_.holdings()) {
      if (held->leaving && held->passes == 0) rung_ = true;
    }
    if (rung_) timer_.cancel();
  };
}

asio::awaitable<void> Member::run() {
  while (!stopping_) {
    co_await tick();
    changed_();
    co_await wait(std::chrono::nanoseconds(session_.identity().lease) / looks_a_lease);
  }
  if (!session_.good()) co_return;  // etcd did not answer, and would hold up the end
  const auto ended = co_await session_.end();
  if (!ended)
    base::log(LogLevel::warn,
              "the lease in etcd could not be given back, so that others wait until it is over: " +
                  ended.error().text());
}

void Member::stop() {
  stopping_ = true;
  timer_.cancel();
}

void Member::abandon() {
  etcd_.give_up();
  stop();
}

asio::awaitable<void> Member::wait(std::chrono::nanoseconds time) {
  if (stopping_ || std::exchange(rung_, false)) co_return;
  timer_.expires_after(std::chrono::duration_cast<asio::steady_timer::duration>(time));
  std::error_code ended;
  co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, ended));
  rung_ = false;
}

asio::awaitable<void> Member::tick() {
  auto done = co_await session_.keep();
  if (done) done = co_await settle();
  note(done);
}

asio::awaitable<Result<void>> Member::settle() {
  const auto view = co_await session_.look();
  if (!view) co_return view.error();
  const std::string& host = session_.identity().host;
  const auto self = view->members.find(host);
  std::set<std::string> members = view->names();
  if (self == view->members.end()) {
    const auto joined = co_await session_.join();
    if (!joined) co_return joined.error();
    members.insert(host);
  } else if (self->second != session_.lease()) {
    co_return Error{
        Code::locked,
        fmt::format("another idpd is in etcd under the name {}; if it was this host's until a moment "
                    "ago, it goes with its lease ({} s), else give this one a cluster.host of its own",
                    base::printable(host), session_.identity().lease.count())};
  }
  for (int shard = 0; shard < session_.identity().shards; ++shard) {
    if (stopping_) break;
    const bool mine = wanted_holder(shard, members) == host;
    const auto held = session_.holdings().find(shard);
    Result<void> done;
    if (held != session_.holdings().end()) {
      held->second->leaving = !mine;
      const bool idle = held->second->passes == 0;
      if (!mine && idle) done = co_await session_.give_up(shard);
    } else if (mine && !view->shards.contains(shard)) {
      const auto taken = co_await session_.take(shard);
      if (!taken) done = taken.error();
    }
    if (!done) co_return done;
  }
  co_return Result<void>();
}

void Member::note(const Result<void>& done) {
  const std::string now_wrong = done ? std::string() : done.error().text();
  if (now_wrong == wrong_) return;
  if (now_wrong.empty()) {
    base::log(LogLevel::info, "etcd answers again");
    problem_.clear();
  } else {
    const std::string since =
        base::timestamp(std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()));
    if (problem_.empty()) problem_ = fmt::format("the cluster, since {}: ", since);
    problem_ = problem_.substr(0, problem_.find("Z: ") + 3) + now_wrong;
    base::log(LogLevel::warn, problem_);
  }
  wrong_ = now_wrong;
}

bool Member::holds(const std::string& account_id) const {
  const auto held = session_.holdings().find(session_.shard_of(account_id));
  return held != session_.holdings().end() && !held->second->leaving && session_.good();
}

std::string Member::holder(const std::string& account_id) const {
  const View::Shard* found = session_.holder_of(account_id);
  return found ? base::printable(found->host) : std::string();
}

}  // namespace idpd::cluster
