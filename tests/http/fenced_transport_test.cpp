#include "http/fenced_transport.h"

#include <gtest/gtest.h>

#include "http/curl_transport.h"
#include "http/test_server.h"

namespace idpd::http {
namespace {

using base::BootClock;
using base::Code;
using base::Error;
using base::Result;
using std::chrono::milliseconds;

class FencedTransportTest : public testing::Test {
 protected:
  Result<Response> send(Transport& transport, Method method,
                        std::optional<BootClock::time_point> deadline = {}) {
    Request request;
    request.method = method;
    request.url = server.url("/x");
    if (method != Method::get && method != Method::remove) request.body = "{}";
    request.deadline = deadline;
    std::optional<Result<Response>> result;
    asio::co_spawn(io, keep(transport.send(std::move(request)), result), asio::detached);
    io.restart();
    while (!result && io.run_one_for(std::chrono::seconds(10)) > 0) {
    }
    return result ? *std::move(result) : Result<Response>(Error{Code::internal, "the test timed out"});
  }

  static asio::awaitable<void> keep(asio::awaitable<Result<Response>> task,
                                    std::optional<Result<Response>>& result) {
    result.emplace(co_await std::move(task));
  }

  asio::io_context io;
  std::optional<std::string> answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
  TestServer server{io, [this](const std::string&) { return answer; }};
  CurlTransport wire{io, {.unacknowledged = milliseconds(1000)}};
};

TEST_F(FencedTransportTest, AWriteWithoutThePermitIsNotSentAndAReadIsNotHeldUp) {
  FencedTransport fence(wire, [] { return Error{Code::invalid, "it was not sent: no lease"}; });
  for (const Method method : {Method::post, Method::put, Method::remove}) {
    const auto refused = send(fence, method);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Code::invalid);  // not done, and known to be
  }
  EXPECT_TRUE(server.requests.empty());
  EXPECT_TRUE(send(fence, Method::get));
}

TEST_F(FencedTransportTest, AWriteInTimeGoesThrough) {
  FencedTransport fence(wire, [] { return BootClock::now() + std::chrono::seconds(5); });
  for (const Method method : {Method::post, Method::put, Method::remove}) EXPECT_TRUE(send(fence, method));
  EXPECT_EQ(server.requests.size(), 3U);
}

TEST_F(FencedTransportTest, WhatIsLateNeverLeaves) {
  // As for a process that was stopped between the permit and the sending.
  for (const Method method : {Method::post, Method::put, Method::remove}) {
    const auto late = send(wire, method, BootClock::now() - std::chrono::seconds(1));
    ASSERT_FALSE(late);
    EXPECT_EQ(late.error().code, Code::invalid) << late.error().text();
  }
  EXPECT_TRUE(server.requests.empty());
}

TEST_F(FencedTransportTest, AnAnswerIsNotWaitedForBeyondTheDeadline) {
  answer = "";
  const auto cut = send(wire, Method::post, BootClock::now() + milliseconds(200));
  ASSERT_FALSE(cut);
  EXPECT_EQ(cut.error().code, Code::network);  // whether it was carried out is unknown
}

}  // namespace
}  // namespace idpd::http
