// What an administrator of PingOne can rely on; the answers are those of the reference, each as sure as it
// says.
#include "check/talk.h"

namespace idpd::check {
namespace {

using test::Asked;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

const std::string environment = "9a2b1c3d-4e5f-4061-8273-8495a6b7c8d9";
const std::string base = "https://auth.pingone.com/" + environment + "/as";
const std::string config = R"({"client_id": "4f1c", "ping_env_id": ")" + environment + R"("})";
const std::string invalid_client = R"({"error": "invalid_client", "error_description": "Request denied: )";

std::string discovery(const std::string& at) {
  return R"({"issuer": ")" + at + R"(", "authorization_endpoint": ")" + at +
         R"(/authorize", "token_endpoint": ")" + at + R"(/token", "jwks_uri": ")" + at +
         R"(/jwks", "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
            "code_challenge_methods_supported": ["plain", "S256"], "id_token_signing_alg_values_supported": ["RS256"],
            "scopes_supported": ["openid", "profile", "email"]})";
}

class PingOne : public test::Probing {
 protected:
  void SetUp() override { at(base); }
  void at(const std::string& where) {
    there.json(where + "/.well-known/openid-configuration", 200, discovery(where));
    there.json(where + "/jwks", 200,
               R"({"keys": [{"kty": "RSA", "use": "sig"}, {"kty": "oct", "use": "sig"}]})");
    there.redirect(where + "/authorize", "https://apps.pingone.com/" + environment + "/signon/?flowId=6f1c");
    there.json(where + "/token", 400, R"({"error": "invalid_grant"})");
  }
  void token_answers(const std::string& text) {
    there.json(base + "/token", 401, invalid_client + text + R"("})");
  }
};

TEST_F(PingOne, AGoodApplicationPassesEveryProbe) {
  run(test::provider("pingone", config));
  EXPECT_EQ(outcome.verdict(), Verdict::ok);
  for (const char* name : {"discovery", "keys", "authorize", "credentials"})
    EXPECT_EQ(verdict(name), "ok D") << name;
  EXPECT_EQ(probe("keys").message, "1 signing key");
  EXPECT_EQ(there.asked.size(), 4u) << "one request a probe";
}

TEST_F(PingOne, TheLoginRequestIsTheOneThatAccessMakes) {
  run(test::provider(
      "pingone", R"({"client_id": "4f1c", "pkce_enabled": true, "ping_env_id": ")" + environment + R"("})"));
  const std::string url = there.to(base + "/authorize").at(0).url;
  for (const char* part :
       {"response_type=code", "client_id=4f1c", "scope=openid%20email%20profile",
        "redirect_uri=https%3A%2F%2Fexample.cloudflareaccess.com%2Fcdn-cgi%2Faccess%2Fcallback",
        "code_challenge_method=S256"})
    EXPECT_THAT(url, HasSubstr(part));
  EXPECT_THAT(url, Not(HasSubstr("code_challenge=idpd"))) << "the challenge is a digest of the verifier";
  EXPECT_THAT(there.to(base + "/token").at(0).body, HasSubstr("code_verifier="));
}

TEST_F(PingOne, TheSecretGoesIntoAHeaderOfOneRequestAndNowhereElse) {
  run(test::provider("pingone", config));
  const auto token = there.to(base + "/token");
  ASSERT_EQ(token.size(), 1u);
  EXPECT_EQ(token[0].authorization, "Basic NGYxYzpzM2NyZXQtb2Ytd29ya2ZvcmNl");
  for (const Asked& one : there.asked) EXPECT_THAT(one.url + one.body, Not(HasSubstr(secret)));
}

TEST_F(PingOne, AWrongSecretIsBadAndSaysWhereANewOneIsMade) {
  token_answers("Invalid client credentials (Correlation ID: 1)");
  run(test::provider("pingone", config));
  EXPECT_EQ(verdict("credentials"), "bad D");
  EXPECT_THAT(probe("credentials").message, HasSubstr("Correlation ID: 1"));
  EXPECT_THAT(probe("credentials").advice, HasSubstr("PingOne console > Applications"));
  EXPECT_EQ(there.to(base + "/token").size(), 1u) << "a refusal is not repeated";
}

TEST_F(PingOne, AnotherAuthenticationMethodIsAHintAndSaysWhatToSet) {
  there.replies[base + "/token"] = [](const Asked& one) {
    if (one.authorization.empty()) return http::Response{400, {}, R"({"error": "invalid_grant"})"};
    return http::Response{
        401, {}, invalid_client + "Unsupported authentication method (Correlation ID: 2)\"}"};
  };
  run(test::provider("pingone", config));
  EXPECT_EQ(verdict("credentials"), "unknown R") << "how Access sends it is only reported";
  EXPECT_THAT(probe("credentials").advice, HasSubstr("Client Secret Basic"));
  const auto token = there.to(base + "/token");
  ASSERT_EQ(token.size(), 2u);
  EXPECT_THAT(token[1].body, HasSubstr("client_secret=" + secret));
  EXPECT_THAT(token[1].authorization, IsEmpty()) << "never both at once";
}

TEST_F(PingOne, AWrongSecretUnderTheOtherMethodIsStillBad) {
  there.replies[base + "/token"] = [](const Asked& one) {
    const std::string text =
        one.authorization.empty() ? "Invalid client credentials" : "Unsupported authentication method";
    return http::Response{401, {}, invalid_client + text + R"("})"};
  };
  run(test::provider("pingone", config));
  EXPECT_EQ(verdict("credentials"), "bad D");
}

TEST_F(PingOne, ARedirectUriThatIsNotRegisteredIsBad) {
  there.json(base + "/authorize", 400,
             R"({"id": "1", "code": "INVALID_DATA", "message": "The request could not be completed.",
                 "details": [{"code": "INVALID_VALUE", "target": "redirect_uri", "message": "Redirect URI mismatch"}]})");
  run(test::provider("pingone", config));
  EXPECT_EQ(verdict("authorize"), "bad D");
  EXPECT_THAT(probe("authorize").advice,
              HasSubstr("https://example.cloudflareaccess.com/cdn-cgi/access/callback"));
  EXPECT_THAT(probe("authorize").message, HasSubstr("INVALID_DATA"));
}

TEST_F(PingOne, TheSameErrorAsARedirectIsReadAlike) {
  there.redirect(base + "/authorize",
                 "https://apps.pingone.com/error?code=INVALID_DATA&message=Redirect+URI+mismatch");
  run(test::provider("pingone", config));
  EXPECT_EQ(verdict("authorize"), "bad D");
}

TEST_F(PingOne, AnErrorAtOurOwnCallbackProvesTheClientAndNamesTheFault) {
  there.redirect(base + "/authorize",
                 "https://example.cloudflareaccess.com/cdn-cgi/access/"
                 "callback?error=invalid_request&error_description=code_challenge+is+required&state=x");
  run(test::provider("pingone", config));
  EXPECT_EQ(verdict("authorize"), "bad D");
  EXPECT_THAT(probe("authorize").advice, HasSubstr("config.pkce_enabled: true"));
}

TEST_F(PingOne, WithoutTheTeamDomainNoLoginIsTried) {
  team.clear();
  run(test::provider("pingone", config));
  EXPECT_EQ(verdict("authorize"), "unknown");
  EXPECT_THAT(probe("authorize").advice, HasSubstr("team_domain"));
  EXPECT_THAT(there.to(base + "/authorize"), IsEmpty());
  EXPECT_EQ(verdict("credentials"), "ok D") << "the secret can be tested all the same";
}

class Regions : public PingOne, public testing::WithParamInterface<std::pair<const char*, const char*>> {};

TEST_P(Regions, AreThoseOfTheReference) {
  const auto [region, suffix] = GetParam();
  const std::string there_base = std::string("https://auth.pingone.") + suffix + "/" + environment + "/as";
  at(there_base);
  run(test::provider("pingone", config, std::string(R"({"region": ")") + region + R"("})"));
  EXPECT_EQ(outcome.verdict(), Verdict::ok);
  EXPECT_EQ(there.to(there_base + "/token").size(), 1u);
}

INSTANTIATE_TEST_SUITE_P(Of, Regions,
                         testing::Values(std::pair{"na", "com"}, std::pair{"ca", "ca"}, std::pair{"eu", "eu"},
                                         std::pair{"au", "com.au"}, std::pair{"sg", "sg"},
                                         std::pair{"ap", "asia"}),
                         [](const auto& one) { return std::string(one.param.first); });

class Elsewheres : public PingOne {
 protected:
  void SetUp() override {
    for (const char* suffix : {"com", "ca", "com.au", "sg", "asia", "eu"})
      there.json(std::string("https://auth.pingone.") + suffix + "/" + environment +
                     "/as/.well-known/openid-configuration",
                 404, R"({"code": "NOT_FOUND"})");
  }
};

TEST_F(Elsewheres, AnEnvironmentOfAnotherRegionIsFoundAndProbedThere) {
  const std::string eu = "https://auth.pingone.eu/" + environment + "/as";
  at(eu);
  run(test::provider("pingone", config));
  EXPECT_EQ(verdict("discovery"), "unknown I") << "whether Access reaches it nobody knows";
  EXPECT_THAT(probe("discovery").advice, HasSubstr("check.region: eu"));
  EXPECT_THAT(probe("discovery").advice, HasSubstr("oidc"));
  EXPECT_EQ(verdict("credentials"), "ok D");
  EXPECT_EQ(there.to(eu + "/token").size(), 1u);
}

TEST_F(Elsewheres, AnEnvironmentThatNoRegionHasIsBad) {
  run(test::provider("pingone", config));
  EXPECT_EQ(verdict("discovery"), "bad D");
  EXPECT_THAT(probe("discovery").advice, HasSubstr("config.ping_env_id"));
}

TEST_F(Elsewheres, AnEnvironmentIsNotCalledWrongWhileARegionDoesNotAnswer) {
  const std::string singapore =
      "https://auth.pingone.sg/" + environment + "/as/.well-known/openid-configuration";
  there.json(singapore, 503, "{}");
  run(test::provider("pingone", config));
  EXPECT_EQ(verdict("discovery"), "unknown");
  there.replies.erase(singapore);
  run(test::provider("pingone", config));
  EXPECT_EQ(verdict("discovery"), "unknown");
}

TEST_F(Elsewheres, ARegionThatTheFileNamesIsTheOnlyOneThatIsAsked) {
  run(test::provider("pingone", config, R"({"region": "eu"})"));
  EXPECT_EQ(verdict("discovery"), "bad D");
  for (const Asked& one : there.asked) EXPECT_THAT(one.url, testing::StartsWith("https://auth.pingone.eu/"));
}

TEST_F(PingOne, ACustomDomainIsUsedWithoutTheEnvironmentInThePath) {
  at("https://login.example.com/as");
  run(test::provider("pingone", config, R"({"custom_domain": "login.example.com"})"));
  EXPECT_EQ(outcome.verdict(), Verdict::ok);
  for (const Asked& one : there.asked)
    EXPECT_THAT(one.url, testing::StartsWith("https://login.example.com/as"));
}

TEST_F(PingOne, ACustomDomainThatKnowsNothingIsAskedOnce) {
  const std::string at_domain = "https://login.example.com/as/.well-known/openid-configuration";
  there.json(at_domain, 404, R"({"code": "NOT_FOUND"})");
  run(test::provider("pingone", config, R"({"custom_domain": "login.example.com"})"));
  EXPECT_EQ(verdict("discovery"), "bad D");
  EXPECT_EQ(there.to(at_domain).size(), 1u);
}

TEST_F(PingOne, AnotherIssuerIsNoFaultSinceACustomDomainDoesThat) {
  there.json(base + "/.well-known/openid-configuration", 200, discovery("https://login.example.com/as"));
  run(test::provider("pingone", config));
  EXPECT_EQ(verdict("discovery"), "ok D");
  EXPECT_THAT(probe("discovery").notes, ElementsAre(HasSubstr("custom domain")));
}

struct Trouble {
  const char* name;
  int status;
  const char* body;
};
class Troubles : public PingOne, public testing::WithParamInterface<Trouble> {};

TEST_P(Troubles, AreUnknownAndNeverBad) {
  for (auto& [url, reply] : there.replies)
    reply = [](const Asked&) {
      return http::Response{GetParam().status, {{"location", "https://elsewhere.example/"}}, GetParam().body};
    };
  run(test::provider("pingone", config));
  EXPECT_EQ(outcome.verdict(), Verdict::unknown);
  for (const Probe& one : outcome.probes)
    EXPECT_EQ(one.verdict, Verdict::unknown) << one.name << ": " << one.message;
}

INSTANTIATE_TEST_SUITE_P(Of, Troubles,
                         testing::Values(Trouble{"TooManyRequests", 429, R"({"error": "slow_down"})"},
                                         Trouble{"Unavailable", 503, "try later"},
                                         Trouble{"APage", 200, "<html>maintenance</html>"},
                                         Trouble{"ARedirect", 302, ""}, Trouble{"Forbidden", 403, "no"}),
                         [](const auto& one) { return std::string(one.param.name); });

TEST_F(PingOne, NobodyAtTheOtherEndIsUnknown) {
  there.replies.clear();
  run(test::provider("pingone", config));
  EXPECT_EQ(outcome.verdict(), Verdict::unknown);
}

TEST_F(PingOne, HostsThatAreNotAllowedAreNotAsked) {
  allowed_hosts = {"auth.pingone.eu", "*.example.com"};
  run(test::provider("pingone", config));
  EXPECT_THAT(there.asked, IsEmpty());
  EXPECT_EQ(outcome.verdict(), Verdict::unknown);
  EXPECT_THAT(probe("credentials").message, HasSubstr("allowed_hosts"));
  allowed_hosts = {"auth.pingone.com"};
  run(test::provider("pingone", config));
  EXPECT_EQ(outcome.verdict(), Verdict::ok);
}

TEST_F(PingOne, ASecretThatIsRepeatedInAnErrorIsTakenOut) {
  token_answers("the secret s3cret-of-workforce is wrong");
  run(test::provider("pingone", config));
  EXPECT_THAT(probe("credentials").message, HasSubstr("***"));
}

TEST_F(PingOne, ASecretThatCannotBeResolvedIsNotTested) {
  secret.clear();
  run(test::provider("pingone", config));
  EXPECT_EQ(verdict("credentials"), "unknown");
  EXPECT_THAT(probe("credentials").message, HasSubstr("${env:S} is not set"));
  EXPECT_THAT(there.to(base + "/token"), IsEmpty());
}

TEST_F(PingOne, ASecretWhoseEndIsNearIsSaid) {
  auto one = test::provider("pingone", config);
  one.options.secret_expires = "2026-12-24";
  run(one);
  EXPECT_EQ(verdict("credentials"), "ok D");
  EXPECT_THAT(probe("credentials").notes, ElementsAre(HasSubstr("expires on 2026-12-24")));
  one.options.secret_expires = "2027-12-24";
  run(one);
  EXPECT_THAT(probe("credentials").notes, IsEmpty());
}

TEST_F(PingOne, BeforeAWriteTheSecretAloneIsAskedFor) {
  run(test::provider("pingone", config), Extent::credentials);
  ASSERT_EQ(there.asked.size(), 1u);
  EXPECT_EQ(there.asked[0].url, base + "/token");
}

TEST_F(PingOne, AnIdThatIsNoIdStaysInItsPlace) {
  run(test::provider("pingone", R"({"client_id": "a&b=c", "ping_env_id": "../evil?x=#y"})"));
  for (const Asked& one : there.asked)
    EXPECT_THAT(one.url,
                testing::AnyOf(testing::StartsWith("https://auth.pingone.com/..%2Fevil%3Fx%3D%23y/as/"),
                               testing::MatchesRegex("https://auth[.]pingone[.][a-z.]+/[.][.]%2Fevil.*")));
}

}  // namespace
}  // namespace idpd::check
