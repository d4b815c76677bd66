#include "service/admin_server.h"

#include <gmock/gmock.h>
#include <grp.h>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/steady_timer.hpp>
#include <functional>
#include <random>

#include "http/curl_transport.h"
#include "service/fake_backend.h"
#include "service/raw_client.h"
#include "state/state_folder.h"

namespace idpd::service {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using test::a_fingerprint;
using test::RawClient;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::MatchesRegex;
using testing::Not;
using testing::StartsWith;

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

class AdminServerTest : public testing::Test {
 protected:
  void start(AdminLimits limits = {}) {
    auto started = AdminServer::start(io_, {{.path = path()}, {.address = "127.0.0.1"}}, backend_, limits);
    ASSERT_TRUE(started) << started.error().text();
    server_ = *std::move(started);
  }
  std::string path() const { return folder_ / "admin.sock"; }
  config::Listen unix_socket() const { return server_->listening().at(0); }
  config::Listen tcp() const { return server_->listening().at(1); }
  std::string host() const { return "Host: " + config::shown(tcp()) + "\r\n"; }
  std::string get(const std::string& what) const { return "GET " + what + " HTTP/1.1\r\n" + host() + "\r\n"; }
  static std::string post(const std::string& what, const std::string& body, const std::string& headers = {}) {
    return "POST " + what + " HTTP/1.1\r\nHost: idpd\r\nContent-Length: " + std::to_string(body.size()) +
           "\r\n" + headers + "\r\n" + body;
  }
  static std::string approval() { return "{\"fingerprint\": \"" + a_fingerprint + "\"}"; }

  std::string say(const config::Listen& to, const std::string& bytes, milliseconds most = seconds(10)) {
    RawClient client(to);
    EXPECT_TRUE(client.connected());
    client.send(bytes);
    return client.read(io_, most);
  }
  void turn() {
    io_.restart();
    io_.poll();
  }
  void run_for(milliseconds time) {
    io_.restart();
    io_.run_for(time);
  }

  state::StateFolder folder_;
  asio::io_context io_;
  test::FakeBackend backend_;
  std::unique_ptr<AdminServer> server_;
};

TEST_F(AdminServerTest, AnswersOnEverySocket) {
  start();
  for (const config::Listen& to : server_->listening()) {
    const std::string got = say(to, get("/healthz"));
    EXPECT_THAT(got, StartsWith("HTTP/1.1 200 OK\r\n"));
    EXPECT_THAT(got, testing::EndsWith("\r\n\r\nok\n"));
    EXPECT_THAT(got, HasSubstr("Content-Type: text/plain; charset=utf-8\r\n"));
    EXPECT_THAT(got, HasSubstr("X-Content-Type-Options: nosniff\r\n"));
    EXPECT_THAT(got, HasSubstr("Content-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\n"));
    EXPECT_THAT(got, HasSubstr("Connection: close\r\n"));
  }
}

TEST_F(AdminServerTest, AnswersOnSixToo) {
  const auto started = AdminServer::start(io_, {{.address = "::1"}}, backend_);
  if (!started) GTEST_SKIP() << "this machine has no IPv6: " << started.error().text();
  const config::Listen at = (*started)->listening().at(0);
  EXPECT_THAT(say(at, "GET /readyz HTTP/1.1\r\nHost: " + config::shown(at) + "\r\n\r\n"),
              HasSubstr("ready\n"));
}

TEST_F(AdminServerTest, ALargePageArrivesWholeThroughASlowReader) {
  backend_.page_text = std::string(std::size_t{4} << 20U, 'x');
  start();
  RawClient client(tcp());
  client.send(get("/"));
  run_for(milliseconds(50));  // its buffers are full by now
  EXPECT_THAT(client.read(io_), testing::EndsWith("\r\n\r\n" + backend_.page_text));
}

TEST_F(AdminServerTest, AClientThatHangsUpHarmsNobody) {
  backend_.page_text = std::string(std::size_t{4} << 20U, 'x');
  start();
  for (int i = 0; i < 20; ++i) {
    for (const config::Listen& to : server_->listening()) {
      RawClient client(to);
      client.send(get(i % 2 == 0 ? "/" : "/healthz"));
      if (i % 4 < 2) run_for(milliseconds(2));  // it goes in the middle of the answer, else before
    }
    turn();
  }
  run_for(milliseconds(20));
  EXPECT_THAT(say(tcp(), get("/healthz")), StartsWith("HTTP/1.1 200"));
}

TEST_F(AdminServerTest, HeadIsGetWithoutTheBody) {
  start();
  const std::string got = say(tcp(), "HEAD /healthz HTTP/1.1\r\n" + host() + "\r\n");
  EXPECT_THAT(got,
              AllOf(StartsWith("HTTP/1.1 200"), HasSubstr("Content-Length: 3\r\n"), Not(HasSubstr("ok\n"))));
}

TEST_F(AdminServerTest, SaysWhichMethodsAPathTakes) {
  start();
  EXPECT_THAT(say(tcp(), "DELETE /metrics HTTP/1.1\r\n" + host() + "\r\n"),
              AllOf(StartsWith("HTTP/1.1 405"), HasSubstr("Allow: GET, HEAD\r\n")));
  EXPECT_THAT(say(tcp(), get("/favicon.ico")), StartsWith("HTTP/1.1 404"));
}

TEST_F(AdminServerTest, ThePathIsTakenAsItCameAndWithoutItsQuery) {
  start();
  EXPECT_THAT(say(tcp(), get("/healthz?verbose=1&x")), StartsWith("HTTP/1.1 200"));
  for (const std::string path : {"/%68ealthz", "/healthz%00", "/healthz/", "/./healthz"})
    EXPECT_THAT(say(tcp(), get(path)), StartsWith("HTTP/1.1 404")) << path;
}

TEST_F(AdminServerTest, TakesAnApprovalOverTheUnixSocketOnly) {
  start();
  EXPECT_THAT(say(tcp(), "POST /api/v1/approve HTTP/1.1\r\n" + host() + "Content-Length: 0\r\n\r\n"),
              StartsWith("HTTP/1.1 403"));
  EXPECT_THAT(backend_.asked, IsEmpty());
  EXPECT_THAT(say(unix_socket(), post("/api/v1/approve", approval())), StartsWith("HTTP/1.1 202"));
  EXPECT_THAT(backend_.asked, ElementsAre("approve " + a_fingerprint));
}

TEST_F(AdminServerTest, ABodyMayComeInPiecesAndInChunks) {
  start();
  RawClient client(unix_socket());
  for (const char one : post("/api/v1/approve", approval())) {
    client.send({&one, 1});
    turn();
  }
  EXPECT_THAT(client.read(io_), StartsWith("HTTP/1.1 202"));
  EXPECT_THAT(say(unix_socket(),
                  "POST /api/v1/reconcile HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
                  "1\r\n{\r\n1\r\n}\r\n0\r\n\r\n"),
              StartsWith("HTTP/1.1 202"));
  EXPECT_THAT(backend_.asked, ElementsAre("approve " + a_fingerprint, "reconcile all"));
}

TEST_F(AdminServerTest, OurOwnClientApprovesOverTheSocket) {
  start();
  http::CurlTransport transport(io_, {.unix_socket = path()});
  std::optional<base::Result<http::Response>> result;
  const auto exchange = [&]() -> asio::awaitable<void> {
    http::Request request;
    request.method = http::Method::post;
    request.url = "http://localhost/api/v1/approve";
    request.body = approval();
    result.emplace(co_await transport.send(std::move(request)));
  };
  asio::co_spawn(io_, exchange(), asio::detached);
  for (int i = 0; i < 1000 && !result; ++i) run_for(milliseconds(10));
  ASSERT_TRUE(result && *result);
  EXPECT_EQ((*result)->status, 202);
  EXPECT_EQ(base::parse_json((*result)->body)->text("message"), "accepted");
}

TEST_F(AdminServerTest, AWebPageCannotApprove) {
  start();
  for (const std::string header : {"Origin: http://localhost:9180", "origin: null",
                                   "Sec-Fetch-Site: cross-site", "sec-fetch-site: same-site"}) {
    EXPECT_THAT(say(unix_socket(), post("/api/v1/approve", approval(), header + "\r\n")),
                StartsWith("HTTP/1.1 403"))
        << header;
  }
  EXPECT_THAT(backend_.asked, IsEmpty());
}

TEST_F(AdminServerTest, ARebindingHostNameGetsNothing) {
  start();
  const std::string port = std::to_string(tcp().port);
  for (const std::string& headers : {"Host: evil.example:" + port, std::string("Host: localhost"),
                                     std::string("Host:"), host() + "Host: evil.example:" + port,
                                     "Host: evil.example\r\n" + host().substr(0, host().size() - 2)}) {
    const std::string got = say(tcp(), "GET /api/v1/status HTTP/1.1\r\n" + headers + "\r\n\r\n");
    EXPECT_THAT(got, MatchesRegex("HTTP/1.1 40[03] [^\r]*\r\n(.|\r|\n)*")) << headers;
    EXPECT_THAT(got, Not(HasSubstr("format_version"))) << headers;
  }
  const std::string none = say(tcp(), "GET /api/v1/status HTTP/1.0\r\n\r\n");
  EXPECT_THAT(none, Not(HasSubstr("format_version")));
}

// Two readers of one stream must not see two different requests.
TEST_F(AdminServerTest, OneConnectionIsOneRequestWhateverItsHeadersClaim) {
  start();
  const std::string second = post("/api/v1/approve", approval());
  const std::string chunked = "Transfer-Encoding: chunked\r\n";
  const std::vector<std::string> attempts{
      // pipelined
      post("/api/v1/reconcile", "{}") + second,
      // both lengths, in either order
      "POST /api/v1/reconcile HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n" + chunked + "\r\n0\r\n\r\n" +
          second,
      "POST /api/v1/reconcile HTTP/1.1\r\nHost: x\r\n" + chunked + "Content-Length: 5\r\n\r\n0\r\n\r\n" +
          second,
      // two lengths
      "POST /api/v1/reconcile HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nContent-Length: 5\r\n\r\n" + second,
      "POST /api/v1/reconcile HTTP/1.1\r\nHost: x\r\nContent-Length: 0, 5\r\n\r\n" + second,
      "POST /api/v1/reconcile HTTP/1.1\r\nHost: x\r\nContent-Length: +0\r\n\r\n" + second,
      "POST /api/v1/reconcile HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n" + second,
      "POST /api/v1/reconcile HTTP/1.1\r\nHost: x\r\nContent-Length: 18446744073709551616\r\n\r\n" + second,
      // spellings of the encoding
      "POST /api/v1/reconcile HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + second,
      "POST /api/v1/reconcile HTTP/1.1\r\nHost: x\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n" + second,
      "POST /api/v1/reconcile HTTP/1.1\r\nHost: x\r\n" + chunked + "\r\n0;x=\n\r\n\r\n" + second,
      "POST /api/v1/reconcile HTTP/1.1\r\nHost: x\r\n" + chunked + "\r\nffffffffffffffffff\r\n" + second,
      // a body on a GET
      "GET /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(second.size()) + "\r\n\r\n" +
          second,
  };
  for (const std::string& bytes : attempts) {
    const std::string got = say(unix_socket(), bytes, milliseconds(300));
    // The library's own refusals repeat their head as text, so that what counts is our answers.
    EXPECT_LE(count(got, "X-Content-Type-Options"), 1U) << bytes << "\n---\n" << got;
  }
  for (const std::string& asked : backend_.asked) EXPECT_THAT(asked, StartsWith("reconcile"));
  EXPECT_THAT(say(unix_socket(), attempts[1]), StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(say(unix_socket(), attempts[3]), StartsWith("HTTP/1.1 400"));
}

TEST_F(AdminServerTest, ABodyThatIsTooLargeIsRefusedUnread) {
  start();
  RawClient client(unix_socket());
  client.send("POST /api/v1/reconcile HTTP/1.1\r\nHost: x\r\nContent-Length: 65537\r\n\r\n");
  EXPECT_THAT(client.read(io_), AllOf(StartsWith("HTTP/1.1 413"), HasSubstr("65536 bytes")));
  // Without a length it is found out at the end, or the client is cut off.
  std::string chunks = "POST /api/v1/reconcile HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (int i = 0; i < 20; ++i) chunks += "1000\r\n" + std::string(4096, ' ') + "\r\n";
  EXPECT_THAT(say(unix_socket(), chunks + "0\r\n\r\n"), StartsWith("HTTP/1.1 413"));
  RawClient endless(unix_socket());
  endless.send("POST /api/v1/reconcile HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
  std::size_t sent = 0;
  while (!endless.closed() && sent < std::size_t{64} << 20U) {
    if (endless.send("1000\r\n" + std::string(4096, ' ') + "\r\n")) sent += 4096;
    turn();
    endless.take();
  }
  EXPECT_TRUE(endless.closed());
  EXPECT_THAT(backend_.asked, IsEmpty());
}

TEST_F(AdminServerTest, HeadersThatAreTooLargeEndTheConnection) {
  start();
  RawClient client(tcp());
  client.send("GET /healthz HTTP/1.1\r\n" + host());
  for (int i = 0; i < 100; ++i) {
    client.send("X-" + std::to_string(i) + ": " + std::string(1000, 'x') + "\r\n");
    turn();
  }
  client.send("\r\n");
  EXPECT_THAT(client.read(io_), Not(StartsWith("HTTP/1.1 200")));
  EXPECT_TRUE(client.closed());
}

TEST_F(AdminServerTest, ASlowClientIsCutOffHoweverOftenItSends) {
  start({.life = milliseconds(300)});
  RawClient client(tcp());
  const auto begin = std::chrono::steady_clock::now();
  const std::string bytes = get("/healthz?" + std::string(2000, 'x'));
  for (std::size_t i = 0; !client.closed() && i < bytes.size(); ++i) {
    client.send({&bytes[i], 1});
    run_for(milliseconds(10));
    client.take();
  }
  EXPECT_TRUE(client.closed());
  EXPECT_LT(std::chrono::steady_clock::now() - begin, seconds(5));
  RawClient silent(tcp());
  EXPECT_EQ(silent.read(io_, seconds(5)), "");
  EXPECT_TRUE(silent.closed());
}

TEST_F(AdminServerTest, HundredsOfIdleConnectionsHoldUpNobodyForLong) {
  start({.connections = 16, .life = milliseconds(200)});
  std::vector<RawClient> idle;
  for (int i = 0; i < 100; ++i) idle.emplace_back(tcp());
  run_for(milliseconds(20));
  EXPECT_THAT(say(unix_socket(), get("/healthz")), StartsWith("HTTP/1.1 200"));  // a limit of its own
  EXPECT_THAT(say(tcp(), get("/healthz")), StartsWith("HTTP/1.1 200"));
}

TEST_F(AdminServerTest, HundredsOfRequestsAtOnceAreAllAnswered) {
  start({.connections = 16});
  std::vector<RawClient> clients;
  for (int i = 0; i < 100; ++i) {
    clients.emplace_back(tcp());
    clients.back().send(get("/healthz"));
    turn();
    clients.emplace_back(unix_socket());
    clients.back().send(get("/healthz"));
  }
  for (RawClient& client : clients) EXPECT_THAT(client.read(io_), StartsWith("HTTP/1.1 200"));
}

TEST_F(AdminServerTest, TheLoopTurnsWhileManyAsk) {
  start();
  std::vector<RawClient> clients;
  for (int i = 0; i < 60; ++i) {
    clients.emplace_back(tcp());
    clients.back().send(get("/metrics"));
  }
  int ticks = 0;
  asio::steady_timer timer(io_);
  std::function<void(std::error_code)> tick = [&](std::error_code error) {
    if (error) return;
    ++ticks;
    timer.expires_after(milliseconds(1));
    timer.async_wait(tick);
  };
  tick({});
  for (RawClient& client : clients) (void)client.read(io_);
  EXPECT_GT(ticks, 2);
}

TEST_F(AdminServerTest, AnIdleServerDoesNotSpin) {
  start();
  (void)say(tcp(), get("/healthz"));
  run_for(milliseconds(100));
  io_.restart();
  std::size_t handlers = 0;
  const auto end = std::chrono::steady_clock::now() + milliseconds(200);
  while (std::chrono::steady_clock::now() < end) handlers += io_.run_one_until(end);
  EXPECT_LT(handlers, 5U);
}

TEST_F(AdminServerTest, GarbageHarmsNobody) {
  start();
  const auto seed = std::random_device()();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937 random(seed);
  const std::string model =
      post("/api/v1/approve", approval(), "Transfer-Encoding: chunked\r\nOrigin: x\r\n");
  for (int round = 0; round < 200; ++round) {
    std::string bytes = model;
    for (int i = 0; i < 8; ++i) bytes[random() % bytes.size()] = static_cast<char>(random());
    bytes.resize(random() % bytes.size() + 1);
    RawClient client(round % 2 == 0 ? unix_socket() : tcp());
    client.send(bytes);
    turn();
  }
  EXPECT_THAT(say(tcp(), get("/healthz")), StartsWith("HTTP/1.1 200"));
}

TEST_F(AdminServerTest, ABugInTheBackendIsAnError500) {
  class Buggy final : public test::FakeBackend {
    base::Json status() override { throw std::runtime_error("boom"); }
  } buggy;
  const auto started = AdminServer::start(io_, {{.path = path()}}, buggy);
  ASSERT_TRUE(started);
  const std::string got = say({.path = path()}, "GET /api/v1/status HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(got, AllOf(StartsWith("HTTP/1.1 500"), Not(HasSubstr("boom")), HasSubstr("nosniff")));
}

TEST_F(AdminServerTest, StoppingClosesEverythingAtOnceAndIsRepeatable) {
  start();
  RawClient idle(tcp());
  RawClient half(unix_socket());
  half.send("POST /api/v1/approve HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n{");
  run_for(milliseconds(20));
  const config::Listen where = tcp();
  server_->stop();
  server_->stop();
  idle.take();
  half.take();
  EXPECT_TRUE(idle.closed());
  EXPECT_TRUE(half.closed());
  EXPECT_FALSE(std::filesystem::exists(path()));
  io_.restart();
  EXPECT_LT(io_.run_for(milliseconds(20)), 10U);
  EXPECT_TRUE(io_.stopped());  // nothing waits any more
  const auto again = AdminServer::start(io_, {{.path = path()}, where}, backend_);
  EXPECT_TRUE(again) << again.error().text();  // the port is free at once
}

TEST_F(AdminServerTest, GoesAwayInEveryOrderWithTheLoop) {
  for (const bool loop_first : {true, false}) {
    auto io = std::make_unique<asio::io_context>();
    auto server = AdminServer::start(*io, {{.address = "127.0.0.1"}}, backend_);
    ASSERT_TRUE(server);
    RawClient client((*server)->listening().at(0));
    client.send("GET");
    io->run_for(milliseconds(10));
    if (!loop_first)
      (*server).reset();
    else
      (*server)->stop();
    (*server).reset();
    io.reset();
  }
}

TEST_F(AdminServerTest, TheUnixSocketIsForItsUserAndTheGroupIdpdAlone) {
  const state::Umask open_to_all(0);
  start();
  const group* const idpd = ::getgrnam("idpd");
  struct stat status{};
  ASSERT_EQ(::stat(path().c_str(), &status), 0);
  const bool given = idpd != nullptr && status.st_gid == idpd->gr_gid;
  EXPECT_EQ(state::mode_of(path()), given ? 0660 : 0600);
  if (idpd != nullptr && ::geteuid() == 0) {
    EXPECT_TRUE(given);
  }
}

TEST_F(AdminServerTest, ReplacesAStaleSocketButNeverALiveOneOrAFile) {
  {
    const int left = ::socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path().c_str(), path().size() + 1);
    ASSERT_EQ(::bind(left, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    ::close(left);
  }
  start();
  EXPECT_THAT(say(unix_socket(), get("/healthz")), StartsWith("HTTP/1.1 200"));

  const auto second = AdminServer::start(io_, {{.path = path()}}, backend_);
  ASSERT_FALSE(second);
  EXPECT_THAT(second.error().text(), HasSubstr("another process listens on it"));
  EXPECT_THAT(say(unix_socket(), get("/healthz")), StartsWith("HTTP/1.1 200"));

  state::write_content(folder_ / "file", "precious");
  const auto file = AdminServer::start(io_, {{.path = folder_ / "file"}}, backend_);
  ASSERT_FALSE(file);
  EXPECT_THAT(file.error().text(), HasSubstr("something else than a socket"));
  EXPECT_EQ(state::content_of(folder_ / "file"), "precious");
}

TEST_F(AdminServerTest, LeavesASocketThatSomebodyElsePutInItsPlace) {
  start();
  std::filesystem::remove(path());
  state::write_content(path(), "somebody else's");
  server_->stop();
  EXPECT_EQ(state::content_of(path()), "somebody else's");
}

TEST_F(AdminServerTest, SaysWhyItCannotListenAndThenHoldsNothing) {
  start();
  const config::Listen other{.path = folder_ / "other.sock"};
  const auto taken = AdminServer::start(io_, {other, tcp()}, backend_);
  ASSERT_FALSE(taken);
  EXPECT_THAT(taken.error().text(),
              AllOf(HasSubstr(config::shown(tcp())), HasSubstr("another process has the port")));
  EXPECT_FALSE(std::filesystem::exists(other.path));
  const auto nowhere = AdminServer::start(io_, {{.path = folder_ / "missing/admin.sock"}}, backend_);
  ASSERT_FALSE(nowhere);
  EXPECT_THAT(nowhere.error().text(), HasSubstr("its folder is not there"));
}

}  // namespace
}  // namespace idpd::service
