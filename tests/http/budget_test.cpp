#include "http/budget.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <optional>
#include <set>
#include <utility>

namespace idpd::http {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using Time = Window::Time;

const Time start{std::chrono::hours(1)};

void take(Window& window, int count, Time at) {
  for (int i = 0; i < count; ++i) window.take(at);
}

void take_and_settle(Window& window, int count, Time at) {
  take(window, count, at);
  for (int i = 0; i < count; ++i) window.settle();
}

ServerLimit of_fifty(int remaining, int reset_after) {
  return {"\"default\"", remaining, seconds(reset_after), 50, seconds(60)};
}

TEST(Window, LetsABurstUseAllOfItUpAndThenWaitsForTheOldestToLeave) {
  Window window(100);
  take(window, 60, start);
  take(window, 40, start + seconds(10));
  EXPECT_EQ(window.wait(start + seconds(10), Priority::write), seconds(290));
  EXPECT_EQ(window.wait(start + minutes(5), Priority::write), seconds(0));
}

TEST(Window, ALimitThatChangesForgetsNothingThatWasSent) {
  Window window(100);
  take(window, 60, start);
  window.set_limit(60);
  EXPECT_EQ(window.wait(start, Priority::write), minutes(5));
  window.set_limit(70);
  EXPECT_EQ(window.wait(start, Priority::write), seconds(0));
}

TEST(Window, KeepsTheLastTenthForWrites) {
  Window window(100);
  take(window, 89, start);
  EXPECT_EQ(window.wait(start, Priority::read), seconds(0));
  window.take(start);
  EXPECT_EQ(window.wait(start, Priority::read), minutes(5));
  EXPECT_EQ(window.wait(start, Priority::write), seconds(0));
}

TEST(Window, ReadsWaitUntilTheReserveIsWholeAgain) {
  Window window(10);
  take(window, 1, start);
  take(window, 9, start + seconds(30));
  EXPECT_EQ(window.wait(start + minutes(5), Priority::write), seconds(0));
  EXPECT_EQ(window.wait(start + minutes(5), Priority::read), seconds(30));
}

TEST(Window, AlwaysLetsSomethingThroughHoweverSmall) {
  for (const int limit : {-1, 0, 1, 2}) {
    Window window(limit);
    EXPECT_EQ(window.wait(start, Priority::read), seconds(0)) << limit;
    window.take(start);
    EXPECT_EQ(window.wait(start + minutes(5), Priority::read), seconds(0)) << limit;
  }
}

TEST(Window, ObeysWhatTheServerSaysIsLeft) {
  Window window(1000);
  window.observe(start, {{"\"default\"", 5, seconds(30), 50}});
  EXPECT_EQ(window.wait(start, Priority::read), seconds(30));
  EXPECT_EQ(window.wait(start, Priority::write), seconds(0));
  take(window, 5, start);
  EXPECT_EQ(window.wait(start, Priority::write), seconds(30));
  EXPECT_EQ(window.wait(start + seconds(30), Priority::read), seconds(0));
}

TEST(Window, WhatIsInFlightMayNotBeCountedInWhatTheServerSaysIsLeft) {
  Window window(1000);
  take(window, 8, start);
  window.settle();
  window.observe(start, {of_fifty(10, 30)});  // seven more are on their way: three are left
  take_and_settle(window, 2, start);
  EXPECT_EQ(window.wait(start, Priority::write), seconds(0));
  window.take(start);
  EXPECT_EQ(window.wait(start, Priority::write), seconds(30));
}

TEST(Window, AnAnswerThatWasOvertakenGivesNothingBack) {
  Window window(1000);
  window.observe(start, {of_fifty(0, 30)});
  window.observe(start, {of_fifty(8, 30)});
  EXPECT_EQ(window.wait(start, Priority::write), seconds(30));
}

TEST(Window, AfterTheServersResetNoMoreThanItsQuotaGoesOut) {
  Window window(1000);
  window.observe(start, {of_fifty(0, 30)});
  const Time reset = start + seconds(30);
  EXPECT_EQ(window.wait(reset, Priority::read), seconds(0));
  take_and_settle(window, 49, reset);
  EXPECT_EQ(window.wait(reset, Priority::write), seconds(0));
  window.take(reset);
  EXPECT_EQ(window.wait(reset, Priority::write), seconds(60));
}

TEST(Window, ANewWindowOfTheServerIsBelievedOnceTheOldOneIsOver) {
  Window window(1000);
  window.observe(start, {of_fifty(0, 30)});
  window.observe(start + seconds(30), {of_fifty(45, 60)});
  EXPECT_EQ(window.wait(start + seconds(30), Priority::read), seconds(0));
}

TEST(Window, NeverBelievesAResetLaterThanItsOwnLength) {
  Window window(1000);
  window.observe(start, {{"x", 0, std::chrono::hours(24), 50}});
  EXPECT_EQ(window.wait(start, Priority::write), minutes(5));
}

TEST(Window, APauseHoldsEverythingAndIsNeverShortened) {
  Window window(1000);
  window.pause(start, seconds(20));
  window.pause(start, seconds(10));
  EXPECT_EQ(window.wait(start + seconds(5), Priority::write), seconds(15));
}

TEST(RateLimits, AreReadFromTheHeaders) {
  EXPECT_EQ(parse_rate_limits(R"("default";r=50;t=30)", R"("burst";q=100;w=60, "default";q=1200;w=300)"),
            (std::vector<ServerLimit>{{"\"default\"", 50, seconds(30), 1200, seconds(300)}}));
  EXPECT_EQ(parse_rate_limits(R"("a";r=1;t=2, "b"; t=4; r=3)", "").size(), 2U);
  for (const char* text :
       {"", "garbage", ";;;,,,", R"("a";r=-1;t=2)", R"("a";r=99999999999;t=1)", R"("a";r=1)"}) {
    EXPECT_TRUE(parse_rate_limits(text, text).empty()) << text;
  }
}

TEST(RetryAfter, IsReadInSeconds) {
  EXPECT_EQ(parse_retry_after("30"), 30);
  EXPECT_EQ(parse_retry_after(" 0 "), 0);
  EXPECT_LT(parse_retry_after(""), 0);
  EXPECT_LT(parse_retry_after("Wed, 21 Oct 2026 07:28:00 GMT"), 0);
}

class FakeClock final : public base::Clock {
 public:
  Time at = start;
  std::chrono::system_clock::time_point now() const override { return {}; }
  Time monotonic() const override { return at; }
};

TEST(Budget, A429PausesTheWholeGroupForRetryAfter) {
  asio::io_context io;
  FakeClock clock;
  Budget budget(io, clock, 100);
  budget.observe(Response{429, {{"retry-after", "60"}}, {}});
  bool granted = false;
  const auto wait = [&]() -> asio::awaitable<void> { granted = co_await budget.acquire(Priority::write); };
  asio::co_spawn(io, wait(), asio::detached);
  io.run_for(std::chrono::milliseconds(20));
  EXPECT_FALSE(granted);

  clock.at += seconds(60);
  bool later = false;
  const auto again = [&]() -> asio::awaitable<void> { later = co_await budget.acquire(Priority::read); };
  asio::co_spawn(io, again(), asio::detached);
  io.restart();
  io.run_for(std::chrono::milliseconds(20));
  EXPECT_TRUE(later);
}

TEST(Budget, WaitsAndThenGoesOnByItself) {
  asio::io_context io;
  base::SystemClock clock;
  Budget budget(io, clock, 100);
  budget.observe(Response{200, {{"ratelimit", R"("default";r=0;t=1)"}}, {}});
  bool granted = false;
  const auto wait = [&]() -> asio::awaitable<void> { granted = co_await budget.acquire(Priority::read); };
  asio::co_spawn(io, wait(), asio::detached);
  EXPECT_EQ(budget.waited_seconds(), 0);
  io.run_for(seconds(3));
  EXPECT_TRUE(granted);
  EXPECT_NEAR(budget.waited_seconds(), 1, 0.5);
}

// Whoever waits in a budget of ten requests, with time that stands still until it is moved.
class Sharing : public testing::Test {
 protected:
  asio::io_context io;
  FakeClock clock;
  Budget budget{io, clock, 10};
  std::vector<std::string> served;
  std::vector<bool> told;

  Sharing() {
    budget.watch([this](bool waits) { told.push_back(waits); });
  }
  // That many requests, one after the other.
  asio::awaitable<void> ask(std::string account, Priority priority, int requests) {
    for (int i = 0; i < requests; ++i) {
      const bool granted = co_await budget.acquire(priority, account);
      if (!granted) co_return;
      const Budget::InFlight in_flight(budget);
      served.push_back(account);
    }
  }
  void start_asking(const std::string& account, Priority priority, int requests = 1) {
    asio::co_spawn(io, ask(account, priority, requests), asio::detached);
  }
  void run() {
    io.restart();
    io.poll();
  }
  // The next ten requests may go.
  void next_window() {
    clock.at += minutes(5);
    budget.set_limit(10);
    run();
  }
  std::vector<std::string> taken() { return std::exchange(served, {}); }
};

using Names = std::vector<std::string>;

TEST_F(Sharing, OneAccountWithManyRequestsHoldsUpNoOtherThatWaits) {
  for (int i = 0; i < 30; ++i) start_asking("big", Priority::write);
  run();
  EXPECT_EQ(taken(), Names(10, "big"));
  for (const char* small : {"a", "b", "c"}) start_asking(small, Priority::write);
  run();
  EXPECT_TRUE(served.empty());
  next_window();
  EXPECT_EQ(taken(), (Names{"big", "a", "b", "c", "big", "big", "big", "big", "big", "big"}));
}

TEST_F(Sharing, AccountsWithManyRequestsTakeTurns) {
  start_asking("first", Priority::write, 10);
  run();
  taken();
  for (int i = 0; i < 10; ++i) start_asking("a", Priority::write);
  for (int i = 0; i < 10; ++i) start_asking("b", Priority::write);
  run();
  next_window();
  EXPECT_EQ(taken(), (Names{"a", "b", "a", "b", "a", "b", "a", "b", "a", "b"}));
}

TEST_F(Sharing, WritesGoBeforeReadsThatWaitedLongerAndReadsAreNotStarved) {
  start_asking("first", Priority::write, 10);
  run();
  taken();
  for (int i = 0; i < 4; ++i) start_asking("reads", Priority::read);
  for (int i = 0; i < 20; ++i) start_asking("writes", Priority::write);
  run();
  next_window();
  const Names got = taken();
  ASSERT_EQ(got.size(), 10U);
  EXPECT_GE(std::count(got.begin(), got.end(), "reads"), 2);
  EXPECT_GE(std::count(got.begin(), got.end(), "writes"), 6);
}

TEST_F(Sharing, OneTimerServesAllThatWait) {
  start_asking("first", Priority::write, 10);
  for (int i = 0; i < 1000; ++i) start_asking(std::to_string(i), Priority::write);
  run();
  taken();
  for (int i = 0; i < 100; ++i) next_window();
  EXPECT_EQ(served.size(), 1000U);
  EXPECT_EQ(std::set<std::string>(served.begin(), served.end()).size(), 1000U);
  EXPECT_EQ(told, (std::vector<bool>{true, false}))
      << "that somebody waits is told once, and that nobody does";
}

TEST_F(Sharing, WhoIsCancelledTakesNothingAndHoldsUpNobody) {
  start_asking("first", Priority::write, 10);
  run();
  asio::cancellation_signal signal;
  asio::co_spawn(io, ask("cancelled", Priority::write, 1),
                 asio::bind_cancellation_slot(signal.slot(), asio::detached));
  start_asking("other", Priority::write);
  run();
  taken();
  signal.emit(asio::cancellation_type::all);
  run();
  next_window();
  EXPECT_EQ(taken(), Names{"other"});
}

TEST(Budget, MayEndBeforeTheLoopInWhichSomebodyWaits) {
  FakeClock clock;
  asio::io_context io;
  std::optional<Budget> budget;
  budget.emplace(io, clock, 1);
  const auto wait = [&]() -> asio::awaitable<void> {
    for (int i = 0; i < 2; ++i) (void)co_await budget->acquire(Priority::write);
  };
  asio::co_spawn(io, wait(), asio::detached);
  io.poll();
  budget.reset();
}

TEST(Budget, MayOutliveTheLoopInWhichSomebodyWaits) {
  FakeClock clock;
  std::optional<asio::io_context> io(std::in_place);
  Budget budget(*io, clock, 1);
  const auto wait = [&]() -> asio::awaitable<void> {
    for (int i = 0; i < 2; ++i) (void)co_await budget.acquire(Priority::write);
  };
  asio::co_spawn(*io, wait(), asio::detached);
  io->poll();
  io.reset();
}

}  // namespace
}  // namespace idpd::http
