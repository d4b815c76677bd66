// How many requests may go out: one Budget per rate group (the accounts whose tokens belong to one
// Cloudflare user), owned by main and outliving every coroutine that waits in it. A window, not a pace:
// a burst may use all of it up. Writes have a reserve that reads cannot take. A cancelled acquire()
// returns false and has taken nothing.
#pragma once

#include <asio/awaitable.hpp>
#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>
#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "http/transport.h"

namespace idpd::http {

enum class Priority { read, write };

// One entry of the `Ratelimit` header, with quota and window from `Ratelimit-Policy` (0 when they are not
// there).
struct ServerLimit {
  std::string name;
  int remaining = 0;
  std::chrono::seconds reset_after{0};
  int quota = 0;
  std::chrono::seconds window{0};

  bool operator==(const ServerLimit&) const = default;
};

// Pure. Entries that cannot be read are left out.
std::vector<ServerLimit> parse_rate_limits(std::string_view ratelimit, std::string_view policy);
// What a 429 asks for in `Retry-After`, in seconds; negative when it says nothing readable.
double parse_retry_after(std::string_view text);

// The decisions, without a clock: what was sent lately, what the server said.
class Window {
 public:
  using Time = std::chrono::steady_clock::time_point;
  using Duration = std::chrono::steady_clock::duration;

  explicit Window(int limit, Duration length = std::chrono::minutes(5));
  // Another limit from now on; what was sent stays counted.
  void set_limit(int limit);

  // How long until a request of this kind may go; zero is now.
  Duration wait(Time now, Priority priority);
  void take(Time now);
  // A request that was taken has its answer, or will never have one.
  void settle();
  // What an answer said; it is settled already. Those still in flight may not be counted in it.
  void observe(Time now, const std::vector<ServerLimit>& limits);
  // Nothing goes before now + length; a pause that ends later stays.
  void pause(Time now, Duration length);

 private:
  struct Server {
    std::string name;
    int remaining;
    int quota;
    Duration window;
    Time reset;
  };

  void begin_anew(Time now);

  std::size_t limit_ = 1;
  std::size_t reserve_ = 0;
  Duration length_;
  int in_flight_ = 0;
  std::deque<Time> sent_;
  std::vector<Server> server_;
  Time paused_until_{};
};

// Whose turn it is among those that wait: the accounts in a circle, one request each. Writes go before reads,
// but not without end: one account's thousand writes leave a share to the reads of the others. Pure.
class Turns {
 public:
  struct Waiter {
    Priority priority;
    std::string account;
  };

  bool empty() const { return !first(Priority::write) && !first(Priority::read); }
  void add(Waiter* waiter);
  void remove(const Waiter* waiter);
  // The next of them, and by whose allowance it goes; null when none waits.
  struct Next {
    Waiter* waiter = nullptr;
    Priority allowance = Priority::read;
  };
  Next next() const;
  // That one goes: the account's next request waits for the others.
  void went(const Waiter* waiter);

 private:
  using Circle = std::deque<std::pair<std::string, std::deque<Waiter*>>>;
  const Circle& circle(Priority priority) const { return priority == Priority::write ? writes_ : reads_; }
  Circle& circle(Priority priority) { return priority == Priority::write ? writes_ : reads_; }
  Waiter* first(Priority priority) const;

  Circle writes_;
  Circle reads_;
  int writes_in_a_row_ = 0;
};

class Budget {
 public:
  Budget(asio::io_context& io, base::Clock& clock, int requests_per_5m);
  ~Budget();
  Budget(const Budget&) = delete;
  Budget& operator=(const Budget&) = delete;

  // Waits for its turn and takes one request; those of one account wait for those of the others. False: it
  // was cancelled, and nothing may be sent.
  asio::awaitable<bool> acquire(Priority priority, std::string account = {});
  // Held from acquire() until the answer is there, however the wait for it ends.
  class InFlight {
   public:
    explicit InFlight(Budget& budget) : budget_(budget) {}
    InFlight(const InFlight&) = delete;
    InFlight& operator=(const InFlight&) = delete;
    ~InFlight() { budget_.window_.settle(); }

   private:
    Budget& budget_;
  };
  void set_limit(int requests_per_5m);
  void observe(const Response& response);
  // Told when somebody begins to wait here and when nobody does any more; one watcher, or none.
  void watch(std::function<void(bool)> waits);
  // How long acquire() has made its callers wait, summed up over all of them.
  double waited_seconds() const { return std::chrono::duration<double>(waited_).count(); }

 private:
  // Those that wait, and the one timer for them, there only while somebody does. Shared with each of them:
  // the budget may go before the loop in which they wait, and the loop before the budget.
  struct Queue {
    Turns turns;
    std::unique_ptr<asio::steady_timer> timer;
  };
  struct Waiting;
  void serve();

  asio::io_context& io_;
  base::Clock& clock_;
  Window window_;
  std::shared_ptr<Queue> queue_ = std::make_shared<Queue>();
  std::function<void(bool)> watcher_;
  Window::Duration waited_{0};
};

// By rate group. They outlive the settings, so that a reload does not forget what has been sent.
using Budgets = std::map<std::string, std::unique_ptr<Budget>>;

}  // namespace idpd::http
