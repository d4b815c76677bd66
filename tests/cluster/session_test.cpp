#include "cluster/session.h"

#include "cluster/host.h"

namespace idpd::cluster {
namespace {

using base::Code;
using std::chrono::seconds;
using test::Gateway;

// A host by itself.
struct Host {
  Host(test::Gateway& gateway, Identity identity, Session::Now now, state::Store its,
       Etcd::Options options = {.endpoints = {"https://one"}})
      : etcd(gateway, std::move(options)),
        session(etcd, std::move(identity), std::move(now)),
        store(std::move(its)) {}
  Etcd etcd;
  Session session;
  state::Store store;
};

class SessionTest : public test::ClusterTest {
 protected:
  std::unique_ptr<Host> host(const std::string& name,
                             Etcd::Options options = {.endpoints = {"https://one"}}) {
    return std::make_unique<Host>(gateway, identity(name), clock(), store(name), std::move(options));
  }
  // One that holds these shards.
  std::unique_ptr<Host> holder(const std::string& name, const std::set<int>& shards) {
    auto out = host(name);
    EXPECT_TRUE(wait(out->session.keep()));
    for (const int shard : shards) EXPECT_TRUE(*wait(out->session.take(shard)));
    return out;
  }
  std::unique_ptr<Tenure> enter(Host& host, int shard) {
    auto entered = wait(host.session.enter(host.store, account_in(shard)));
    EXPECT_TRUE(entered) << (entered ? "" : entered.error().text());
    return entered ? *std::move(entered) : nullptr;
  }
  static void remember(Host& host, int shard, const std::string& key) {
    model::Record record;
    record.key = key;
    record.id = "id-of-" + key;
    record.type = "github";
    record.name = key;
    EXPECT_TRUE(host.store.save_record(account_in(shard), record));
  }
  static model::Incident drift(int shard, const std::string& key) {
    model::Incident out;
    out.account = "production";
    out.account_id = account_in(shard);
    out.key = key;
    out.message = key + " differs";
    out.first_seen = out.last_seen =
        std::chrono::floor<seconds>(std::chrono::system_clock::now()) - seconds(600);
    return out;
  }
  static void open_incident(Host& host, int shard, const std::string& key) {
    model::Incident one = drift(shard, key);
    EXPECT_TRUE(host.store.history().save(one));
  }
  static void set_back(Host& host, int shard, const std::string& key) {
    model::Incident one = drift(shard, key);
    one.ended = one.last_seen;
    one.ending = model::Ending::healed;
    EXPECT_TRUE(host.store.history().save(one));
  }
  static std::vector<std::string> open_keys(Host& host, int shard) {
    std::vector<std::string> out;
    const auto open = host.store.history().open_incidents(account_in(shard));
    EXPECT_TRUE(open);
    for (const model::Incident& one : *open) out.push_back(one.key);
    std::sort(out.begin(), out.end());
    return out;
  }
  static std::string shard_key(int shard) { return "/idpd/live/shards/" + std::to_string(shard); }
  static std::string record_key(int shard, const std::string& key) {
    return "/idpd/accounts/" + account_in(shard) + "/record/" + key;
  }
};

TEST_F(SessionTest, OneShardIsGivenUpWhileTheOthersStay) {
  auto alpha = holder("alpha", {0, 1, 2});
  const auto in_hand = enter(*alpha, 1);
  ASSERT_TRUE(in_hand);
  const std::size_t renewals = gateway.count("lease/keepalive");
  EXPECT_TRUE(wait(alpha->session.give_up(0)));
  EXPECT_FALSE(gateway.get(shard_key(0)));
  EXPECT_TRUE(gateway.get(shard_key(1)));
  EXPECT_TRUE(in_hand->permit()) << "what is in hand in another shard goes on";
  auto beta = host("beta");
  ASSERT_TRUE(wait(beta->session.keep()));
  EXPECT_TRUE(*wait(beta->session.take(0))) << "it is free for another at once, with the lease still alive";
  EXPECT_FALSE(*wait(beta->session.take(1)));
  ASSERT_TRUE(wait(alpha->session.look()));
  EXPECT_EQ(alpha->session.holdings().size(), 2U);
  ASSERT_TRUE(wait(alpha->session.keep()));
  EXPECT_EQ(gateway.count("lease/keepalive"), renewals + 1) << "however many shards there are";
}

TEST_F(SessionTest, AShardThatIsGivenUpBarsWhatIsInHandThereAndNothingElse) {
  auto alpha = holder("alpha", {0, 1});
  const auto first = enter(*alpha, 0);
  const auto second = enter(*alpha, 1);
  EXPECT_TRUE(wait(alpha->session.give_up(0)));
  EXPECT_FALSE(first->permit());
  EXPECT_TRUE(second->permit());
  remember(*alpha, 0, "late");
  remember(*alpha, 1, "in time");
  EXPECT_TRUE(wait(second->publish()));
  EXPECT_FALSE(wait(first->publish()));
}

TEST_F(SessionTest, AShardOfAnotherIsNotTaken) {
  auto alpha = holder("alpha", {0});
  auto beta = host("beta");
  ASSERT_TRUE(wait(beta->session.keep()));
  const auto taken = wait(beta->session.take(0));
  ASSERT_TRUE(taken);
  EXPECT_FALSE(*taken);
  ASSERT_TRUE(wait(beta->session.look()));
  const auto entered = wait(beta->session.enter(beta->store, account_in(0)));
  ASSERT_FALSE(entered);
  EXPECT_EQ(entered.error().code, Code::locked);
  EXPECT_NE(entered.error().text().find("held by alpha"), std::string::npos) << entered.error().text();
}

TEST_F(SessionTest, WithoutAnAnswerItWritesUntilShortlyBeforeTheLeaseIsOver) {
  auto alpha = holder("alpha", {0});
  const auto tenure = enter(*alpha, 0);
  gateway.down = true;
  gateway.now += seconds(15);
  EXPECT_FALSE(wait(alpha->session.keep()));
  EXPECT_TRUE(tenure->permit());
  EXPECT_LT(*tenure->permit(), gateway.now + seconds(15)) << "no write outlives the lease";
  gateway.now += seconds(10);
  EXPECT_FALSE(tenure->permit());
  gateway.now += seconds(3);
  EXPECT_FALSE(alpha->session.good());
}

TEST_F(SessionTest, ALeaseThatEndedMeanwhileTakesAllWithItAndAnotherBegins) {
  auto alpha = holder("alpha", {0, 1});
  const auto tenure = enter(*alpha, 0);
  const std::int64_t former = alpha->session.lease();
  gateway.now += seconds(40);  // it was paused
  EXPECT_FALSE(tenure->permit());
  ASSERT_TRUE(wait(alpha->session.keep()));
  EXPECT_NE(alpha->session.lease(), former);
  EXPECT_TRUE(alpha->session.good());
  EXPECT_TRUE(alpha->session.holdings().empty());
  EXPECT_FALSE(tenure->permit()) << "a lease that is good again is not the one under which this began";
  EXPECT_TRUE(*wait(alpha->session.take(0)));
  EXPECT_FALSE(tenure->permit());
}

TEST_F(SessionTest, ALeaseThatSomebodyRevokesIsFoundToBeOver) {
  auto alpha = holder("alpha", {0});
  const auto tenure = enter(*alpha, 0);
  gateway.revoke(alpha->session.lease());
  ASSERT_TRUE(wait(alpha->session.keep()));
  EXPECT_FALSE(alpha->session.holds(0));
  EXPECT_FALSE(tenure->permit());
}

TEST_F(SessionTest, WhatWasTakenThoughTheAnswerWasLostIsFoundToBeHeld) {
  auto alpha = holder("alpha", {});
  gateway.fail("kv/txn", Gateway::Fault::unanswered);
  EXPECT_FALSE(wait(alpha->session.take(0)));
  EXPECT_FALSE(alpha->session.holds(0));
  ASSERT_TRUE(wait(alpha->session.look()));
  EXPECT_TRUE(alpha->session.holds(0));
  EXPECT_TRUE(enter(*alpha, 0));
}

TEST_F(SessionTest, WhatWasGivenUpThoughTheAnswerWasLostIsNotHeld) {
  auto alpha = holder("alpha", {0});
  gateway.fail("kv/txn", Gateway::Fault::unanswered);
  EXPECT_FALSE(wait(alpha->session.give_up(0)));
  ASSERT_TRUE(wait(alpha->session.look()));
  EXPECT_FALSE(alpha->session.holds(0));
}

TEST_F(SessionTest, AShardWhoseKeySomebodyDeletedIsLostAlone) {
  auto alpha = holder("alpha", {0, 1});
  const auto first = enter(*alpha, 0);
  const auto second = enter(*alpha, 1);
  gateway.erase(shard_key(0));
  ASSERT_TRUE(wait(alpha->session.look()));
  EXPECT_FALSE(first->permit());
  EXPECT_TRUE(second->permit());
}

TEST_F(SessionTest, RecordsGoToWhoeverTakesOver) {
  auto alpha = holder("alpha", {0});
  {
    const auto tenure = enter(*alpha, 0);
    remember(*alpha, 0, "workforce");
    ASSERT_TRUE(wait(tenure->publish()));
  }
  ASSERT_TRUE(wait(alpha->session.end()));
  auto beta = holder("beta", {0});
  ASSERT_TRUE(enter(*beta, 0));
  const auto records = beta->store.records(account_in(0));
  ASSERT_TRUE(records);
  ASSERT_EQ(records->size(), 1U);
  EXPECT_EQ(records->front().id, "id-of-workforce");
}

TEST_F(SessionTest, ALostAnswerToThePublishingOfRecordsIsAskedAbout) {
  auto alpha = holder("alpha", {0});
  const auto tenure = enter(*alpha, 0);
  remember(*alpha, 0, "workforce");
  gateway.fail("kv/txn", Gateway::Fault::unanswered);
  EXPECT_TRUE(wait(tenure->publish()));
  EXPECT_TRUE(gateway.get(record_key(0, "workforce")));
  remember(*alpha, 0, "second");
  gateway.fail("kv/txn", Gateway::Fault::unheard);
  EXPECT_TRUE(wait(tenure->publish()));
  EXPECT_TRUE(gateway.get(record_key(0, "second")));
  EXPECT_TRUE(tenure->permit());
}

TEST_F(SessionTest, RecordsThatCannotBeKeptEndThePass) {
  auto alpha = holder("alpha", {0});
  const auto tenure = enter(*alpha, 0);
  remember(*alpha, 0, "workforce");
  gateway.down = true;
  EXPECT_FALSE(wait(tenure->publish()));
  gateway.down = false;
  EXPECT_FALSE(tenure->permit()) << "also once etcd answers again: the next pass begins anew";
  ASSERT_TRUE(tenure->barred());
  EXPECT_NE(tenure->barred()->find("could not be kept in etcd"), std::string::npos);
}

TEST_F(SessionTest, OnlyWhatHasChangedGoesToEtcd) {
  auto alpha = holder("alpha", {0});
  remember(*alpha, 0, "first");
  const auto tenure = enter(*alpha, 0);
  remember(*alpha, 0, "second");
  ASSERT_TRUE(wait(tenure->publish()));
  const auto modified = [&](const std::string& key) { return gateway.get(record_key(0, key))->modified; };
  const auto first = modified("first");
  const auto second = modified("second");
  ASSERT_TRUE(alpha->store.erase_record(account_in(0), "second"));
  remember(*alpha, 0, "third");
  ASSERT_TRUE(wait(tenure->publish()));
  EXPECT_EQ(modified("first"), first);
  EXPECT_GT(modified("third"), second);
  EXPECT_FALSE(gateway.get(record_key(0, "second")));
  const std::size_t asked = gateway.asked.size();
  ASSERT_TRUE(wait(tenure->publish()));
  EXPECT_EQ(gateway.asked.size(), asked) << "nothing has changed, and nothing is asked";
}

TEST_F(SessionTest, AnIntentIsThereUntilItIsOver) {
  auto alpha = holder("alpha", {0});
  const auto tenure = enter(*alpha, 0);
  ASSERT_TRUE(wait(tenure->publish()));
  model::Intent intent;
  intent.key = "workforce";
  intent.type = "github";
  intent.name = "workforce";
  ASSERT_TRUE(alpha->store.save_intent(account_in(0), intent));
  ASSERT_TRUE(wait(tenure->publish()));
  const std::string key = "/idpd/accounts/" + account_in(0) + "/intent/workforce";
  EXPECT_TRUE(gateway.get(key));
  remember(*alpha, 0, "workforce");
  ASSERT_TRUE(alpha->store.erase_intent(account_in(0), "workforce"));
  ASSERT_TRUE(wait(tenure->publish()));
  EXPECT_FALSE(gateway.get(key));
  EXPECT_TRUE(gateway.get(record_key(0, "workforce")));
}

TEST_F(SessionTest, IncidentsGoWithTheAccount) {
  auto alpha = holder("alpha", {0});
  {
    const auto tenure = enter(*alpha, 0);
    open_incident(*alpha, 0, "drifts");
    open_incident(*alpha, 0, "ends");
    set_back(*alpha, 0, "set-back");
    ASSERT_TRUE(wait(tenure->publish_incidents()));
  }
  ASSERT_TRUE(wait(alpha->session.end()));
  auto beta = holder("beta", {0});
  // What it has from an earlier time ended elsewhere meanwhile.
  open_incident(*beta, 0, "long over");
  {
    const auto tenure = enter(*beta, 0);
    EXPECT_EQ(open_keys(*beta, 0), (std::vector<std::string>{"drifts", "ends"}));
    EXPECT_EQ(tenure->told_elsewhere().size(), 2U) << "which need not be told again";
    const auto ended = beta->store.history().ended_incidents(account_in(0), {});
    ASSERT_TRUE(ended);
    EXPECT_EQ(ended->size(), 2U) << "what was set back counts for a contest here, too";
    auto open = beta->store.history().open_incidents(account_in(0));
    auto& over = open->front().key == "ends" ? open->front() : open->back();
    over.ended = over.last_seen;
    over.ending = model::Ending::reverted;
    ASSERT_TRUE(beta->store.history().save(over));
    ASSERT_TRUE(wait(tenure->publish_incidents()));
  }
  ASSERT_TRUE(wait(beta->session.end()));
  ASSERT_TRUE(wait(alpha->session.keep()));
  ASSERT_TRUE(*wait(alpha->session.take(0)));
  const auto tenure = enter(*alpha, 0);
  EXPECT_EQ(open_keys(*alpha, 0), std::vector<std::string>{"drifts"}) << "the other is over here as well";
  EXPECT_TRUE(tenure->told_elsewhere().empty()) << "it has told of it itself";
}

TEST_F(SessionTest, AnIncidentThatLastsChangesNothingInEtcd) {
  auto alpha = holder("alpha", {0});
  const auto tenure = enter(*alpha, 0);
  open_incident(*alpha, 0, "drifts");
  ASSERT_TRUE(wait(tenure->publish_incidents()));
  const std::size_t asked = gateway.asked.size();
  auto open = alpha->store.history().open_incidents(account_in(0));
  ASSERT_TRUE(open);
  open->front().last_seen += seconds(300);
  ASSERT_TRUE(alpha->store.history().save(open->front()));
  ASSERT_TRUE(wait(tenure->publish_incidents()));
  EXPECT_EQ(gateway.asked.size(), asked);
}

TEST_F(SessionTest, RecordsFromBeforeTheClusterSurviveIncidentsOfAHostWithoutAny) {
  auto alpha = holder("alpha", {0});
  {
    const auto tenure = enter(*alpha, 0);  // `mode: report`, and a new store: it saves no records
    open_incident(*alpha, 0, "drifts");
    ASSERT_TRUE(wait(tenure->publish_incidents()));
  }
  ASSERT_TRUE(wait(alpha->session.end()));
  auto beta = host("beta");
  remember(*beta, 0, "workforce");
  ASSERT_TRUE(beta->store.update_records(account_in(0), {}, {}));  // a pass has been made
  ASSERT_TRUE(wait(beta->session.keep()));
  ASSERT_TRUE(*wait(beta->session.take(0)));
  ASSERT_TRUE(enter(*beta, 0));
  EXPECT_EQ(beta->store.records(account_in(0))->size(), 1U);
  EXPECT_TRUE(gateway.get(record_key(0, "workforce")));
  EXPECT_EQ(open_keys(*beta, 0), std::vector<std::string>{"drifts"});
}

TEST_F(SessionTest, AnIntentOfAFirstPassGoesToAHostThatHasRecordsFromBeforeTheCluster) {
  auto alpha = holder("alpha", {0});
  {
    const auto tenure = enter(*alpha, 0);
    model::Intent intent;
    intent.key = intent.name = "workforce";
    intent.type = "github";
    ASSERT_TRUE(alpha->store.save_intent(account_in(0), intent));
    ASSERT_TRUE(wait(tenure->publish()));
  }
  ASSERT_TRUE(wait(alpha->session.end()));  // and what it sent may have been carried out
  auto beta = host("beta");
  ASSERT_TRUE(beta->store.update_records(account_in(0), {}, {}));
  ASSERT_TRUE(wait(beta->session.keep()));
  ASSERT_TRUE(*wait(beta->session.take(0)));
  ASSERT_TRUE(enter(*beta, 0));
  EXPECT_EQ(beta->store.intents(account_in(0))->size(), 1U);
}

TEST_F(SessionTest, WhoeverLostTheShardDoesNotOverwriteTheRecordsOfWhoHasIt) {
  auto alpha = holder("alpha", {0});
  const auto late = enter(*alpha, 0);
  remember(*alpha, 0, "late");
  gateway.erase(shard_key(0));  // and it does not know
  auto beta = holder("beta", {0});
  const auto tenure = enter(*beta, 0);
  remember(*beta, 0, "mine");
  ASSERT_TRUE(wait(tenure->publish()));
  EXPECT_FALSE(wait(late->publish()));
  EXPECT_FALSE(gateway.get(record_key(0, "late")));
  EXPECT_TRUE(gateway.get(record_key(0, "mine")));
}

TEST_F(SessionTest, AnswersThatAreNoneChangeNothing) {
  auto alpha = holder("alpha", {0});
  const auto tenure = enter(*alpha, 0);
  for (const auto fault : {Gateway::Fault::no_leader, Gateway::Fault::garbage, Gateway::Fault::compacted}) {
    gateway.fail("lease/keepalive", fault);
    EXPECT_FALSE(wait(alpha->session.keep()));
    gateway.fail("kv/range", fault);
    EXPECT_FALSE(wait(alpha->session.look()));
    EXPECT_TRUE(alpha->session.holds(0));
    EXPECT_TRUE(tenure->permit());
  }
  EXPECT_TRUE(wait(alpha->session.keep()));
  EXPECT_TRUE(wait(alpha->session.look()));
}

TEST_F(SessionTest, ATokenThatIsOverIsAskedForOnceMore) {
  gateway.protect("hosts", "s3cret");
  auto alpha = host("alpha", {.endpoints = {"https://one"}, .user = "hosts", .password = [] {
                                return base::Result<std::string>(std::string("s3cret"));
                              }});
  ASSERT_TRUE(wait(alpha->session.keep()));
  ASSERT_TRUE(*wait(alpha->session.take(0)));
  gateway.fail("lease/keepalive", Gateway::Fault::token_over);
  EXPECT_TRUE(wait(alpha->session.keep()));
  EXPECT_EQ(gateway.count("auth/authenticate"), 2U);
  // Each new one is refused as well: it does not go on for ever.
  gateway.fail("lease/keepalive", Gateway::Fault::token_over);
  gateway.fail("lease/keepalive", Gateway::Fault::token_over);
  EXPECT_FALSE(wait(alpha->session.keep()));
  EXPECT_EQ(gateway.count("auth/authenticate"), 3U);
}

TEST_F(SessionTest, AllHostsNeedTheSameNumberOfShards) {
  auto alpha = holder("alpha", {});
  Identity other = identity("beta");
  other.shards = test::shard_count + 1;
  Host beta(gateway, other, clock(), store("beta"));
  const auto kept = wait(beta.session.keep());
  ASSERT_FALSE(kept);
  EXPECT_NE(kept.error().text().find("cluster.shards is 5 here and 4 in etcd"), std::string::npos)
      << kept.error().text();
}

TEST_F(SessionTest, AllHostsHaveTheSameKeyOfFingerprints) {
  auto alpha = holder("alpha", {});
  auto beta = holder("beta", {});
  EXPECT_FALSE(alpha->session.fingerprint_key().empty());
  EXPECT_EQ(beta->session.fingerprint_key(), alpha->session.fingerprint_key());
}

TEST_F(SessionTest, TheEndGivesAllBackAtOnce) {
  auto alpha = holder("alpha", {0, 1});
  const std::int64_t lease = alpha->session.lease();
  ASSERT_TRUE(wait(alpha->session.end()));
  EXPECT_FALSE(gateway.has_lease(lease));
  EXPECT_FALSE(gateway.get(shard_key(0)));
  EXPECT_FALSE(alpha->session.good());
}

}  // namespace
}  // namespace idpd::cluster
