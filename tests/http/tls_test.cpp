// TLS and HTTP/2 against real servers of other makers: `openssl s_server` and `nghttpd`.
#include <gmock/gmock.h>
#include <signal.h>
#include <stdio.h>   // freopen
#include <stdlib.h>  // mkdtemp
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <thread>

#include "http/curl_transport.h"
#include "http/test_server.h"

namespace idpd::http {
namespace {

using base::Code;
using base::Result;
using std::chrono::milliseconds;
using ::testing::HasSubstr;

class Process {
 public:
  explicit Process(std::vector<std::string> arguments) {
    std::vector<char*> argv;
    for (std::string& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    id_ = fork();
    if (id_ == 0) {
      if (!freopen("/dev/null", "w", stdout) || !freopen("/dev/null", "w", stderr)) _exit(126);
      execvp(argv[0], argv.data());
      _exit(127);
    }
  }
  ~Process() {
    kill(id_, SIGKILL);
    waitpid(id_, nullptr, 0);
  }
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

 private:
  pid_t id_;
};

int run(const std::string& command) {
  return std::system((command + " >/dev/null 2>&1").c_str());
}

class TlsTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    for (const char* name : {"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"}) unsetenv(name);
    std::string pattern = ::testing::TempDir() + "idpd-tls-XXXXXX";
    folder = mkdtemp(pattern.data());
    made = run("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 "
               "-subj /CN=localhost -addext subjectAltName=DNS:localhost -keyout " +
               key() + " -out " + certificate()) == 0;
  }
  static void TearDownTestSuite() { std::filesystem::remove_all(folder); }
  void SetUp() override {
    if (!made) GTEST_SKIP() << "the openssl program is missing";
  }
  static std::string key() { return folder + "/key.pem"; }
  static std::string certificate() { return folder + "/cert.pem"; }

  // Free a moment ago; good enough for a test.
  int free_port() {
    return asio::ip::tcp::acceptor(io, {asio::ip::make_address("127.0.0.1"), 0}).local_endpoint().port();
  }
  void wait_for(int port) {
    for (int i = 0; i < 100; ++i) {
      asio::ip::tcp::socket socket(io);
      std::error_code error;
      socket.connect({asio::ip::make_address("127.0.0.1"), static_cast<std::uint16_t>(port)}, error);
      if (!error) return;
      std::this_thread::sleep_for(milliseconds(20));
    }
    FAIL() << "the server does not listen";
  }
  Result<Response> get(const std::string& url, const std::string& ca_file) {
    CurlTransport transport(io, {.ca_file = ca_file, .total_timeout = milliseconds(5000)});
    return get(url, transport);
  }
  Result<Response> get(const std::string& url, CurlTransport& transport) {
    std::optional<Result<Response>> result;
    Request request;
    request.url = url;
    asio::co_spawn(io, keep(transport.send(std::move(request)), result), asio::detached);
    io.restart();
    io.run();
    if (!result) return base::Error{Code::internal, "no result"};
    return *std::move(result);
  }

  static inline std::string folder;
  static inline bool made = false;
  asio::io_context io;
};

TEST_F(TlsTest, ACertificateOfNobodyKnownIsRefusedUntilItsCaIsGiven) {
  const int port = free_port();
  const Process server({"openssl", "s_server", "-www", "-accept", "127.0.0.1:" + std::to_string(port),
                        "-cert", certificate(), "-key", key()});
  wait_for(port);
  const std::string url = "https://localhost:" + std::to_string(port) + "/";
  const auto refused = get(url, "");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::network);
  EXPECT_THAT(refused.error().message, HasSubstr("localhost is not trusted"));
  EXPECT_THAT(refused.error().message, HasSubstr("api.ca_file"));

  const auto trusted = get(url, certificate());
  ASSERT_TRUE(trusted) << trusted.error().text();
  EXPECT_EQ(trusted->status, 200);
}

TEST_F(TlsTest, ATrustedCertificateOfAnotherHostIsRefused) {
  const int port = free_port();
  const Process server({"openssl", "s_server", "-www", "-accept", "127.0.0.1:" + std::to_string(port),
                        "-cert", certificate(), "-key", key()});
  wait_for(port);
  const auto refused = get("https://127.0.0.1:" + std::to_string(port) + "/", certificate());
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("certificate of another host"));
}

TEST_F(TlsTest, OldTlsIsRefused) {
  const int port = free_port();
  const Process server({"openssl", "s_server", "-www", "-accept", "127.0.0.1:" + std::to_string(port),
                        "-cert", certificate(), "-key", key(), "-tls1_1", "-cipher", "ALL:@SECLEVEL=0"});
  wait_for(port);
  EXPECT_FALSE(get("https://localhost:" + std::to_string(port) + "/", certificate()));
}

TEST_F(TlsTest, AMissingCaFileIsSaid) {
  const int port = free_port();
  const Process server({"openssl", "s_server", "-www", "-accept", "127.0.0.1:" + std::to_string(port),
                        "-cert", certificate(), "-key", key()});
  wait_for(port);
  const auto named = get("https://localhost:" + std::to_string(port) + "/", folder + "/none.pem");
  ASSERT_FALSE(named);
  EXPECT_EQ(named.error().code, Code::invalid);
  EXPECT_THAT(named.error().message, HasSubstr("none.pem"));
}

TEST_F(TlsTest, AConnectionMadeAnewResumesTheSessionOfTheOneBefore) {
  const int port = free_port();
  // It closes each connection with its answer, which says how it began.
  const Process server({"openssl", "s_server", "-www", "-accept", "127.0.0.1:" + std::to_string(port),
                        "-cert", certificate(), "-key", key()});
  wait_for(port);
  const std::string url = "https://localhost:" + std::to_string(port) + "/";
  CurlTransport transport(io, {.ca_file = certificate(), .total_timeout = milliseconds(5000)});
  const auto first = get(url, transport);
  ASSERT_TRUE(first) << first.error().text();
  EXPECT_THAT(first->body, HasSubstr("New, TLSv1.3"));
  const auto second = get(url, transport);
  ASSERT_TRUE(second) << second.error().text();
  EXPECT_THAT(second->body, HasSubstr("Reused, TLSv1.3"));
}

TEST_F(TlsTest, Http2IsSpokenWhereItIsOffered) {
  if (run("command -v nghttpd || test -x /usr/sbin/nghttpd") != 0)
    GTEST_SKIP() << "nghttpd (nghttp2-server) is missing";
  const int port = free_port();
  const std::string program = run("command -v nghttpd") == 0 ? "nghttpd" : "/usr/sbin/nghttpd";
  const Process server(
      {program, "--address=127.0.0.1", "-d", folder, std::to_string(port), key(), certificate()});
  wait_for(port);
  // nghttpd speaks nothing but HTTP/2, so that any answer shows that it was agreed on.
  const auto answer = get("https://localhost:" + std::to_string(port) + "/cert.pem", certificate());
  ASSERT_TRUE(answer) << answer.error().text();
  EXPECT_EQ(answer->status, 200);
  EXPECT_THAT(answer->header("server"), HasSubstr("nghttpd"));
  EXPECT_THAT(answer->body, HasSubstr("BEGIN CERTIFICATE"));
}

}  // namespace
}  // namespace idpd::http
