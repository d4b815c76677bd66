#include "cluster/shards.h"

#include <gtest/gtest.h>

#include <map>

namespace idpd::cluster {
namespace {

std::map<int, std::string> spread(const std::set<std::string>& members) {
  std::map<int, std::string> out;
  for (int shard = 0; shard < 64; ++shard) out[shard] = wanted_holder(shard, members);
  return out;
}

TEST(Shards, AHostThatLeavesMovesNobodyElsesShards) {
  const auto before = spread({"alpha", "beta", "gamma"});
  for (const auto& [shard, holder] : spread({"alpha", "gamma"})) {
    if (before.at(shard) != "beta") {
      EXPECT_EQ(holder, before.at(shard)) << shard;
    }
  }
}

TEST(Shards, EveryHostHasSome) {
  std::map<std::string, int> counts;
  for (const auto& [shard, holder] : spread({"alpha", "beta", "gamma"})) ++counts[holder];
  EXPECT_EQ(counts.size(), 3U);
  for (const auto& [host, count] : counts) EXPECT_GT(count, 8) << host;
}

TEST(Shards, NobodyHoldsAnythingWhereNobodyIs) {
  EXPECT_EQ(wanted_holder(0, {}), "");
}

TEST(Shards, WhoDoesNotReachTheApiIsLeftOutAsLongAsSomebodyDoes) {
  using Names = std::set<std::string>;
  EXPECT_EQ(able({{"alpha", false}, {"beta", true}, {"gamma", true}}), (Names{"beta", "gamma"}));
  EXPECT_EQ(able({{"alpha", false}, {"beta", false}}), (Names{"alpha", "beta"}));
  EXPECT_EQ(able({}), Names{});
}

TEST(Shards, AnAccountIsInTheSameShardOnEveryHostAndInEveryVersion) {
  // Hosts of two versions work side by side during an upgrade.
  EXPECT_EQ(shard_of("0123456789abcdef0123456789abcdef", 16), 3);
  std::set<int> used;
  for (int i = 0; i < 500; ++i) used.insert(shard_of(std::to_string(i), 16));
  EXPECT_EQ(used.size(), 16U);
}

}  // namespace
}  // namespace idpd::cluster
