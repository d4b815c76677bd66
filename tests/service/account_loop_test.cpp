// When an account is looked at (issue: the loop). Time is the test's.
#include "service/account_loop.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <list>

#include "service/fake_alarms.h"

namespace idpd::service {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::ElementsAre;

class FixedRandom final : public base::Random {
 public:
  double value = 0.5;
  double unit() override { return value; }
};

// Some loops over work that does nothing but take as long as the test says.
struct Loops : testing::Test {
  asio::io_context io;
  test::FakeAlarms alarms{io};
  FixedRandom random;
  Slots slots{8};
  std::vector<std::string> passes;  // why each was made
  std::vector<service::Instant> began;
  Ended ends = Ended::done;
  std::chrono::nanoseconds length{0};
  int at_once = 0;
  int most_at_once = 0;
  std::string approved;
  std::list<std::unique_ptr<Alarm>> working;
  std::list<AccountLoop> all;

  AccountLoop& add() {
    AccountLoop& loop = all.emplace_back(
        alarms, random, slots, AccountLoop::Pace{minutes(5)},
        [this](Job job) { return work(std::move(job)); }, [] {});
    asio::co_spawn(io, loop.run(), asio::detached);
    return loop;
  }

  asio::awaitable<Ended> work(Job job) {
    passes.emplace_back(name_of(job.trigger));
    began.push_back(alarms.clock().monotonic());
    approved = job.approved;
    most_at_once = std::max(most_at_once, ++at_once);
    if (length.count() > 0) {
      Alarm& alarm = *working.emplace_back(alarms.make());
      co_await alarm.wait_until(alarms.clock().monotonic() + length);
    }
    --at_once;
    co_return ends;
  }

  void TearDown() override {
    for (AccountLoop& loop : all) loop.stop();
    alarms.advance(hours(1));
  }
};

TEST_F(Loops, APassOnStartAndThenOnTheInterval) {
  add();
  alarms.advance(minutes(16));
  EXPECT_THAT(passes, ElementsAre("start", "interval", "interval", "interval"));
  EXPECT_EQ(began[1] - began[0], minutes(5));
}

TEST_F(Loops, TheIntervalIsSpreadSoThatAccountsDoNotComeTogether) {
  random.value = 0;
  add();
  alarms.advance(minutes(5));
  EXPECT_EQ(began.back() - began.front(), seconds(270));
}

TEST_F(Loops, WhatAsksDuringAPassLeadsToExactlyOneMore) {
  length = seconds(10);
  AccountLoop& loop = add();
  alarms.settle();
  for (int i = 0; i < 1000; ++i) loop.ask(Trigger::files);
  alarms.advance(minutes(1));
  EXPECT_THAT(passes, ElementsAre("start", "files"));
  EXPECT_EQ(most_at_once, 1);
}

TEST_F(Loops, NeverMorePassesAtOnceThanThereAreSlotsAndAllGetTheirTurn) {
  Slots two(2);
  length = seconds(10);
  for (int i = 0; i < 5; ++i) {
    AccountLoop& loop = all.emplace_back(
        alarms, random, two, AccountLoop::Pace{minutes(5)}, [this](Job job) { return work(std::move(job)); },
        [] {});
    asio::co_spawn(io, loop.run(), asio::detached);
  }
  alarms.advance(seconds(29));
  EXPECT_EQ(most_at_once, 2);
  EXPECT_EQ(passes.size(), 5u);
  for (AccountLoop& loop : all) loop.stop();
  alarms.advance(hours(1));
  all.clear();
}

TEST_F(Loops, AFailureIsRepeatedEverMoreRarelyAndACapHolds) {
  ends = Ended::failed;
  random.value = 1;
  AccountLoop& loop = add();
  alarms.advance(hours(2));
  ASSERT_GT(began.size(), 8u);
  EXPECT_EQ(began[1] - began[0], seconds(10));
  EXPECT_EQ(began[2] - began[1], seconds(20));
  EXPECT_EQ(began[8] - began[7], minutes(15));
  EXPECT_EQ(passes[1], "retry");
  ends = Ended::done;
  alarms.advance(minutes(15));
  EXPECT_EQ(loop.failures(), 0u) << "it recovers by itself";
}

TEST_F(Loops, TheBackOffHasFullJitterButNeverSpins) {
  ends = Ended::failed;
  random.value = 0;
  add();
  alarms.advance(seconds(10));
  EXPECT_EQ(began.size(), 11u) << "a second apart at least";
}

TEST_F(Loops, AFailingAccountDoesNotSlowTheOthers) {
  add();
  AccountLoop& failing = all.emplace_back(
      alarms, random, slots, AccountLoop::Pace{minutes(5)},
      [](Job) -> asio::awaitable<Ended> { co_return Ended::failed; }, [] {});
  asio::co_spawn(io, failing.run(), asio::detached);
  alarms.advance(minutes(26));
  EXPECT_EQ(passes.size(), 6u);
}

TEST_F(Loops, AnOvertakenPlanIsMadeAnewAtOnceButNotForEver) {
  ends = Ended::overtaken;
  add();
  alarms.advance(seconds(1));
  EXPECT_THAT(passes, ElementsAre("start", "overtaken", "overtaken"));
}

TEST_F(Loops, AnAccountThatAnotherIdpdHasIsTriedSoonAgainAndCountsAsNoFailure) {
  ends = Ended::locked;
  AccountLoop& loop = add();
  alarms.advance(seconds(8));
  EXPECT_EQ(passes.size(), 2u);
  EXPECT_EQ(loop.failures(), 0u);
}

TEST_F(Loops, AnApprovalGoesToOnePass) {
  AccountLoop& loop = add();
  alarms.settle();
  loop.approve("sha256:1");
  alarms.settle();
  EXPECT_EQ(approved, "sha256:1");
  EXPECT_EQ(passes.back(), "approval");
  loop.ask(Trigger::request);
  alarms.settle();
  EXPECT_EQ(approved, "");
}

TEST_F(Loops, AStopLetsThePassInHandEndAndBeginsNoOther) {
  length = seconds(10);
  AccountLoop& loop = add();
  alarms.settle();
  loop.ask(Trigger::files);
  loop.stop();
  EXPECT_TRUE(loop.running());
  alarms.advance(minutes(1));
  EXPECT_FALSE(loop.running());
  EXPECT_THAT(passes, ElementsAre("start"));
}

}  // namespace
}  // namespace idpd::service
