#include "service/spread.h"

#include <gtest/gtest.h>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <list>

#include "service/slots.h"

namespace idpd::service {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;

config::Settings with_accounts(std::size_t count) {
  config::Settings out;
  for (std::size_t i = 0; i < count; ++i) {
    config::Account one;
    one.alias = "customer-" + std::to_string(i);
    one.rate_group = "msp";
    out.accounts.push_back(one);
  }
  return out;
}

TEST(Spread, TheIntervalIsKeptWhereTheBudgetAllowsForIt) {
  const config::Settings settings = with_accounts(600);
  const auto pace = spread(settings, 960);
  EXPECT_EQ(pace.at("msp").interval, minutes(5));
  EXPECT_EQ(spread_notice(settings, pace, 960), "");
}

TEST(Spread, ThreeThousandAccountsOfOneTokenAreLookedAtMoreRarelyAndThatIsSaid) {
  const config::Settings settings = with_accounts(3000);
  const auto pace = spread(settings, 960);
  const auto interval = pace.at("msp").interval;
  EXPECT_LT(3000.0 * (minutes(5) / milliseconds(1)) / static_cast<double>(interval.count()), 960 * 0.9)
      << "less than reads may take";
  EXPECT_EQ(spread_notice(settings, pace, 960),
            "3000 accounts share the 960 requests in 5 min of rate group msp: each is looked at every 23 min "
            "instead of "
            "every 5 min");
}

TEST(Spread, IsOfEachTokenByItself) {
  config::Settings settings = with_accounts(3000);
  for (std::size_t i = 0; i < 3000; ++i) settings.accounts[i].rate_group = "token-" + std::to_string(i % 5);
  EXPECT_EQ(spread_notice(settings, spread(settings, 960), 960), "");
}

class GroupSlots : public testing::Test {
 protected:
  asio::io_context io;
  base::SystemClock clock;
  SystemAlarms alarms{io, clock};
  Slots slots{2};
  std::list<std::unique_ptr<Alarm>> turns;
  std::vector<std::string> in;

  asio::awaitable<void> enter_one(std::string group) {
    Alarm& turn = *turns.emplace_back(alarms.make());
    const bool mine = co_await slots.enter(turn, group);
    if (mine) in.push_back(group);
  }
  void enter(const std::string& group) {
    asio::co_spawn(io, enter_one(group), asio::detached);
    run();
  }
  void run() {
    io.restart();
    io.poll();
  }
};

using Names = std::vector<std::string>;

TEST_F(GroupSlots, AccountsThatWaitForTheirBudgetHoldUpNoneOfAnotherToken) {
  for (int i = 0; i < 3; ++i) enter("used-up");
  enter("other");
  EXPECT_EQ(in, (Names{"used-up", "used-up"}));
  slots.budget_waits("used-up", true);
  run();
  EXPECT_EQ(in, (Names{"used-up", "used-up", "other"})) << "nor does one that waits before it";
  enter("other");
  enter("other");
  EXPECT_EQ(in.size(), 4U) << "and there are never more at work than settings allow";
  slots.leave("used-up");
  run();
  EXPECT_EQ(in.back(), "used-up");
}

TEST_F(GroupSlots, ABudgetThatIsThereAgainCountsAgain) {
  enter("a");
  enter("a");
  slots.budget_waits("a", true);
  enter("b");
  enter("b");
  slots.budget_waits("a", false);
  slots.leave("b");
  slots.leave("b");
  enter("b");
  EXPECT_EQ(in, (Names{"a", "a", "b", "b"}));
  slots.leave("a");
  run();
  EXPECT_EQ(in.back(), "b");
}

}  // namespace
}  // namespace idpd::service
