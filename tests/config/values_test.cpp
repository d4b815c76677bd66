// What a file that is right means.
#include "config/decode.h"
#include "config/loading.h"

namespace idpd::config {
namespace {

using base::Json;
using testing::ElementsAre;

TEST(Values, ArriveAsWritten) {
  const Desired desired = load(pingone("claims: [b, a]\n      pkce_enabled: True",
                                       "scim_config: {enabled: true, user_deprovision: true, "
                                       "seat_deprovision: true}\n    options: {prevent_delete: true, ignore: "
                                       "[config.claims], adopt_id: 11111111-2222-4333-8444-555555555555, "
                                       "keep_secret: false, secret_expires: 2028-02-29}\n    check: "
                                       "{region: eu, team_domain: example.cloudflareaccess.com}"));
  const model::DesiredProvider& one = only_one(desired);
  EXPECT_EQ(one.key, "workforce");
  EXPECT_EQ(one.fields.at("config.claims"), (Json::Array{"b", "a"}));
  EXPECT_EQ(one.fields.at("config.pkce_enabled"), Json(true));
  EXPECT_EQ(one.fields.at("scim_config.seat_deprovision"), Json(true));
  EXPECT_FALSE(one.fields.contains("config.email_claim_name"));
  EXPECT_FALSE(one.fields.contains("config.client_secret"));
  EXPECT_EQ(one.secrets.at("config.client_secret").text, "${credential:c}");
  EXPECT_FALSE(one.secrets.at("config.client_secret").in_clear);
  EXPECT_EQ(one.secrets.at("config.client_secret").where.text(), "idp.yaml:7:22");
  EXPECT_TRUE(one.options.prevent_delete);
  EXPECT_FALSE(one.options.keep_secret);
  EXPECT_THAT(one.options.ignore, ElementsAre("config.claims"));
  EXPECT_EQ(one.options.adopt_id, "11111111-2222-4333-8444-555555555555");
  EXPECT_EQ(one.options.secret_expires, "2028-02-29");
  EXPECT_EQ(one.check.text("region"), "eu");
  EXPECT_EQ(one.where.text(), "idp.yaml:2:3");
  EXPECT_EQ(one.location("config.pkce_enabled").text(), "idp.yaml:10:21");
}

TEST(Values, TextStaysTextWhateverItLooksLike) {
  for (const char* text :
       {"12345", "0012", "1e3", "true", "0x1f", "2027-05-01", "1_000", ".5", "+1", "yes", "off"}) {
    EXPECT_EQ(only_one(load(pingone("email_claim_name: " + std::string(text))))
                  .fields.at("config.email_claim_name"),
              Json(text));
  }
}

TEST(Values, LeftOutIsNotManagedAndNullIsUnset) {
  const Desired left_out = load(pingone());
  EXPECT_FALSE(only_one(left_out).fields.contains("config.claims"));
  for (const char* null : {"null", "~", "", "Null", "NULL"}) {
    const Desired desired = load(pingone("claims: " + std::string(null)));
    const auto& fields = only_one(desired).fields;
    ASSERT_TRUE(fields.contains("config.claims")) << null;
    EXPECT_TRUE(fields.at("config.claims").is_null()) << null;
  }
}

TEST(Values, ASecretThatMayBeAbsentMayBeUnset) {
  const Desired desired = load(
      "identity_providers:\n  o: {name: O, type: okta, config: {client_id: c, client_secret: '${env:S}', "
      "okta_account: "
      "https://a.okta.com, api_token: null}}\n");
  EXPECT_TRUE(only_one(desired).secrets.at("config.api_token").unset);
}

TEST(Values, TwoDollarsAreALiteralBrace) {
  const Desired desired = load(pingone("email_claim_name: 'a$${env:HOME}'"));
  EXPECT_EQ(only_one(desired).fields.at("config.email_claim_name"), Json("a${env:HOME}"));
  const Desired secret = load(
      "identity_providers:\n  g: {name: G, type: github, config: {client_id: c, client_secret: "
      "'x$${y}${env:S}'}}\n");
  EXPECT_EQ(only_one(secret).secrets.at("config.client_secret").text, "x$${y}${env:S}");
}

TEST(Values, KeepSecretLetsARequiredSecretBeAbsent) {
  const auto entry = [](const char* keep) {
    return "identity_providers:\n  g: {name: G, type: github, config: {client_id: c}, options: "
           "{keep_secret: " +
           std::string(keep) + "}}\n";
  };
  EXPECT_EQ(said(entry("true")), "");
  EXPECT_EQ(said(entry("True")), "");
  EXPECT_EQ(said(entry("false")), "idp.yaml:2:38: config.client_secret is missing\n");
}

TEST(Values, AnAnchorAndAnAliasAreOneValueInTwoPlaces) {
  const Desired desired =
      load(pingone("claims: &c [a]", "options: {ignore: [&p config.claims]}\n    check: {region: &r eu}"));
  EXPECT_EQ(only_one(desired).fields.at("config.claims"), (Json::Array{"a"}));
  const std::string shared =
      "identity_providers:\n  a: {name: A, type: github, config: &c {client_id: c, client_secret: "
      "'${env:S}'}}\n"
      "  b: {name: B, type: github, config: *c}\n";
  const Desired both = load(shared);
  EXPECT_EQ(text_of(both.diagnostics), "");
  EXPECT_EQ(both.accounts.at("production").providers[1].fields.at("config.client_id"), Json("c"));
}

TEST(Values, OfJsonAndYamlAreTheSame) {
  const Desired yaml = load({{"a.yaml", pingone("claims: [a, b]\n      pkce_enabled: true")}});
  const Desired json = load(
      {{"a.json", R"({"identity_providers": {"workforce": {"name": "PingOne Workforce", "type": "pingone",
    "config": {"client_id": "c", "client_secret": "${credential:c}", "ping_env_id": "e", "claims": ["a", "b"], "pkce_enabled": true}}}})"}});
  EXPECT_EQ(only_one(yaml).fields, only_one(json).fields);
  const Desired escaped =
      load({{"a.json", R"({"name": "a\/b \u00e4 \ud83d\udd11 \"q\"", "type": "cloudflare", "config": {}})"}});
  EXPECT_EQ(only_one(escaped).name(), "a/b \xc3\xa4 \xf0\x9f\x94\x91 \"q\"");
  const Desired backslash =
      load({{"a.json", R"({"name": "\\ud83d\\udd11", "type": "cloudflare", "config": {}})"}});
  EXPECT_EQ(only_one(backslash).name(), "\\ud83d\\udd11");
  const Desired half = load({{"a.json", R"({"name": "\ud83d x", "type": "cloudflare", "config": {}})"}});
  EXPECT_FALSE(half.ok());
  const Desired tabs =
      load({{"a.json", "{\n\t\"name\": \"P\",\n\t\"type\": \"cloudflare\",\n\t\"config\": {\n\t\t}\n}\n"}});
  EXPECT_EQ(only_one(tabs).name(), "P");
}

TEST(Values, ACertificateMayBePemOrBase64) {
  const std::string pem = test::pem(test::certificate_a);
  std::string indented;
  for (const char c : pem) indented += c == '\n' ? "\n          " : std::string(1, c);
  const Desired desired = load(
      "identity_providers:\n  s:\n    name: S\n    type: saml\n    config:\n      issuer_url: i\n      "
      "sso_target_url: https://x.example\n"
      "      idp_public_certs:\n        - |\n          " +
      indented + "\n        - " + test::certificate_b + "\n");
  EXPECT_EQ(only_one(desired).fields.at("config.idp_public_certs").array().size(), 2u);
}

TEST(Durations, InAllTheirUnits) {
  const std::pair<const char*, std::int64_t> rows[] = {{"0s", 0},
                                                       {"250ms", 250},
                                                       {"90s", 90'000},
                                                       {"5m", 300'000},
                                                       {"12h", 43'200'000},
                                                       {"30d", 2'592'000'000},
                                                       {"999999999d", 86'399'999'913'600'000}};
  for (const auto& [text, expected] : rows) EXPECT_EQ(duration_ms(text), expected) << text;
}

}  // namespace
}  // namespace idpd::config
