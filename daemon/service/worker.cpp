#include "service/worker.h"

#include <asio/post.hpp>
#include <csignal>
#include <mutex>
#include <thread>
#include <utility>

namespace idpd::service {

namespace {

constexpr std::chrono::milliseconds between_knocks{50};
constexpr int most_knocks = 40;

// Ignored by default, so that a stray one harms nobody. Without SA_RESTART a handler, even an empty one,
// makes the system call that waits return.
constexpr int knock_signal = SIGURG;

void listen_to_knocks() {
  static std::once_flag once;
  std::call_once(once, [] {
    struct sigaction action = {};
    action.sa_handler = [](int) {};
    sigaction(knock_signal, &action, nullptr);
  });
}

// Every other signal is for the loop's thread.
void block_signals() {
  sigset_t all;
  sigfillset(&all);
  for (const int one : {knock_signal, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT}) sigdelset(&all, one);
  pthread_sigmask(SIG_SETMASK, &all, nullptr);
}

}  // namespace

struct Worker::Job {
  Progress progress;
  std::thread thread;              // of the loop
  Alarm* alarm = nullptr;          // of the loop
  std::mutex mutex;                // for what follows
  bool finished = false;           // from here on the thread may be gone
  asio::io_context* io = nullptr;  // nothing once nobody waits any more

  bool is_finished() {
    const std::lock_guard lock(mutex);
    return finished;
  }
  void knock() {
    const std::lock_guard lock(mutex);
    if (!finished) pthread_kill(thread.native_handle(), knock_signal);
  }
  // True when the thread has ended; otherwise it is left to itself.
  bool part() {
    bool ended = false;
    {
      const std::lock_guard lock(mutex);
      ended = finished;
      io = nullptr;
    }
    alarm = nullptr;
    if (ended) {
      thread.join();
    } else {
      thread.detach();
    }
    return ended;
  }
};

Worker::~Worker() {
  if (!job_) return;
  job_->progress.cancelled = true;
  for (int knocks = 0; knocks < most_knocks && !job_->is_finished(); ++knocks) {
    job_->knock();
    std::this_thread::sleep_for(between_knocks);  // the program ends, or its settings do: nothing else runs
  }
  job_->part();
}

asio::awaitable<bool> Worker::run(std::function<void(Progress&)> job, std::chrono::milliseconds stall) {
  listen_to_knocks();
  const auto alarm = alarms_.make();
  const auto mine = std::make_shared<Job>();
  mine->alarm = alarm.get();
  mine->io = &io_;
  job_ = mine;
  mine->thread = std::thread([mine, work = std::move(job)] {
    block_signals();
    work(mine->progress);
    const std::lock_guard lock(mine->mutex);
    mine->finished = true;
    if (!mine->io) return;
    asio::post(*mine->io, [mine] {
      if (mine->alarm) mine->alarm->ring();
    });
  });
  std::uint64_t steps = 0;
  int knocks = 0;
  Instant next = alarms_.clock().monotonic() + stall;
  while (!mine->is_finished() && knocks < most_knocks) {
    const bool rung = co_await alarm->wait_until(next);
    if (mine->is_finished()) break;
    const bool alive = std::exchange(steps, mine->progress.steps.load()) != steps;
    if (!rung && !alive) mine->progress.cancelled = true;
    if (mine->progress.cancelled) {
      mine->knock();
      ++knocks;
    }
    next = alarms_.clock().monotonic() + (mine->progress.cancelled ? between_knocks : stall);
  }
  job_.reset();
  co_return mine->part();
}

void Worker::cancel() {
  if (!job_) return;
  job_->progress.cancelled = true;
  if (job_->alarm) job_->alarm->ring();
}

}  // namespace idpd::service
