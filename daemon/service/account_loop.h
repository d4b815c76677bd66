// When an account is looked at: on start, on an interval with jitter, when somebody asks, and again after a
// failure, ever more rarely. One independent state machine an account: never two passes at once, and whatever
// asks during a pass leads to exactly one more. Owned by the daemon; `run` ends after `stop`, when the pass
// in hand has ended.
#pragma once

#include <asio/awaitable.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "service/alarm.h"
#include "service/slots.h"

namespace idpd::service {

// Why a pass is made; the names stand in the history.
enum class Trigger { start, interval, files, reload, request, approval, retry, overtaken, takeover };
std::string_view name_of(Trigger trigger);

struct Job {
  Trigger trigger = Trigger::start;
  std::string approved;  // the fingerprint of the plan that a person has consented to; empty = none
};

enum class Ended {
  done,
  failed,     // try again, ever more rarely
  overtaken,  // the world moved meanwhile: plan again at once, but not for ever
  locked,     // another idpd has the account for now
  elsewhere,  // another host has it: whoever learns that it is this one's asks
};

class AccountLoop {
 public:
  using Work = std::function<asio::awaitable<Ended>(Job)>;
  // Told after each pass, when it is settled when the next one comes.
  using Settled = std::function<void()>;
  struct Pace {
    std::chrono::nanoseconds interval;
    std::string group = {};  // whose request budget it uses
  };

  AccountLoop(Alarms& alarms, base::Random& random, Slots& slots, Pace pace, Work work, Settled settled);

  asio::awaitable<void> run();
  void ask(Trigger trigger);
  // Before `run`: not at once, but when an earlier loop would have.
  void resume(Instant next);
  // The next pass carries out exactly that plan, or nothing of what is withheld.
  void approve(std::string fingerprint);
  void stop();

  Instant next() const { return next_; }
  std::size_t failures() const { return failures_; }  // in a row
  bool running() const { return running_; }

 private:
  Job take_job();
  void schedule(Ended ended);

  Alarms& alarms_;
  base::Random& random_;
  Slots& slots_;
  Pace pace_;
  Work work_;
  Settled settled_;
  std::unique_ptr<Alarm> alarm_;
  std::unique_ptr<Alarm> turn_;
  Instant next_{};
  Trigger due_ = Trigger::start;  // why the pass at `next_` is made
  std::optional<Trigger> asked_;
  std::string approved_;
  std::size_t failures_ = 0;
  int overtaken_ = 0;
  bool running_ = false;
  bool stopping_ = false;
};

}  // namespace idpd::service
