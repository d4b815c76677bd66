#include "cloudflare/client.h"

#include <gmock/gmock.h>

#include "cloudflare/fake_api.h"

namespace idpd::cloudflare {
namespace {

using base::Code;
using base::Error;
using base::Json;
using base::Result;
using http::Response;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

const Error lost{Code::network, "no whole answer from api.test: it broke off", {}, true};

int query_number(const std::string& line, const std::string& name) {
  const auto at = line.find(name + "=");
  return at == std::string::npos ? 0 : std::atoi(line.c_str() + at + name.size() + 1);
}

// Pages of a list of `total` providers.
Response page_of(const std::string& line, int total) {
  const int per_page = query_number(line, "&per_page");
  const int first = (query_number(line, "?page") - 1) * per_page;
  std::string items;
  for (int i = first; i < std::min(total, first + per_page); ++i) {
    items += (items.empty() ? "" : ",") + (R"({"id":"id-)" + std::to_string(i) + "\"}");
  }
  return success("[" + items + "]", R"(,"result_info":{"total_count":)" + std::to_string(total) + "}");
}

TEST_F(ClientTest, Lists2500ProvidersWithThreeRequests) {
  auto& api_client = client([](const Call& call) { return page_of(call.line, 2500); });
  const auto listed = run(api_client.list_identity_providers());
  ASSERT_TRUE(listed) << listed.error().text();
  EXPECT_THAT(*listed, SizeIs(2500));
  EXPECT_THAT(api->lines(),
              ElementsAre("GET " + idps + "?page=1&per_page=1000", "GET " + idps + "?page=2&per_page=1000",
                          "GET " + idps + "?page=3&per_page=1000"));
  EXPECT_EQ(api->calls[0].authorization, "Bearer " + token);
}

TEST_F(ClientTest, AShortListingIsReadOnceMoreAndThenIncomplete) {
  auto& api_client = client([](const Call& call) {
    return query_number(call.line, "?page") == 1
               ? success(R"([{"id":"a"}])", R"(,"result_info":{"total_count":2})")
               : success("[]", R"(,"result_info":{"total_count":2})");
  });
  const auto listed = run(api_client.list_identity_providers());
  ASSERT_FALSE(listed);
  EXPECT_EQ(listed.error().code, Code::incomplete);
  EXPECT_TRUE(listed.error().retryable);
  EXPECT_THAT(listed.error().text(), HasSubstr("GET /accounts/…/access/identity_providers"));
  EXPECT_THAT(api->calls, SizeIs(4));
}

TEST_F(ClientTest, AListingThatIsWholeAtTheSecondTryIsGood) {
  auto& api_client = client([n = 0](const Call& call) mutable {
    return ++n <= 2 ? success(R"([{"id":"a"}])", R"(,"result_info":{"total_count":2})")
                    : page_of(call.line, 2);
  });
  const auto listed = run(api_client.list_identity_providers());
  ASSERT_TRUE(listed) << listed.error().text();
  EXPECT_THAT(*listed, SizeIs(2));
}

TEST_F(ClientTest, AReadIsRepeatedAfterEveryPassingFailure) {
  auto& api_client = client([n = 0](const Call&) mutable -> Result<Response> {
    switch (++n) {
      case 1:
        return lost;
      case 2:
        return answer(502, "<html>");
      case 3: {
        Response slow = failure(429, 10429, "slow down");
        slow.headers.emplace_back("retry-after", "0");
        return slow;
      }
      default:
        return success(R"({"id":"a"})");
    }
  });
  const auto got = run(api_client.get_identity_provider("a"));
  ASSERT_TRUE(got) << got.error().text();
  EXPECT_THAT(api->calls, SizeIs(4));
}

TEST_F(ClientTest, AReadThatKeepsFailingEndsAfterThePolicysAttempts) {
  auto& api_client = client([](const Call&) -> Result<Response> { return lost; });
  const auto got = run(api_client.get_identity_provider("a"));
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, Code::network);
  EXPECT_EQ(got.error().where, "GET /accounts/…/access/identity_providers/a");
  EXPECT_THAT(api->calls, SizeIs(4));
}

TEST_F(ClientTest, AWriteIsNeverRepeatedWhenItsOutcomeIsUnknown) {
  const Result<Response> unknown[] = {lost, answer(500, ""), answer(503, "<html>"), answer(200, "{\"succ"),
                                      answer(408, "")};
  for (const auto& outcome : unknown) {
    auto& api_client = client([&](const Call&) { return outcome; });
    const auto created = run(api_client.create_identity_provider("{}"));
    ASSERT_FALSE(created);
    EXPECT_TRUE(created.error().code == Code::network || created.error().code == Code::unavailable);
    EXPECT_THAT(api->lines(), ElementsAre("POST " + idps));
    EXPECT_FALSE(run(client([&](const Call&) { return outcome; }).update_identity_provider("a", "{}")));
    EXPECT_THAT(api->lines(), ElementsAre("PUT " + idps + "/a"));
    EXPECT_FALSE(run(client([&](const Call&) { return outcome; }).delete_identity_provider("a")));
    EXPECT_THAT(api->lines(), ElementsAre("DELETE " + idps + "/a"));
  }
}

TEST_F(ClientTest, A429PausesAndTheWriteIsSentAgainWhole) {
  auto& api_client = client([n = 0](const Call&) mutable {
    if (++n > 1) return success(R"({"id":"new","scim_config":{"secret":"once"}})");
    Response slow = failure(429, 10429, "slow down");
    slow.headers.emplace_back("retry-after", "1");
    return slow;
  });
  const auto begin = std::chrono::steady_clock::now();
  const auto created = run(api_client.create_identity_provider(R"({"name":"x"})"));
  ASSERT_TRUE(created) << created.error().text();
  EXPECT_EQ(created->find("scim_config")->text("secret"), "once");
  EXPECT_GE(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(990));
  ASSERT_THAT(api->calls, SizeIs(2));
  EXPECT_EQ(api->calls[1].body, R"({"name":"x"})");
}

TEST_F(ClientTest, ATooLong429IsNotWaitedFor) {
  auto& api_client = client([](const Call&) {
    Response slow = failure(429, 10429, "slow down");
    slow.headers.emplace_back("retry-after", "301");
    return slow;
  });
  const auto created = run(api_client.create_identity_provider("{}"));
  ASSERT_FALSE(created);
  EXPECT_EQ(created.error().code, Code::rate_limited);
  EXPECT_EQ(created.error().retry_after_seconds, 301.0);
}

TEST_F(ClientTest, ACreateWhoseAnswerNamesNoIdIsUnknown) {
  const auto created =
      run(client([](const Call&) { return success("null"); }).create_identity_provider("{}"));
  ASSERT_FALSE(created);
  EXPECT_EQ(created.error().code, Code::unavailable);
  EXPECT_THAT(api->calls, SizeIs(1));
}

TEST_F(ClientTest, ADeleteOfWhatIsGoneIsDone) {
  for (const auto& response : {answer(202, R"({"success":true,"result":{"id":"a"}})"), answer(202, ""),
                               failure(404, 12345, "not found")}) {
    EXPECT_TRUE(run(client([&](const Call&) { return response; }).delete_identity_provider("a")));
  }
  EXPECT_FALSE(run(client([](const Call&) { return answer(404, "<html>"); }).delete_identity_provider("a")));
  EXPECT_FALSE(
      run(client([](const Call&) { return failure(404, 7003, "x"); }).delete_identity_provider("a")));
}

TEST_F(ClientTest, AMissingProviderIsNotFoundAndAnIdNeverLeavesItsPlaceInThePath) {
  auto& api_client = client([](const Call&) { return failure(404, 12345, "not found"); });
  const auto got = run(api_client.get_identity_provider("../x?y"));
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, Code::not_found);
  EXPECT_THAT(api->lines(), ElementsAre("GET " + idps + "/%2E%2E%2Fx%3Fy"));
  EXPECT_FALSE(run(api_client.get_identity_provider("")));
  EXPECT_FALSE(run(api_client.delete_identity_provider("")));
  EXPECT_THAT(api->calls, SizeIs(1));
}

// Answers to `GET /user/tokens/verify` and `GET /accounts/…/tokens/verify`; all else is refused.
FakeApi::Answer refusing(Response user, Response of_account) {
  return [user, of_account](const Call& call) {
    if (call.line == "GET /user/tokens/verify") return user;
    if (call.line == "GET /accounts/" + account + "/tokens/verify") return of_account;
    return failure(403, 10000, "Authentication error");
  };
}

TEST_F(ClientTest, A403IsToldApartByTheTokenEndpoints) {
  const Response good = success(R"({"id":"x","status":"active"})");
  const Response expired = success(R"({"id":"x","status":"expired"})");
  const Response bad = failure(401, 1000, "Invalid API Token");
  const Response broken = answer(500, "");
  const struct {
    Response user, of_account;
    std::size_t requests;
    const char* says;
  } cases[] = {{good, broken, 2, "is valid, but lacks the permission \"Access: Organizations, Identity"},
               {bad, good, 3, "is valid, but lacks the permission"},
               {bad, bad, 3, "invalid or expired: make a new one"},
               {expired, expired, 3, "invalid or expired: make a new one"},
               {broken, good, 2, "has expired, or the account id"}};
  for (const auto& c : cases) {
    const auto listed = run(client(refusing(c.user, c.of_account)).list_identity_providers());
    ASSERT_FALSE(listed);
    EXPECT_EQ(listed.error().code, Code::unauthorized);
    EXPECT_THAT(listed.error().message, HasSubstr(c.says));
    EXPECT_THAT(api->calls, SizeIs(c.requests)) << c.says;
  }
}

TEST_F(ClientTest, TheTokenIsVerifiedOnceForManyRefusals) {
  auto& api_client = client(refusing(success(R"({"status":"active"})"), {}));
  for (int i = 0; i < 3; ++i) {
    const auto put = run(api_client.update_identity_provider("a", "{}"));
    ASSERT_FALSE(put);
    EXPECT_THAT(put.error().message, HasSubstr("Groups Write"));
  }
  EXPECT_THAT(api->calls, SizeIs(4));
}

TEST_F(ClientTest, NeitherTokenNorBodiesGetIntoErrors) {
  const std::string secret = "s3cret";
  const Result<Response> answers[] = {lost,
                                      answer(200, "not json " + secret),
                                      answer(400, R"({"result":"s3cret"})"),
                                      failure(401, 1000, "Invalid API Token"),
                                      failure(403, 10000, "Authentication error"),
                                      failure(409, 1, "taken"),
                                      answer(500, secret)};
  for (const auto& scripted : answers) {
    auto& api_client = client([&](const Call&) { return scripted; });
    for (const auto& result : {run(api_client.create_identity_provider(R"({"client_secret":"s3cret"})")),
                               run(api_client.update_identity_provider("a", R"({"client_secret":"s3cret"})")),
                               run(api_client.get_identity_provider("a"))}) {
      ASSERT_FALSE(result);
      EXPECT_THAT(result.error().text(), Not(HasSubstr(token)));
      EXPECT_THAT(result.error().text(), Not(HasSubstr(secret)));
    }
  }
}

TEST_F(ClientTest, EveryRequestTakesFromTheBudget) {
  auto& api_client = client([](const Call& call) { return page_of(call.line, 1); }, 10);
  for (int i = 0; i < 9; ++i) ASSERT_TRUE(run(api_client.list_identity_providers()));
  // The tenth is the writes' reserve: the read waits, the write goes.
  std::optional<Result<Json::Array>> read;
  asio::co_spawn(io, keep(api_client.list_identity_providers(), read), [](const std::exception_ptr&) {});
  io.restart();
  io.run_for(std::chrono::milliseconds(20));
  EXPECT_FALSE(read);
  EXPECT_TRUE(run(api_client.delete_identity_provider("a")));
  EXPECT_FALSE(read);
}

}  // namespace
}  // namespace idpd::cloudflare
