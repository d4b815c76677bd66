// What the planner itself withholds: for want of a secret, for lag, for what looks like an accident.
#include <gmock/gmock.h>

#include "plan/planner.h"
#include "plan/world.h"

namespace idpd::plan {
namespace {

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
constexpr const char* target = "config.okta_account";
constexpr const char* secret = "config.client_secret";
constexpr const char* token = "config.api_token";  // optional

// One IdP that needs an update of a harmless field.
class WithholdTest : public testing::Test {
 protected:
  WithholdTest() {
    world_.desired.providers = {desired("w", "okta", "W", {{claim, "mail"}, {target, "https://a"}})};
    one().secrets[secret] = {.text = "${env:S}", .where = {"idp.yaml", 7, 9}};
    world_.secrets["w"][secret] = {.resolved = true, .fingerprint = "f1"};
    lives({{target, "https://a"}, {secret, "*******"}});
    world_.records = {record("w", "1", "okta", "W", {{claim, "mail"}, {target, "https://a"}})};
    world_.records[0].secrets[secret] = "f1";
  }
  model::DesiredProvider& one() { return world_.desired.providers[0]; }
  void lives(const model::FieldMap& fields) { world_.live.providers = {live("1", "okta", "W", fields)}; }
  std::vector<std::string> changes() const { return brief(world_.plan().plan); }
  std::string message() const { return world_.plan().plan.changes.at(0).withheld->message; }
  World world_;
};

TEST_F(WithholdTest, AnUpdateWhoseSecretsAreAllKnownGoesOn) {
  EXPECT_THAT(changes(), ElementsAre("update w 1"));
}

TEST_F(WithholdTest, ASecretThatTheApiHoldsAndTheFileDoesNotNameWithholdsTheUpdate) {
  lives({{target, "https://a"}, {secret, "*******"}, {token, "*******"}});
  EXPECT_THAT(changes(), ElementsAre("update w 1 withheld:secret_unknown"));
  EXPECT_THAT(message(), HasSubstr(token));
  one().options.keep_secret = true;
  EXPECT_THAT(changes(), ElementsAre("update w 1"));
}

TEST_F(WithholdTest, ASecretThatTheTypeNeedsWithholdsTheUpdateEvenIfTheApiShowsNone) {
  one().secrets.clear();
  world_.records[0].secrets.clear();
  lives({{target, "https://a"}});
  EXPECT_THAT(changes(), ElementsAre("update w 1 withheld:secret_unknown"));
}

TEST_F(WithholdTest, AnIgnoredSecretIsNotKnownEither) {
  one().options.ignore = {secret};
  EXPECT_THAT(changes(), ElementsAre("update w 1 withheld:secret_unknown"));
}

TEST_F(WithholdTest, AMaskedFieldThatTheSchemaDoesNotKnowWithholdsTheUpdate) {
  lives({{target, "https://a"}, {"config.brand_new_key", "********"}});
  EXPECT_THAT(changes(), ElementsAre("update w 1 withheld:secret_unknown"));
  EXPECT_THAT(message(), HasSubstr("config.brand_new_key"));
}

TEST_F(WithholdTest, AKeptSecretIsNotSentElsewhere) {
  one().secrets.clear();
  one().options.keep_secret = true;
  one().fields[target] = "https://elsewhere";
  EXPECT_THAT(changes(), ElementsAre("update w 1 withheld:secret_target"));
  EXPECT_THAT(message(), HasSubstr(target));
  one().secrets[secret] = {.text = "${env:S}"};
  EXPECT_THAT(changes(), ElementsAre("update w 1"));
}

TEST_F(WithholdTest, AnUnresolvedSecretIsAWarningInAPlanAndWithholdsAWrite) {
  world_.secrets["w"][secret] = {.problem = "the variable S is not set"};
  EXPECT_THAT(changes(), ElementsAre("update w 1"));
  EXPECT_THAT(text_of(world_.plan().plan.diagnostics), HasSubstr("S is not set"));
  world_.policy.withhold_unresolved = true;
  EXPECT_THAT(changes(), ElementsAre("update w 1 withheld:secret_unresolved"));
  EXPECT_THAT(message(), HasSubstr("S is not set"));
}

TEST_F(WithholdTest, AnUnresolvedSecretThatIsIgnoredIsNoReason) {
  one().options.ignore = {secret};
  one().options.keep_secret = true;
  world_.secrets["w"][secret] = {.problem = "the variable S is not set"};
  world_.policy.withhold_unresolved = true;
  EXPECT_THAT(changes(), ElementsAre("update w 1"));
}

TEST_F(WithholdTest, AnOptionalSecretThatWasOursAndLeftTheFileGoes) {
  lives({{claim, "mail"}, {target, "https://a"}, {secret, "*******"}, {token, "*******"}});
  world_.records[0].secrets[token] = "f2";
  EXPECT_THAT(changes(), ElementsAre("update w 1"));
}

TEST_F(WithholdTest, ACreateNeedsTheRequiredSecretsAlthoughLaterOnesAreKept) {
  one().secrets.clear();
  one().options.keep_secret = true;
  world_.live.providers.clear();
  world_.records.clear();
  EXPECT_THAT(changes(), ElementsAre("create w withheld:secret_unknown"));
}

TEST_F(WithholdTest, AReadOnlyOneIsNeverWritten) {
  world_.live.providers[0].read_only = true;
  EXPECT_THAT(changes(), ElementsAre("update w 1 withheld:read_only"));
  one().type = "oidc";
  EXPECT_THAT(changes(), ElementsAre("replace w 1 withheld:read_only"));
  world_.desired.providers.clear();
  world_.policy.allow_empty = true;
  EXPECT_THAT(changes(), ElementsAre("delete w 1 withheld:read_only"));
}

TEST_F(WithholdTest, AdoptionByNameThatWouldChangeItTakesConsent) {
  world_.records.clear();
  EXPECT_THAT(changes(), ElementsAre("adopt w 1"));
  world_.policy.adoption_consent = false;
  EXPECT_THAT(changes(), ElementsAre("adopt w 1 withheld:adoption_consent"));
  EXPECT_THAT(message(), HasSubstr("adopt_id: 1"));
  one().options.adopt_id = "1";
  EXPECT_THAT(changes(), ElementsAre("adopt w 1"));
}

TEST_F(WithholdTest, AdoptionByAnInterruptedCreateTakesNoConsent) {
  world_.records.clear();
  world_.intents = {{"w", "okta", "W", {}}};
  world_.policy.adoption_consent = false;
  EXPECT_THAT(changes(), ElementsAre("adopt w 1"));
}

TEST_F(WithholdTest, WhatWasCreatedMomentsAgoIsNotCreatedTwice) {
  world_.live.providers.clear();
  world_.records[0].passes = model::young_passes - 1;
  EXPECT_THAT(changes(), ElementsAre("create w withheld:lag"));
  world_.records[0].passes = model::young_passes;
  EXPECT_THAT(changes(), ElementsAre("create w"));
  world_.records.clear();
  world_.intents = {{"w", "okta", "W", {}}};
  EXPECT_THAT(changes(), ElementsAre("create w withheld:lag"));
  world_.intents[0].passes = model::young_passes;
  EXPECT_THAT(changes(), ElementsAre("create w"));
}

TEST_F(WithholdTest, AReplaceWhoseAnswerWasLostIsNotMadeTwice) {
  // The record still names the old one of type okta; the new one of type oidc is listed.
  one() = desired("w", "oidc", "W");
  world_.live.providers.push_back(live("2", "oidc", "W"));
  world_.intents = {{"w", "oidc", "W", {"1"}}};
  for (const Change& change : world_.plan().plan.changes) {
    EXPECT_FALSE(change.action == Action::replace && change.effective())
        << brief(change) << " would make a second one";
  }
}

TEST_F(WithholdTest, AReplaceWhoseAnswerWasLostWaitsUntilTheNewOneMayShow) {
  one() = desired("w", "oidc", "W");
  world_.intents = {{"w", "oidc", "W", {"1"}}};
  EXPECT_THAT(changes(), ElementsAre("replace w 1 withheld:lag"));
}

TEST_F(WithholdTest, ASingletonIsNeverReplaced) {
  one() = desired("w", "onetimepin", "W");
  EXPECT_THAT(changes(), ElementsAre("replace w 1 withheld:singleton_replace"));
  one() = desired("w", "okta", "W");
  world_.live.providers = {live("1", "onetimepin", "W")};
  EXPECT_THAT(changes(), ElementsAre("replace w 1 withheld:singleton_replace"));
}

World two_recorded() {
  World world;
  world.desired.providers = {desired("a", "okta", "A"), desired("b", "okta", "B")};
  world.records = {record("a", "1", "okta", "A"), record("b", "2", "okta", "B")};
  world.policy.withhold_vanished = true;
  return world;
}

TEST(Vanished, AllRecordedOnesGoneAtOnceAreNotCreatedUnasked) {
  World world = two_recorded();
  EXPECT_THAT(brief(world.plan().plan),
              ElementsAre("create a withheld:vanished", "create b withheld:vanished"));
  world.policy.withhold_vanished = false;
  EXPECT_THAT(brief(world.plan().plan), ElementsAre("create a", "create b"));
}

TEST(Vanished, OneOfSeveralOrASingleOneIsCreatedAnew) {
  World world = two_recorded();
  world.live.providers = {live("1", "okta", "A")};
  EXPECT_THAT(brief(world.plan().plan), ElementsAre("create b"));
  world.live.providers.clear();
  world.desired.providers.pop_back();
  world.records.pop_back();
  EXPECT_THAT(brief(world.plan().plan), ElementsAre("create a"));
}

TEST(Vanished, ANewOneBesideThemWaitsToo) {
  World world = two_recorded();
  world.desired.providers.push_back(desired("c", "okta", "C"));
  EXPECT_EQ(brief(world.plan().plan)[2], "create c withheld:vanished")
      << "made alone, it would be the one that is not gone, and the next pass would create the others";
}

TEST(FilesEmpty, RecordsThatTheFilesAllLackAreNotDeletedUnasked) {
  World world = two_recorded();
  world.desired.providers = {desired("c", "okta", "C")};
  world.live.providers = {live("1", "okta", "A"), live("2", "okta", "B")};
  EXPECT_THAT(brief(world.plan().plan),
              ElementsAre("create c", "delete a 1 withheld:files_empty", "delete b 2 withheld:files_empty"));
  world.policy.allow_empty = true;
  EXPECT_THAT(brief(world.plan().plan), ElementsAre("create c", "delete a 1", "delete b 2"));
}

TEST(FilesEmpty, OneThatTheFilesStillNameOrHaveMovedIsEnough) {
  World world = two_recorded();
  world.live.providers = {live("1", "okta", "A"), live("2", "okta", "B")};
  world.desired.providers = {desired("a", "okta", "A")};
  EXPECT_THAT(brief(world.plan().plan), ElementsAre("delete b 2"));
  world.desired.providers = {desired("renamed", "okta", "A")};
  EXPECT_THAT(brief(world.plan().plan), ElementsAre("move renamed 1", "delete b 2"));
}

}  // namespace
}  // namespace idpd::plan
