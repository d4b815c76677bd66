// How messages get to their receivers.
#include "notifying.h"

namespace idpd::service {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

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
  std::vector<Verdict> seen;
  notifier->watch([&](Verdict verdict) { seen.push_back(verdict); });
  ::testing::internal::CaptureStderr();
  tell(one, Event::opened);
  tell(two, Event::opened);
  tell(three, Event::opened);
  const std::string log = ::testing::internal::GetCapturedStderr();
  EXPECT_THAT(texts(hook_a), ElementsAre(HasSubstr("/one"), HasSubstr("/two"), HasSubstr("/three")));
  EXPECT_EQ(hooks->got.size(), 1U) << "a redirect is not followed";
  EXPECT_EQ(notifier->pending(), 0U);
  EXPECT_EQ(notifier->counts().dropped, 2U);
  EXPECT_THAT(seen, ElementsAre(Verdict::refused, Verdict::refused, Verdict::acknowledged));
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

}  // namespace
}  // namespace idpd::service
