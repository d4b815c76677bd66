// Which live IdP stands for which key: each rule, in its order.
#include "plan/matching.h"

#include <gmock/gmock.h>

#include "plan/world.h"

namespace idpd::plan {
namespace {

using test::desired;
using test::live;
using test::record;
using test::World;
using testing::AllOf;
using testing::HasSubstr;
using testing::UnorderedElementsAre;

Matching matching_of(const World& world) {
  const PlanInput input = world.input();
  return match(input, Index(input));
}

// `key -> id by rule`, or `key: problem`.
std::string matched(const World& world, const std::string& key = "w") {
  static constexpr const char* rules[] = {"record", "adopt_id", "intent", "move", "name"};
  const Matching found = matching_of(world);
  if (const auto problem = found.problems.find(key); problem != found.problems.end()) {
    EXPECT_FALSE(found.by_key.contains(key));
    return "problem: " + problem->second;
  }
  const auto one = found.by_key.find(key);
  if (one == found.by_key.end()) return "none";
  EXPECT_EQ(one->second.by == MatchedBy::move, !one->second.previous_key.empty());
  return one->second.id + " by " + rules[static_cast<int>(one->second.by)];
}

model::Intent intent(const std::string& key, std::vector<std::string> before) {
  return {.key = key, .type = "okta", .name = "W", .ids_before = std::move(before)};
}

// A world in which all five rules have an answer for the key `w`.
World all_rules() {
  World world;
  world.desired.providers = {desired("w", "okta", "W")};
  world.desired.providers[0].options.adopt_id = "by-adopt";
  world.live.providers = {live("by-record", "okta", "x"), live("by-adopt", "okta", "x"),
                          live("by-intent", "okta", "W"), live("by-move", "okta", "x"),
                          live("by-name", "okta", "W")};
  world.records = {record("old", "by-move", "okta", "W"), record("w", "by-record", "okta", "x")};
  world.intents = {intent("w", {"by-record", "by-adopt", "by-move", "by-name"})};
  return world;
}

TEST(Matching, GoesByTheRecordThenAdoptIdThenIntentThenMoveThenName) {
  World world = all_rules();
  EXPECT_EQ(matched(world), "by-record by record");
  world.records.pop_back();
  EXPECT_EQ(matched(world), "by-adopt by adopt_id");
  world.desired.providers[0].options.adopt_id.clear();
  EXPECT_EQ(matched(world), "by-intent by intent");
  world.intents.clear();
  EXPECT_EQ(matched(world), "by-move by move");
  world.records.clear();
  std::erase_if(world.live.providers, [](const auto& one) { return one.id == "by-intent"; });
  EXPECT_EQ(matched(world), "by-name by name");
  world.live.providers.clear();
  EXPECT_EQ(matched(world), "none");
}

TEST(Matching, ByRecordHoldsWhateverTheNameOrTypeIsNow) {
  World world;
  world.desired.providers = {desired("w", "okta", "W")};
  world.live.providers = {live("1", "oidc", "renamed"), live("2", "okta", "W")};
  world.records = {record("w", "1", "oidc", "W")};
  EXPECT_EQ(matched(world), "1 by record");
}

TEST(Matching, ASureMatchOfALaterKeyIsNotLostToTheNameOfAnEarlierOne) {
  World world;
  world.desired.providers = {desired("a", "okta", "W"), desired("b", "okta", "other")};
  world.desired.providers[1].options.adopt_id = "1";
  world.live.providers = {live("1", "okta", "W")};
  EXPECT_EQ(matched(world, "a"), "none");
  EXPECT_EQ(matched(world, "b"), "1 by adopt_id");
}

TEST(Matching, ByNameNeedsBothTypeAndName) {
  World world;
  world.desired.providers = {desired("w", "okta", "W")};
  world.live.providers = {live("1", "oidc", "W"), live("2", "okta", "w")};
  EXPECT_EQ(matched(world), "none");
}

TEST(Matching, ASingletonIsMatchedByItsTypeAlone) {
  World world;
  world.desired.providers = {desired("w", "onetimepin", "Code by mail")};
  world.live.providers = {live("1", "onetimepin", "One-time PIN")};
  EXPECT_EQ(matched(world), "1 by name");
}

TEST(Matching, ASingletonThatGetsAnotherKeyAndNameIsMoved) {
  World world;
  world.desired.providers = {desired("w", "onetimepin", "Code by mail")};
  world.live.providers = {live("1", "onetimepin", "One-time PIN")};
  world.records = {record("pin", "1", "onetimepin", "One-time PIN")};
  EXPECT_EQ(matched(world), "1 by move");
}

TEST(Matching, AnAmbiguousNameListsTheIds) {
  World world;
  world.desired.providers = {desired("w", "okta", "W")};
  world.live.providers = {live("id-1", "okta", "W"), live("id-2", "okta", "W")};
  EXPECT_THAT(matched(world), AllOf(HasSubstr("problem"), HasSubstr("id-1, id-2"), HasSubstr("adopt_id")));
  world.desired.providers[0].options.adopt_id = "id-2";
  EXPECT_EQ(matched(world), "id-2 by adopt_id");
}

TEST(Matching, ByNameNeverTakesWhatARecordOrAnotherKeyClaims) {
  World world;
  world.desired.providers = {desired("a", "okta", "A"), desired("w", "okta", "W")};
  world.live.providers = {live("1", "okta", "W"), live("2", "okta", "W"), live("3", "okta", "W")};
  world.records = {record("a", "1", "okta", "A"), record("gone", "2", "okta", "G")};
  world.records[1].superseded = {"3"};
  EXPECT_EQ(matched(world), "none");
}

TEST(Matching, AReadOnlyOneIsNeverTakenByNameOrIntent) {
  World world;
  world.desired.providers = {desired("w", "okta", "W")};
  world.live.providers = {live("1", "okta", "W")};
  world.live.providers[0].read_only = true;
  EXPECT_EQ(matched(world), "none");
  world.intents = {intent("w", {})};
  EXPECT_EQ(matched(world), "none");
}

class AdoptIdTest : public testing::Test {
 protected:
  AdoptIdTest() {
    world_.desired.providers = {desired("a", "okta", "A"), desired("w", "okta", "W")};
    world_.desired.providers[1].options.adopt_id = "1";
    world_.live.providers = {live("1", "okta", "whatever"), live("2", "okta", "W")};
  }
  World world_;
};

TEST_F(AdoptIdTest, TakesTheNamedOneWhateverItIsCalled) {
  EXPECT_EQ(matched(world_), "1 by adopt_id");
}

TEST_F(AdoptIdTest, ThatDoesNotLiveIsAnErrorAndNoNameIsTriedInstead) {
  world_.live.providers.erase(world_.live.providers.begin());
  EXPECT_THAT(matched(world_),
              HasSubstr("problem: nothing is done to it, since no identity provider has the id 1"));
}

TEST_F(AdoptIdTest, OfAnotherTypeIsAnError) {
  world_.live.providers[0] = live("1", "oidc", "W");
  EXPECT_THAT(
      matched(world_),
      HasSubstr(
          "problem: nothing is done to it, since 1 of options.adopt_id is of type oidc, not okta; correct"));
}

TEST_F(AdoptIdTest, ThatIsReadOnlyIsAnError) {
  world_.live.providers[0].read_only = true;
  EXPECT_THAT(matched(world_),
              HasSubstr("problem: nothing is done to it, since 1 of options.adopt_id is read-only"));
}

TEST_F(AdoptIdTest, ThatAnotherKeyManagesIsAnError) {
  world_.records = {record("a", "1", "okta", "A")};
  EXPECT_THAT(matched(world_),
              HasSubstr("problem: nothing is done to it, since 1 of options.adopt_id is already managed"));
  EXPECT_EQ(matched(world_, "a"), "1 by record");
}

TEST_F(AdoptIdTest, ThatTwoKeysNameIsAnErrorForOneOfThem) {
  world_.desired.providers[0].options.adopt_id = "1";
  EXPECT_EQ(matched(world_, "a"), "1 by adopt_id");
  EXPECT_THAT(matched(world_),
              HasSubstr("problem: nothing is done to it, since 1 of options.adopt_id is already managed"));
}

TEST_F(AdoptIdTest, MovesTheRecordOfAKeyThatLeftTheFiles) {
  world_.records = {record("former", "1", "okta", "whatever")};
  EXPECT_EQ(matched(world_), "1 by move");
  EXPECT_EQ(matching_of(world_).by_key.at("w").previous_key, "former");
}

TEST_F(AdoptIdTest, MayStayInTheFileAfterTheAdoptedOneIsGone) {
  world_.live.providers.clear();
  world_.records = {record("w", "1", "okta", "W")};
  EXPECT_EQ(matched(world_), "none");
}

class IntentTest : public testing::Test {
 protected:
  IntentTest() {
    world_.desired.providers = {desired("w", "okta", "W")};
    world_.live.providers = {live("old", "okta", "W"), live("new", "okta", "W")};
    world_.intents = {intent("w", {"old"})};
  }
  World world_;
};

TEST_F(IntentTest, FindsTheOneNewIdOfItsTypeAndName) {
  EXPECT_EQ(matched(world_), "new by intent");
}

TEST_F(IntentTest, OfSeveralNewOnesAsksWhich) {
  world_.live.providers.push_back(live("newer", "okta", "W"));
  EXPECT_THAT(matched(world_), AllOf(HasSubstr("problem"), HasSubstr("new, newer"), HasSubstr("adopt_id")));
}

TEST_F(IntentTest, NeverTakesOneThatWasThereBeforeOrIsOfAnotherNameOrType) {
  world_.live.providers = {live("old", "okta", "x"), live("1", "okta", "V"), live("2", "oidc", "W")};
  EXPECT_EQ(matched(world_), "none");
}

TEST_F(IntentTest, FindsItsOwnByTheNameThatWasSentAlthoughTheFileNowSaysAnother) {
  world_.desired.providers[0].fields["name"] = "Renamed since";
  EXPECT_EQ(matched(world_), "new by intent");
}

TEST_F(IntentTest, OfAnotherKeyOrTypeIsNotForThisOne) {
  world_.live.providers.erase(world_.live.providers.begin());
  world_.intents[0].key = "another";
  EXPECT_EQ(matched(world_), "new by name");
  world_.intents = {intent("w", {})};
  world_.intents[0].type = "oidc";
  EXPECT_EQ(matched(world_), "new by name");
}

class MoveTest : public testing::Test {
 protected:
  MoveTest() {
    world_.desired.providers = {desired("w", "okta", "W")};
    world_.live.providers = {live("1", "okta", "renamed by hand"), live("2", "okta", "W")};
    world_.records = {record("former", "1", "okta", "W")};
  }
  World world_;
};

TEST_F(MoveTest, GoesByTheNameInTheRecordAndBeforeALiveOneOfThatName) {
  EXPECT_EQ(matched(world_), "1 by move");
}

TEST_F(MoveTest, DoesNotTakeTheRecordOfAKeyThatTheFilesStillName) {
  world_.desired.providers = {desired("former", "okta", "V"), desired("w", "okta", "W")};
  EXPECT_EQ(matched(world_), "2 by name");
  EXPECT_EQ(matched(world_, "former"), "1 by record");
}

TEST_F(MoveTest, DoesNotTakeARecordWhoseLiveOneIsGone) {
  world_.live.providers.erase(world_.live.providers.begin());
  EXPECT_EQ(matched(world_), "2 by name");
}

TEST_F(MoveTest, OfTwoFormerKeysAsksWhich) {
  world_.live.providers.push_back(live("3", "okta", "W"));
  world_.records.push_back(record("other", "3", "okta", "W"));
  EXPECT_THAT(matched(world_), AllOf(HasSubstr("problem"), HasSubstr("former or other")));
}

TEST(Claims, NameEveryIdThatARecordOrAKeyStandsFor) {
  World world = all_rules();
  world.records[0].superseded = {"superseded"};
  world.desired.providers.push_back(desired("x", "okta", "x"));
  world.desired.providers[1].options.adopt_id = "by-adopt";
  world.desired.providers[0].options.adopt_id.clear();
  EXPECT_THAT(matching_of(world).claimed,
              UnorderedElementsAre("by-record", "by-move", "superseded", "by-adopt"));
}

TEST(Claims, TwoRecordsOfOneIdNeverMakeTwoKeysStandForIt) {
  // Left behind when idpd died in the middle of a move, and then the old key came back into the files.
  World world;
  world.desired.providers = {desired("new", "okta", "W"), desired("old", "okta", "Old")};
  world.live.providers = {live("1", "okta", "W")};
  world.records = {record("new", "1", "okta", "W"), record("old", "1", "okta", "W")};
  EXPECT_EQ(matched(world, "new"), "1 by record");
  EXPECT_THAT(matched(world, "old"), HasSubstr("problem"));
}

// Few ids, names, types and keys, so that everything collides with everything.
World crowded(std::mt19937& random) {
  const auto below = [&](unsigned n) { return random() % n; };
  const auto type = [&] { return std::string(below(4) ? (below(2) ? "okta" : "oidc") : "onetimepin"); };
  const auto name = [&] { return std::string(1, static_cast<char>('A' + below(3))); };
  const auto id = [&] { return std::to_string(below(8)); };
  World world;
  for (unsigned i = 0; i < 8; ++i) {
    if (below(2)) continue;
    world.live.providers.push_back(live(std::to_string(i), type(), name()));
    world.live.providers.back().read_only = below(8) == 0;
  }
  for (const char* key : {"a", "b", "c", "d", "e"}) {
    if (below(3)) {
      world.desired.providers.push_back(desired(key, type(), name()));
      if (below(4) == 0) world.desired.providers.back().options.adopt_id = id();
    }
    if (below(3) == 0) {
      world.records.push_back(record(key, id(), type(), name()));
      if (below(3) == 0) world.records.back().superseded = {id()};
    }
    if (below(3) == 0) world.intents.push_back({key, type(), name(), {id(), id(), id()}});
  }
  return world;
}

TEST(Claims, NoLiveIdIsEverMatchedToTwoKeys) {
  std::mt19937 random(test::test_seed());
  for (int round = 0; round < 3000; ++round) {
    const World world = crowded(random);
    const Matching found = matching_of(world);
    std::set<std::string> seen;
    for (const auto& [key, one] : found.by_key) {
      ASSERT_TRUE(seen.insert(one.id).second) << one.id << " twice, round " << round;
      ASSERT_FALSE(found.problems.contains(key)) << key << " is both, round " << round;
      ASSERT_TRUE(found.claimed.contains(one.id)) << one.id << ", round " << round;
    }
    const AccountPlan plan = make_plan(world.input()).plan;
    std::set<std::string> removed;
    for (const Change& change : plan.changes) {
      if (change.action != Action::remove) continue;
      ASSERT_TRUE(removed.insert(change.id).second) << change.id << " deleted twice, round " << round;
      ASSERT_FALSE(seen.contains(change.id)) << change.id << " deleted while in use, round " << round;
    }
  }
}

}  // namespace
}  // namespace idpd::plan
