#include "service/metered_transport.h"

#include <gmock/gmock.h>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>

#include "service/fake_alarms.h"

namespace idpd::service {
namespace {

using testing::HasSubstr;
using testing::Not;

class Wire final : public http::Transport {
 public:
  explicit Wire(test::FakeClock& clock) : clock_(clock) {}
  std::optional<base::Result<http::Response>> answer;

  asio::awaitable<base::Result<http::Response>> send(http::Request /*request*/) override {
    clock_.move_to(clock_.monotonic() + std::chrono::milliseconds(300));
    co_return *answer;
  }

 private:
  test::FakeClock& clock_;
};

class Metered : public testing::Test {
 protected:
  std::string send(http::Method method, base::Result<http::Response> answer) {
    wire_.answer.emplace(std::move(answer));
    const auto exchange = [&]() -> asio::awaitable<void> {
      http::Request request;
      request.method = method;
      request.url = "https://api.example.com/accounts/secret-in-a-path";
      const auto got = co_await transport_.send(std::move(request));
      EXPECT_EQ(got.ok(), wire_.answer->ok());
    };
    asio::co_spawn(io_, exchange(), asio::detached);
    io_.restart();
    io_.poll();
    return metrics_.text();
  }

  test::FakeClock clock_;
  Metrics metrics_{"1"};
  Wire wire_{clock_};
  MeteredTransport transport_{wire_, metrics_, clock_};

 private:
  asio::io_context io_;
};

TEST_F(Metered, CountsRequestsByMethodAndStatusAndMeasuresThem) {
  (void)send(http::Method::get, http::Response{200, {}, {}});
  (void)send(http::Method::get, http::Response{200, {}, {}});
  (void)send(http::Method::get, http::Response{429, {}, {}});
  const std::string text = send(http::Method::remove, base::Error{base::Code::network, "no answer"});
  EXPECT_THAT(text, HasSubstr("idpd_api_requests_total{method=\"GET\",status=\"200\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("idpd_api_requests_total{method=\"GET\",status=\"429\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("idpd_api_requests_total{method=\"DELETE\",status=\"error\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("idpd_api_request_duration_seconds_count{method=\"GET\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("idpd_api_request_duration_seconds_bucket{method=\"GET\",le=\"0.5\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("idpd_api_request_duration_seconds_bucket{method=\"GET\",le=\"0.25\"} 0\n"));
  EXPECT_THAT(text, Not(HasSubstr("secret")));
}

TEST_F(Metered, TellsWhetherTheServerAnswers) {
  std::vector<bool> told;
  transport_.watch([&](bool answered) { told.push_back(answered); });
  (void)send(http::Method::get, http::Response{200, {}, {}});
  (void)send(http::Method::get, http::Response{403, {}, {}});
  (void)send(http::Method::get, http::Response{503, {}, {}});
  (void)send(http::Method::get, base::Error{base::Code::network, "no answer"});
  (void)send(http::Method::get, base::Error{base::Code::invalid, "not sent, as the lease was about to end"});
  EXPECT_EQ(told, (std::vector<bool>{true, true, false, false}));
}

TEST_F(Metered, WhatWasNeverSentIsNoRequest) {
  EXPECT_THAT(send(http::Method::put, base::Error{base::Code::invalid, "refused here"}),
              Not(HasSubstr("idpd_api_requests_total{")));
}

}  // namespace
}  // namespace idpd::service
