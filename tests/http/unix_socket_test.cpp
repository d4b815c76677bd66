#include <gmock/gmock.h>
#include <stdlib.h>

#include <asio/local/stream_protocol.hpp>
#include <filesystem>

#include "http/curl_transport.h"
#include "http/test_server.h"

namespace idpd::http {
namespace {

using ::testing::HasSubstr;

class UnixSocketTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "idpd-unix-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::string path() const { return folder_ + "/socket"; }

  base::Result<Response> post(const std::string& url) {
    CurlTransport transport(io_, {.unix_socket = path()});
    Request request;
    request.method = Method::post;
    request.url = url;
    request.body = "{}";
    std::optional<base::Result<Response>> result;
    asio::co_spawn(io_, keep(transport.send(std::move(request)), result), asio::detached);
    io_.restart();
    while (!result && io_.run_one_for(std::chrono::seconds(10)) > 0) {
    }
    if (!result) return base::Error{base::Code::internal, "the test timed out"};
    return *std::move(result);
  }

  asio::io_context io_;

 private:
  std::string folder_;
};

TEST_F(UnixSocketTest, TakesTheRequestWhateverTheUrlSaysAndPastEveryProxy) {
  setenv("http_proxy", "http://127.0.0.1:1/", 1);
  asio::local::stream_protocol::acceptor acceptor(io_, path());
  std::string seen;
  const auto serve = [&]() -> asio::awaitable<void> {
    auto socket = co_await acceptor.async_accept(asio::use_awaitable);
    while (seen.find("\r\n\r\n{}") == std::string::npos) {
      std::array<char, 1024> part{};
      const auto got = co_await socket.async_read_some(asio::buffer(part), asio::use_awaitable);
      seen.append(part.data(), got);
    }
    const std::string answer = ok("done");
    co_await asio::async_write(socket, asio::buffer(answer), asio::use_awaitable);
  };
  asio::co_spawn(io_, serve(), asio::detached);
  const auto answer = post("http://idpd.invalid/api");
  unsetenv("http_proxy");
  ASSERT_TRUE(answer) << answer.error().text();
  EXPECT_EQ(answer->body, "done");
  EXPECT_THAT(seen, HasSubstr("POST /api HTTP/1.1\r\nHost: idpd.invalid\r\n"));
}

TEST_F(UnixSocketTest, WhereNobodyListensIsAnError) {
  const auto answer = post("http://idpd.invalid/api");
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, base::Code::network);
}

}  // namespace
}  // namespace idpd::http
