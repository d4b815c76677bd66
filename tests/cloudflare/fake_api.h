// A scripted API for the client's tests: answers from a function, remembers what was asked. Owned by the
// test, which runs the io_context until the coroutine under test is done.
#pragma once

#include <gtest/gtest.h>

#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cloudflare/client.h"

namespace idpd::cloudflare {

inline const std::string base_url = "https://api.test/client/v4";
inline const std::string account = "0123456789abcdef0123456789abcdef";
inline const std::string token = "t0ken-that-nobody-may-see";
inline const std::string idps = "/accounts/" + account + "/access/identity_providers";

struct Call {
  std::string line;  // `GET /accounts/…?page=1`, below the base URL
  std::string body;
  std::string authorization;
};

class FakeApi final : public http::Transport {
 public:
  using Answer = std::function<base::Result<http::Response>(const Call& call)>;

  explicit FakeApi(Answer answer) : answer_(std::move(answer)) {}
  std::vector<Call> calls;

  asio::awaitable<base::Result<http::Response>> send(http::Request request) override {
    Call call;
    EXPECT_EQ(request.url.substr(0, base_url.size()), base_url);
    call.line = std::string(http::name_of(request.method)) + " " + request.url.substr(base_url.size());
    call.body = request.body;
    for (const auto& [name, value] : request.headers) {
      if (name == "Authorization") call.authorization = value;
    }
    calls.push_back(call);
    co_return answer_(call);
  }

  std::vector<std::string> lines() const {
    std::vector<std::string> out;
    for (const Call& call : calls) out.push_back(call.line);
    return out;
  }

 private:
  Answer answer_;
};

class FixedRandom final : public base::Random {
 public:
  double unit() override { return 0; }
};

inline http::Response answer(int status, std::string body) {
  http::Response response;
  response.status = status;
  response.body = std::move(body);
  return response;
}

inline http::Response success(const std::string& result, const std::string& more = {}) {
  return answer(200, R"({"success":true,"errors":[],"messages":[],"result":)" + result + more + "}");
}

inline http::Response failure(int status, int code, const std::string& message) {
  return answer(status, R"({"success":false,"errors":[{"code":)" + std::to_string(code) + R"(,"message":")" +
                            message + R"("}],"messages":[],"result":null})");
}

// A client against a scripted API.
class ClientTest : public ::testing::Test {
 protected:
  Client& client(FakeApi::Answer script, int requests_per_5m = 1000) {
    api = std::make_unique<FakeApi>(std::move(script));
    budget = std::make_unique<http::Budget>(io, clock, requests_per_5m);
    Options options{base_url, account, token, {}};
    options.retry.base = std::chrono::milliseconds(1);
    client_ = std::make_unique<Client>(*api, *budget, clock, random, std::move(options));
    return *client_;
  }

  // co_spawn wants values that can be made from nothing; a Result cannot.
  template <typename T>
  static asio::awaitable<void> keep(asio::awaitable<T> work, std::optional<T>& result) {
    result.emplace(co_await std::move(work));
  }
  template <typename T>
  base::Result<T> run(asio::awaitable<base::Result<T>> work) {
    std::optional<base::Result<T>> result;
    std::exception_ptr thrown;
    bool done = false;
    asio::co_spawn(io, keep(std::move(work), result), [&](std::exception_ptr error) {
      thrown = std::move(error);
      done = true;
    });
    io.restart();
    while (!done && io.run_one_for(std::chrono::seconds(5)) > 0) {
    }
    EXPECT_TRUE(done);
    EXPECT_FALSE(thrown);
    if (!result) return base::Error{base::Code::internal, "the test timed out"};
    return *std::move(result);
  }

  asio::io_context io;
  base::SystemClock clock;
  FixedRandom random;
  std::unique_ptr<FakeApi> api;

 private:
  std::unique_ptr<http::Budget> budget;
  std::unique_ptr<Client> client_;
};

}  // namespace idpd::cloudflare
