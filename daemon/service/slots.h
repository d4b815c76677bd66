// At most so many passes at once, first come, first served. Passes of a group whose request budget is used up
// wait for it and not for the machine: they count for their own group alone, so that no account of another
// token waits for them. Owned by the daemon; who waits does so on an Alarm of its own and outlives the wait.
#pragma once

#include <algorithm>
#include <asio/awaitable.hpp>
#include <cstddef>
#include <deque>
#include <map>
#include <string>
#include <utility>

#include "service/alarm.h"

namespace idpd::service {

class Slots {
 public:
  explicit Slots(std::size_t most) : most_(most) {}

  // True: it is the caller's until leave(). False: rung by somebody else before its turn (the daemon stops).
  asio::awaitable<bool> enter(Alarm& turn, const std::string& group) {
    if (waiting_.empty() && free_for(group)) {
      take(group);
      co_return true;
    }
    waiting_.push_back({&turn, group});
    let_in();  // those before it may be of a group that has to wait
    co_await turn.wait_until(never);
    const auto mine =
        std::find_if(waiting_.begin(), waiting_.end(), [&](const Waiting& one) { return one.turn == &turn; });
    if (mine == waiting_.end()) co_return true;  // it is off the list when it was its turn
    waiting_.erase(mine);
    co_return false;
  }

  void leave(const std::string& group) {
    Group& its = groups_[group];
    --its.running;
    if (!its.waits) --running_;
    let_in();
  }

  // Whether somebody waits for the group's request budget.
  void budget_waits(const std::string& group, bool waits) {
    Group& its = groups_[group];
    if (std::exchange(its.waits, waits) == waits) return;
    running_ = waits ? running_ - its.running : running_ + its.running;
    let_in();
  }

 private:
  struct Waiting {
    Alarm* turn;
    std::string group;
  };
  struct Group {
    std::size_t running = 0;
    bool waits = false;
  };

  bool free_for(const std::string& group) {
    const Group& its = groups_[group];
    return its.running < most_ && (its.waits || running_ < most_);
  }
  void take(const std::string& group) {
    Group& its = groups_[group];
    ++its.running;
    if (!its.waits) ++running_;
  }

  void let_in() {
    for (auto one = waiting_.begin(); one != waiting_.end();) {
      if (!free_for(one->group)) {
        ++one;
        continue;
      }
      take(one->group);
      one->turn->ring();
      one = waiting_.erase(one);
    }
  }

  std::size_t most_;
  std::size_t running_ = 0;  // of groups that do not wait
  std::map<std::string, Group> groups_;
  std::deque<Waiting> waiting_;
};

}  // namespace idpd::service
