// Who is told what, and when again.
#include "base/digest.h"
#include "notifying.h"
#include "state/outbox.h"

namespace idpd::service {
namespace {

using model::Ending;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using test::ended;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

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
