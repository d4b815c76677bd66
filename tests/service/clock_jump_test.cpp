// What a clock that somebody sets, by a year in either direction, does to a daemon that runs: its pace goes
// by the monotonic clock, and nothing that it has to tell is lost or put off for a year.
#include "service/history_document.h"
#include "service/notifying.h"
#include "service/running.h"
#include "service/status_page.h"
#include "service/status_text.h"

namespace idpd::service {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using test::account_id;
using test::workforce;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr hours year{24 * 365};

class ClockJump : public test::Running, public testing::WithParamInterface<hours> {
 protected:
  void start_with(const std::string& files) {
    source.set(files);
    start();
  }
  void report_only() {
    end();
    settings.accounts[0].enforce = false;
    start();
  }
  model::Time now() { return std::chrono::floor<seconds>(alarms.clock().now()); }
};

TEST_P(ClockJump, PassesKeepTheirPace) {
  start_with(workforce);
  cloudflare.requests.clear();
  alarms.advance(minutes(30));
  alarms.jump(GetParam());
  alarms.advance(minutes(90));
  EXPECT_EQ(cloudflare.count("GET " + account_id), 24U) << "one every five minutes, as ever";
}

TEST_P(ClockJump, DriftIsHealedToldAndOver) {
  start_with(workforce);
  alarms.jump(GetParam());
  by_hand("config.client_id", "by hand");
  alarms.advance(minutes(6));
  EXPECT_THAT(observed.steps(), ElementsAre("opened drift workforce healed"));
}

TEST_P(ClockJump, AnOpenIncidentStaysOneAndEnds) {
  start_with(workforce);
  report_only();
  by_hand("config.client_id", "by hand");
  alarms.advance(minutes(6));
  alarms.jump(GetParam());
  alarms.advance(minutes(6));
  EXPECT_THAT(observed.steps(), ElementsAre("opened drift workforce"));
  by_hand("config.client_id", "one");
  alarms.advance(minutes(6));
  EXPECT_THAT(observed.steps(), ElementsAre("opened drift workforce", "ended drift workforce reverted"));
  EXPECT_THAT(*store->history().open_incidents(account_id), IsEmpty());
}

TEST_P(ClockJump, TheAuditLogIsNotAskedForAYear) {
  start_with(workforce);
  report_only();
  by_hand("config.client_id", "by hand");
  alarms.advance(minutes(6));
  alarms.jump(GetParam());
  alarms.advance(hours(2));
  cloudflare.requests.clear();
  alarms.advance(hours(1));
  EXPECT_EQ(cloudflare.count("GET " + account_id + "/logs/audit"), 0U);
}

TEST_P(ClockJump, WhatExpiresIsSeenByTheClockThatIsInForce) {
  std::string text = workforce;
  text += "    options: {secret_expires: 2026-12-20}\n";  // within the thirty days before
  alarms.jump(-hours(24 * 60));
  start_with(text);
  EXPECT_THAT(observed.steps(), IsEmpty());
  alarms.jump(hours(24 * 90));
  alarms.advance(minutes(6));
  EXPECT_THAT(observed.steps(), ElementsAre("opened expiry workforce"));
  alarms.jump(-year);
  alarms.advance(minutes(6));
  EXPECT_EQ(observed.steps().back(), "ended expiry workforce resolved");
}

TEST_P(ClockJump, StatusHistoryAndPageCanBeShown) {
  start_with(workforce);
  report_only();
  by_hand("config.client_id", "by hand");
  alarms.advance(minutes(12));
  alarms.jump(GetParam());
  for (int round = 0; round < 2; ++round) {  // before a pass has seen the new time, and after
    const base::Json history = *history_document(*store, 100);
    EXPECT_THAT(status_text(status(), now(), false), HasSubstr("workforce"));
    EXPECT_THAT(history_text(history, now(), false), HasSubstr("workforce"));
    EXPECT_THAT(status_page(status(), history, now()).html, HasSubstr("</html>"));
    alarms.advance(minutes(6));
  }
  const auto passes = *store->history().passes(3);
  ASSERT_EQ(passes.size(), 3U);
  EXPECT_GT(passes[0].number, passes[1].number) << "newest first, whatever the clock said";
}

TEST_P(ClockJump, ARestartUnderTheNewTimeGoesOn) {
  start_with(workforce);
  end();
  alarms.jump(GetParam());
  by_hand("config.client_id", "by hand");
  start();
  EXPECT_THAT(observed.steps(), Contains("opened drift workforce healed"));
  EXPECT_EQ(daemon->not_ready(), "");
}

INSTANTIATE_TEST_SUITE_P(Of, ClockJump, testing::Values(year, -year),
                         [](const auto& one) { return one.param > hours(0) ? "AYearAhead" : "AYearBack"; });

TEST_F(NotifierTest, AClockThatIsSetBackPutsOffNoReminder) {
  start({receiver("${env:A}")});
  auto incident = fresh();
  tell(incident, Event::opened);
  alarms->jump(-year);
  for (int hour = 0; hour < 49; ++hour) {
    ASSERT_TRUE(notifier->remind({incident}).ok());
    alarms->advance(hours(1));
  }
  EXPECT_THAT(texts(hook_a), ElementsAre(HasSubstr("Drift in"), HasSubstr("Still drift"),
                                         HasSubstr("Still drift"), HasSubstr("Still drift")))
      << "one at once, since nobody knows how long ago the last was, and then daily";
}

TEST_F(NotifierTest, AClockThatIsSetForwardDropsNoMessageUnsent) {
  start({receiver("${env:A}")});
  hooks->answers[hook_a] = {{503, {}, {}}};
  auto one = fresh("one");
  auto two = fresh("two");
  tell(one, Event::opened);
  tell(two, Event::opened);
  alarms->jump(year);
  alarms->advance(minutes(1));
  EXPECT_THAT(texts(hook_a), ElementsAre(HasSubstr("/one"), HasSubstr("/one"), HasSubstr("/two")));
  EXPECT_EQ(notifier->counts().dropped, 0U);
}

TEST_F(NotifierTest, AClockThatIsSetBackDropsNoMessageAndRepeatsNone) {
  start({receiver("${env:A}")});
  hooks->answers[hook_a] = {{503, {}, {}}};
  auto one = fresh("one");
  tell(one, Event::opened);
  alarms->jump(-year);
  alarms->advance(minutes(1));
  EXPECT_EQ(tries(hook_a), 2U);
  EXPECT_EQ(notifier->pending(), 0U);
}

}  // namespace
}  // namespace idpd::service
