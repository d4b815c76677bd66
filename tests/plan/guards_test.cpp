// Every rule that withholds a delete, and that none of them stops anything else.
#include "plan/guards.h"

#include <gmock/gmock.h>

#include "plan/world.h"

namespace idpd::plan {
namespace {

using test::brief;
using test::desired;
using test::live;
using test::record;
using test::World;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// `kept` stays and needs an update, `new` is created, `gone-1` and `gone-2` left the files.
class GuardsTest : public testing::Test {
 protected:
  GuardsTest() {
    world_.policy.allow_deletes = true;
    world_.policy.max_deletes = 2;
    world_.desired.providers = {desired("kept", "okta", "Kept", {{"config.email_claim_name", "mail"}}),
                                desired("new", "okta", "New")};
    world_.desired.providers[0].secrets["config.client_secret"] = {.text = "${env:S}"};
    world_.live.providers = {live("1", "okta", "Kept"), live("2", "okta", "A"), live("3", "okta", "B")};
    world_.records = {record("gone-1", "2", "okta", "A"), record("gone-2", "3", "okta", "B"),
                      record("kept", "1", "okta", "Kept")};
  }
  // Of the deletes alone, when the others are as they should be.
  std::vector<std::string> deletes(const References& references = {}) const {
    std::vector<std::string> all = brief(world_.guarded(references));
    EXPECT_EQ(all.at(0), "create new");
    EXPECT_EQ(all.at(1), "update kept 1");
    all.erase(all.begin(), all.begin() + 2);
    return all;
  }
  World world_;
};

TEST_F(GuardsTest, LetThroughWhatIsAllowed) {
  EXPECT_THAT(deletes(), ElementsAre("delete gone-1 2", "delete gone-2 3"));
  EXPECT_THAT(ids_to_delete(world_.guarded()), ElementsAre("2", "3"));
}

TEST_F(GuardsTest, WithholdEveryDeleteWhenTheAccountSaysSo) {
  world_.policy.allow_deletes = false;
  EXPECT_THAT(deletes(), ElementsAre("delete gone-1 2 withheld:deletes_setting",
                                     "delete gone-2 3 withheld:deletes_setting"));
  EXPECT_THAT(ids_to_delete(world_.guarded()), IsEmpty()) << "no request is spent on them";
}

TEST_F(GuardsTest, RememberPreventDeleteFromTheRecord) {
  world_.records[0].prevent_delete = true;
  EXPECT_THAT(deletes(), ElementsAre("delete gone-1 2 withheld:prevent_delete", "delete gone-2 3"));
}

TEST_F(GuardsTest, AllowNoMoreThanMaxDeletesAndThenNone) {
  world_.policy.max_deletes = 1;
  EXPECT_THAT(deletes(),
              ElementsAre("delete gone-1 2 withheld:max_deletes", "delete gone-2 3 withheld:max_deletes"));
  EXPECT_THAT(world_.guarded().changes[2].withheld->message, HasSubstr("2 deletes"));
}

TEST_F(GuardsTest, CountOnlyDeletesThatNothingElseWithholds) {
  world_.policy.max_deletes = 1;
  world_.records[0].prevent_delete = true;
  EXPECT_THAT(deletes(), ElementsAre("delete gone-1 2 withheld:prevent_delete", "delete gone-2 3"));
}

TEST_F(GuardsTest, WithholdTheDeleteOfWhatIsReferredToAndNameWhoDoes) {
  const References references{.by_id = {{"2", {"the application Wiki", "the group Staff"}}, {"3", {}}}};
  EXPECT_THAT(deletes(references), ElementsAre("delete gone-1 2 withheld:references", "delete gone-2 3"));
  EXPECT_THAT(world_.guarded(references).changes[2].withheld->message,
              HasSubstr("the application Wiki, the group Staff"));
}

TEST_F(GuardsTest, NameOnlyTheFirstOfManyReferrers) {
  const References references{.by_id = {{"2", {"1", "2", "3", "4", "5", "6", "7"}}}};
  EXPECT_THAT(world_.guarded(references).changes[2].withheld->message, HasSubstr("4, 5 and 2 more"));
}

TEST_F(GuardsTest, WithholdEveryDeleteWhenReferencesCouldNotBeLookedUp) {
  EXPECT_THAT(deletes({.problem = "403"}), ElementsAre("delete gone-1 2 withheld:references_unknown",
                                                       "delete gone-2 3 withheld:references_unknown"));
}

TEST_F(GuardsTest, LeaveALoginMethod) {
  world_.policy.allow_empty = true;
  world_.desired.providers.clear();
  world_.policy.max_deletes = 3;
  EXPECT_THAT(brief(world_.guarded()), ElementsAre("delete gone-1 2 withheld:last_login_method",
                                                   "delete gone-2 3 withheld:last_login_method",
                                                   "delete kept 1 withheld:last_login_method"));
  world_.live.providers.push_back(live("9", "onetimepin", "PIN"));
  EXPECT_THAT(brief(world_.guarded()), ElementsAre("delete gone-1 2", "delete gone-2 3", "delete kept 1"));
}

TEST_F(GuardsTest, CountAsALoginMethodOnlyACreateThatIsCarriedOut) {
  world_.policy.allow_empty = true;
  world_.desired.providers = {desired("new", "okta", "New")};
  world_.live.providers = {live("2", "okta", "A")};
  world_.records = {record("gone-1", "2", "okta", "A")};
  EXPECT_THAT(brief(world_.guarded()), ElementsAre("create new", "delete gone-1 2"));
  world_.intents = {{"new", "okta", "New", {}}};
  EXPECT_THAT(brief(world_.guarded()),
              ElementsAre("create new withheld:lag", "delete gone-1 2 withheld:last_login_method"));
}

TEST_F(GuardsTest, CountALiveOneOnceAlthoughItsDeleteIsListedTwice) {
  AccountPlan plan;
  Change change{.action = Action::remove, .key = "a", .id = "1"};
  plan.changes = {change, change};
  model::LiveState live;
  live.providers = {test::live("1", "okta", "W")};
  apply_safety(plan, {}, live);
  EXPECT_EQ(brief(plan.changes[0]), "delete a 1 withheld:last_login_method");
}

TEST_F(GuardsTest, KeepTheFirstReason) {
  world_.policy.allow_deletes = false;
  world_.records[0].prevent_delete = true;
  EXPECT_THAT(deletes({.problem = "403"}), ElementsAre("delete gone-1 2 withheld:prevent_delete",
                                                       "delete gone-2 3 withheld:deletes_setting"));
}

// `w` changes from oidc to okta.
class ReplaceGuardsTest : public testing::Test {
 protected:
  ReplaceGuardsTest() {
    world_.policy.allow_deletes = true;
    world_.desired.providers = {desired("w", "okta", "W")};
    world_.live.providers = {live("1", "oidc", "W")};
    world_.records = {record("w", "1", "oidc", "W")};
  }
  std::vector<std::string> changes(const References& references = {}) const {
    return brief(world_.guarded(references));
  }
  World world_;
};

TEST_F(ReplaceGuardsTest, AReplaceOfTheOnlyLoginMethodLeavesTheNewOne) {
  EXPECT_THAT(changes(), ElementsAre("replace w 1"));
}

TEST_F(ReplaceGuardsTest, ASettingWithholdsTheWholeReplace) {
  world_.policy.allow_deletes = false;
  EXPECT_THAT(changes(), ElementsAre("replace w 1 withheld:deletes_setting"));
}

TEST_F(ReplaceGuardsTest, PreventDeleteInTheFileOrTheRecordWithholdsTheWholeReplace) {
  world_.desired.providers[0].options.prevent_delete = true;
  EXPECT_THAT(changes(), ElementsAre("replace w 1 withheld:prevent_delete"));
  world_.desired.providers[0].options.prevent_delete = false;
  world_.records[0].prevent_delete = true;
  EXPECT_THAT(changes(), ElementsAre("replace w 1 withheld:prevent_delete"));
}

TEST_F(ReplaceGuardsTest, AReplaceCountsAsADelete) {
  world_.desired.providers.push_back(desired("x", "okta", "X"));
  world_.live.providers.push_back(live("2", "okta", "Gone"));
  world_.live.providers.push_back(live("3", "okta", "X"));
  world_.records.push_back(record("gone", "2", "okta", "Gone"));
  EXPECT_THAT(changes(),
              ElementsAre("replace w 1 withheld:max_deletes", "delete gone 2 withheld:max_deletes"));
  world_.policy.max_deletes = 2;
  EXPECT_THAT(changes(), ElementsAre("replace w 1", "delete gone 2"));
}

TEST_F(ReplaceGuardsTest, ReferencesKeepTheOldOneAndTheNewOneIsMade) {
  EXPECT_THAT(changes({.by_id = {{"1", {"the application Wiki"}}}}),
              ElementsAre("replace w 1 keeps old:references"));
  EXPECT_THAT(changes({.problem = "403"}), ElementsAre("replace w 1 keeps old:references_unknown"));
  EXPECT_TRUE(world_.guarded({.problem = "403"}).changes[0].effective());
}

TEST_F(ReplaceGuardsTest, WhatAReplaceLeftBehindIsHeldToTheSameRules) {
  world_.desired.providers = {desired("w", "okta", "W")};
  world_.live.providers = {live("1", "oidc", "W"), live("2", "okta", "W")};
  world_.records = {record("w", "2", "okta", "W")};
  world_.records[0].superseded = {"1"};
  EXPECT_THAT(changes(), ElementsAre("delete w 1"));
  EXPECT_THAT(changes({.by_id = {{"1", {"x"}}}}), ElementsAre("delete w 1 withheld:references"));
  world_.records[0].prevent_delete = true;
  EXPECT_THAT(changes(), ElementsAre("delete w 1 withheld:prevent_delete"));
  world_.records[0].prevent_delete = false;
  world_.desired.providers[0].options.prevent_delete = true;
  EXPECT_THAT(changes(), ElementsAre("delete w 1 withheld:prevent_delete"));
  world_.desired.providers[0].options.prevent_delete = false;
  world_.policy.allow_deletes = false;
  EXPECT_THAT(changes(), ElementsAre("delete w 1 withheld:deletes_setting"));
}

TEST_F(GuardsTest, NoPolicyOverridesSafety) {
  world_.policy = {.allow_deletes = true,
                   .max_deletes = 1000,
                   .unmanaged = Unwanted::remove,
                   .allow_empty = true,
                   .adoption_consent = true,
                   .retry_stuck = true,
                   .resend_secrets = true};
  world_.desired.providers.clear();
  EXPECT_THAT(brief(world_.guarded({.by_id = {{"1", {"x"}}, {"2", {"x"}}}})),
              ElementsAre("delete gone-1 2 withheld:references", "delete gone-2 3",
                          "delete kept 1 withheld:references"));
  EXPECT_THAT(brief(world_.guarded({.problem = "x"})),
              ElementsAre("delete gone-1 2 withheld:references_unknown",
                          "delete gone-2 3 withheld:references_unknown",
                          "delete kept 1 withheld:references_unknown"));
  EXPECT_THAT(brief(world_.guarded()), Contains("delete kept 1 withheld:last_login_method"));
}

}  // namespace
}  // namespace idpd::plan
