#include "cloudflare/envelope.h"

#include <gmock/gmock.h>

#include "cloudflare/paths.h"

namespace idpd::cloudflare {
namespace {

using base::Code;
using base::Error;
using http::Method;
using http::Response;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* list_path = "/accounts/0123/access/identity_providers";
constexpr const char* item_path = "/accounts/0123/access/identity_providers/abc";

Error failure_of(Method method, const char* path, int status, std::string body) {
  Response response;
  response.status = status;
  response.body = std::move(body);
  const auto envelope = read_envelope(method, path, response);
  if (envelope) return Error{Code::internal, "no failure"};
  return envelope.error();
}

std::string refusal(int code, const std::string& message = "no") {
  return R"({"success":false,"errors":[{"code":)" + std::to_string(code) + R"(,"message":")" + message +
         R"("}],"messages":[],"result":null})";
}

TEST(Envelope, GivesResultAndResultInfoAndToleratesMissingParts) {
  Response response;
  response.status = 200;
  response.body = R"({"success":true,"result":[1],"result_info":{"total_count":1}})";
  auto envelope = read_envelope(Method::get, list_path, response);
  ASSERT_TRUE(envelope) << envelope.error().text();
  EXPECT_EQ(envelope->result.array().size(), 1U);
  EXPECT_EQ(envelope->result_info.find("total_count")->integer(), 1);
  response.body = R"({"success":true})";
  envelope = read_envelope(Method::get, list_path, response);
  ASSERT_TRUE(envelope);
  EXPECT_TRUE(envelope->result.is_null());
}

TEST(Envelope, FailuresHaveTheCodeThatTheirCallersReactTo) {
  const struct {
    Method method;
    const char* path;
    int status;
    std::string body;
    Code code;
    bool retryable;
    const char* says;
  } cases[] = {
      {Method::get, list_path, 403, refusal(10000), Code::unauthorized, false,
       "Access: Organizations, Identity Providers, and Groups Read"},
      {Method::post, list_path, 403, refusal(10000), Code::unauthorized, false,
       "Access: Organizations, Identity Providers, and Groups Write"},
      {Method::get, "/accounts/0123/access/apps?page=1", 403, refusal(10000), Code::unauthorized, false,
       "Access: Apps and Policies Read"},
      {Method::get, "/zones?account.id=0123", 403, refusal(10000), Code::unauthorized, false, "Zone Read"},
      {Method::get, list_path, 401, refusal(1000, "Invalid API Token"), Code::unauthorized, false,
       "make a new one"},
      {Method::get, list_path, 401, refusal(9109, "Invalid access token"), Code::unauthorized, false,
       "make a new one"},
      {Method::get, list_path, 400, refusal(9106), Code::unauthorized, false, "check the token"},
      {Method::get, list_path, 400, refusal(6003), Code::unauthorized, false, "check the token"},
      {Method::get, list_path, 404, refusal(7003), Code::invalid, false, "check the account id"},
      {Method::get, item_path, 404, refusal(7000), Code::invalid, false, "check the account id"},
      {Method::get, item_path, 404, refusal(12345), Code::not_found, false, "no identity provider"},
      {Method::get, item_path, 404, "<html>", Code::unavailable, true, "any proxy"},
      {Method::put, item_path, 409, refusal(12000), Code::refused, false, "code 12000"},
      {Method::put, item_path, 403, refusal(12001, "read only"), Code::refused, false, "read only"},
      {Method::post, list_path, 400, refusal(12130, "bad"), Code::refused, false, "bad (code 12130)"},
      {Method::post, list_path, 200, refusal(12130, "bad"), Code::unavailable, false, "bad (code 12130)"},
      {Method::get, list_path, 429, refusal(10429), Code::rate_limited, true, "too many requests"},
      {Method::get, list_path, 500, "<html>", Code::unavailable, true, "HTTP 500"},
      {Method::post, list_path, 503, refusal(1), Code::unavailable, true, "HTTP 503"},
      {Method::post, list_path, 200, "<html>", Code::unavailable, true, "any proxy"},
      {Method::get, list_path, 200, "{}", Code::unavailable, true, "any proxy"},
      {Method::get, list_path, 200, "[]", Code::unavailable, true, "any proxy"},
      {Method::remove, item_path, 200, "<html>", Code::unavailable, true, "any proxy"},
      {Method::get, list_path, 302, "", Code::unavailable, false, "api.base_url"},
      {Method::put, item_path, 307, "", Code::unavailable, false, "api.base_url"},
  };
  for (const auto& c : cases) {
    const Error error = failure_of(c.method, c.path, c.status, c.body);
    EXPECT_EQ(error.code, c.code) << c.status << " " << c.body << ": " << error.text();
    EXPECT_EQ(error.retryable, c.retryable) << c.status << " " << c.body;
    EXPECT_THAT(error.message, HasSubstr(c.says));
    EXPECT_THAT(error.where, HasSubstr(std::string(http::name_of(c.method)) + " /"));
    EXPECT_THAT(error.where, Not(HasSubstr("?")));
  }
}

TEST(Envelope, ADeleteNeedsNoBody) {
  for (const char* body : {"", " \n", R"({"result":{"id":"x"}})", R"({"success":true})"}) {
    Response response;
    response.status = 202;
    response.body = body;
    EXPECT_TRUE(read_envelope(Method::remove, item_path, response)) << body;
  }
}

TEST(Envelope, ShowsPointersAndErrorChains) {
  const Error error = failure_of(Method::put, item_path, 400,
                                 R"({"success":false,"errors":[{"code":1001,"message":"bad field",
       "source":{"pointer":"/config/client_id"},"error_chain":[{"message":"the cause"}]}],
       "error_chain":[{"message":"outer cause"}]})");
  EXPECT_THAT(error.message, HasSubstr("bad field (code 1001, at /config/client_id)"));
  EXPECT_THAT(error.message, HasSubstr("the cause"));
  EXPECT_THAT(error.message, HasSubstr("outer cause"));
}

TEST(Envelope, SurvivesErrorsOfAnyShape) {
  for (const char* errors : {"null", "{}", "[null, 1, \"x\", [], {}]", R"([{"code":"x","message":7}])",
                             R"([{"source":[],"error_chain":{}}])"}) {
    const Error error =
        failure_of(Method::get, list_path, 400, std::string(R"({"success":false,"errors":)") + errors + "}");
    EXPECT_EQ(error.code, Code::refused) << errors;
  }
}

TEST(Envelope, CutsAndCleansTheApisMessages) {
  std::string message;
  for (int i = 0; i < 400; ++i) message += "é";
  const Error error = failure_of(Method::put, item_path, 400, refusal(1001, "\\u001b[31m" + message));
  EXPECT_LT(error.message.size(), 400U);
  EXPECT_THAT(error.message, HasSubstr("\\x1b"));
  EXPECT_THAT(error.message, HasSubstr("é…"));
}

TEST(Envelope, NeverShowsABody) {
  const char* secret = "s3cret-value";
  for (const int status : {200, 302, 400, 401, 403, 404, 409, 429, 500, 502}) {
    for (const std::string& body :
         {std::string("<html>") + secret, std::string(R"({"result":{"client_secret":")") + secret + "\"}}"}) {
      EXPECT_THAT(failure_of(Method::put, item_path, status, body).text(), Not(HasSubstr(secret))) << status;
    }
  }
}

TEST(Envelope, TellsHowLongToWait) {
  Response response;
  response.status = 429;
  response.headers.emplace_back("retry-after", "17");
  const auto envelope = read_envelope(Method::get, list_path, response);
  ASSERT_FALSE(envelope);
  EXPECT_EQ(envelope.error().retry_after_seconds, 17.0);
}

TEST(Refusal, IsSettledByWhatTheTokenEndpointsSay) {
  const Error open = failure_of(Method::get, list_path, 403, refusal(10000, "Authentication error"));
  ASSERT_TRUE(is_open_refusal(open, Method::get, list_path));
  EXPECT_THAT(open.message, HasSubstr("has expired"));
  Error valid = open;
  settle_refusal(valid, TokenVerdict::valid, Method::get, list_path);
  EXPECT_THAT(valid.message, HasSubstr("is valid, but lacks the permission"));
  EXPECT_THAT(valid.message, HasSubstr("Authentication error (code 10000)"));
  Error invalid = open;
  settle_refusal(invalid, TokenVerdict::invalid, Method::get, list_path);
  EXPECT_THAT(invalid.message, HasSubstr("make a new one"));
  EXPECT_THAT(invalid.message, Not(HasSubstr("permission")));
}

TEST(Paths, AreShownWithoutAccountIdAndQuery) {
  EXPECT_EQ(where_of(Method::get, "/accounts/0123/access/apps?page=1"), "GET /accounts/…/access/apps");
  EXPECT_EQ(where_of(Method::remove, "/accounts/0123"), "DELETE /accounts/…");
  EXPECT_EQ(where_of(Method::get, "/zones?account.id=0123"), "GET /zones");
}

TEST(Paths, TakeIdsAsOneSegmentWhateverTheyHold) {
  EXPECT_EQ(path_segment("0aF-_"), "0aF-_");
  EXPECT_EQ(path_segment("../a?b&c d"), "%2E%2E%2Fa%3Fb%26c%20d");
}

}  // namespace
}  // namespace idpd::cloudflare
