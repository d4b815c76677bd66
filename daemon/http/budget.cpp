#include "http/budget.h"

#include <algorithm>
#include <asio/any_io_executor.hpp>
#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>
#include <charconv>
#include <optional>

#include "base/text.h"
#include "http/retry.h"

namespace idpd::http {

namespace {

constexpr int status_too_many_requests = 429;
// Without a word from the server: long enough not to hammer, short enough for a person to wait.
constexpr double default_pause_seconds = 5;
// While reads wait too.
constexpr int most_writes_in_a_row = 3;

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    const auto end = text.find(separator);
    if (const auto part = base::trimmed(text.substr(0, end)); !part.empty()) parts.push_back(part);
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

std::optional<int> number(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 0) return std::nullopt;
  return value;
}

struct Entry {
  std::string_view name;
  std::optional<int> r, t, q, w;
};

// `"default";r=50;t=30, "burst";q=100;w=60`
std::vector<Entry> entries(std::string_view text) {
  std::vector<Entry> found;
  for (const std::string_view item : split(text, ',')) {
    const auto parts = split(item, ';');
    if (parts.empty()) continue;
    Entry entry{parts.front(), {}, {}, {}, {}};
    for (const std::string_view part : parts) {
      if (part.starts_with("r=")) entry.r = number(part.substr(2));
      if (part.starts_with("t=")) entry.t = number(part.substr(2));
      if (part.starts_with("q=")) entry.q = number(part.substr(2));
      if (part.starts_with("w=")) entry.w = number(part.substr(2));
    }
    found.push_back(entry);
  }
  return found;
}

}  // namespace

std::vector<ServerLimit> parse_rate_limits(std::string_view ratelimit, std::string_view policy) {
  std::vector<ServerLimit> limits;
  const auto policies = entries(policy);
  for (const Entry& entry : entries(ratelimit)) {
    if (!entry.r || !entry.t) continue;
    const auto named = std::find_if(policies.begin(), policies.end(),
                                    [&](const Entry& other) { return other.name == entry.name; });
    const Entry policy_entry = named == policies.end() ? Entry{} : *named;
    limits.push_back({std::string(entry.name), *entry.r, std::chrono::seconds(*entry.t),
                      policy_entry.q.value_or(0), std::chrono::seconds(policy_entry.w.value_or(0))});
  }
  return limits;
}

double parse_retry_after(std::string_view text) {
  const auto seconds = number(base::trimmed(text));
  return seconds ? *seconds : -1;
}

Window::Window(int limit, Duration length) : length_(length) {
  set_limit(limit);
}

void Window::set_limit(int limit) {
  limit_ = static_cast<std::size_t>(std::max(1, limit));
  reserve_ = limit_ > 1 ? std::max<std::size_t>(1, limit_ / 10) : 0;
}

Window::Duration Window::wait(Time now, Priority priority) {
  while (!sent_.empty() && sent_.front() + length_ <= now) sent_.pop_front();
  begin_anew(now);

  Time ready = std::max(now, paused_until_);
  const std::size_t allowed = priority == Priority::write ? limit_ : limit_ - reserve_;
  if (sent_.size() >= allowed) ready = std::max(ready, sent_[sent_.size() - allowed] + length_);
  for (const Server& server : server_) {
    // Without the quota there is no telling what a tenth is: reads then go on until nothing is left.
    const int kept = priority == Priority::write ? 0 : server.quota / 10;
    if (server.remaining <= kept) ready = std::max(ready, server.reset);
  }
  return ready - now;
}

// Where the server's window is over: a whole quota is there again, not less and not more. What is not known
// of it is left to our own limit.
void Window::begin_anew(Time now) {
  std::erase_if(server_, [&](const Server& server) {
    return server.reset <= now && (server.quota == 0 || server.window == Duration::zero());
  });
  for (Server& server : server_) {
    if (server.reset > now) continue;
    server.remaining = server.quota - in_flight_;
    server.reset = now + server.window;
  }
}

void Window::take(Time now) {
  sent_.push_back(now);
  ++in_flight_;
  for (Server& server : server_) --server.remaining;
}

void Window::settle() {
  --in_flight_;
}

void Window::observe(Time now, const std::vector<ServerLimit>& limits) {
  if (limits.empty()) return;
  begin_anew(now);
  std::vector<Server> seen;
  for (const ServerLimit& limit : limits) {
    // No longer than our own window, whatever the header says: a strange value must not stop the group.
    const auto bounded = [&](Duration time) { return std::min<Duration>(time, length_); };
    Server server{limit.name, limit.remaining - in_flight_, limit.quota, bounded(limit.window),
                  now + bounded(limit.reset_after)};
    // Answers overtake one another: within one window the smallest number is the newest.
    const auto known = std::find_if(server_.begin(), server_.end(),
                                    [&](const Server& other) { return other.name == server.name; });
    if (known != server_.end()) {
      server.remaining = std::min(server.remaining, known->remaining);
      server.reset = std::max(server.reset, known->reset);
    }
    seen.push_back(std::move(server));
  }
  server_ = std::move(seen);
}

void Window::pause(Time now, Duration length) {
  paused_until_ = std::max(paused_until_, now + length);
}

Turns::Waiter* Turns::first(Priority priority) const {
  const Circle& all = circle(priority);
  return all.empty() ? nullptr : all.front().second.front();
}

void Turns::add(Waiter* waiter) {
  Circle& all = circle(waiter->priority);
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const auto& one) { return one.first == waiter->account; });
  if (found == all.end()) {
    all.emplace_back(waiter->account, std::deque{waiter});
  } else {
    found->second.push_back(waiter);
  }
}

void Turns::remove(const Waiter* waiter) {
  Circle& all = circle(waiter->priority);
  for (auto one = all.begin(); one != all.end(); ++one) {
    if (std::erase(one->second, waiter) == 0) continue;
    if (one->second.empty()) all.erase(one);
    return;
  }
}

Turns::Next Turns::next() const {
  Waiter* write = first(Priority::write);
  Waiter* read = first(Priority::read);
  if (read && writes_in_a_row_ >= most_writes_in_a_row) return {read, Priority::write};
  if (write) return {write, Priority::write};
  return {read, Priority::read};
}

void Turns::went(const Waiter* waiter) {
  writes_in_a_row_ = waiter->priority == Priority::write ? writes_in_a_row_ + 1 : 0;
  Circle& all = circle(waiter->priority);
  remove(waiter);
  if (!all.empty() && all.front().first == waiter->account) {
    all.push_back(std::move(all.front()));
    all.pop_front();
  }
}

struct Budget::Waiting : Turns::Waiter {
  Waiting(asio::io_context& io, std::shared_ptr<Queue> all, Priority its, std::string whose)
      : Waiter{its, std::move(whose)}, queue(std::move(all)), timer(io, Window::Time::max()) {}
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;
  ~Waiting() {
    queue->turns.remove(this);
    if (queue->turns.empty()) queue->timer.reset();
  }
  std::shared_ptr<Queue> queue;
  asio::steady_timer timer;
  bool granted = false;
};

Budget::Budget(asio::io_context& io, base::Clock& clock, int requests_per_5m)
    : io_(io), clock_(clock), window_(requests_per_5m) {}

// NOLINTNEXTLINE(bugprone-exception-escape): cancelling a timer does not throw
Budget::~Budget() {
  queue_->timer.reset();
}

asio::awaitable<bool> Budget::acquire(Priority priority, std::string account) {
  const auto began = clock_.monotonic();
  if (queue_->turns.empty() && window_.wait(began, priority) <= Window::Duration::zero()) {
    window_.take(began);
    co_return true;
  }
  Waiting waiting(io_, queue_, priority, std::move(account));
  if (queue_->turns.empty() && watcher_) watcher_(true);
  queue_->turns.add(&waiting);
  serve();
  if (!waiting.granted) {
    std::error_code ended;
    co_await waiting.timer.async_wait(asio::redirect_error(asio::use_awaitable, ended));
  }
  waited_ += clock_.monotonic() - began;
  if (!waiting.granted) {
    queue_->turns.remove(&waiting);
    serve();
    if (queue_->turns.empty() && watcher_) watcher_(false);
  }
  co_return waiting.granted;
}

// All that may go now, and one timer for the next.
void Budget::serve() {
  queue_->timer.reset();
  const auto now = clock_.monotonic();
  const bool waited = !queue_->turns.empty();
  while (!queue_->turns.empty()) {
    const Turns::Next next = queue_->turns.next();
    const auto delay = window_.wait(now, next.allowance);
    if (delay > Window::Duration::zero()) {
      queue_->timer = std::make_unique<asio::steady_timer>(io_, delay);
      queue_->timer->async_wait([this](const std::error_code& cancelled) {
        if (!cancelled) serve();
      });
      return;
    }
    auto& waiting = static_cast<Waiting&>(*next.waiter);
    queue_->turns.went(&waiting);
    window_.take(now);
    waiting.granted = true;
    waiting.timer.cancel();
  }
  if (waited && watcher_) watcher_(false);
}

void Budget::set_limit(int requests_per_5m) {
  window_.set_limit(requests_per_5m);
  serve();
}

void Budget::watch(std::function<void(bool)> waits) {
  watcher_ = std::move(waits);
  if (watcher_ && !queue_->turns.empty()) watcher_(true);
}

void Budget::observe(const Response& response) {
  const auto now = clock_.monotonic();
  window_.observe(now, parse_rate_limits(response.header("ratelimit"), response.header("ratelimit-policy")));
  if (response.status == status_too_many_requests) {
    const double asked = parse_retry_after(response.header("retry-after"));
    const std::chrono::duration<double> pause(asked < 0 ? default_pause_seconds : asked);
    window_.pause(now, std::min(std::chrono::duration_cast<Window::Duration>(pause),
                                std::chrono::duration_cast<Window::Duration>(longest_retry_after)));
  }
  serve();
}

}  // namespace idpd::http
