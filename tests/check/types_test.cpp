// The other types: each by its own endpoints and its own words for good and bad.
#include "check/talk.h"

namespace idpd::check {
namespace {

using test::Asked;
using testing::HasSubstr;
using testing::IsEmpty;

// One answer of a token endpoint and what is made of it.
struct Case {
  const char* name;
  const char* type;
  const char* config;
  const char* url;
  int status;
  const char* body;
  const char* verdict;
  const char* says;
};

constexpr const char* entra = "https://login.microsoftonline.com/dir/oauth2/v2.0/token";
constexpr const char* in_dir = R"({"client_id": "c", "directory_id": "dir"})";
constexpr const char* only_client = R"({"client_id": "c"})";
constexpr const char* github = "https://github.com/login/oauth/access_token";
constexpr const char* okta = "https://example.okta.com/oauth2/v1/token";
constexpr const char* in_okta = R"({"client_id": "c", "okta_account": "https://example.okta.com/"})";
constexpr const char* onelogin = "https://example.onelogin.com/oidc/2/token/introspection";
constexpr const char* in_onelogin =
    R"({"client_id": "c", "onelogin_account": "https://example.onelogin.com"})";
constexpr const char* google = "https://oauth2.googleapis.com/token";
constexpr const char* facebook = "https://graph.facebook.com/oauth/access_token";

const std::vector<Case> cases{
    {"EntraTakesIt", "azureAD", in_dir, entra, 200, R"({"access_token": "t0ken", "expires_in": 3599})",
     "ok D", "accepted"},
    {"EntraExpired", "azureAD", in_dir, entra, 401,
     R"({"error": "invalid_client", "error_codes": [7000222]})", "bad D", "has expired (AADSTS7000222)"},
    {"EntraWrong", "azureAD", in_dir, entra, 401, R"({"error": "invalid_client", "error_codes": [7000215]})",
     "bad D", "Secret ID in place of the Value"},
    {"EntraNoSuchApp", "azureAD", in_dir, entra, 400,
     R"({"error": "unauthorized_client", "error_codes": [700016]})", "bad D", "not in this directory"},
    {"EntraDisabled", "azureAD", in_dir, entra, 400,
     R"({"error": "unauthorized_client", "error_codes": [7000112]})", "bad D", "is disabled"},
    {"EntraBlocked", "azureAD", in_dir, entra, 400, R"({"error": "access_denied", "error_codes": [53003]})",
     "unknown D", "Conditional Access"},
    {"EntraUnheardOf", "azureAD", in_dir, entra, 400,
     R"({"error": "unauthorized_client", "error_codes": [1]})", "unknown", "says nothing"},
    {"GitHubTakesIt", "github", only_client, github, 200, R"({"error": "bad_verification_code"})", "ok D",
     "accepted"},
    {"GitHubWrong", "github", only_client, github, 200, R"({"error": "incorrect_client_credentials"})",
     "bad D", "wrong"},
    {"GitHubCallback", "github", only_client, github, 200, R"({"error": "redirect_uri_mismatch"})", "bad D",
     "callback"},
    {"GitHubNoSuchApp", "github", only_client, github, 404, "Not Found", "unknown I", "may not know"},
    {"OktaTakesIt", "okta", in_okta, okta, 400, R"({"error": "invalid_grant"})", "ok D", "accepted"},
    {"OktaWrong", "okta", in_okta, okta, 401,
     R"({"error": "invalid_client", "error_description": "The client secret supplied for a confidential client is invalid."})",
     "bad D", "the secret is wrong"},
    {"OktaNoSuchApp", "okta", in_okta, okta, 401,
     R"({"error": "invalid_client", "error_description": "Invalid value for 'client_id' parameter."})",
     "bad D", "does not know the client id"},
    {"OneLoginTakesIt", "onelogin", in_onelogin, onelogin, 200, R"({"active": false})", "ok D", "accepted"},
    {"OneLoginWrong", "onelogin", in_onelogin, onelogin, 401, R"({"error": "invalid_client"})", "bad D",
     "wrong"},
    {"GoogleRefusesTheCode", "google", only_client, google, 400, R"({"error": "invalid_grant"})", "unknown D",
     "not known"},
    {"GoogleWrong", "google-apps", only_client, google, 401, R"({"error": "invalid_client"})", "bad D",
     "wrong"},
    {"FacebookHintsAtGood", "facebook", only_client, facebook, 400,
     R"({"error": {"code": 100, "message": "Invalid verification code format."}})", "unknown R", "not known"},
    {"FacebookHintsAtBad", "facebook", only_client, facebook, 400,
     R"({"error": {"code": 1, "message": "Error validating client secret."}})", "unknown R",
     "seems to be wrong"},
    {"Auth0TakesIt", "oidc", R"({"client_id": "c", "token_url": "https://login.example.com/token"})",
     "https://login.example.com/token", 403, R"({"error": "invalid_grant"})", "ok D", "accepted"},
};

class Types : public test::Probing, public testing::WithParamInterface<Case> {};

TEST_P(Types, AnswersAreReadAsTheReferenceHasThem) {
  const Case& one = GetParam();
  there.json(one.url, one.status, one.body);
  run(test::provider(one.type, one.config));
  EXPECT_EQ(verdict("credentials"), one.verdict) << probe("credentials").message;
  EXPECT_THAT(probe("credentials").message, HasSubstr(one.says));
  EXPECT_EQ(there.to(one.url).size(), 1u);
}

INSTANTIATE_TEST_SUITE_P(Of, Types, testing::ValuesIn(cases),
                         [](const auto& one) { return std::string(one.param.name); });

using Controls = test::Probing;

TEST_F(Controls, AWrongSecretThatIsAnsweredOtherwiseProvesTheRightOne) {
  there.replies[google] = [this](const Asked& one) {
    const bool right = one.body.find(secret) != std::string::npos;
    return http::Response{
        right ? 400 : 401, {}, right ? R"({"error": "invalid_grant"})" : R"({"error": "invalid_client"})"};
  };
  run(test::provider("google", only_client), Extent::control);
  EXPECT_EQ(verdict("credentials"), "ok M");
  EXPECT_EQ(there.to(google).size(), 2u);
}

TEST_F(Controls, AWrongSecretThatIsAnsweredAlikeProvesNothing) {
  there.json("https://login.example.com/token", 400, R"({"error": "invalid_grant"})");
  run(test::provider("oidc", R"({"client_id": "c", "token_url": "https://login.example.com/token"})"),
      Extent::control);
  EXPECT_EQ(verdict("credentials"), "unknown M");
  EXPECT_THAT(probe("credentials").message, HasSubstr("cannot be tested"));
}

TEST_F(Controls, ARefusedSecretIsNotFollowedByASecondFailure) {
  there.json(google, 401, R"({"error": "invalid_client"})");
  run(test::provider("google", only_client), Extent::control);
  EXPECT_EQ(there.to(google).size(), 1u);
}

TEST_F(Controls, WhereTheOrderIsKnownNoneIsMade) {
  there.json(github, 200, R"({"error": "bad_verification_code"})");
  run(test::provider("github", only_client), Extent::control);
  EXPECT_EQ(there.to(github).size(), 1u);
}

using Others = test::Probing;

TEST_F(Others, WhereThereIsNothingToProbeNothingIsSent) {
  for (const char* type : {"onetimepin", "cloudflare", "centrify"}) {
    run(test::provider(type, "{}"));
    EXPECT_THAT(outcome.probes, IsEmpty()) << type;
  }
  EXPECT_THAT(there.asked, IsEmpty());
}

TEST_F(Others, AnAddressWithoutHttpsGetsNoSecret) {
  for (const char* url : {"http://login.example.com/token", "https://user@login.example.com/token",
                          "https://good.example\\\\@evil.example/token", "ftp://login.example.com/"}) {
    run(test::provider("oidc", std::string(R"({"client_id": "c", "token_url": ")") + url + R"("})"));
    EXPECT_EQ(verdict("credentials"), "unknown") << url;
    EXPECT_THAT(probe("credentials").message, HasSubstr("nothing was sent")) << url;
  }
  EXPECT_THAT(there.asked, IsEmpty());
}

TEST_F(Others, AnIssuerThatDiffersIsAFaultOfAGenericProvider) {
  there.json(
      "https://login.example.com/.well-known/openid-configuration", 200,
      R"({"issuer": "https://login.example.com/", "authorization_endpoint": "https://login.example.com/a",
                 "jwks_uri": "https://login.example.com/k"})");
  run(test::provider("oidc", only_client, R"({"issuer": "https://login.example.com"})"));
  EXPECT_EQ(verdict("discovery"), "bad D");
}

TEST_F(Others, KeysThatNobodyCanUseAreBad) {
  for (const char* keys : {R"({"keys": []})", R"({"keys": [{"kty": "RSA", "use": "enc"}]})",
                           R"({"keys": [{"kty": "oct"}]})", R"({})"}) {
    there.json("https://login.example.com/k", 200, keys);
    run(test::provider("oidc", R"({"client_id": "c", "certs_url": "https://login.example.com/k"})"));
    EXPECT_EQ(verdict("keys"), "bad D") << keys;
  }
}

TEST_F(Others, AnOpenIdProviderThatAsksForALoginHasAcceptedTheRequest) {
  there.redirect("https://login.example.com/a",
                 "https://example.cloudflareaccess.com/cdn-cgi/access/callback?error=login_required&state=x");
  run(test::provider(
      "oidc",
      R"({"client_id": "c", "auth_url": "https://login.example.com/a", "scopes": ["openid", "groups"]})"));
  EXPECT_EQ(verdict("authorize"), "ok D");
  EXPECT_THAT(there.asked.at(0).url, HasSubstr("scope=openid%20groups"));
  EXPECT_THAT(there.asked.at(0).url, HasSubstr("prompt=none"));
}

TEST_F(Others, AnAddressThatHasAQueryKeepsIt) {
  there.redirect("https://login.example.com/a",
                 "https://example.cloudflareaccess.com/cdn-cgi/access/callback?error=login_required");
  run(test::provider("oidc", R"({"client_id": "c", "auth_url": "https://login.example.com/a?p=b2c"})"));
  EXPECT_THAT(there.asked.at(0).url, testing::StartsWith("https://login.example.com/a?p=b2c&client_id=c"));
}

}  // namespace
}  // namespace idpd::check
