// What `import` writes says what lives: loaded again, it asks for no change.
#include "config/export.h"

#include "config/loading.h"

namespace idpd::config {
namespace {

using base::Json;
using test::Random;

// The desired fields as the planner compares them.
model::FieldMap canonical(const model::DesiredProvider& one) {
  model::FieldMap out;
  for (const auto& [path, value] : one.fields) {
    Json form = model::canonical_value(*test::type_of(one.type).find(path), value);
    if (!form.is_null()) out.emplace(path, std::move(form));
  }
  return out;
}

model::LiveProvider taken(const Json& object) {
  auto live = model::take_live(catalog(), object);
  EXPECT_TRUE(live.ok());
  return *std::move(live);
}

TEST(Export, OfRandomObjectsOfEveryTypeLoadsBackToTheSame) {
  Random random(test::test_seed());
  for (const model::Type& type : catalog().types()) {
    for (int round = 0; round < 60; ++round) {
      Json object = random.live(type);
      if (type.find(model::scim_enabled_path)) model::set_path(object, model::scim_enabled_path, true);
      if (model::at_path(object, "scim_config.seat_deprovision"))
        model::set_path(object, "scim_config.user_deprovision", true);  // as the API would have it
      const model::LiveProvider live = taken(object);
      const Exported exported = export_provider("production", "the-key", live);
      const Desired desired = load({{"x.yaml", exported.yaml}});
      for (const model::Diagnostic& one : desired.diagnostics)
        EXPECT_THAT(one.text(), testing::HasSubstr(" twice, first in line ")) << exported.yaml;
      ASSERT_EQ(desired.accounts.at("production").providers.size(), 1u) << exported.yaml;
      const model::DesiredProvider& back = desired.accounts.at("production").providers[0];
      EXPECT_EQ(back.key, "the-key");
      EXPECT_EQ(back.type, type.name);
      EXPECT_EQ(back.options.adopt_id, live.id);
      const model::FieldMap read = canonical(back);
      EXPECT_EQ(read.size(), live.fields.size()) << exported.yaml;
      for (const auto& [path, value] : live.fields) {
        ASSERT_TRUE(read.contains(path)) << path << "\n" << exported.yaml;
        EXPECT_EQ(base::canonical_json(read.at(path)), base::canonical_json(value)) << path << "\n"
                                                                                    << exported.yaml;
      }
      // Every secret that the type wants or the API holds is a reference to be filled, and nothing more.
      EXPECT_EQ(back.secrets.size(), exported.credentials.size()) << exported.yaml;
      for (const model::Field& field : type.fields) {
        if (!field.secret || field.read_only) continue;
        EXPECT_EQ(back.secrets.contains(field.path), field.required || live.held_secrets.contains(field.path))
            << field.path;
      }
      for (const auto& [path, secret] : back.secrets) EXPECT_FALSE(secret.in_clear) << path;
    }
  }
}

TEST(Export, ReadsAsAPersonWouldWriteIt) {
  const Exported out = export_provider("production", "workforce",
                                       taken(test::json(R"({"id": "11111111-2222-4333-8444-555555555555",
    "name": "PingOne Workforce", "type": "pingone", "config": {"ping_env_id": "e", "client_secret": "***", "client_id": "c", "claims": ["a", "b"],
    "pkce_enabled": true, "redirect_url": "https://x/", "email_claim_name": ""}, "scim_config": {"enabled": true, "secret": "***"}})")));
  EXPECT_EQ(out.yaml, R"(account: production
identity_providers:
  workforce:
    name: PingOne Workforce
    type: pingone
    config:
      client_id: c
      client_secret: ${credential:workforce-client-secret}
      ping_env_id: e
      pkce_enabled: true
      claims:
        - a
        - b
    scim_config:
      enabled: true
    options:
      adopt_id: 11111111-2222-4333-8444-555555555555
)");
  EXPECT_THAT(out.credentials, testing::ElementsAre("workforce-client-secret"));
}

TEST(Export, LeavesOutScimThatIsOff) {
  const Exported out = export_provider(
      "", "g",
      taken(test::json(
          R"({"id": "1", "name": "G", "type": "github", "config": {"client_id": "c"}, "scim_config": {"enabled": false, "secret": "***"}})")));
  EXPECT_EQ(out.yaml.find("scim_config"), std::string::npos);
  EXPECT_EQ(out.yaml.find("account:"), std::string::npos);
}

TEST(Export, KeepsACertificateReadable) {
  Json object = test::json(
      R"({"id": "1", "name": "S", "type": "saml", "config": {"issuer_url": "i", "sso_target_url": "https://x.example"}})");
  model::set_path(object, "config.idp_public_certs", Json::Array{test::pem(test::certificate_a)});
  const Exported out = export_provider("", "s", taken(object));
  EXPECT_THAT(out.yaml, testing::HasSubstr("- |\n          -----BEGIN CERTIFICATE-----\n"));
}

}  // namespace
}  // namespace idpd::config
