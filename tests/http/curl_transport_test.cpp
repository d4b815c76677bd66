#include "http/curl_transport.h"

#include <gmock/gmock.h>
#include <stdlib.h>  // setenv

#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/experimental/awaitable_operators.hpp>
#include <asio/steady_timer.hpp>
#include <chrono>

#include "http/test_server.h"

namespace idpd::http {
namespace {

using base::Code;
using base::Result;
using std::chrono::milliseconds;
using ::testing::HasSubstr;
using ::testing::Not;

Request request_to(std::string url, Method method = Method::get, std::string body = {}) {
  Request request;
  request.method = method;
  request.url = std::move(url);
  request.body = std::move(body);
  return request;
}

class CurlTransportTest : public ::testing::Test {
 protected:
  void SetUp() override {
    for (const char* name :
         {"http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy"}) {
      unsetenv(name);
    }
  }

  Result<Response> send(Transport& transport, Request request) {
    std::optional<Result<Response>> result;
    asio::co_spawn(io, keep(transport.send(std::move(request)), result), asio::detached);
    io.restart();
    while (!result && io.run_one_for(std::chrono::seconds(10)) > 0) {
    }
    if (!result) return base::Error{Code::internal, "the test timed out"};
    return *std::move(result);
  }
  void run_for(milliseconds time) {
    io.restart();
    io.run_for(time);
  }

  asio::io_context io;
};

TEST_F(CurlTransportTest, SendsMethodHeadersAndBodyAndGivesStatusHeadersAndBody) {
  TestServer server(io, [](const std::string&) {
    return "HTTP/1.1 201 Created\r\nX-Odd:  value \r\nContent-Length: 2\r\n\r\nok";
  });
  CurlTransport transport(io, {});
  Request request = request_to(server.url("/a?b=c"), Method::post, "{\"x\":1}");
  request.headers.emplace_back("Content-Type", "application/json");
  const auto answer = send(transport, std::move(request));
  ASSERT_TRUE(answer) << answer.error().text();
  EXPECT_EQ(answer->status, 201);
  EXPECT_EQ(answer->header("x-odd"), "value");
  EXPECT_EQ(answer->body, "ok");
  ASSERT_EQ(server.requests.size(), 1U);
  EXPECT_THAT(server.requests[0], HasSubstr("POST /a?b=c HTTP/1.1\r\n"));
  EXPECT_THAT(server.requests[0], HasSubstr("Content-Type: application/json\r\n"));
  EXPECT_THAT(server.requests[0], HasSubstr("User-Agent: idpd/"));
  EXPECT_THAT(server.requests[0], HasSubstr("gzip"));
  EXPECT_THAT(server.requests[0], Not(HasSubstr("Expect")));
  EXPECT_THAT(server.requests[0], HasSubstr("\r\n\r\n{\"x\":1}"));
}

TEST_F(CurlTransportTest, UsesOneConnectionForRequestsOfEveryMethod) {
  TestServer server(io, [](const std::string&) { return ok("{}"); });
  CurlTransport transport(io, {});
  for (const Method method : {Method::get, Method::post, Method::put, Method::remove, Method::get}) {
    const std::string body = method == Method::post || method == Method::put ? std::string(100'000, 'x') : "";
    const auto answer = send(transport, request_to(server.url(), method, body));
    ASSERT_TRUE(answer) << answer.error().text();
  }
  EXPECT_EQ(server.connections, 1);
  ASSERT_EQ(server.requests.size(), 5U);
  EXPECT_THAT(server.requests[2], HasSubstr("PUT / "));
  EXPECT_THAT(server.requests[3], HasSubstr("DELETE / "));
}

TEST_F(CurlTransportTest, RunsRequestsSideBySide) {
  TestServer server(io, [](const std::string&) { return ok("{}"); });
  CurlTransport transport(io, {});
  int done = 0;
  const auto one = [&]() -> asio::awaitable<void> {
    const auto answer = co_await transport.send(request_to(server.url()));
    done += answer ? 1 : 0;
  };
  for (int i = 0; i < 50; ++i) asio::co_spawn(io, one(), asio::detached);
  for (int i = 0; i < 100 && done < 50; ++i) run_for(milliseconds(20));
  EXPECT_EQ(done, 50);
}

TEST_F(CurlTransportTest, NeverRepeatsABodyWhenAKeptConnectionDies) {
  int count = 0;
  TestServer server(io, [&](const std::string&) -> std::optional<std::string> {
    return ++count == 1 ? std::optional(ok("{}")) : std::nullopt;
  });
  CurlTransport transport(io, {});
  ASSERT_TRUE(send(transport, request_to(server.url())));
  const auto lost = send(transport, request_to(server.url(), Method::post, "{}"));
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().code, Code::network) << lost.error().text();
  run_for(milliseconds(50));
  EXPECT_EQ(count, 2);
}

TEST_F(CurlTransportTest, AStalledServerIsANetworkError) {
  TestServer server(io, [](const std::string&) { return ""; });
  for (const CurlOptions& options :
       {CurlOptions{.total_timeout = milliseconds(100)}, CurlOptions{.stall_timeout = milliseconds(1000)}}) {
    CurlTransport transport(io, options);
    const auto answer = send(transport, request_to(server.url()));
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, Code::network);
    EXPECT_TRUE(answer.error().retryable);
    EXPECT_THAT(answer.error().message,
                HasSubstr("127.0.0.1: Timeout was reached;"));  // and not after how long
  }
}

TEST_F(CurlTransportTest, ABrokenOffAnswerIsANetworkErrorAndShowsNoneOfIt) {
  TestServer server(io, [n = 0](const std::string&) mutable -> std::optional<std::string> {
    if (n++ > 0) return std::nullopt;
    return "HTTP/1.1 200 OK\r\nContent-Length: 100\r\nSet-Cookie: s3cret\r\n\r\ns3cret";
  });
  CurlTransport transport(io, {.total_timeout = milliseconds(200)});
  const auto half = send(transport, request_to(server.url()));
  ASSERT_FALSE(half);
  EXPECT_THAT(half.error().text(), Not(HasSubstr("s3cret")));
  const auto none = send(transport, request_to(server.url()));
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, Code::network);
}

TEST_F(CurlTransportTest, ARefusedPortIsANetworkErrorThatNamesTheHost) {
  // Bound and closed again: nobody listens there.
  const auto port =
      asio::ip::tcp::acceptor(io, {asio::ip::make_address("127.0.0.1"), 0}).local_endpoint().port();
  const std::string url = "http://127.0.0.1:" + std::to_string(port) + "/";
  CurlTransport transport(io, {});
  const auto answer = send(transport, request_to(url));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, Code::network);
  EXPECT_TRUE(answer.error().retryable);
  EXPECT_THAT(answer.error().message, HasSubstr("127.0.0.1"));
  // One failure has the same words each time: an incident whose words change is told again.
  EXPECT_THAT(answer.error().message, HasSubstr("port " + std::to_string(port) + ": Couldn't connect"));
}

TEST_F(CurlTransportTest, ABodyAboveTheLimitIsCutOff) {
  TestServer server(io, [](const std::string&) { return ok(std::string(2000, 'x')); });
  CurlTransport small(io, {.max_body = 1999});
  const auto answer = send(small, request_to(server.url()));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, Code::network);
  EXPECT_THAT(answer.error().message, HasSubstr("1999 bytes"));
  CurlTransport enough(io, {.max_body = 2000});
  EXPECT_TRUE(send(enough, request_to(server.url())));
}

TEST_F(CurlTransportTest, EndlessHeadersAreCutOff) {
  TestServer server(io, [](const std::string&) {
    return ok("", "X: " + std::string(90'000, 'x') + "\r\n" + "Y: " + std::string(90'000, 'x') + "\r\n" +
                      "Z: " + std::string(90'000, 'x') + "\r\n");
  });
  CurlTransport transport(io, {});
  EXPECT_FALSE(send(transport, request_to(server.url())));
}

TEST_F(CurlTransportTest, FollowsNoRedirect) {
  TestServer server(io, [&](const std::string&) {
    return "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n";
  });
  CurlTransport transport(io, {});
  const auto answer = send(transport, request_to(server.url()));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 302);
}

TEST_F(CurlTransportTest, RefusesWhatIsNoHttpUrlAndHeadersWithLineBreaks) {
  CurlTransport transport(io, {});
  for (const char* url : {"", "file:///etc/passwd", "ftp://127.0.0.1/", "http://", "not a url"}) {
    const auto answer = send(transport, request_to(url));
    ASSERT_FALSE(answer) << url;
    EXPECT_EQ(answer.error().code, Code::invalid) << url;
  }
  Request request = request_to("http://127.0.0.1:1/");
  request.headers.emplace_back("Authorization", "Bearer s3cret\nX: y");
  const auto answer = send(transport, std::move(request));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, Code::invalid);
  EXPECT_THAT(answer.error().text(), Not(HasSubstr("s3cret")));
}

TEST_F(CurlTransportTest, TakesTheProxyOfTheEnvironmentForHttpsAlone) {
  TestServer proxy(io, [](const std::string&) {
    return std::string("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
  });
  setenv("https_proxy", proxy.url().c_str(), 1);
  setenv("http_proxy", proxy.url().c_str(), 1);
  CurlTransport transport(io, {});
  EXPECT_FALSE(send(transport, request_to("https://api.invalid/x")));
  ASSERT_EQ(proxy.requests.size(), 1u);
  EXPECT_THAT(proxy.requests[0], HasSubstr("CONNECT api.invalid:443 HTTP/1.1"));
  EXPECT_FALSE(send(transport, request_to("http://api.invalid/x")));
  EXPECT_EQ(proxy.requests.size(), 1u) << "it would read the token";
  unsetenv("http_proxy");
  unsetenv("https_proxy");
}

TEST_F(CurlTransportTest, ACancelledRequestClosesItsConnectionAndLeavesTheOthers) {
  TestServer server(io, [](const std::string& request) {
    return request.find("/stall") == std::string::npos ? ok("{}") : std::string();
  });
  CurlTransport transport(io, {});
  asio::cancellation_signal cancel;
  std::optional<Result<Response>> cancelled;
  asio::co_spawn(io, keep(transport.send(request_to(server.url("/stall"))), cancelled),
                 asio::bind_cancellation_slot(cancel.slot(), asio::detached));
  for (int i = 0; i < 50 && server.requests.empty(); ++i) run_for(milliseconds(10));
  cancel.emit(asio::cancellation_type::terminal);
  for (int i = 0; i < 50 && server.closed == 0; ++i) run_for(milliseconds(10));
  EXPECT_EQ(server.closed, 1);
  ASSERT_TRUE(cancelled);
  EXPECT_FALSE(cancelled->ok());
  EXPECT_TRUE(send(transport, request_to(server.url())));
}

TEST_F(CurlTransportTest, LosesARaceAgainstADeadlineWithoutThrowing) {
  using asio::experimental::awaitable_operators::operator||;
  TestServer server(io, [](const std::string&) { return ""; });
  CurlTransport transport(io, {});
  bool late = false;
  const auto race = [&]() -> asio::awaitable<void> {
    asio::steady_timer deadline(io, milliseconds(50));
    auto winner =
        co_await (transport.send(request_to(server.url())) || deadline.async_wait(asio::use_awaitable));
    late = winner.index() == 1;
  };
  std::exception_ptr failure;
  asio::co_spawn(io, race(), [&](std::exception_ptr error) { failure = std::move(error); });
  for (int i = 0; i < 50 && !late; ++i) run_for(milliseconds(10));
  EXPECT_TRUE(late);
  EXPECT_FALSE(failure);
}

TEST_F(CurlTransportTest, GoingAwayEndsWhatIsInFlight) {
  TestServer server(io, [](const std::string&) { return ""; });
  auto transport = std::make_unique<CurlTransport>(io, CurlOptions{});
  std::optional<Result<Response>> ended;
  asio::co_spawn(io, keep(transport->send(request_to(server.url())), ended), asio::detached);
  for (int i = 0; i < 50 && server.requests.empty(); ++i) run_for(milliseconds(10));
  transport.reset();
  run_for(milliseconds(20));
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->error().code, Code::network);
}

// Run under the address sanitizer: both orders of destruction, in flight and not yet begun.
TEST(CurlTransportTeardown, IsSoundInEitherOrder) {
  for (const bool transport_first : {true, false}) {
    for (const int run : {0, 1, 60}) {
      auto io = std::make_unique<asio::io_context>();
      auto server = std::make_unique<TestServer>(*io, [](const std::string&) { return ""; });
      const std::string url = server->url();
      auto transport = std::make_unique<CurlTransport>(*io, CurlOptions{});
      for (int i = 0; i < 3; ++i) {
        asio::co_spawn(*io, drop(transport->send(request_to(url))), asio::detached);
      }
      io->run_for(milliseconds(run));
      if (transport_first) transport.reset();
      server.reset();
      io.reset();
      transport.reset();
    }
  }
}

}  // namespace
}  // namespace idpd::http
