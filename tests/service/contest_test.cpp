// Two writers that keep undoing each other are noticed, and the quarrel dies down.
#include "service/contest.h"

#include <gmock/gmock.h>

#include "service/running.h"

namespace idpd::service {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;
using testing::SizeIs;

const model::Time now = std::chrono::sys_days{std::chrono::year(2026) / 11 / 1};

model::Incident set_back(model::Time at, const std::string& key = "workforce") {
  model::Incident out;
  out.key = key;
  out.ended = at;
  out.ending = model::Ending::healed;
  out.changed_by = model::Attribution{.actor = "ann@example.com"};
  return out;
}

std::vector<model::Incident> set_back_often(std::size_t times, model::Time last) {
  std::vector<model::Incident> out;
  for (std::size_t i = times; i-- > 0;) out.push_back(set_back(last - minutes(1) * static_cast<int>(i)));
  return out;
}

TEST(Contest, IsNoticedAfterThreeTimesAndNamesTheOther) {
  EXPECT_THAT(contested(set_back_often(2, now), now), IsEmpty());
  EXPECT_THAT(contested(set_back_often(3, now), now),
              Contains(Pair("workforce", HasSubstr("ann@example.com"))));
}

TEST(Contest, EachTryTakesTwiceAsLongUpToSixHours) {
  const std::map<std::size_t, minutes> pauses{{3, minutes(10)},  {4, minutes(20)},  {5, minutes(40)},
                                              {8, minutes(320)}, {9, minutes(360)}, {40, minutes(360)}};
  for (const auto& [times, pause] : pauses) {
    EXPECT_THAT(contested(set_back_often(times, now), now + pause - minutes(1)), SizeIs(1)) << times;
    EXPECT_THAT(contested(set_back_often(times, now), now + pause), IsEmpty()) << times;
  }
}

TEST(Contest, IsOfOneIdentityProviderAndIsForgottenAfterADay) {
  auto two = set_back_often(2, now);
  two.push_back(set_back(now, "another"));
  EXPECT_THAT(contested(two, now), IsEmpty());
  EXPECT_THAT(contested(set_back_often(3, now - hours(25)), now), IsEmpty());
}

TEST(Contest, DoesNotCountWhatSomebodyUndidOrTheFilesTookOver) {
  auto all = set_back_often(3, now);
  all.back().ending = model::Ending::reverted;
  EXPECT_THAT(contested(all, now), IsEmpty());
}

TEST(Contest, AClockThatWasSetBackHoldsNothingUp) {
  EXPECT_THAT(contested(set_back_often(9, now + hours(24 * 365)), now), IsEmpty());
}

class Contests : public test::Running {
 protected:
  std::size_t puts() const { return cloudflare.count("PUT "); }
  // Set back three times; the fourth time it is left alone.
  void begin() {
    source.set(test::workforce);
    start();
    for (int times = 0; times < 4; ++times) {
      by_hand("config.client_id", "by another tool");
      alarms.advance(minutes(6));
    }
    EXPECT_EQ(puts(), 3u);
  }
};

TEST_F(Contests, AreWrittenEverMoreRarelyAndToldAsSuch) {
  source.set(test::workforce);
  start();
  std::size_t at_noon = 0;
  for (int minute = 0; minute < 24 * 60; ++minute) {
    by_hand("config.client_id", "by another tool");
    alarms.advance(minutes(1));
    if (minute == 12 * 60) at_noon = puts();
  }
  EXPECT_GE(at_noon, 4u);
  EXPECT_LE(puts(), 12u) << "a day of a writer that writes each minute";
  EXPECT_LE(puts() - at_noon, 3u);
  std::vector<std::string> withheld;
  for (const model::Incident& one : incidents()) {
    if (one.kind == model::Kind::withheld && !one.ended) withheld.push_back(one.message);
  }
  ASSERT_THAT(withheld, SizeIs(1));
  EXPECT_THAT(withheld[0], HasSubstr("contested"));
  EXPECT_EQ(observed.steps().back(), "opened withheld workforce");
}

TEST_F(Contests, AChangeOfTheFilesIsWrittenAtOnce) {
  begin();
  source.set(test::with_client("decided"));
  alarms.settle();
  EXPECT_EQ(puts(), 4u);
  EXPECT_EQ(production().objects.at(only_id()).find("config")->text("client_id"), "decided");
}

TEST_F(Contests, AnApprovalWritesItNow) {
  begin();
  const base::Json* accounts = status().find("accounts");
  ASSERT_TRUE(accounts);
  const std::string fingerprint = status().find("accounts")->array()[0].text("fingerprint");
  ASSERT_TRUE(daemon->approve(fingerprint).ok());
  alarms.settle();
  EXPECT_EQ(puts(), 4u);
}

}  // namespace
}  // namespace idpd::service
