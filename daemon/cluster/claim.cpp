#include "cluster/claim.h"

#include <fmt/format.h>

#include <asio/redirect_error.hpp>
#include <asio/use_awaitable.hpp>
#include <utility>

#include "base/text.h"
#include "cluster/shared_records.h"

namespace idpd::cluster {

using base::Code;
using base::Error;
using base::Result;

namespace {

constexpr std::chrono::milliseconds between_tries{500};
constexpr int renewals_a_lease = 6;

Error taken_by(const View::Shard& other) {
  return Error{
      Code::locked,
      fmt::format("the account is held by {}, {}: change the files, which that host follows, or consent "
                  "there with `idpd approve`; to work by hand, stop idpd on all hosts",
                  base::printable(other.host), base::printable(other.purpose)),
      {},
      true};
}

}  // namespace

Claim::Claim(asio::io_context& io, std::unique_ptr<http::Transport> transport, Etcd::Options etcd,
             Identity identity)
    : link_(std::move(transport), std::move(etcd), std::move(identity)), timer_(io) {}

asio::awaitable<Result<void>> Claim::take(state::Store& store, std::string account_id, Moment until) {
  const int shard = session_.shard_of(account_id);
  for (;;) {
    const auto kept = co_await session_.keep();
    if (!kept) co_return kept;
    const auto view = co_await session_.look();
    if (!view) co_return view.error();
    const auto found = view->shards.find(shard);
    bool held = session_.holds(shard);
    if (!held && found == view->shards.end()) {
      const auto taken = co_await session_.take(shard);
      if (!taken) co_return taken.error();
      held = *taken;
    }
    if (held) {
      auto tenure = co_await session_.enter(store, account_id);
      if (!tenure) co_return tenure.error();
      tenures_[account_id] = *std::move(tenure);
      co_return Result<void>();
    }
    if (base::BootClock::now() >= until && found != view->shards.end()) co_return taken_by(found->second);
    timer_.expires_after(between_tries);
    std::error_code ended;
    co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, ended));
  }
}

Tenure* Claim::tenure(const std::string& account_id) const {
  const auto found = tenures_.find(account_id);
  return found == tenures_.end() ? nullptr : found->second.get();
}

asio::awaitable<Result<void>> Claim::renew() {
  if (tenures_.empty()) co_return Result<void>();
  co_return co_await session_.keep();
}

asio::awaitable<void> Claim::keep_alive() {
  if (tenures_.empty()) co_return;
  paused_ = false;
  while (!paused_) {
    timer_.expires_after(std::chrono::nanoseconds(session_.identity().lease) / renewals_a_lease);
    std::error_code ended;
    co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, ended));
    if (paused_) co_return;
    // What cannot be renewed bars the tenures in time.
    (void)co_await session_.keep();
  }
}

void Claim::pause() {
  paused_ = true;
  timer_.cancel();
}

asio::awaitable<Result<void>> Claim::end() {
  tenures_.clear();
  co_return co_await session_.end();
}

asio::awaitable<Result<std::optional<std::string>>> Claim::read_key() {
  const auto found = co_await link_.etcd.range(session_.identity().prefix + "cluster");
  if (!found) co_return found.error();
  if (found->empty()) co_return std::optional<std::string>();
  const auto body = base::parse_json(found->front().value);
  co_return body ? std::optional(body->text("fingerprint_key")) : std::nullopt;
}

asio::awaitable<Result<void>> Claim::read(state::Store& store, std::string account_id) {
  const std::string prefix = fmt::format("{}accounts/{}/", session_.identity().prefix, account_id);
  const auto keys = co_await link_.etcd.range(prefix);
  if (!keys) co_return keys.error();
  if (keys->empty()) co_return Result<void>();
  const auto taken = take_over(store, account_id, prefix, *keys);
  co_return taken ? Result<void>() : Result<void>(taken.error());
}

}  // namespace idpd::cluster
