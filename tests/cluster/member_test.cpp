#include "cluster/member.h"

#include "cluster/host.h"
#include "cluster/shards.h"

namespace idpd::cluster {
namespace {

using std::chrono::seconds;
using test::Gateway;

// The way of a member to the one etcd of the test.
class Wire final : public http::Transport {
 public:
  explicit Wire(Gateway& gateway) : gateway_(gateway) {}
  asio::awaitable<base::Result<http::Response>> send(http::Request request) override {
    if (cut) co_return base::Error{base::Code::network, "nobody answers"};
    co_return co_await gateway_.send(std::move(request));
  }
  bool cut = false;

 private:
  Gateway& gateway_;
};

struct Host {
  std::unique_ptr<Member> member;
  Wire* wire = nullptr;
};

class MemberTest : public test::ClusterTest {
 protected:
  Host host(const std::string& name) {
    auto wire = std::make_unique<Wire>(gateway);
    Host out;
    out.wire = wire.get();
    out.member = std::make_unique<Member>(io, std::move(wire), Etcd::Options{.endpoints = {"https://one"}},
                                          identity(name), clock());
    return out;
  }
  void tick(const std::vector<const Host*>& hosts, int times = 3) {
    for (int i = 0; i < times; ++i) {
      gateway.now += lease_step;
      for (const Host* one : hosts) wait(one->member->tick());
    }
  }
  static std::set<int> shards_of(const Host& one) {
    std::set<int> out;
    for (int shard = 0; shard < test::shard_count; ++shard) {
      if (one.member->holds(account_in(shard))) out.insert(shard);
    }
    return out;
  }
  static constexpr seconds lease_step{test::lease_seconds / 6};
};

TEST_F(MemberTest, OneAloneHasAll) {
  const Host alpha = host("alpha");
  tick({&alpha});
  EXPECT_EQ(shards_of(alpha).size(), 4U);
  EXPECT_EQ(alpha.member->members(), 1U);
  EXPECT_EQ(alpha.member->problem(), "");
}

TEST_F(MemberTest, OneThatJoinsTakesItsShareAndNothingIsAtBoth) {
  const Host alpha = host("alpha");
  tick({&alpha});
  const Host beta = host("beta");
  tick({&beta, &alpha, &beta}, 1);
  const auto first = shards_of(alpha);
  const auto second = shards_of(beta);
  EXPECT_EQ(first.size() + second.size(), 4U);
  EXPECT_FALSE(first.empty());
  EXPECT_FALSE(second.empty());
  for (const int shard : first) EXPECT_FALSE(second.contains(shard));
}

TEST_F(MemberTest, APassThatDoesNotEndHoldsUpItsOwnShardAlone) {
  const Host alpha = host("alpha");
  tick({&alpha});
  auto store = this->store("alpha");
  const Host beta = host("beta");
  // Which ones would move to beta: seen on a copy of this world.
  std::set<int> moving;
  for (int shard = 0; shard < test::shard_count; ++shard) {
    if (wanted_holder(shard, {"alpha", "beta"}) == "beta") moving.insert(shard);
  }
  ASSERT_GE(moving.size(), 2U) << "the test needs two";
  const int stuck = *moving.begin();
  auto entered = wait(alpha.member->enter(store, account_in(stuck)));
  ASSERT_TRUE(entered);
  tick({&beta, &alpha}, 4);
  const auto held = shards_of(beta);
  for (const int shard : moving) EXPECT_EQ(held.contains(shard), shard != stuck) << shard;
  EXPECT_TRUE((*entered)->permit()) << "it may go on to its end";
  entered->reset();
  tick({&alpha, &beta}, 1);
  EXPECT_TRUE(shards_of(beta).contains(stuck));
}

TEST_F(MemberTest, WhatADeadHostHadIsTakenAfterItsLease) {
  const Host alpha = host("alpha");
  const Host beta = host("beta");
  tick({&alpha, &beta}, 4);
  ASSERT_LT(shards_of(beta).size(), 4U);
  tick({&beta}, 5);
  EXPECT_LT(shards_of(beta).size(), 4U) << "not before";
  tick({&beta}, 2);
  EXPECT_EQ(shards_of(beta).size(), 4U);
}

TEST_F(MemberTest, OneThatIsCutOffHoldsNothingBeforeAnotherTakesIt) {
  const Host alpha = host("alpha");
  const Host beta = host("beta");
  tick({&alpha, &beta}, 4);
  alpha.wire->cut = true;
  for (int i = 0; i < 8; ++i) {
    tick({&alpha, &beta}, 1);
    const auto first = shards_of(alpha);
    for (const int shard : shards_of(beta)) EXPECT_FALSE(first.contains(shard)) << i;
  }
  EXPECT_EQ(shards_of(beta).size(), 4U);
  EXPECT_NE(alpha.member->problem().find("the cluster, since "), std::string::npos);
  alpha.wire->cut = false;
  tick({&alpha, &beta}, 3);
  EXPECT_FALSE(shards_of(alpha).empty());
  EXPECT_EQ(alpha.member->problem(), "");
}

TEST_F(MemberTest, WhoeverDoesNotReachTheApiLeavesItToThoseWhoDo) {
  const Host alpha = host("alpha");
  const Host beta = host("beta");
  tick({&alpha, &beta}, 4);
  const auto before = shards_of(alpha);
  ASSERT_FALSE(before.empty());
  for (int i = 0; i < 3; ++i) alpha.member->api(false);
  tick({&alpha, &beta}, 11);
  EXPECT_EQ(shards_of(alpha), before) << "not before two leases are over";
  EXPECT_FALSE(alpha.member->out_of_reach());
  tick({&alpha, &beta}, 6);
  EXPECT_TRUE(alpha.member->out_of_reach());
  EXPECT_TRUE(shards_of(alpha).empty());
  EXPECT_EQ(shards_of(beta).size(), 4U);
  EXPECT_NE(gateway.get("/idpd/live/members/alpha")->value.find("cannot reach the API since 2"),
            std::string::npos);
  tick({&alpha, &beta}, 20);
  EXPECT_EQ(shards_of(beta).size(), 4U) << "for as long as it lasts";
  alpha.member->api(true);
  tick({&alpha, &beta}, 3);
  EXPECT_EQ(shards_of(alpha), before);
}

TEST_F(MemberTest, AnApiThatNobodyReachesMovesNothing) {
  const Host alpha = host("alpha");
  const Host beta = host("beta");
  tick({&alpha, &beta}, 4);
  const auto before = shards_of(alpha);
  for (int i = 0; i < 3; ++i) alpha.member->api(false);
  tick({&alpha, &beta}, 2);  // beta finds out somewhat later
  for (int i = 0; i < 3; ++i) beta.member->api(false);
  for (int i = 0; i < 30; ++i) {
    tick({&alpha, &beta}, 1);
    EXPECT_EQ(shards_of(alpha), before) << i;
  }
  beta.member->api(true);
  tick({&alpha, &beta}, 2);
  alpha.member->api(true);
  tick({&alpha, &beta}, 2);
  EXPECT_EQ(shards_of(alpha), before) << "nor does its return, when the other finds out in time";
}

TEST_F(MemberTest, ANameThatAnotherHasIsSaidAndNothingIsTaken) {
  const Host alpha = host("alpha");
  tick({&alpha});
  const Host twin = host("alpha");
  tick({&alpha, &twin}, 3);
  EXPECT_EQ(shards_of(twin).size(), 0U);
  EXPECT_NE(twin.member->problem().find("another idpd is in etcd under the name alpha"), std::string::npos)
      << twin.member->problem();
  EXPECT_EQ(shards_of(alpha).size(), 4U);
}

TEST_F(MemberTest, AStopInTheMidstOfTakingGivesBackWhatWasTaken) {
  const Host alpha = host("alpha");
  gateway.before("kv/txn", [] {});  // what all have in common
  gateway.before("kv/txn", [] {});  // its name
  gateway.before("kv/txn", [&] { alpha.member->stop(); });
  wait(alpha.member->run());
  EXPECT_FALSE(gateway.get("/idpd/live/members/alpha"));
  for (int shard = 0; shard < test::shard_count; ++shard)
    EXPECT_FALSE(gateway.get("/idpd/live/shards/" + std::to_string(shard))) << shard;
  EXPECT_EQ(gateway.count("lease/revoke"), 1U);
}

TEST_F(MemberTest, AStopDoesNotWaitForAnEtcdThatHasNotAnsweredForALease) {
  const Host alpha = host("alpha");
  tick({&alpha});
  gateway.down = true;
  gateway.now += seconds(60);
  gateway.before("lease/keepalive", [&] { alpha.member->stop(); });
  wait(alpha.member->run());
  EXPECT_EQ(gateway.count("lease/revoke"), 0U);
}

}  // namespace
}  // namespace idpd::cluster
