// What is sent, and what is remembered of it.
#include "reconcile/body.h"

#include <gmock/gmock.h>

#include "plan/diff.h"
#include "plan/world.h"
#include "reconcile/secrets_of.h"

namespace idpd::reconcile {
namespace {

using base::Json;
using model::FieldMap;
using test::desired;
using test::live;
using test::record;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;
using testing::UnorderedElementsAre;

constexpr const char* claim = "config.email_claim_name";
constexpr const char* pkce = "config.pkce_enabled";
constexpr const char* claims = "config.claims";
constexpr const char* secret = "config.client_secret";

constexpr const char* certificate =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBbjCCARWgAwIBAgIUSGJOzWqAYhZpvA80Hisgy8PXjkswCgYIKoZIzj0EAwIw\n"
    "DDEKMAgGA1UEAwwBdDAgFw0yNjExMjUwODA0MjlaGA8yMTI2MTEwMTA4MDQyOVow\n"
    "DDEKMAgGA1UEAwwBdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABB1lFDPvqfII\n"
    "n7FsQYkQYjE49DfMQonUvEcYh5N8Pe/GtfB6ZMsH/JjDe3mZ7wa0qFd1t24j3KDR\n"
    "9McRoJyqF4CjUzBRMB0GA1UdDgQWBBTD95CqgJlLKkuXTwQrwfESNXTePTAfBgNV\n"
    "HSMEGDAWgBTD95CqgJlLKkuXTwQrwfESNXTePTAPBgNVHRMBAf8EBTADAQH/MAoG\n"
    "CCqGSM49BAMCA0cAMEQCIHMSZbTLShK2WCahLHNCA7yLJm6ncgNGb6qQ2m15aWkl\n"
    "AiBdhr4PVegX4gnY5Db+ieBxZfV7a6Awt9DYIK61gZ/EzQ==\n"
    "-----END CERTIFICATE-----\n";

class BodyTest : public testing::Test {
 protected:
  BodyTest() { one_.secrets[secret] = {.text = "${env:S}"}; }
  const model::Type& type() const { return test::type_of(one_.type); }
  SecretValues secrets() const { return test::resolved({{one_}}); }
  Json sent(const model::LiveProvider* live, const model::Record* record = nullptr) const {
    auto parsed = base::parse_json(request_body(type(), one_, live, record, secrets()));
    EXPECT_TRUE(parsed.ok());
    return *std::move(parsed);
  }
  static Json at(const Json& body, const std::string& path) {
    const Json* found = model::at_path(body, path);
    return found ? *found : Json("(absent)");
  }
  model::DesiredProvider one_ = desired("w", "okta", "W", {{claim, "mail"}});
};

TEST_F(BodyTest, ACreateIsWhatTheFileSaysWithTheRealSecret) {
  EXPECT_EQ(sent(nullptr), Json(Json::Object{{"name", "W"},
                                             {"type", "okta"},
                                             {"config", Json::Object{{"email_claim_name", "mail"},
                                                                     {"client_secret", "real-S-secret"}}}}));
}

TEST_F(BodyTest, AConfigIsSentEvenWhenThereIsNothingInIt) {
  one_ = desired("w", "onetimepin", "PIN");
  EXPECT_EQ(at(sent(nullptr), "config"), Json(Json::Object{}));
}

TEST_F(BodyTest, AnUpdateKeepsWhatTheFileDoesNotName) {
  Json object = test::live_json("1", "okta", "Old name",
                                {{claim, "other"},
                                 {pkce, true},
                                 {"config.brand_new_key", Json::Object{{"a", Json::Array{1, 2}}}},
                                 {"scim_config.enabled", true},
                                 {"scim_config.brand_new_flag", true}});
  object["brand_new_member"] = "x";
  const auto lives = test::take(object);
  const Json body = sent(&lives);
  EXPECT_EQ(at(body, "name"), "W");
  EXPECT_EQ(at(body, claim), "mail");
  EXPECT_EQ(at(body, pkce), true);
  EXPECT_EQ(at(body, "config.brand_new_key.a"), Json(Json::Array{1, 2}));
  EXPECT_EQ(at(body, "scim_config.enabled"), true);
  EXPECT_EQ(at(body, "scim_config.brand_new_flag"), true);
  EXPECT_EQ(at(body, "brand_new_member"), "x");
}

TEST_F(BodyTest, WhatTheServerSetsOrMasksIsNeverSentBack) {
  Json object = test::live_json("1", "okta", "W",
                                {{secret, "**********"},
                                 {"config.api_token", "readable in this answer"},
                                 {"config.redirect_url", "https://x"},
                                 {"config.brand_new_secret", "******"},
                                 {"config.nested", Json::Object{{"hidden", "***"}, {"seen", "x"}}},
                                 {"config.mixed_list", Json::Array{"****", "x"}},
                                 {"scim_config.enabled", true},
                                 {"scim_config.secret", "made by the server"},
                                 {"scim_config.scim_base_url", "https://x"},
                                 {"scim_config.group_member_deprovision", true}});
  object["uid"] = "1";
  object["version"] = "7";
  object["read_only"] = false;
  object["scim_base_url"] = "https://x";
  object["saml_certificate_set"] = Json::Object{{"a", 1}};
  const auto lives = test::take(object);
  one_.secrets.clear();
  EXPECT_EQ(sent(&lives), Json(Json::Object{{"name", "W"},
                                            {"type", "okta"},
                                            {"config", Json::Object{{"email_claim_name", "mail"},
                                                                    {"nested", Json::Object{{"seen", "x"}}},
                                                                    {"mixed_list", Json::Array{"x"}}}},
                                            {"scim_config", Json::Object{{"enabled", true}}}}));
}

TEST_F(BodyTest, BlanksAreLeftOut) {
  const auto lives = live("1", "okta", "W",
                          {{"config.authorization_server_id", ""},
                           {claims, Json::Array{}},
                           {"config.brand_new_key", nullptr},
                           {"scim_config.identity_update_behavior", ""}});
  one_.fields["config.okta_account"] = "";
  const Json body = sent(&lives);
  EXPECT_EQ(at(body, "config"),
            Json(Json::Object{{"email_claim_name", "mail"}, {"client_secret", "real-S-secret"}}));
  EXPECT_EQ(at(body, "scim_config"), "(absent)");
}

TEST_F(BodyTest, ANullScimConfigIsNotSentBack) {
  Json object = test::live_json("1", "okta", "W");
  object["scim_config"] = nullptr;
  const auto lives = test::take(object);
  EXPECT_EQ(at(sent(&lives), "scim_config"), "(absent)");
}

TEST_F(BodyTest, AFalseThatTheFileStatesIsSent) {
  const auto lives = live("1", "okta", "W", {{pkce, true}});
  one_.fields[pkce] = false;
  EXPECT_EQ(at(sent(&lives), pkce), false);
}

TEST_F(BodyTest, NullUnsets) {
  auto lives = live("1", "okta", "W", {{claim, "other"}, {claims, Json::Array{"a"}}});
  one_.fields[claim] = nullptr;
  one_.secrets[secret].unset = true;
  EXPECT_EQ(at(sent(&lives), claim), "(absent)");
  EXPECT_EQ(at(sent(&lives), claims), Json(Json::Array{"a"}));
  EXPECT_EQ(at(sent(&lives), secret), "(absent)");
  lives.held_secrets.insert(secret);
  EXPECT_EQ(at(sent(&lives), secret), Json()) << "left out, an API that keeps secrets would keep it";
}

TEST_F(BodyTest, WhatLeftTheFileGoesToItsDefaultOrIsLeftOut) {
  const auto lives =
      live("1", "okta", "W", {{pkce, true}, {claims, Json::Array{"a"}}, {"scim_config.enabled", true}});
  const auto was = record("w", "1", "okta", "W",
                          {{pkce, true}, {claims, Json::Array{"a"}}, {"scim_config.enabled", true}});
  EXPECT_EQ(at(sent(&lives, &was), pkce), false);
  EXPECT_EQ(at(sent(&lives, &was), claims), "(absent)");
  EXPECT_EQ(at(sent(&lives, &was), "scim_config.enabled"), true) << "SCIM is never reset by omission";
  EXPECT_EQ(at(sent(&lives), pkce), true) << "what was never ours stays";
}

TEST_F(BodyTest, IgnoredFieldsStayAsTheyLive) {
  const auto lives = live("1", "okta", "W", {{claim, "other"}, {pkce, true}});
  const auto was = record("w", "1", "okta", "W", {{claim, "mail"}, {pkce, false}});
  one_.options.ignore = {claim, pkce, secret};
  EXPECT_EQ(at(sent(&lives, &was), claim), "other");
  EXPECT_EQ(at(sent(&lives, &was), pkce), true);
  EXPECT_EQ(at(sent(&lives, &was), secret), "(absent)");
}

TEST_F(BodyTest, ACertificateIsSentAsWrittenAndNotAsItsDigest) {
  one_ = desired("w", "saml", "W", {{"config.idp_public_certs", Json::Array{certificate}}});
  const auto lives = live("1", "saml", "W", {{"config.idp_public_cert", certificate}});
  const Json body = sent(&lives);
  EXPECT_EQ(at(body, "config.idp_public_certs"), Json(Json::Array{certificate}));
  EXPECT_EQ(at(body, "config.idp_public_cert"), "(absent)") << "the older name of the same";
  EXPECT_TRUE(lives.fields.at("config.idp_public_certs").array()[0].string().starts_with("sha256:"));
}

TEST_F(BodyTest, ASecretThatCannotBeResolvedIsNotSentAsItsReference) {
  one_.secrets[secret].text = "${env:MISSING}";
  EXPECT_EQ(at(sent(nullptr), secret), "(absent)");
}

TEST_F(BodyTest, TurningScimOnIsSeenFromFileAndLiveObject) {
  const auto off = live("1", "okta", "W");
  const auto on = live("1", "okta", "W", {{"scim_config.enabled", true}});
  EXPECT_FALSE(enables_scim(one_, &off));
  one_.fields["scim_config.enabled"] = true;
  EXPECT_TRUE(enables_scim(one_, &off));
  EXPECT_TRUE(enables_scim(one_, nullptr));
  EXPECT_FALSE(enables_scim(one_, &on));
  one_.options.ignore = {"scim_config.enabled"};
  EXPECT_FALSE(enables_scim(one_, &off));
}

class RecordTest : public BodyTest {
 protected:
  model::Record written(const model::LiveProvider& read_back, const model::LiveProvider* unwritten,
                        const model::Record* before = nullptr) const {
    return written_record(type(), one_, read_back, unwritten, before, secrets());
  }
  model::Record kept(const model::LiveProvider& lives, const model::Record* before = nullptr) const {
    return kept_record(type(), one_, lives, before);
  }
};

TEST_F(RecordTest, HoldsWhatWasAppliedAndWhatWasReadBack) {
  one_.fields[pkce] = false;
  one_.fields[claims] = nullptr;
  one_.options.prevent_delete = true;
  const auto out = written(live("1", "okta", "W", {{claim, "MAIL"}, {"config.okta_account", "x"}}), nullptr);
  EXPECT_THAT(out.applied, UnorderedElementsAre(Pair("name", "W"), Pair(claim, "mail"), Pair(pkce, Json()),
                                                Pair(claims, Json())));
  EXPECT_THAT(out.observed, UnorderedElementsAre(Pair("name", "W"), Pair(claim, "MAIL")));
  EXPECT_THAT(out.stuck, IsEmpty()) << "the server made something else of it";
  EXPECT_TRUE(out.prevent_delete);
  EXPECT_TRUE(out.young()) << "a create may lag";
}

TEST_F(RecordTest, HoldsAFingerprintOfEachSecretThatWasSentAndNoSecret) {
  one_.secrets["config.api_token"] = {.text = "${env:MISSING}"};
  const auto out = written(live("1", "okta", "W"), nullptr);
  ASSERT_THAT(out.secrets, ElementsAre(Pair(secret, testing::Not(testing::HasSubstr("real-")))));
  EXPECT_EQ(out.secrets.at(secret), secrets().fingerprint("w", secret));
  one_.secrets[secret].unset = true;
  EXPECT_THAT(written(live("1", "okta", "W"), nullptr, &out).secrets, IsEmpty());
}

TEST_F(RecordTest, AWriteThatLeftTheLiveValueAsItWasIsStuck) {
  const auto before = live("1", "okta", "W", {{claim, "other"}});
  EXPECT_THAT(written(before, &before).stuck, ElementsAre(claim));
  EXPECT_THAT(written(live("1", "okta", "W"), nullptr).stuck, ElementsAre(claim)) << "dropped at creation";
  EXPECT_THAT(written(live("1", "okta", "W", {{claim, "mail"}}), &before).stuck, IsEmpty());
}

TEST_F(RecordTest, AValueThatMovedBetweenTheAnswerAndTheReadBackIsDriftAndNoFormOfTheServers) {
  const auto answered = live("1", "okta", "W", {{claim, "mail"}});
  const auto by_hand = live("1", "okta", "W", {{claim, "by hand"}});
  const auto observed = [&](const model::LiveProvider& answer, const model::LiveProvider* unwritten) {
    model::Record record = written(by_hand, unwritten);
    observe_answer(record, answer, unwritten);
    return record.observed.at(claim);
  };
  EXPECT_EQ(observed(answered, nullptr), Json("mail"));
  const auto before = live("1", "okta", "W", {{claim, "other"}});
  EXPECT_EQ(observed(answered, &before), Json("mail"));
  EXPECT_EQ(observed(answered, &by_hand), Json("by hand")) << "as before the write: a lag, or each time so";
  EXPECT_EQ(observed(by_hand, nullptr), Json("by hand")) << "the server said so itself";
}

TEST_F(RecordTest, AValueThatTheServerAlwaysRewritesIsNotStuckWhenItIsSentAgain) {
  const auto rewritten = live("1", "okta", "W", {{claim, "MAIL"}});
  const auto first = written(rewritten, nullptr);
  const auto second = written(rewritten, &rewritten, &first);  // for the sake of another field
  EXPECT_THAT(second.stuck, IsEmpty());
}

TEST_F(RecordTest, AWriteThatIsStuckStaysStuckWhenItIsSentAgain) {
  const auto before = live("1", "okta", "W", {{claim, "other"}});
  const auto first = written(before, &before);
  EXPECT_THAT(written(before, &before, &first).stuck, ElementsAre(claim));
  EXPECT_THAT(kept(before, &first).stuck, ElementsAre(claim));
  EXPECT_THAT(kept(live("1", "okta", "W", {{claim, "mail"}}), &first).stuck, IsEmpty()) << "it arrived late";
}

TEST_F(RecordTest, WhatLeftTheFileOrIsIgnoredLeavesTheRecordWhateverIsReadBack) {
  const auto lives = live("1", "okta", "W", {{claim, "mail"}, {pkce, true}, {claims, Json::Array{"a"}}});
  const auto was = record("w", "1", "okta", "W", {{claim, "mail"}, {pkce, true}, {claims, Json::Array{"a"}}});
  one_.options.ignore = {claims};
  EXPECT_THAT(written(lives, &lives, &was).applied,
              UnorderedElementsAre(Pair("name", "W"), Pair(claim, "mail")));
  EXPECT_THAT(kept(lives, &was).applied, UnorderedElementsAre(Pair("name", "W"), Pair(claim, "mail")));
}

TEST_F(RecordTest, KeepingItKeepsFingerprintsOfSecretsThatTheFileStillNames) {
  auto was = record("w", "1", "okta", "W");
  was.secrets = {{secret, "f1"}, {"config.api_token", "f2"}};
  was.superseded = {"old"};
  was.passes = 1;
  const auto out = kept(live("1", "okta", "W", {{claim, "mail"}}), &was);
  EXPECT_THAT(out.secrets, ElementsAre(Pair(secret, "f1")));
  EXPECT_THAT(out.superseded, ElementsAre("old"));
  EXPECT_EQ(out.passes, 1);
}

TEST_F(RecordTest, AnAdoptedOneIsGrownAndHasNoFingerprints) {
  const auto lives = live("1", "okta", "W", {{claim, "mail"}});
  EXPECT_THAT(kept(lives).secrets, IsEmpty());
  EXPECT_FALSE(kept(lives).young());
  EXPECT_FALSE(written(lives, &lives).young());
}

TEST_F(RecordTest, AnotherIdUnderTheKeyLeavesTheFormerOneToBeDeleted) {
  // A replace whose answer was lost: found again, it takes the place of the old one.
  auto was = record("w", "1", "oidc", "W");
  was.superseded = {"0"};
  was.stuck = {claim};
  was.secrets = {{secret, "f1"}};
  const auto found = live("2", "okta", "W", {{claim, "mail"}});
  for (const auto& out : {kept(found, &was), written(found, &found, &was)}) {
    EXPECT_EQ(out.id, "2");
    EXPECT_THAT(out.superseded, ElementsAre("0", "1"));
    EXPECT_THAT(out.stuck, IsEmpty());
    EXPECT_FALSE(out.young());
  }
  EXPECT_THAT(kept(found, &was).secrets, IsEmpty());
}

}  // namespace
}  // namespace idpd::reconcile
