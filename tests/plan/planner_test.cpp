// What the plan lists, and that it is the same whatever the order in which things are read.
#include "plan/planner.h"

#include <gmock/gmock.h>

#include "plan/world.h"

namespace idpd::plan {
namespace {

using base::Json;
using test::brief;
using test::desired;
using test::live;
using test::record;
using test::text_of;
using test::World;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* claim = "config.email_claim_name";
constexpr const char* secret = "config.client_secret";

model::DesiredProvider with_secret(const std::string& key, const std::string& name) {
  auto out = desired(key, "okta", name, {{claim, "mail"}});
  out.secrets[secret] = {.text = "${env:S}", .where = {"idp.yaml", 7, 9}};
  return out;
}

// One of everything: created, adopted, updated, replaced, removed, gone, moved, in sync, unmanaged.
World one_of_everything() {
  World world;
  world.policy.allow_deletes = true;
  world.policy.max_deletes = 10;
  world.desired.providers = {
      with_secret("adopted", "Adopted"),  with_secret("created", "Created"),
      with_secret("moved-to", "Moved"),   with_secret("replaced", "Replaced"),
      with_secret("same", "Same"),        with_secret("updated", "Updated"),
      with_secret("zz-created", "Later"),
  };
  world.live.providers = {
      live("1", "okta", "Adopted"),  live("2", "okta", "Moved", {{claim, "mail"}}),
      live("3", "oidc", "Replaced"), live("4", "okta", "Same", {{claim, "mail"}}),
      live("5", "okta", "Updated"),  live("6", "okta", "Removed"),
      live("7", "okta", "Unknown"),  live("8", "onetimepin", "PIN"),
      live("9", "oidc", "Left"),
  };
  world.records = {
      record("gone", "77", "okta", "Gone"),
      record("moved-from", "2", "okta", "Moved", {{claim, "mail"}}),
      record("removed", "6", "okta", "Removed"),
      record("replaced", "3", "oidc", "Replaced"),
      record("same", "4", "okta", "Same", {{claim, "mail"}}),
      record("updated", "5", "okta", "Updated", {{claim, "mail"}}),
  };
  world.records[4].superseded = {"9"};
  return world;
}

TEST(Planner, ListsEveryKindOfChangeInTheOrderInWhichItIsCarriedOut) {
  const Planned planned = one_of_everything().plan();
  EXPECT_THAT(brief(planned.plan),
              ElementsAre("move moved-to 2", "create created", "create zz-created", "adopt adopted 1",
                          "update updated 5", "replace replaced 3", "delete removed 6", "delete same 9"));
  EXPECT_EQ(planned.plan.status, Status::changes);
  EXPECT_EQ(planned.plan.in_sync, 2u);
  EXPECT_THAT(planned.gone, ElementsAre("gone"));
  EXPECT_THAT(planned.failed, IsEmpty());
  ASSERT_EQ(planned.plan.unmanaged.size(), 2u);
  EXPECT_EQ(planned.plan.unmanaged[0].id, "7");
  EXPECT_EQ(planned.plan.changes.back().superseded, true);
  EXPECT_EQ(planned.plan.changes[0].previous_key, "moved-from");
}

TEST(Planner, SaysWhereEachChangeComesFrom) {
  const AccountPlan plan = one_of_everything().plan().plan;
  std::vector<std::string> origins;
  for (const Change& change : plan.changes)
    origins.push_back(change.key + " " + std::string(name_of(change.origin)));
  EXPECT_THAT(origins,
              ElementsAre("moved-to config", "created config", "zz-created config", "adopted unknown",
                          "updated drift", "replaced config", "removed config", "same config"));
  EXPECT_EQ(plan.changes[1].where.line, 1);
}

TEST(Planner, MakesTheSamePlanWhateverTheOrderOfItsInputs) {
  World world = one_of_everything();
  world.policy.unmanaged = Unwanted::remove;
  world.intents = {{"created", "okta", "Created", {"1"}, 9}, {"zz-created", "okta", "Later", {"2"}, 9}};
  const AccountPlan first = world.guarded();
  std::mt19937 random(test::test_seed());
  for (int round = 0; round < 50; ++round) {
    std::shuffle(world.desired.providers.begin(), world.desired.providers.end(), random);
    std::shuffle(world.live.providers.begin(), world.live.providers.end(), random);
    std::shuffle(world.records.begin(), world.records.end(), random);
    std::shuffle(world.intents.begin(), world.intents.end(), random);
    const AccountPlan again = world.guarded();
    ASSERT_EQ(brief(again), brief(first));
    ASSERT_EQ(fingerprint({again}), fingerprint({first}));
  }
}

TEST(Planner, IsInSyncWhenNothingDiffers) {
  World world;
  world.desired.providers = {with_secret("w", "W")};
  world.live.providers = {live("1", "okta", "W", {{claim, "mail"}})};
  const Planned planned = world.plan();
  EXPECT_EQ(planned.plan.status, Status::in_sync);
  EXPECT_EQ(planned.plan.in_sync, 1u) << "adopting without an update is not a change";
  EXPECT_EQ(planned.matches.size(), 1u);
}

TEST(Planner, ReportsAMatchThatCannotBeMadeAndPlansTheOthers) {
  World world;
  world.desired.providers = {with_secret("a", "A"), with_secret("b", "B")};
  world.live.providers = {live("1", "okta", "A"), live("2", "okta", "A")};
  const Planned planned = world.plan();
  EXPECT_THAT(brief(planned.plan), ElementsAre("create b"));
  EXPECT_THAT(planned.failed, ElementsAre("a"));
  EXPECT_THAT(text_of(planned.plan.diagnostics),
              HasSubstr("idp.yaml:1:1: a: nothing is done to it, since several"));
}

TEST(Planner, ForgetsARecordOnlyWhenItsLiveOneIsGoneAndOldEnoughToBelieveIt) {
  World world;
  world.records = {record("old", "1", "okta", "A"), record("young", "2", "okta", "B")};
  world.records[1].passes = 0;
  const Planned planned = world.plan();
  EXPECT_THAT(planned.gone, ElementsAre("old"));
  EXPECT_THAT(brief(planned.plan), IsEmpty());
}

TEST(Planner, KeepsTheRecordOfAGoneOneWhileWhatAReplaceLeftBehindStillLives) {
  World world;
  world.live.providers = {live("2", "oidc", "Old")};
  world.records = {record("w", "1", "okta", "W")};
  world.records[0].superseded = {"2"};
  const Planned planned = world.plan();
  EXPECT_THAT(planned.gone, IsEmpty()) << "its delete may be withheld, and then nobody would own it";
  EXPECT_THAT(planned.plan.unmanaged, IsEmpty());
}

TEST(Planner, ForgetsTheSecondOfTwoRecordsOfOneId) {
  // What is left when idpd dies in the middle of a move.
  World world;
  world.desired.providers = {with_secret("new", "W")};
  world.live.providers = {live("1", "okta", "W", {{claim, "mail"}})};
  world.records = {record("new", "1", "okta", "W", {{claim, "mail"}}), record("old", "1", "okta", "W")};
  const Planned planned = world.plan();
  EXPECT_THAT(brief(planned.plan), IsEmpty());
  EXPECT_THAT(planned.gone, ElementsAre("old"));
}

TEST(Planner, DeletesNoIdTwice) {
  World world;
  world.policy.allow_empty = true;
  world.live.providers = {live("1", "okta", "W"), live("2", "oidc", "Old")};
  world.records = {record("a", "1", "okta", "W"), record("b", "1", "okta", "W")};
  world.records[0].superseded = {"2"};
  world.records[1].superseded = {"2"};
  EXPECT_THAT(brief(world.plan().plan), ElementsAre("delete a 2", "delete a 1"));
}

TEST(Planner, DeletesWhatAReplaceLeftBehindBeforeTheRecordThatRemembersIt) {
  World world;
  world.policy.allow_empty = true;
  world.live.providers = {live("1", "okta", "W"), live("2", "oidc", "Old")};
  world.records = {record("w", "1", "okta", "W")};
  world.records[0].superseded = {"2"};
  EXPECT_THAT(brief(world.plan().plan), ElementsAre("delete w 2", "delete w 1"));
}

TEST(Planner, ShowsWhatIsLeftToDeleteOfAReplaceWhoseAnswerWasLost) {
  World world;
  world.desired.providers = {desired("w", "oidc", "W")};
  world.live.providers = {live("1", "okta", "W"), live("2", "oidc", "W")};
  world.records = {record("w", "1", "okta", "W")};
  world.intents = {{"w", "oidc", "W", {"1"}}};
  EXPECT_THAT(brief(world.plan().plan), ElementsAre("delete w 1"));
  world.records[0].prevent_delete = true;
  EXPECT_THAT(brief(world.plan().plan), ElementsAre("delete w 1 withheld:prevent_delete"));
}

TEST(Planner, AMovedKeyTakesWhatAReplaceLeftBehindWithIt) {
  World world;
  world.desired.providers = {with_secret("new", "W")};
  world.live.providers = {live("1", "okta", "W", {{claim, "mail"}}), live("2", "oidc", "Old")};
  world.records = {record("old", "1", "okta", "W", {{claim, "mail"}})};
  world.records[0].superseded = {"2"};
  EXPECT_THAT(brief(world.plan().plan), ElementsAre("move new 1", "delete new 2"));
  world.only = {"old"};
  EXPECT_THAT(brief(world.plan().plan), ElementsAre("delete old 2")) << "the move is not in this plan";
}

TEST(Planner, WithoutAStoreSaysWhatItCannotSeeAndDeletesNothing) {
  World world = one_of_everything();
  world.have_store = false;
  const AccountPlan plan = world.plan().plan;
  EXPECT_THAT(brief(plan), ElementsAre("create created", "create replaced", "create zz-created",
                                       "update adopted 1", "update updated 5"));
  EXPECT_THAT(text_of(plan.diagnostics), HasSubstr("removed identity providers and rotated secrets cannot"));
  for (const Change& change : plan.changes) EXPECT_EQ(change.origin, Origin::unknown) << brief(change);
}

TEST(Planner, OnlyPlansTheKeysThatAreNamed) {
  World world = one_of_everything();
  world.only = {"updated", "removed", "moved-to"};
  const Planned planned = world.plan();
  EXPECT_THAT(brief(planned.plan), ElementsAre("move moved-to 2", "update updated 5", "delete removed 6"));
  EXPECT_THAT(planned.gone, IsEmpty());
  EXPECT_EQ(planned.matches.size(), 5u)
      << "the others are still matched, so that nothing counts as unmanaged";
}

TEST(Planner, OnlyWithAnUnknownKeyFailsWithASuggestion) {
  World world = one_of_everything();
  world.only = {"update", "gone"};
  const Planned planned = world.plan();
  EXPECT_THAT(planned.failed, ElementsAre("update"));
  EXPECT_THAT(text_of(planned.plan.diagnostics), HasSubstr("updated"));
  EXPECT_THAT(planned.gone, ElementsAre("gone"));
}

TEST(Planner, ReportsWritesThatDidNotStick) {
  World world;
  world.desired.providers = {with_secret("w", "W")};
  world.live.providers = {live("1", "okta", "W", {{claim, "other"}})};
  world.records = {record("w", "1", "okta", "W", {{claim, "mail"}})};
  world.records[0].observed[claim] = "other";
  world.records[0].stuck = {claim};
  EXPECT_THAT(brief(world.plan().plan), IsEmpty());
  EXPECT_THAT(text_of(world.plan().plan.diagnostics), HasSubstr("did not keep it"));
  world.policy.retry_stuck = true;
  EXPECT_THAT(brief(world.plan().plan), ElementsAre("update w 1"));
}

TEST(Unmanaged, AreReportedIgnoredOrDeletedAsTheAccountSays) {
  World world = one_of_everything();
  std::erase_if(world.desired.providers, [](const auto& one) { return one.key.ends_with("created"); });
  EXPECT_EQ(world.plan().plan.unmanaged.size(), 2u);
  world.policy.unmanaged = Unwanted::ignore;
  EXPECT_EQ(world.plan().plan.unmanaged.size(), 0u);
  world.policy.unmanaged = Unwanted::remove;
  const AccountPlan plan = world.plan().plan;
  ASSERT_EQ(plan.unmanaged.size(), 1u) << "one-time PIN is protected";
  EXPECT_EQ(plan.unmanaged[0].type, "onetimepin");
  ASSERT_EQ(brief(plan)[4], "delete 7");
  EXPECT_TRUE(plan.changes[4].unmanaged);
}

TEST(Unmanaged, AreNeverDeletedWhenReadOnlyProtectedOrOfAnUnknownType) {
  World world;
  world.policy.unmanaged = Unwanted::remove;
  world.live.providers = {live("1", "onetimepin", "a"), live("2", "cloudflare", "b"),
                          live("3", "type-of-tomorrow", "c"), live("4", "okta", "d")};
  world.live.providers[3].read_only = true;
  EXPECT_THAT(brief(world.plan().plan), IsEmpty());
  EXPECT_EQ(world.plan().plan.unmanaged.size(), 4u);
}

TEST(Unmanaged, AreNotDeletedWhileAnythingIsInDoubt) {
  World world;
  world.policy.unmanaged = Unwanted::remove;
  world.desired.providers = {with_secret("w", "W")};
  world.live.providers = {live("1", "okta", "W", {{claim, "mail"}}), live("9", "okta", "X")};
  ASSERT_THAT(brief(world.plan().plan), ElementsAre("delete 9"));
  const auto doubtful = [](World one) { return brief(one.plan().plan).back(); };
  const std::string withheld = "delete 9 withheld:unmanaged_unsafe";
  World other = world;
  other.seen_before = false;
  EXPECT_EQ(doubtful(other), withheld) << "the first pass of a new store";
  other = world;
  other.have_store = false;
  EXPECT_EQ(doubtful(other), withheld) << "no store";
  other = world;
  other.only = {"w"};
  EXPECT_EQ(doubtful(other), withheld) << "--only";
  other = world;
  other.desired.providers.push_back(with_secret("x", "New"));
  EXPECT_EQ(doubtful(other), withheld) << "a key is unmatched";
  other = world;
  other.live.providers.push_back(live("2", "okta", "W"));
  EXPECT_EQ(doubtful(other), withheld) << "a key is ambiguous";
}

}  // namespace
}  // namespace idpd::plan
