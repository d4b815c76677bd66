// At most so many passes at once, first come, first served. Owned by the daemon; who waits does so on an
// Alarm of its own and outlives the wait.
#pragma once

#include <asio/awaitable.hpp>
#include <cstddef>
#include <deque>

#include "service/alarm.h"

namespace idpd::service {

class Slots {
 public:
  explicit Slots(std::size_t free) : free_(free) {}

  // True: it is the caller's until leave(). False: rung by somebody else before its turn (the daemon stops).
  asio::awaitable<bool> enter(Alarm& turn) {
    if (free_ > 0) {
      --free_;
      co_return true;
    }
    waiting_.push_back(&turn);
    co_await turn.wait_until(never);
    co_return std::erase(waiting_, &turn) == 0;  // it is off the list when it was its turn
  }

  void leave() {
    if (waiting_.empty()) {
      ++free_;
      return;
    }
    Alarm* next = waiting_.front();
    waiting_.pop_front();
    next->ring();
  }

 private:
  std::size_t free_;
  std::deque<Alarm*> waiting_;
};

}  // namespace idpd::service
