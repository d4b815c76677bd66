#include "service/tasks.h"

#include <asio/bind_cancellation_slot.hpp>
#include <asio/co_spawn.hpp>
#include <asio/this_coro.hpp>
#include <iterator>
#include <utility>

namespace idpd::service {

namespace {

asio::awaitable<void> without_throwing(asio::awaitable<void> task) {
  co_await asio::this_coro::throw_if_cancelled(false);
  co_await std::move(task);
}

}  // namespace

Tasks::Tasks(asio::io_context& io, Alarms& alarms, std::function<void()> failed)
    : io_(io), one_less_(alarms.make()), failed_(std::move(failed)) {}

void Tasks::start(asio::awaitable<void> task) {
  running_.emplace_back();
  const auto mine = std::prev(running_.end());
  auto over = [this, mine](const std::exception_ptr& bug) {
    running_.erase(mine);
    if (bug && !bug_) bug_ = bug;
    if (bug) failed_();
    one_less_->ring();
  };
  asio::co_spawn(io_, without_throwing(std::move(task)),
                 asio::bind_cancellation_slot(mine->slot(), std::move(over)));
}

asio::awaitable<void> Tasks::ended() {
  while (!running_.empty()) co_await one_less_->wait_until(never);
  if (bug_) std::rethrow_exception(bug_);
}

void Tasks::abandon() {
  // A task that ends at once takes itself off the list.
  for (auto next = running_.begin(); next != running_.end();)
    (next++)->emit(asio::cancellation_type::terminal);
}

}  // namespace idpd::service
