#include "service/notifier.h"

#include <gmock/gmock.h>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <deque>
#include <map>

#include "base/log.h"
#include "fake_alarms.h"
#include "sample_incidents.h"
#include "state/database.h"
#include "state/state_folder.h"

namespace idpd::service {
namespace {

using model::Ending;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using test::drift;
using test::ended;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr const char* hook_a = "https://hooks.example.com/services/T0P/s3cret";
constexpr const char* hook_b = "https://other.example.com/hook";

class FakeRandom final : public base::Random {
 public:
  double next = 1;
  double unit() override { return next; }
};

// A receiver's end: answers what it was told to, 200 when nothing is left; 0 is no answer at all.
class FakeHooks final : public http::Transport {
 public:
  explicit FakeHooks(asio::io_context& io) : io_(io) {}

  std::map<std::string, std::deque<http::Response>> answers;
  std::map<std::string, std::vector<std::string>> got;  // the texts, by URL
  std::vector<std::string> methods;
  int abandoned = 0;
  bool broken = false;

  asio::awaitable<base::Result<http::Response>> send(http::Request request) override {
    base::Result<http::Response> answer = http::Response{200, {}, "ok"};
    methods.emplace_back(http::name_of(request.method));
    const auto body = base::parse_json(request.body);
    got[request.url].push_back(body ? body->text("text") : "not JSON");
    if (broken) {
      answer = base::Error{base::Code::network, "no whole answer from hooks.example.com: reset", request.url,
                           true};
    } else if (auto& next = answers[request.url]; !next.empty()) {
      answer = next.front();
      next.pop_front();
      if (answer->status == 0) {
        asio::steady_timer never_comes(io_, service::never);
        std::error_code error;
        co_await never_comes.async_wait(asio::redirect_error(asio::use_awaitable, error));
        ++abandoned;
        answer = base::Error{base::Code::network, "cancelled"};
      }
    }
    co_return answer;
  }

 private:
  asio::io_context& io_;
};

config::Receiver receiver(const std::string& webhook, std::set<std::string> on = {}) {
  config::Receiver out;
  out.webhook = webhook;
  out.on = std::move(on);
  return out;
}

state::Store opened(const std::string& folder) {
  auto store = state::Store::open(folder);
  if (!store) throw std::runtime_error(store.error().text());
  return *std::move(store);
}

class NotifierTest : public ::testing::Test {
 protected:
  // As a start of the daemon on the same state; `crash` is its sudden end.
  void start(std::vector<config::Receiver> receivers) {
    crash();
    base::set_up_log(base::LogLevel::info, false);
    io = std::make_unique<asio::io_context>(1);
    alarms = std::make_unique<test::FakeAlarms>(*io);
    if (passed.count() > 0) alarms->advance(passed);
    hooks = std::make_unique<FakeHooks>(*io);
    store = std::make_unique<state::Store>(opened(folder.path()));
    resolver = std::make_unique<secrets::Resolver>(
        [this](const std::string& name) -> std::optional<std::string> {
          const auto found = variables.find(name);
          if (found == variables.end()) return std::nullopt;
          return found->second;
        },
        secrets::Policy{.files = {}, .refused_credentials = {}, .settings = true});
    notifier = std::make_unique<Notifier>(*alarms, random, *hooks, *store, *resolver, std::move(receivers));
    asio::co_spawn(*io, notifier->run(), [this](const std::exception_ptr&) { over = true; });
    over = false;
    alarms->settle();
  }
  void crash() {
    if (!io) return;
    passed = alarms->clock().monotonic() - test::FakeClock().monotonic();
    notifier.reset();
    alarms.reset();
    io.reset();  // with all that still waits in it
    hooks.reset();
    store.reset();
  }
  void TearDown() override { crash(); }

  // As the daemon does it: the incident is saved and told in one breath.
  void tell(model::Incident& incident, Event event) {
    const auto done = store->database().transaction([&]() -> base::Result<void> {
      auto history = store->history();
      if (auto saved = history.save(incident); !saved) return saved;
      return notifier->tell(incident, event);
    });
    ASSERT_TRUE(done.ok()) << done.error().text();
    alarms->settle();
  }
  std::size_t tries(const std::string& url) { return hooks->got[url].size(); }
  const std::vector<std::string>& texts(const std::string& url) { return hooks->got[url]; }

  static model::Incident fresh(const std::string& key = "workforce") {
    model::Incident out = drift();
    out.number = 0;
    out.key = key;
    return out;
  }

  const state::StateFolder folder;
  FakeRandom random;
  std::map<std::string, std::string> variables{{"A", hook_a}, {"B", hook_b}};
  std::chrono::nanoseconds passed{0};
  bool over = false;
  std::unique_ptr<asio::io_context> io;
  std::unique_ptr<test::FakeAlarms> alarms;
  std::unique_ptr<FakeHooks> hooks;
  std::unique_ptr<state::Store> store;
  std::unique_ptr<secrets::Resolver> resolver;
  std::unique_ptr<Notifier> notifier;
};

TEST_F(NotifierTest, TellsEachReceiverWhatItWantsToHear) {
  start({receiver("${env:A}", {"drift"}), receiver("${env:B}")});
  auto one = fresh();
  tell(one, Event::opened);
  auto two = test::failure();
  two.number = 0;
  tell(two, Event::opened);
  auto healed = ended(one, Ending::healed, minutes(5));
  tell(healed, Event::ended);
  EXPECT_THAT(texts(hook_a), ElementsAre(HasSubstr("Drift in pingone")));
  EXPECT_THAT(texts(hook_b), ElementsAre(HasSubstr("Drift in pingone"), HasSubstr("Failure in account"),
                                         HasSubstr("Resolved: drift")));
  EXPECT_THAT(hooks->methods, ::testing::Each(std::string("POST")));
  EXPECT_EQ(notifier->pending(), 0U);
  EXPECT_EQ(notifier->counts().sent, 4U);
}

TEST_F(NotifierTest, ADriftThatIsOverWhenItIsFirstToldGivesOneMessage) {
  start({receiver("${env:A}"), receiver("${env:B}", {"resolved"})});
  auto incident = ended(fresh(), Ending::healed, seconds(0));
  tell(incident, Event::opened);
  tell(incident, Event::ended);
  EXPECT_THAT(texts(hook_a), ElementsAre(HasSubstr("over at once, set back by idpd")));
  EXPECT_THAT(texts(hook_b), ElementsAre(HasSubstr("Resolved: drift")));
}

TEST_F(NotifierTest, KeepsTheOrderAndRetriesWithABackoffUntilItIsTaken) {
  start({receiver("${env:A}")});
  hooks->answers[hook_a] = {{503, {}, {}}, {500, {}, {}}, {408, {}, {}}};
  auto one = fresh("one");
  auto two = fresh("two");
  tell(one, Event::opened);
  tell(two, Event::opened);
  EXPECT_EQ(tries(hook_a), 1U);
  alarms->advance(milliseconds(999));
  EXPECT_EQ(tries(hook_a), 1U) << "a new message does not end the wait";
  alarms->advance(milliseconds(1));
  EXPECT_EQ(tries(hook_a), 2U);
  alarms->advance(seconds(2));
  EXPECT_EQ(tries(hook_a), 3U);
  EXPECT_EQ(notifier->pending(), 2U);
  alarms->advance(seconds(4));
  EXPECT_THAT(texts(hook_a), ElementsAre(HasSubstr("/one"), HasSubstr("/one"), HasSubstr("/one"),
                                         HasSubstr("/one"), HasSubstr("/two")));
  EXPECT_EQ(notifier->pending(), 0U);
  EXPECT_EQ(notifier->counts().sent, 2U);
  EXPECT_EQ(notifier->counts().failed, 3U);
}

TEST_F(NotifierTest, TheBackoffGrowsToFiveMinutesAndNoFurther) {
  start({receiver("${env:A}")});
  hooks->broken = true;
  auto incident = fresh();
  tell(incident, Event::opened);
  alarms->advance(hours(1));
  const std::size_t before = tries(hook_a);
  alarms->advance(hours(5));
  EXPECT_EQ(tries(hook_a) - before, 60U);
  hooks->broken = false;
  alarms->advance(minutes(5));
  EXPECT_EQ(notifier->pending(), 0U);
}

TEST_F(NotifierTest, WaitsAsLongAsA429AsksFor) {
  start({receiver("${env:A}")});
  random.next = 0;
  hooks->answers[hook_a] = {{429, {{"retry-after", "90"}}, {}}, {503, {{"retry-after", "999999999"}}, {}}};
  auto incident = fresh();
  tell(incident, Event::opened);
  alarms->advance(seconds(89));
  EXPECT_EQ(tries(hook_a), 1U);
  alarms->advance(seconds(1));
  EXPECT_EQ(tries(hook_a), 2U);
  alarms->advance(hours(1));
  EXPECT_EQ(tries(hook_a), 3U) << "nobody is believed for longer than an hour";
}

TEST_F(NotifierTest, AReceiverThatHangsHoldsUpNoOther) {
  start({receiver("${env:A}"), receiver("${env:B}")});
  hooks->answers[hook_a] = {{0, {}, {}}};
  auto one = fresh("one");
  auto two = fresh("two");
  tell(one, Event::opened);
  tell(two, Event::opened);
  EXPECT_EQ(tries(hook_a), 1U);
  EXPECT_EQ(tries(hook_b), 2U);
  alarms->advance(seconds(10));
  EXPECT_EQ(hooks->abandoned, 1) << "ten seconds are enough for an answer";
  alarms->advance(seconds(1));
  EXPECT_THAT(texts(hook_a), ElementsAre(HasSubstr("/one"), HasSubstr("/one"), HasSubstr("/two")));
}

TEST_F(NotifierTest, WhatARetryCannotMendIsDroppedWithoutShowingTheUrl) {
  start({receiver("${env:A}")});
  hooks->answers[hook_a] = {{404, {}, {}}, {302, {{"location", "https://evil.example"}}, {}}};
  auto one = fresh("one");
  auto two = fresh("two");
  auto three = fresh("three");
  ::testing::internal::CaptureStderr();
  tell(one, Event::opened);
  tell(two, Event::opened);
  tell(three, Event::opened);
  const std::string log = ::testing::internal::GetCapturedStderr();
  EXPECT_THAT(texts(hook_a), ElementsAre(HasSubstr("/one"), HasSubstr("/two"), HasSubstr("/three")));
  EXPECT_EQ(hooks->got.size(), 1U) << "a redirect is not followed";
  EXPECT_EQ(notifier->pending(), 0U);
  EXPECT_EQ(notifier->counts().dropped, 2U);
  EXPECT_THAT(log, HasSubstr("notify[0]: the message of incident 1 was dropped: the answer was 404"));
  EXPECT_THAT(log, Not(HasSubstr("s3cret")));
  EXPECT_THAT(log, Not(HasSubstr("hooks.example.com")));
}

TEST_F(NotifierTest, TroubleIsLoggedOnceAndWithoutTheUrl) {
  start({receiver("${env:A}")});
  hooks->broken = true;
  auto incident = fresh();
  ::testing::internal::CaptureStderr();
  tell(incident, Event::opened);
  alarms->advance(hours(1));
  const std::string log = ::testing::internal::GetCapturedStderr();
  EXPECT_THAT(log,
              HasSubstr("notify[0]: not delivered, it will be tried again: no whole answer from the host"));
  EXPECT_EQ(std::count(log.begin(), log.end(), '\n'), 1) << log;
  EXPECT_THAT(log, Not(HasSubstr("s3cret")));
  EXPECT_THAT(log, Not(HasSubstr("hooks.example.com")));
}

TEST_F(NotifierTest, AfterAWeekAMessageIsGivenUp) {
  start({receiver("${env:A}")});
  hooks->broken = true;
  auto incident = fresh();
  tell(incident, Event::opened);
  alarms->advance(hours(24 * 7) + minutes(5));
  EXPECT_EQ(notifier->pending(), 0U);
  EXPECT_EQ(notifier->counts().dropped, 1U);
  const std::size_t before = tries(hook_a);
  alarms->advance(hours(1));
  EXPECT_EQ(tries(hook_a), before);
}

TEST_F(NotifierTest, TheWebhookIsResolvedAfreshForEachAttempt) {
  variables.erase("A");
  start({receiver("${env:A}")});
  auto incident = fresh();
  tell(incident, Event::opened);
  EXPECT_THAT(hooks->got, IsEmpty());
  variables["A"] = "http://hooks.example.com/in-clear";
  alarms->advance(seconds(1));
  EXPECT_THAT(hooks->got, IsEmpty()) << "nothing goes out in clear";
  variables["A"] = hook_b;
  alarms->advance(seconds(2));
  EXPECT_EQ(tries(hook_b), 1U);
  EXPECT_EQ(notifier->pending(), 0U);
}

TEST_F(NotifierTest, ACrashLosesNothingAndWhatWasAcknowledgedIsNotSentAgain) {
  start({receiver("${env:A}")});
  auto one = fresh("one");
  auto two = fresh("two");
  tell(one, Event::opened);
  EXPECT_EQ(tries(hook_a), 1U);
  hooks->answers[hook_a] = {{0, {}, {}}};
  tell(two, Event::opened);
  EXPECT_EQ(tries(hook_a), 2U);
  start({receiver("${env:A}")});
  EXPECT_THAT(texts(hook_a), ElementsAre(HasSubstr("/two"))) << "sent, not acknowledged: once more";
  start({receiver("${env:A}")});
  EXPECT_EQ(tries(hook_a), 0U);
}

TEST_F(NotifierTest, WhatWasAcknowledgedIsNotSentAgainWhileTheStoreCannotForgetIt) {
  start({receiver("${env:A}")});
  ASSERT_TRUE(store->database()
                  .script("CREATE TRIGGER full BEFORE DELETE ON outbox BEGIN SELECT RAISE(FAIL, 'full'); END")
                  .ok());
  auto one = fresh("one");
  auto two = fresh("two");
  tell(one, Event::opened);
  tell(two, Event::opened);
  alarms->advance(minutes(10));
  EXPECT_EQ(tries(hook_a), 1U);
  ASSERT_TRUE(store->database().script("DROP TRIGGER full").ok());
  alarms->advance(minutes(10));
  EXPECT_THAT(texts(hook_a), ElementsAre(HasSubstr("/one"), HasSubstr("/two")));
  EXPECT_EQ(notifier->counts().sent, 2U);
}

TEST_F(NotifierTest, StopWaitsForNobody) {
  start({receiver("${env:A}"), receiver("${env:B}"), receiver("${env:A}", {"drift"})});
  hooks->answers[hook_a] = {{0, {}, {}}, {503, {}, {}}};
  auto incident = fresh();
  tell(incident, Event::opened);
  EXPECT_FALSE(over);
  notifier->stop();
  alarms->settle();
  EXPECT_TRUE(over);
  EXPECT_EQ(hooks->abandoned, 1);
  EXPECT_EQ(notifier->pending(), 2U) << "for the next start";
}

TEST_F(NotifierTest, TwoReceiversMayPostToOnePlace) {
  start({receiver("${env:A}", {"drift"}), receiver("${env:A}", {"failure"})});
  auto one = fresh();
  auto two = test::failure();
  two.number = 0;
  tell(one, Event::opened);
  tell(two, Event::opened);
  EXPECT_EQ(tries(hook_a), 2U);
  EXPECT_EQ(notifier->pending(), 0U);
}

TEST_F(NotifierTest, RemindsOfWhatLastsAndOnlyOnceInATime) {
  auto daily = receiver("${env:A}");
  auto weekly = receiver("${env:B}");
  weekly.remind = hours(24 * 7);
  start({daily, weekly});
  auto incident = fresh();
  tell(incident, Event::opened);
  for (int hour = 0; hour < 49; ++hour) {
    alarms->advance(hours(1));
    ASSERT_TRUE(notifier->remind({incident}).ok());
    alarms->settle();
  }
  EXPECT_THAT(texts(hook_a),
              ElementsAre(HasSubstr("Drift in"), HasSubstr("Still drift"), HasSubstr("Still drift")));
  EXPECT_EQ(tries(hook_b), 1U);
  start({daily, weekly});
  ASSERT_TRUE(notifier->remind({incident}).ok());
  alarms->settle();
  EXPECT_EQ(tries(hook_a), 0U) << "a restart reminds of nothing";
}

TEST_F(NotifierTest, AReceiverThatIsAwayIsNotFloodedWithReminders) {
  start({receiver("${env:A}")});
  hooks->broken = true;
  auto incident = fresh();
  tell(incident, Event::opened);
  for (int day = 0; day < 5; ++day) {
    alarms->advance(hours(24));
    ASSERT_TRUE(notifier->remind({incident}).ok());
  }
  EXPECT_EQ(notifier->pending(), 1U);
}

TEST_F(NotifierTest, AReceiverThatIsNewHearsOfWhatIsOpen) {
  start({receiver("${env:A}")});
  auto incident = fresh();
  tell(incident, Event::opened);
  start({receiver("${env:A}"), receiver("${env:B}"), receiver("${env:B}", {"failure"})});
  ASSERT_TRUE(notifier->remind({incident}).ok());
  alarms->settle();
  EXPECT_EQ(tries(hook_a), 0U);
  EXPECT_THAT(texts(hook_b), ElementsAre(HasSubstr("Drift in")));
}

TEST_F(NotifierTest, MessagesOfAReceiverThatIsGoneAreDropped) {
  start({receiver("${env:A}"), receiver("${env:B}")});
  hooks->broken = true;
  auto incident = fresh();
  tell(incident, Event::opened);
  EXPECT_EQ(notifier->pending(), 2U);
  start({receiver("${env:B}")});
  EXPECT_EQ(tries(hook_a), 0U);
  EXPECT_EQ(tries(hook_b), 1U);
  EXPECT_EQ(notifier->pending(), 0U);
}

TEST_F(NotifierTest, WithoutReceiversThereIsNothingToDo) {
  start({});
  auto incident = fresh();
  tell(incident, Event::opened);
  EXPECT_TRUE(over);
  EXPECT_EQ(notifier->pending(), 0U);
}

TEST_F(NotifierTest, SlackGetsItsOwnForm) {
  auto slack = receiver("${env:A}");
  slack.slack = true;
  start({slack});
  hooks->answers[hook_a] = {{500, {}, {}}};
  auto incident = fresh();
  tell(incident, Event::opened);
  const auto waiting = state::Outbox(store->database()).pending(base::sha256_hex("${env:A}"), 1);
  ASSERT_EQ(waiting->size(), 1U);
  EXPECT_THAT(waiting->front().body, HasSubstr("\"blocks\":"));
}

}  // namespace
}  // namespace idpd::service
