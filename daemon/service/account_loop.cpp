#include "service/account_loop.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace idpd::service {

namespace {

using std::chrono::nanoseconds;

constexpr int most_overtaken = 3;
constexpr nanoseconds soonest_retry = std::chrono::seconds(1);
constexpr nanoseconds first_retry = std::chrono::seconds(10);
constexpr nanoseconds latest_retry = std::chrono::minutes(15);
constexpr nanoseconds lock_retry = std::chrono::seconds(5);
constexpr int most_doublings = 10;

nanoseconds times(nanoseconds length, double factor) {
  return nanoseconds(std::llround(static_cast<double>(length.count()) * factor));
}

}  // namespace

std::string_view name_of(Trigger trigger) {
  constexpr std::array<std::string_view, 9> names{"start",    "interval", "files",     "reload",  "request",
                                                  "approval", "retry",    "overtaken", "takeover"};
  return names[static_cast<std::size_t>(trigger)];
}

AccountLoop::AccountLoop(Alarms& alarms, base::Random& random, Slots& slots, Pace pace, Work work,
                         Settled settled)
    : alarms_(alarms),
      random_(random),
      slots_(slots),
      pace_(std::move(pace)),
      work_(std::move(work)),
      settled_(std::move(settled)),
      alarm_(alarms.make()),
      turn_(alarms.make()) {}

asio::awaitable<void> AccountLoop::run() {
  for (;;) {
    if (!stopping_) co_await alarm_->wait_until(next_);
    if (stopping_) co_return;
    if (!asked_ && alarms_.clock().monotonic() < next_) continue;  // rung for what an earlier pass has done
    const bool mine = co_await slots_.enter(*turn_, pace_.group);
    if (!mine) co_return;
    if (!stopping_) {
      running_ = true;
      Job job = take_job();
      const Ended ended = co_await work_(std::move(job));
      running_ = false;
      schedule(ended);
      settled_();
    }
    slots_.leave(pace_.group);
  }
}

void AccountLoop::ask(Trigger trigger) {
  asked_ = trigger;
  alarm_->ring();
}

void AccountLoop::resume(Instant next) {
  next_ = next;
  due_ = Trigger::interval;
}

void AccountLoop::approve(std::string fingerprint) {
  approved_ = std::move(fingerprint);
  ask(Trigger::approval);
}

void AccountLoop::stop() {
  stopping_ = true;
  alarm_->ring();
  turn_->ring();
}

Job AccountLoop::take_job() {
  Job job{.trigger = asked_.value_or(due_), .approved = std::exchange(approved_, {})};
  asked_.reset();
  return job;
}

void AccountLoop::schedule(Ended ended) {
  const Instant now = alarms_.clock().monotonic();
  failures_ = ended == Ended::failed ? failures_ + 1 : ended == Ended::locked ? failures_ : 0;
  overtaken_ = ended == Ended::overtaken ? overtaken_ + 1 : 0;
  due_ = Trigger::retry;
  if (ended == Ended::overtaken && overtaken_ < most_overtaken) {
    due_ = Trigger::overtaken;
    next_ = now;
  } else if (ended == Ended::locked) {
    next_ = now + times(lock_retry, 1 + random_.unit());
  } else if (ended == Ended::elsewhere) {
    next_ = now + pace_.interval;
  } else if (ended == Ended::failed) {
    // Full jitter, so that many accounts that failed together do not come back together.
    const int doublings = std::min(static_cast<int>(failures_) - 1, most_doublings);
    const nanoseconds most = std::min(first_retry * (1 << doublings), latest_retry);
    next_ = now + std::max(soonest_retry, times(most, random_.unit()));
  } else {
    due_ = Trigger::interval;
    constexpr double spread = 0.1;
    next_ = now + times(pace_.interval, 1 - spread + 2 * spread * random_.unit());
  }
}

}  // namespace idpd::service
