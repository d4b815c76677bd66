// Field by field: what differs, and whose doing it was.
#include "plan/diff.h"

#include <gmock/gmock.h>

#include "plan/world.h"

namespace idpd::plan {
namespace {

using base::Json;
using model::FieldMap;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr const char* path = "config.email_claim_name";
constexpr const char* secret = "config.client_secret";

std::string brief(const FieldChange& field) {
  std::string out = field.path + ": ";
  if (!field.sensitive) out += base::dump_json(field.before) + " -> " + base::dump_json(field.after) + ", ";
  return out + std::string(name_of(field.origin));
}

std::vector<std::string> brief(const Diff& diff) {
  std::vector<std::string> out;
  for (const FieldChange& field : diff.fields) out.push_back(brief(field));
  return out;
}

// One IdP with one field of interest, seen from three sides.
class DiffTest : public testing::Test {
 protected:
  void file_says(const char* field, Json value) { desired_.fields[field] = std::move(value); }
  void lives(const FieldMap& fields) { live_ = test::live("1", "pingone", "W", fields); }
  void was_applied(const char* field, Json applied, Json observed) {
    record();
    record_->applied[field] = std::move(applied);
    if (!observed.is_null()) record_->observed[field] = std::move(observed);
  }
  model::Record& record() {
    if (!record_) record_ = test::record("w", "1", "pingone", "W");
    return *record_;
  }
  Diff made(bool retry_stuck = false, bool resend = false, bool have_store = true) const {
    return diff({.type = test::type_of("pingone"),
                 .desired = desired_,
                 .live = live_ ? &*live_ : nullptr,
                 .record = record_ ? &*record_ : nullptr,
                 .secrets = &secrets_,
                 .have_store = have_store,
                 .retry_stuck = retry_stuck,
                 .resend_secrets = resend});
  }
  std::vector<std::string> changes() const { return brief(made()); }

  model::DesiredProvider desired_ = test::desired("w", "pingone", "W");
  std::optional<model::LiveProvider> live_ = test::live("1", "pingone", "W");
  std::optional<model::Record> record_;
  SecretStates secrets_;
};

struct Origins {
  const char* what;
  const char* wanted;
  const char* lives;
  const char* applied;
  const char* observed;
  const char* expected;  // the origin; "" = no change
};

class OriginTest : public DiffTest, public testing::WithParamInterface<Origins> {};

TEST_P(OriginTest, TellsWhoMovedTheField) {
  const Origins& given = GetParam();
  file_says(path, given.wanted);
  lives({{path, given.lives}});
  was_applied(path, given.applied, given.observed);
  const Diff found = made();
  EXPECT_THAT(found.stuck, IsEmpty());
  if (!*given.expected) {
    EXPECT_THAT(found.fields, IsEmpty()) << brief(found.fields[0]);
    return;
  }
  ASSERT_EQ(found.fields.size(), 1u);
  EXPECT_EQ(found.fields[0].path, path);
  EXPECT_EQ(found.fields[0].before, Json(given.lives));
  EXPECT_EQ(found.fields[0].after, Json(given.wanted));
  EXPECT_EQ(name_of(found.fields[0].origin), given.expected);
}

INSTANTIATE_TEST_SUITE_P(Diff, OriginTest,
                         testing::Values(Origins{"Same", "a", "a", "a", "a", ""},
                                         Origins{"FileMoved", "b", "a", "a", "a", "config"},
                                         Origins{"LiveMoved", "a", "b", "a", "a", "drift"},
                                         Origins{"BothMovedApart", "b", "c", "a", "a", "both"},
                                         Origins{"BothMovedToTheSame", "b", "b", "a", "a", ""},
                                         Origins{"ServerRewroteWhatWasSent", "a", "A", "a", "A", ""},
                                         Origins{"RewrittenAndFileMoved", "b", "A", "a", "A", "config"},
                                         Origins{"RewrittenAndLiveMoved", "a", "B", "a", "A", "drift"},
                                         Origins{"RewrittenAndBothMoved", "b", "B", "a", "A", "both"},
                                         Origins{"LiveMovedToWhatTheFileSays", "a", "a", "a", "A", ""}),
                         [](const auto& given) { return given.param.what; });

TEST_F(DiffTest, AFieldNewInTheFileIsAConfigChangeWhateverLives) {
  file_says(path, "a");
  lives({{path, "b"}});
  record();
  EXPECT_THAT(changes(), ElementsAre("config.email_claim_name: \"b\" -> \"a\", config"));
}

TEST_F(DiffTest, WithoutARecordNobodyKnowsWhoWasFirst) {
  file_says(path, "a");
  lives({{path, "b"}});
  EXPECT_THAT(changes(), ElementsAre("config.email_claim_name: \"b\" -> \"a\", unknown"));
}

TEST_F(DiffTest, ACreateIsAConfigChangeAndWithoutAStoreOfUnknownOrigin) {
  live_.reset();
  file_says(path, "a");
  EXPECT_THAT(changes(),
              ElementsAre("name: null -> \"W\", config", "config.email_claim_name: null -> \"a\", config"));
  EXPECT_EQ(made(false, false, false).fields[0].origin, Origin::unknown);
}

TEST_F(DiffTest, WhatIsGoneAlthoughRecordedIsDrift) {
  live_.reset();
  file_says(path, "a");
  desired_.secrets[secret] = {.text = "${env:S}"};
  was_applied(path, "a", "a");
  EXPECT_THAT(changes(), ElementsAre("name: null -> \"W\", drift", "config.client_secret: drift",
                                     "config.email_claim_name: null -> \"a\", drift"));
}

TEST_F(DiffTest, ARecordOfAnotherTypeSaysNothing) {
  file_says(path, "a");
  was_applied(path, "b", "b");
  was_applied("config.claims", Json::Array{"x"}, Json::Array{"x"});
  record().type = "oidc";
  lives({{path, "b"}, {"config.claims", Json::Array{"x"}}});
  EXPECT_THAT(changes(), ElementsAre("config.email_claim_name: \"b\" -> \"a\", unknown"));
}

TEST_F(DiffTest, AWriteThatDidNotStickIsReportedAndNotRepeated) {
  file_says(path, "a");
  lives({{path, "b"}});
  was_applied(path, "a", "b");
  record().stuck = {path};
  const Diff found = made();
  EXPECT_THAT(found.fields, IsEmpty());
  EXPECT_THAT(found.stuck, ElementsAre(path));
}

TEST_F(DiffTest, AWriteThatDidNotStickIsRepeatedWhenAsked) {
  file_says(path, "a");
  lives({{path, "b"}});
  was_applied(path, "a", "b");
  record().stuck = {path};
  EXPECT_THAT(brief(made(true)), ElementsAre("config.email_claim_name: \"b\" -> \"a\", config"));
}

TEST_F(DiffTest, AWriteThatDidNotStickIsRepeatedWhenFileOrLiveMoves) {
  was_applied(path, "a", "b");
  record().stuck = {path};
  file_says(path, "c");
  lives({{path, "b"}});
  EXPECT_THAT(changes(), ElementsAre("config.email_claim_name: \"b\" -> \"c\", config"));
  file_says(path, "a");
  lives({{path, "d"}});
  EXPECT_THAT(changes(), ElementsAre("config.email_claim_name: \"d\" -> \"a\", drift"));
}

TEST_F(DiffTest, ARemovedFieldGoesBackToItsDefault) {
  lives({{path, "a"}, {"config.pkce_enabled", true}});
  was_applied(path, "a", "a");
  was_applied("config.pkce_enabled", true, true);
  EXPECT_THAT(changes(), ElementsAre("config.pkce_enabled: true -> false, config",
                                     "config.email_claim_name: \"a\" -> null, config"));
}

TEST_F(DiffTest, AFieldThatWasNeverAppliedIsLeftAlone) {
  lives({{path, "a"}, {"config.pkce_enabled", true}, {"config.claims", Json::Array{"x"}}});
  record();
  EXPECT_THAT(changes(), IsEmpty());
}

TEST_F(DiffTest, NullUnsetsTheField) {
  file_says(path, nullptr);
  file_says("config.pkce_enabled", nullptr);
  lives({{path, "a"}, {"config.pkce_enabled", true}});
  EXPECT_THAT(changes(), ElementsAre("config.pkce_enabled: true -> false, unknown",
                                     "config.email_claim_name: \"a\" -> null, unknown"));
}

TEST_F(DiffTest, AnIgnoredFieldIsLeftToOthersWhoeverMovedIt) {
  desired_.options.ignore = {path, "config.claims", secret};
  file_says(path, "a");
  desired_.secrets[secret] = {.text = "${env:S}"};
  secrets_[secret] = {.resolved = true, .fingerprint = "new"};
  lives({{path, "b"}, {"config.claims", Json::Array{"x"}}});
  was_applied(path, "c", "c");
  was_applied("config.claims", Json::Array{"y"}, Json::Array{"y"});
  record().secrets[secret] = "old";
  EXPECT_THAT(changes(), IsEmpty());
}

TEST_F(DiffTest, ScimIsNeverResetByLeavingItOut) {
  lives({{"scim_config.enabled", true}, {"scim_config.user_deprovision", true}});
  was_applied("scim_config.enabled", true, true);
  was_applied("scim_config.user_deprovision", true, true);
  EXPECT_THAT(changes(), IsEmpty());
  file_says("scim_config.enabled", false);
  EXPECT_THAT(changes(), ElementsAre("scim_config.enabled: true -> false, config"));
}

TEST_F(DiffTest, EqualSpellingsAreNoChange) {
  file_says("config.pkce_enabled", false);
  file_says("config.claims", Json::Array{"b", "a", "b"});
  file_says(path, "");
  file_says("scim_config.identity_update_behavior", "no_action");
  lives({{"config.claims", Json::Array{"a", "b"}}});
  EXPECT_THAT(changes(), IsEmpty());
}

TEST_F(DiffTest, ListsWithoutOrderAreMarkedAsSuch) {
  file_says("config.claims", Json::Array{"a"});
  ASSERT_EQ(made().fields.size(), 1u);
  EXPECT_TRUE(made().fields[0].set);
}

class SecretDiffTest : public DiffTest {
 protected:
  SecretDiffTest() {
    desired_.secrets[secret] = {.text = "${env:S}"};
    record().secrets[secret] = "f1";
  }
  void now_has(std::optional<std::string> fingerprint) {
    secrets_[secret] = {.resolved = true, .fingerprint = std::move(fingerprint)};
  }
};

TEST_F(SecretDiffTest, ARotatedSecretIsAConfigChangeThatShowsNoValue) {
  now_has("f2");
  const Diff found = made();
  EXPECT_THAT(brief(found), ElementsAre("config.client_secret: config"));
  EXPECT_TRUE(found.fields[0].sensitive);
  EXPECT_TRUE(found.fields[0].before.is_null());
  EXPECT_TRUE(found.fields[0].after.is_null());
}

TEST_F(SecretDiffTest, TheSameSecretIsNoChange) {
  now_has("f1");
  EXPECT_THAT(changes(), IsEmpty());
}

TEST_F(SecretDiffTest, AFingerprintUnderAKeyThatWasLostSaysNothing) {
  record().secrets[secret] = "one:f1";
  now_has("two:f2");
  EXPECT_THAT(changes(), IsEmpty()) << "else a lost key would be a wave of updates";
  now_has("one:f2");
  EXPECT_THAT(changes(), ElementsAre("config.client_secret: config"));
}

TEST_F(SecretDiffTest, WithoutAFingerprintOnEitherSideNothingIsSaid) {
  now_has(std::nullopt);
  EXPECT_THAT(changes(), IsEmpty());
  secrets_.clear();
  EXPECT_THAT(changes(), IsEmpty());
  now_has("f2");
  record().secrets.clear();
  EXPECT_THAT(changes(), IsEmpty());
  record_.reset();
  EXPECT_THAT(changes(), IsEmpty());
}

TEST_F(SecretDiffTest, ResendingIsAChangeByItself) {
  now_has("f1");
  EXPECT_THAT(brief(made(false, true)), ElementsAre("config.client_secret: config"));
}

TEST_F(SecretDiffTest, AMaskedOrMissingLiveSecretIsNoDifference) {
  now_has("f1");
  lives({{secret, "**********"}});
  EXPECT_THAT(changes(), IsEmpty());
  lives({{secret, ""}});
  EXPECT_THAT(changes(), IsEmpty());
}

TEST_F(SecretDiffTest, ASecretThatTheFileNoLongerNamesGoes) {
  desired_.secrets.clear();
  EXPECT_THAT(changes(), ElementsAre("config.client_secret: config"));
  record().secrets.clear();
  EXPECT_THAT(changes(), IsEmpty()) << "it was never ours";
}

TEST_F(SecretDiffTest, WithKeepSecretItIsHandedOver) {
  desired_.secrets.clear();
  desired_.options.keep_secret = true;
  EXPECT_THAT(changes(), IsEmpty());
}

TEST_F(SecretDiffTest, NullUnsetsASecretThatTheApiHoldsOrThatWasSent) {
  desired_.secrets[secret].unset = true;
  EXPECT_THAT(changes(), ElementsAre("config.client_secret: config"));
  record().secrets.clear();
  EXPECT_THAT(changes(), IsEmpty());
  lives({{secret, "********"}});
  EXPECT_THAT(changes(), ElementsAre("config.client_secret: config"));
}

TEST(CombinedOrigin, IsBothOnlyWhenBothSidesMoved) {
  const auto of = [](std::vector<Origin> origins) {
    std::vector<FieldChange> fields;
    for (const Origin one : origins) fields.push_back({.path = "x", .origin = one});
    return combined(fields);
  };
  EXPECT_EQ(of({}), Origin::unknown);
  EXPECT_EQ(of({Origin::unknown}), Origin::unknown);
  EXPECT_EQ(of({Origin::unknown, Origin::drift}), Origin::drift);
  EXPECT_EQ(of({Origin::config, Origin::unknown}), Origin::config);
  EXPECT_EQ(of({Origin::config, Origin::drift}), Origin::both);
  EXPECT_EQ(of({Origin::both, Origin::drift}), Origin::both);
}

}  // namespace
}  // namespace idpd::plan
