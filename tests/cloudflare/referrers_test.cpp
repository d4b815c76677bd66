#include <gmock/gmock.h>

#include "cloudflare/fake_api.h"

namespace idpd::cloudflare {
namespace {

using base::Code;
using base::Json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Json parsed(const char* text) {
  auto value = base::parse_json(text);
  EXPECT_TRUE(value);
  return value ? *std::move(value) : Json{};
}

TEST(Referrers, AreFoundByValueAndByKeyHoweverDeep) {
  const struct {
    const char* body;
    bool refers;
  } cases[] = {
      {R"({"allowed_idps":["other","idp"]})", true},
      {R"({"scim_config":{"idp_uid":"idp"}})", true},
      {R"({"policies":[{"include":[{"login_method":{"id":"idp"}}]}]})", true},
      {R"({"require":[{"okta":{"connection_id":"idp"}}]})", true},
      {R"({"saas_app":{"custom_claims":[{"source":{"name_by_idp":{"idp":"mail"}}}]}})", true},
      {R"("idp")", true},
      {R"({"allowed_idps":["idp-2"],"name":"about idp"})", false},
      {R"({"allowed_idps":[]})", false},
      {"null", false},
  };
  for (const auto& c : cases) {
    const std::vector<Client::Referrer> referrers{{"it", parsed(c.body)}};
    const auto found = referrers_of({"idp"}, referrers);
    EXPECT_EQ(!found.at("idp").empty(), c.refers) << c.body;
  }
}

TEST(Referrers, AreNamedOnceForEachIdInOrder) {
  const std::vector<Client::Referrer> referrers{
      {"one", parsed(R"(["a","a",{"b":"a"}])")}, {"two", parsed(R"(["b"])")}, {"three", parsed(R"(["a"])")}};
  const auto found = referrers_of({"a", "b", "c"}, referrers);
  EXPECT_THAT(found.at("a"), ElementsAre("one", "three"));
  EXPECT_THAT(found.at("b"), ElementsAre("one", "two"));
  EXPECT_THAT(found.at("c"), IsEmpty());
}

const std::string prefix = "GET /accounts/" + account;

FakeApi::Answer scripted(std::string broken = {}) {
  return [broken = std::move(broken)](const Call& call) {
    const auto is = [&](const std::string& begin) { return call.line.starts_with(begin + "?"); };
    if (!broken.empty() && is(broken)) return failure(403, 10000, "Authentication error");
    if (call.line.find("tokens/verify") != std::string::npos) return success(R"({"status":"active"})");
    if (is(prefix + "/access/apps")) return success(R"([{"id":"1","name":"Wi\u001bki"}])");
    if (is(prefix + "/access/policies")) return success(R"([{"id":"2","name":"Staff"}])");
    if (is(prefix + "/access/idp_federation_grants")) return success(R"([{"id":"g-1","idp_id":"x"}])");
    if (is("GET /zones")) return success(R"([{"id":"z1","name":"example.com"}])");
    if (is("GET /zones/z1/access/groups")) return success(R"([{"id":"3","name":"Ops"}])");
    return success("[]");
  };
}

// The title stands in reports, which are UTF-8.
TEST_F(ClientTest, ALongNameOfAReferrerIsCutBetweenCharacters) {
  std::string name = "x";
  for (int i = 0; i < 40; ++i) name += "\xc3\xa4";  // byte 80 is in the middle of one
  const auto referrers = run(client([&](const Call& call) {
                               return call.line.starts_with(prefix + "/access/apps?")
                                          ? success(R"([{"id":"1","name":")" + name + R"("}])")
                                          : success("[]");
                             }).list_referrers());
  ASSERT_TRUE(referrers) << referrers.error().text();
  ASSERT_EQ(referrers->size(), 1U);
  EXPECT_EQ(referrers->front().title, "Access app \"" + name.substr(0, 79) + "\"");
}

TEST_F(ClientTest, ReadsEveryPlaceThatMayReferToAProvider) {
  const auto referrers = run(client(scripted()).list_referrers());
  ASSERT_TRUE(referrers) << referrers.error().text();
  std::vector<std::string> titles;
  for (const auto& referrer : *referrers) titles.push_back(referrer.title);
  EXPECT_THAT(titles, ElementsAre("Access app \"Wi\\x1bki\"", "Access policy \"Staff\"",
                                  "identity provider federation grant \"g-1\"",
                                  "Access group \"Ops\" of the zone example.com"));
  EXPECT_THAT(api->lines(), ElementsAre(prefix + "/access/apps?page=1&per_page=100",
                                        prefix + "/access/policies?page=1&per_page=100",
                                        prefix + "/access/groups?page=1&per_page=100",
                                        prefix + "/access/idp_federation_grants?page=1&per_page=100",
                                        prefix + "/zt_risk_scoring/integrations?page=1&per_page=100",
                                        "GET /zones?account.id=" + account + "&page=1&per_page=50",
                                        "GET /zones/z1/access/apps?page=1&per_page=100",
                                        "GET /zones/z1/access/groups?page=1&per_page=100"));
}

TEST_F(ClientTest, OneUnreadablePlaceMakesReferrersUnknownAndNamesPlaceAndPermission) {
  const struct {
    std::string line;
    const char* place;
    const char* permission;
  } cases[] = {
      {prefix + "/access/apps", "Access apps", "Access: Apps and Policies Read"},
      {prefix + "/access/policies", "Access policies", "Access: Apps and Policies Read"},
      {prefix + "/access/groups", "Access groups", "Identity Providers, and Groups Read"},
      {prefix + "/access/idp_federation_grants", "federation grants", "Identity Providers, and Groups Read"},
      {prefix + "/zt_risk_scoring/integrations", "risk scoring integrations", "Zero Trust Read"},
      {"GET /zones", "zones", "Zone Read"},
      {"GET /zones/z1/access/apps", "Access apps of the zone example.com", "Access: Apps and Policies Read"},
      {"GET /zones/z1/access/groups", "Access groups of the zone example.com",
       "Identity Providers, and Groups Read"},
  };
  for (const auto& c : cases) {
    const auto referrers = run(client(scripted(c.line)).list_referrers());
    ASSERT_FALSE(referrers) << c.line;
    EXPECT_EQ(referrers.error().code, Code::unauthorized);
    EXPECT_THAT(referrers.error().message, HasSubstr(c.place));
    EXPECT_THAT(referrers.error().message, HasSubstr(c.permission));
  }
}

}  // namespace
}  // namespace idpd::cloudflare
