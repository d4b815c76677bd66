// Tells the receivers of the settings what happened: messages go into the store's outbox at once and from
// there to each webhook, in order, until it has acknowledged them. At least once: a crash between the send
// and its acknowledgement repeats one. Receivers do not wait for each other. One per generation of settings;
// it ends by `stop`, not by cancelling, and then abandons what is in flight: the next start sends it again.
#pragma once

#include <asio/awaitable.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "config/settings.h"
#include "http/transport.h"
#include "model/incident.h"
#include "secrets/resolver.h"
#include "service/alarm.h"
#include "service/attempt.h"
#include "service/message.h"
#include "state/outbox.h"
#include "state/store.h"

namespace idpd::service {

struct NotifierCounts {
  std::uint64_t sent = 0;     // acknowledged messages
  std::uint64_t failed = 0;   // attempts that are made again
  std::uint64_t dropped = 0;  // messages given up
};

class Notifier {
 public:
  // What is passed by reference outlives it. `bare` must not log: a webhook's URL is a secret. `own` resolves
  // the references of the settings.
  Notifier(Alarms& alarms, base::Random& random, http::Transport& bare, state::Store& store,
           const secrets::Resolver& own, std::vector<config::Receiver> receivers);
  Notifier(const Notifier&) = delete;
  Notifier& operator=(const Notifier&) = delete;
  ~Notifier();

  // Writes the messages of whoever wants them; the incident has its number. Call it in the transaction that
  // saves the incident, so that neither is there without the other. An incident that is over when it is first
  // told gives one message. Errors: io, of the store.
  base::Result<void> tell(const model::Incident& incident, Event event);
  // Of all that lasts: again what was told longer ago than the receiver's `remind`, and what it was never
  // told. A receiver that still has to take a message of an incident is not reminded of it.
  base::Result<void> remind(const std::vector<model::Incident>& open);
  // Another host has told of it: its reminders and its end come from here.
  base::Result<void> assume_told(const model::Incident& incident);

  // Delivers until `stop`; at once over where there are no receivers.
  asio::awaitable<void> run();
  void stop();

  std::size_t pending() const {
    const auto size = outbox_.size();
    return size ? *size : 0;
  }
  NotifierCounts counts() const { return counts_; }
  // Calls `each` for every attempt and every message that is given up.
  void watch(std::function<void(Verdict)> each) { watcher_ = std::move(each); }

 private:
  struct Channel;

  base::Result<void> queue(Channel& channel, const model::Incident& incident, Event event);
  asio::awaitable<void> deliver_from(std::size_t index);
  asio::awaitable<void> deliver(Channel& channel);
  asio::awaitable<void> attempt(Channel& channel, state::OutboxMessage message);
  asio::awaitable<Attempt> post(Channel& channel, std::string body);
  asio::awaitable<void> pause(Channel& channel, std::string why, std::optional<double> asked_seconds);
  void count(Verdict verdict);
  void give_up(Channel& channel, const state::OutboxMessage& message, std::string_view why);

  Alarms& alarms_;
  base::Random& random_;
  http::Transport& transport_;
  const secrets::Resolver& resolver_;
  state::Outbox outbox_;
  state::Database& database_;
  std::vector<std::unique_ptr<Channel>> channels_;
  NotifierCounts counts_;
  std::function<void(Verdict)> watcher_;
  bool stopped_ = false;
};

}  // namespace idpd::service
