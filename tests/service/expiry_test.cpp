#include "service/expiry.h"

#include <gmock/gmock.h>

#include "base/certificates.h"
#include "model/catalog.h"
#include "service/message.h"

namespace idpd::service {
namespace {

using base::Json;
using std::chrono::hours;
using test::catalog;
using test::certificate_a;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

// Valid until 2026-12-28.
constexpr const char* certificate_c =
    "MIIBbTCCAROgAwIBAgIUVV+4uZpmwC+rNzC+HJXpOZFF96AwCgYIKoZIzj0EAwIwDDEKMAgGA1UEAwwBYzAeFw0yNjExMjgx"
    "MzE2MjlaFw0yNjEyMjgxMzE2MjlaMAwxCjAIBgNVBAMMAWMwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAQ3BhDPhiNeF6HU"
    "bw8e6VPjFQnQef6LrC2NSL/RWaXu0mqBQ/FHwiXoeSAxf87vP7gX9aeDhexZtPKVfDpsWKa9o1MwUTAdBgNVHQ4EFgQUi4sT"
    "WxnU/N5UlkueRR6hoco/imcwHwYDVR0jBBgwFoAUi4sTWxnU/N5UlkueRR6hoco/imcwDwYDVR0TAQH/BAUwAwEB/zAKBggq"
    "hkjOPQQDAgNIADBFAiEAi3esgIx83iCHANMC3nbbOR1IDTEmnLp22omrccink8ICIFIB9aZfjGlDY7RBBCON8VkSqCgnAaoJ"
    "bp1Psopg/xuF";

model::Time at(int year, unsigned month, unsigned day) {
  return std::chrono::sys_days{std::chrono::year(year) / std::chrono::month(month) / std::chrono::day(day)};
}

model::DesiredProvider desired(const std::string& key, const std::string& type, const std::string& name,
                               const std::string& secret_expires = "") {
  model::DesiredProvider out;
  out.key = key;
  out.type = type;
  out.fields["name"] = name;
  out.options.secret_expires = secret_expires;
  return out;
}

model::LiveProvider saml(const std::string& id, const std::string& name, const Json::Array& certificates) {
  const Json::Object config{{"issuer_url", "https://idp.example.com"}, {"idp_public_certs", certificates}};
  auto live = model::take_live(
      catalog(), Json::Object{{"id", id}, {"name", name}, {"type", "saml"}, {"config", config}});
  if (!live) throw std::runtime_error(live.error().text());
  return *std::move(live);
}

Expiring secret(const std::string& key, model::Time expires) {
  return {key, "id-" + key, "Name of " + key, "oidc", "client secret", expires};
}

Expiring certificate(model::Time expires) {
  return {"saml", "id-saml", "SAML", "saml", "certificate in config.idp_public_certs", expires};
}

TEST(Expiring, NamesSecretsWhoseEndTheFilesState) {
  const model::DesiredState files{{desired("a", "oidc", "A", "2027-05-01"), desired("b", "oidc", "B"),
                                   desired("c", "oidc", "C", "2027-02-31")}};
  EXPECT_THAT(expiring(files, {}, {}),
              ElementsAre(Expiring{"a", "", "A", "oidc", "client secret", at(2027, 5, 1)}));
}

TEST(Expiring, NamesEachCertificateThatCloudflareHolds) {
  const model::DesiredState files{{desired("s", "saml", "S")}};
  const model::LiveState live{{saml("1", "S", {certificate_a, test::pem(certificate_c), "no certificate"}),
                               saml("2", "T", {certificate_c})}};
  const auto found = expiring(files, live, {{"s", "1"}});
  ASSERT_EQ(found.size(), 2U) << "nothing of what no file names";
  EXPECT_EQ(found[0].id, "1");
  EXPECT_EQ(found[0].what, "certificate in config.idp_public_certs");
  EXPECT_EQ(std::chrono::floor<std::chrono::days>(found[0].expires), at(2026, 12, 28));
  EXPECT_EQ(std::chrono::floor<std::chrono::days>(found[1].expires), at(2036, 11, 22));
}

TEST(Expiring, IsOfTheLiveOneThatThePlanHasFound) {
  const model::DesiredState files{{desired("s", "saml", "S")}};
  const model::LiveState live{{saml("1", "S", {certificate_a}), saml("2", "renamed", {certificate_a})}};
  const auto id = [&](const std::vector<plan::Match>& matches) {
    const auto found = expiring(files, live, matches);
    return found.empty() ? "none" : found.front().id;
  };
  EXPECT_EQ(id({{"s", "2"}}), "2");
  EXPECT_EQ(id({{"s", "gone"}}), "none");
  EXPECT_EQ(id({}), "none");
}

TEST(ExpiryIncidents, AreOfWhatEndsWithinTheTimeOfTheSettings) {
  const std::vector<Expiring> all{secret("late", at(2027, 3, 1)), secret("soon", at(2027, 1, 31))};
  EXPECT_THAT(expiry_incidents(all, at(2026, 12, 31), hours(24 * 30)), IsEmpty());
  const auto found = expiry_incidents(all, at(2027, 1, 1), hours(24 * 30));
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].kind, model::Kind::expiry);
  EXPECT_EQ(found[0].key, "soon");
  EXPECT_EQ(found[0].id, "id-soon");
  EXPECT_EQ(found[0].message,
            "the client secret expires on 2027-01-31; renew it before, or logins by it will fail");
  EXPECT_EQ(
      message(found[0], Event::opened).text,
      "Expiry in oidc \"Name of soon\" (soon): the client secret expires on 2027-01-31; renew it before, "
      "or logins by it will fail");
}

TEST(ExpiryIncidents, StayTheSameUntilSomethingExpires) {
  const std::vector<Expiring> all{secret("a", at(2027, 1, 31))};
  const auto of = [&](model::Time now) { return expiry_incidents(all, now, hours(24 * 30)).at(0); };
  EXPECT_EQ(of(at(2027, 1, 2)), of(at(2027, 1, 30)));
  const auto expired = of(at(2027, 1, 31));
  EXPECT_EQ(expired.message,
            "the client secret expired on 2027-01-31; logins by it fail until it is renewed");
  EXPECT_NE(expired.fingerprint, of(at(2027, 1, 30)).fingerprint);
}

TEST(ExpiryIncidents, AnExpiredCertificateBesideAValidOneIsNoTrouble) {
  const model::Time now = at(2027, 1, 1);
  EXPECT_THAT(expiry_incidents({certificate(at(2026, 12, 1)), certificate(at(2028, 1, 1))}, now, hours(24)),
              IsEmpty());
  EXPECT_THAT(expiry_incidents({certificate(at(2026, 12, 1))}, now, hours(24)),
              ElementsAre(Field(&model::Incident::message, HasSubstr("expired on 2026-12-01"))));
}

TEST(ExpiryIncidents, AreOneForEachIdentityProvider) {
  Expiring client_secret = certificate(at(2027, 1, 2));
  client_secret.what = "client secret";
  const auto found =
      expiry_incidents({certificate(at(2027, 1, 1)), client_secret}, at(2027, 1, 1), hours(48));
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].message,
            "the certificate in config.idp_public_certs expired on 2027-01-01, the client secret expires on "
            "2027-01-02; logins by it fail until it is renewed");
}

}  // namespace
}  // namespace idpd::service
