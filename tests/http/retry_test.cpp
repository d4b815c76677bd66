#include "http/retry.h"

#include <gtest/gtest.h>

#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>

#include "http/test_server.h"
#include "http/transport.h"

namespace idpd::http {
namespace {

using base::Code;
using base::Error;
using std::chrono::milliseconds;

const Error transient{Code::network, "lost", {}, true};

TEST(Retry, DelayGrowsToItsCapAndIsSpreadFromZero) {
  const RetryPolicy policy{.attempts = 10, .base = milliseconds(500), .cap = milliseconds(3000)};
  const struct {
    int attempt;
    double unit;
    int expected;
  } cases[] = {{1, 0.0, 0}, {1, 1.0, 500}, {2, 1.0, 1000}, {3, 0.5, 1000}, {4, 1.0, 3000}, {9, 1.0, 3000}};
  for (const auto& c : cases) {
    EXPECT_EQ(delay_before_retry(policy, c.attempt, transient, c.unit), milliseconds(c.expected))
        << c.attempt;
  }
}

TEST(Retry, EndsAfterThePolicysAttempts) {
  EXPECT_TRUE(delay_before_retry({}, 3, transient, 0.5));
  EXPECT_FALSE(delay_before_retry({}, 4, transient, 0.5));
  EXPECT_FALSE(delay_before_retry({.attempts = 1}, 1, transient, 0.5));
}

TEST(Retry, NeverRepeatsWhatIsFinal) {
  EXPECT_FALSE(delay_before_retry({}, 1, Error{Code::refused, "no"}, 0.5));
}

TEST(Retry, WaitsAtLeastAsLongAsTheServerAsks) {
  Error error{Code::rate_limited, "slow down", {}, true, 7.0};
  EXPECT_GE(delay_before_retry({}, 1, error, 0.0), milliseconds(7000));
  error.retry_after_seconds = 300;
  EXPECT_TRUE(delay_before_retry({}, 1, error, 0.9));
}

TEST(Retry, GivesUpWhenTheServerAsksForTooLong) {
  EXPECT_FALSE(delay_before_retry({}, 1, Error{Code::rate_limited, "slow down", {}, true, 301.0}, 0.0));
}

TEST(Retry, SurvivesManyAttempts) {
  EXPECT_EQ(delay_before_retry({.attempts = 5000}, 4000, transient, 1.0), milliseconds(30'000));
}

class Counting final : public Transport {
 public:
  int sent = 0;
  asio::awaitable<base::Result<Response>> send(Request /*request*/) override {
    ++sent;
    co_return Response{200, {}, {}};
  }
};

TEST(ReadOnlyTransport, LetsNothingButGetThrough) {
  Counting inner;
  ReadOnlyTransport transport(inner);
  for (const Method method : {Method::get, Method::post, Method::put, Method::remove}) {
    asio::io_context io;
    Request request;
    request.method = method;
    std::optional<base::Result<Response>> result;
    asio::co_spawn(io, keep(transport.send(std::move(request)), result), asio::detached);
    io.run();
    ASSERT_TRUE(result);
    EXPECT_EQ(result->ok(), method == Method::get) << name_of(method);
    EXPECT_TRUE(result->ok() || result->error().code == Code::invalid);
  }
  EXPECT_EQ(inner.sent, 1);
}

TEST(Response, GivesTheFirstHeaderOfAName) {
  const Response response{200, {{"a", "1"}, {"a", "2"}}, {}};
  EXPECT_EQ(response.header("a"), "1");
  EXPECT_EQ(response.header("b"), "");
}

}  // namespace
}  // namespace idpd::http
