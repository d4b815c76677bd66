// How many requests may go out: one Budget per rate group (the accounts whose tokens belong to one
// Cloudflare user), owned by main and outliving every coroutine that waits in it. A window, not a pace:
// a burst may use all of it up. Writes have a reserve that reads cannot take. A cancelled acquire()
// returns false and has taken nothing.
#pragma once

#include <asio/awaitable.hpp>
#include <asio/io_context.hpp>
#include <chrono>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "http/transport.h"

namespace idpd::http {

enum class Priority { read, write };

// One entry of the `Ratelimit` header, with the quota from `Ratelimit-Policy` (0 when it is not there).
struct ServerLimit {
  std::string name;
  int remaining = 0;
  std::chrono::seconds reset_after{0};
  int quota = 0;

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

  // How long until a request of this kind may go; zero is now.
  Duration wait(Time now, Priority priority);
  void take(Time now);
  void observe(Time now, const std::vector<ServerLimit>& limits);
  // Nothing goes before now + length; a pause that ends later stays.
  void pause(Time now, Duration length);

 private:
  struct Server {
    int remaining;
    int reserve;
    Time reset;
  };

  std::size_t limit_;
  std::size_t reserve_;
  Duration length_;
  std::deque<Time> sent_;
  std::vector<Server> server_;
  Time paused_until_{};
};

class Budget {
 public:
  Budget(asio::io_context& io, base::Clock& clock, int requests_per_5m);

  // Waits for its turn and takes one request. False: it was cancelled, and nothing may be sent.
  asio::awaitable<bool> acquire(Priority priority);
  void observe(const Response& response);
  // How long acquire() has made its callers wait, summed up over all of them.
  double waited_seconds() const { return std::chrono::duration<double>(waited_).count(); }

 private:
  asio::io_context& io_;
  base::Clock& clock_;
  Window window_;
  Window::Duration waited_{0};
};

}  // namespace idpd::http
