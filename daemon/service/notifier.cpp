#include "service/notifier.h"

#include <fmt/format.h>

#include <asio/experimental/awaitable_operators.hpp>
#include <map>
#include <set>
#include <utility>

#include "base/digest.h"
#include "base/log.h"
#include "base/text.h"
#include "service/slack.h"
#include "state/database.h"

namespace idpd::service {

namespace {

using base::LogLevel;
using base::Result;

constexpr std::chrono::seconds patience{10};  // for one answer
constexpr std::chrono::hours oldest{24 * 7};  // a message that is older tells nothing useful

bool selects(const config::Receiver& receiver, std::string_view event) {
  return receiver.on.empty() || receiver.on.contains(std::string(event));
}

}  // namespace

struct Notifier::Channel {
  config::Receiver receiver;
  std::string label;            // for the log: `notify[0]`
  std::string id;               // in the store
  std::unique_ptr<Alarm> wake;  // something to do
  std::unique_ptr<Alarm> cut;   // the end of an attempt
  int attempts = 0;             // failed ones in a row
  std::string trouble;          // what the log was last told
  std::int64_t finished = 0;    // a message that was taken or given up and is still in the store
};

Notifier::Notifier(Alarms& alarms, base::Random& random, http::Transport& bare, state::Store& store,
                   const secrets::Resolver& own, std::vector<config::Receiver> receivers)
    : alarms_(alarms),
      random_(random),
      transport_(bare),
      resolver_(own),
      outbox_(store.database()),
      database_(store.database()) {
  std::map<std::string, int> seen;
  for (config::Receiver& receiver : receivers) {
    auto channel = std::make_unique<Channel>();
    channel->label = fmt::format("notify[{}]", channels_.size());
    channel->id = base::sha256_hex(receiver.webhook);
    // Two may post to one place, of other events.
    if (const int before = seen[channel->id]++; before > 0) channel->id += fmt::format("#{}", before + 1);
    channel->receiver = std::move(receiver);
    channel->wake = alarms.make();
    channel->cut = alarms.make();
    channels_.push_back(std::move(channel));
  }
}

Notifier::~Notifier() = default;

Result<void> Notifier::queue(Channel& channel, const model::Incident& incident, Event event) {
  const auto now = std::chrono::floor<std::chrono::seconds>(alarms_.clock().now());
  const std::string body =
      channel.receiver.slack ? slack_body(incident, event) : json_body(incident, event, now);
  auto gone = outbox_.add(channel.id, incident.number, now, body);
  if (!gone) return gone.error();
  for (; *gone > 0; --*gone) {
    count(Verdict::refused);
    base::log(LogLevel::error,
              fmt::format("{}: too many messages wait for it; the oldest was dropped", channel.label));
  }
  auto noted = outbox_.set_told(channel.id, incident.number, {now, incident.ended.has_value()});
  if (noted) channel.wake->ring();
  return noted;
}

Result<void> Notifier::tell(const model::Incident& incident, Event event) {
  return database_.transaction([&]() -> Result<void> {
    for (const auto& channel : channels_) {
      Event mine = event;
      // Who does not want to hear of it may still want to hear that it is over.
      if (incident.ended && !selects(channel->receiver, name_of(incident, mine))) mine = Event::ended;
      if (!selects(channel->receiver, name_of(incident, mine))) continue;
      if (incident.ended) {
        const auto told = outbox_.told(channel->id, incident.number);
        if (!told) return told.error();
        if (*told && (*told)->ended) continue;
      }
      if (auto queued = queue(*channel, incident, mine); !queued) return queued;
    }
    return {};
  });
}

Result<void> Notifier::remind(const std::vector<model::Incident>& open) {
  const auto now = std::chrono::floor<std::chrono::milliseconds>(alarms_.clock().now());
  return database_.transaction([&]() -> Result<void> {
    for (const auto& channel : channels_) {
      for (const model::Incident& incident : open) {
        if (incident.ended || !selects(channel->receiver, model::name_of(incident.kind))) continue;
        const auto told = outbox_.told(channel->id, incident.number);
        if (!told) return told.error();
        const std::chrono::milliseconds every = channel->receiver.remind;
        if (*told && every.count() <= 0) continue;
        // Told in the future: the clock was set back, and nobody knows how long ago it was.
        if (*told && (*told)->at <= now && now - (*told)->at < every) continue;
        const auto waits = outbox_.waits(channel->id, incident.number);
        if (!waits) return waits.error();
        if (*waits) continue;
        const Event event = *told ? Event::reminder : Event::opened;
        if (auto queued = queue(*channel, incident, event); !queued) return queued;
      }
    }
    return {};
  });
}

Result<void> Notifier::assume_told(const model::Incident& incident) {
  const auto now = std::chrono::floor<std::chrono::seconds>(alarms_.clock().now());
  return database_.transaction([&]() -> Result<void> {
    for (const auto& channel : channels_) {
      if (!selects(channel->receiver, model::name_of(incident.kind))) continue;
      if (auto noted = outbox_.set_told(channel->id, incident.number, {now, false}); !noted) return noted;
    }
    return {};
  });
}

asio::awaitable<void> Notifier::run() {
  std::set<std::string> ids;
  for (const auto& channel : channels_) ids.insert(channel->id);
  if (auto kept = outbox_.keep_only(ids); !kept)
    base::log(LogLevel::warn,
              "messages of receivers that are gone stay in the store: " + kept.error().text());
  if (!channels_.empty()) co_await deliver_from(0);
}

void Notifier::stop() {
  stopped_ = true;
  for (const auto& channel : channels_) {
    channel->wake->ring();
    channel->cut->ring();
  }
}

// All of them side by side, so that one that hangs holds up no other.
asio::awaitable<void> Notifier::deliver_from(std::size_t index) {
  using namespace asio::experimental::awaitable_operators;
  Channel& channel = *channels_[index];
  if (index + 1 == channels_.size()) {
    co_await deliver(channel);
  } else {
    co_await (deliver(channel) && deliver_from(index + 1));
  }
}

asio::awaitable<void> Notifier::deliver(Channel& channel) {
  while (!stopped_) {
    auto first = outbox_.pending(channel.id, 1);
    if (!first) {
      std::string why = first.error().text();
      co_await pause(channel, std::move(why), std::nullopt);
    } else if (first->empty()) {
      co_await channel.wake->wait_until(never);
    } else {
      state::OutboxMessage message = std::move(first->front());
      co_await attempt(channel, std::move(message));
    }
  }
}

asio::awaitable<void> Notifier::attempt(Channel& channel, state::OutboxMessage message) {
  if (message.number == channel.finished) {
    // In a loop of its own until the store takes it: it must not be sent again.
    const auto done = outbox_.done(message.number);
    if (done) co_return;
    std::string why = done.error().text();
    co_await pause(channel, std::move(why), std::nullopt);
    co_return;
  }
  // Not unsent: the week may be one that the clock was set forward.
  const bool last = alarms_.clock().now() - message.written > oldest;
  Attempt made = co_await post(channel, std::move(message.body));
  if (stopped_ && made.verdict != Verdict::acknowledged) co_return;
  switch (made.verdict) {
    case Verdict::acknowledged:
      count(Verdict::acknowledged);
      channel.finished = message.number;
      channel.attempts = 0;
      if (!std::exchange(channel.trouble, "").empty())
        base::log(LogLevel::info, channel.label + ": messages are delivered again");
      break;
    case Verdict::refused:
      give_up(channel, message, made.why);
      break;
    case Verdict::later:
      if (last) {
        give_up(channel, message, "it could not be delivered for a week: " + made.why);
        break;
      }
      count(Verdict::later);
      co_await pause(channel, std::move(made.why), made.asked_seconds);
      break;
  }
}

asio::awaitable<Attempt> Notifier::post(Channel& channel, std::string body) {
  using namespace asio::experimental::awaitable_operators;
  Attempt made;
  // Afresh each time: a rotated webhook is taken up without a restart.
  const auto url = resolver_.resolve(channel.receiver.webhook);
  if (!url) {
    made.why = url.error().message;
    co_return made;
  }
  http::Request request;
  request.method = http::Method::post;
  request.url = url->reveal();
  if (!config::is_private_url(request.url)) {
    made.why = fmt::format("its webhook {}", config::private_url_rule);
    co_return made;
  }
  request.headers.emplace_back("Content-Type", "application/json; charset=utf-8");
  request.body = std::move(body);
  const Instant until = alarms_.clock().monotonic() + patience;
  const auto first = co_await (transport_.send(std::move(request)) || channel.cut->wait_until(until));
  if (first.index() == 0) co_return judge(std::get<0>(first), url->reveal());
  made.why = fmt::format("no answer within {} s", patience.count());
  co_return made;
}

asio::awaitable<void> Notifier::pause(Channel& channel, std::string why,
                                      std::optional<double> asked_seconds) {
  if (why != channel.trouble) {
    base::log(LogLevel::warn, fmt::format("{}: not delivered, it will be tried again: {}", channel.label,
                                          base::printable(why)));
    channel.trouble = std::move(why);
  }
  const Instant until =
      alarms_.clock().monotonic() + delay_before(++channel.attempts, asked_seconds, random_.unit());
  // New messages ring meanwhile; they wait as well.
  while (!stopped_ && alarms_.clock().monotonic() < until) co_await channel.wake->wait_until(until);
}

void Notifier::count(Verdict verdict) {
  if (verdict == Verdict::acknowledged) ++counts_.sent;
  if (verdict == Verdict::later) ++counts_.failed;
  if (verdict == Verdict::refused) ++counts_.dropped;
  if (watcher_) watcher_(verdict);
}

void Notifier::give_up(Channel& channel, const state::OutboxMessage& message, std::string_view why) {
  count(Verdict::refused);
  channel.finished = message.number;
  channel.attempts = 0;
  base::log(LogLevel::error, fmt::format("{}: the message of incident {} was dropped: {}", channel.label,
                                         message.incident, why));
}

}  // namespace idpd::service
