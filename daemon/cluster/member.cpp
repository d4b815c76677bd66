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
constexpr int leases_out_of_reach = 2;

}  // namespace

Member::Member(asio::io_context& io, std::unique_ptr<http::Transport> transport, Etcd::Options etcd,
               Identity identity, Session::Now now)
    : link_(std::move(transport), std::move(etcd), std::move(identity), now),
      timer_(io),
      now_(std::move(now)) {
  // A shard that waits for the end of a pass is given up then, and not a while later.
  session_.left = [this] {
    for (const auto& [shard, held] : session_.holdings()) {
      if (held->leaving && held->passes == 0) return ring();
    }
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
  link_.etcd.give_up();
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

void Member::ring() {
  rung_ = true;
  timer_.cancel();
}

void Member::api(bool answered) {
  if (!answered) {
    reach_.failed(now_());
    return;
  }
  const bool again = out_of_reach();
  reach_.answered();
  if (again) ring();
}

bool Member::out_of_reach() const {
  return reach_.lost(now_(), leases_out_of_reach * session_.identity().lease).has_value();
}

// Told once, with the time at which it began: what changes with every look would be written with every look.
void Member::look_at_reach() {
  const Moment now = now_();
  const auto since = reach_.lost(now, leases_out_of_reach * session_.identity().lease);
  if (since.has_value() != trouble_.empty()) return;
  if (!since) {
    trouble_.clear();
    base::log(LogLevel::info, "the API can be reached again");
    return;
  }
  const auto began = std::chrono::system_clock::now() -
                     std::chrono::duration_cast<std::chrono::system_clock::duration>(now - *since);
  trouble_ = "cannot reach the API since " + base::timestamp(began);
  base::log(LogLevel::warn,
            "this host " + trouble_ + ": its accounts go to other hosts, where there are any that can");
}

// This host under its name, and what others should know of it.
asio::awaitable<Result<void>> Member::appear(const View& view) {
  const std::string& host = session_.identity().host;
  const auto self = view.members.find(host);
  if (self == view.members.end()) {
    const auto joined = co_await session_.join();
    if (!joined) co_return joined.error();
  } else if (self->second.lease != session_.lease()) {
    co_return Error{
        Code::locked,
        fmt::format("another idpd is in etcd under the name {}; if it was this host's until a moment "
                    "ago, it goes with its lease ({} s), else give this one a cluster.host of its own",
                    base::printable(host), session_.identity().lease.count())};
  }
  look_at_reach();
  co_return co_await session_.say(trouble_);
}

// Others reach the API and this host does not: they have to for a while, in which it may turn out that they
// do not either, or that it does again.
bool Member::stays(const std::set<std::string>& able) {
  if (able.contains(session_.identity().host)) {
    displaced_.reset();
    return true;
  }
  if (!displaced_) displaced_ = now_();
  return now_() - *displaced_ < std::chrono::nanoseconds(session_.identity().lease) / 2;
}

asio::awaitable<Result<void>> Member::settle() {
  const auto view = co_await session_.look();
  if (!view) co_return view.error();
  auto appeared = co_await appear(*view);
  if (!appeared) co_return appeared;
  const std::set<std::string> able = session_.view().able();
  const bool stay = stays(able);
  for (int shard = 0; shard < session_.identity().shards; ++shard) {
    if (stopping_) break;
    auto settled = co_await settle_shard(shard, able, stay);
    if (!settled) co_return settled;
  }
  co_return Result<void>();
}

asio::awaitable<Result<void>> Member::settle_shard(int shard, const std::set<std::string>& able, bool stay) {
  const std::string& host = session_.identity().host;
  const bool mine = wanted_holder(shard, able) == host;
  const auto held = session_.holdings().find(shard);
  if (held != session_.holdings().end()) {
    const bool displaced = !able.contains(host);
    held->second->leaving = !mine && !(displaced && stay);
    const bool idle = held->second->passes == 0;
    if (held->second->leaving && idle) co_return co_await session_.give_up(shard);
  } else if (mine && !session_.view().shards.contains(shard)) {
    const auto taken = co_await session_.take(shard);
    if (!taken) co_return taken.error();
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
