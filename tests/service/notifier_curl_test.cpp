// The notifier on the transport that it really has, against a server on this machine.
#include <gmock/gmock.h>

#include <asio/co_spawn.hpp>

#include "http/curl_transport.h"
#include "http/test_server.h"
#include "sample_incidents.h"
#include "service/notifier.h"
#include "state/state_folder.h"

namespace idpd::service {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

// Answers as told, posts one message, and stops when the server has been reached as often as wanted.
struct Outcome {
  std::vector<std::string> requests;
  std::size_t pending = 0;
  bool over = false;
};

Outcome posted(const http::TestServer::Answer& answer, std::size_t requests) {
  const state::StateFolder folder;
  auto store = state::Store::open(folder.path());
  if (!store) throw std::runtime_error(store.error().text());
  Outcome out;
  asio::io_context io(1);
  base::SystemClock clock;
  base::SystemRandom random;
  http::CurlTransport transport(io, {});
  std::function<void()> reached;
  http::TestServer server(io, [&](const std::string& request) {
    auto text = answer(request);
    reached();
    return text;
  });
  const secrets::Resolver resolver([&](const std::string&) { return server.url("/hook?key=s3cret"); },
                                   secrets::Policy{.files = {}, .refused_credentials = {}, .settings = true});
  config::Receiver receiver;
  receiver.webhook = "${env:HOOK}";
  SystemAlarms alarms(io, clock);
  Notifier notifier(alarms, random, transport, *store, resolver, {receiver});
  // Not at once: what was just answered is to arrive first.
  asio::steady_timer soon(io);
  reached = [&] {
    if (server.requests.size() < requests) return;
    soon.expires_after(std::chrono::milliseconds(50));
    soon.async_wait([&](const std::error_code& error) {
      if (!error) notifier.stop();
    });
  };
  asio::co_spawn(io, notifier.run(), [&](const std::exception_ptr&) {
    out.over = true;
    io.stop();
  });
  if (auto told = notifier.tell(test::drift(), Event::opened); !told)
    throw std::runtime_error(told.error().text());
  io.run_for(std::chrono::seconds(8));
  out.requests = server.requests;
  out.pending = notifier.pending();
  return out;
}

TEST(NotifierOnCurl, PostsOneDocument) {
  const Outcome run = posted([](const std::string&) { return http::ok("ok"); }, 1);
  EXPECT_TRUE(run.over);
  EXPECT_EQ(run.pending, 0U);
  ASSERT_EQ(run.requests.size(), 1U);
  EXPECT_THAT(run.requests[0], StartsWith("POST /hook?key=s3cret HTTP/1.1\r\n"));
  EXPECT_THAT(run.requests[0], HasSubstr("Content-Type: application/json; charset=utf-8\r\n"));
  EXPECT_THAT(run.requests[0], HasSubstr("\"event\":\"drift\""));
}

TEST(NotifierOnCurl, FollowsNoRedirect) {
  const Outcome run = posted(
      [](const std::string&) {
        return "HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n";
      },
      1);
  EXPECT_EQ(run.requests.size(), 1U);
  EXPECT_EQ(run.pending, 0U) << "dropped";
}

TEST(NotifierOnCurl, TriesAgainAfterABrokenConnection) {
  int round = 0;
  const Outcome run = posted(
      [&](const std::string&) -> std::optional<std::string> {
        if (++round == 1) return std::nullopt;
        return http::ok("ok");
      },
      2);
  EXPECT_EQ(run.requests.size(), 2U);
  EXPECT_EQ(run.pending, 0U);
}

TEST(NotifierOnCurl, StopDoesNotWaitForAnAnswer) {
  const auto began = std::chrono::steady_clock::now();
  const Outcome run = posted([](const std::string&) { return ""; }, 1);
  EXPECT_TRUE(run.over);
  EXPECT_EQ(run.pending, 1U);
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(5));
}

}  // namespace
}  // namespace idpd::service
