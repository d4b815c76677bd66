// An identity provider in the test's own process: what it answers to which address, and what it was asked.
// Strict: an address that nobody expects is an answer that is none, and a test says how often it is asked.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>
#include <functional>
#include <map>

#include "check/prober.h"
#include "embedded.h"

namespace idpd::test {

struct Asked {
  std::string method;
  std::string url;  // whole
  std::string authorization;
  std::string body;
};

class FakeProvider final : public http::Transport {
 public:
  using Reply = std::function<base::Result<http::Response>(const Asked&)>;
  std::map<std::string, Reply> replies;  // by address without its query
  std::vector<Asked> asked;
  bool hangs = false;  // until whoever waits is cancelled

  void json(const std::string& url, int status, const std::string& body) {
    replies[url] = [=](const Asked&) {
      return http::Response{status, {{"content-type", "application/json"}}, body};
    };
  }
  void redirect(const std::string& url, const std::string& location) {
    replies[url] = [=](const Asked&) { return http::Response{302, {{"location", location}}, ""}; };
  }
  std::vector<Asked> to(const std::string& url) const {
    std::vector<Asked> out;
    for (const Asked& one : asked) {
      if (one.url.substr(0, one.url.find('?')) == url) out.push_back(one);
    }
    return out;
  }

  asio::awaitable<base::Result<http::Response>> send(http::Request request) override {
    Asked one{std::string(http::name_of(request.method)), request.url, "", request.body};
    for (const auto& [name, value] : request.headers) {
      if (name == "Authorization") one.authorization = value;
    }
    asked.push_back(one);
    if (hangs) co_await never();
    const auto found = replies.find(one.url.substr(0, one.url.find('?')));
    if (found == replies.end())
      co_return base::Error{base::Code::network, "nobody is at " + one.url, "GET /", true};
    co_return found->second(one);
  }

 private:
  static asio::awaitable<void> never() {
    asio::steady_timer timer(co_await asio::this_coro::executor, asio::steady_timer::time_point::max());
    std::error_code cancelled;
    co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
  }
};

inline const check::Catalog& checks() {
  static const check::Catalog all = [] {
    auto loaded = check::Catalog::load(schema::documents());
    EXPECT_TRUE(loaded.ok()) << (loaded.ok() ? "" : loaded.error().text());
    return *std::move(loaded);
  }();
  return all;
}

inline model::DesiredProvider provider(const std::string& type, const std::string& config,
                                       const std::string& check = "{}") {
  model::DesiredProvider out;
  out.key = "workforce";
  out.type = type;
  out.fields["name"] = "Workforce";
  const auto fields = base::parse_json(config);
  for (const auto& [name, value] : fields->object()) out.fields["config." + name] = value;
  out.check = *base::parse_json(check);
  return out;
}

// 2026-11-28, the day on which all of these tests take place.
inline constexpr std::chrono::sys_seconds today = std::chrono::sys_days{std::chrono::year(2026) / 11 / 28};

class Probing : public testing::Test {
 protected:
  FakeProvider there;
  std::string secret = "s3cret-of-workforce";
  std::string team = "example.cloudflareaccess.com";
  std::vector<std::string> allowed_hosts;
  check::Outcome outcome;

  void run(const model::DesiredProvider& one, check::Extent extent = check::Extent::all) {
    const secrets::Secret value{secret};
    const check::Tools tools{.catalog = checks(),
                             .transport = there,
                             .allowed_hosts = allowed_hosts,
                             .now = today,
                             .warn_before_expiry = std::chrono::hours(24 * 30)};
    const check::Subject subject{.account = "production",
                                 .provider = one,
                                 .team_domain = team,
                                 .secret = secret.empty() ? nullptr : &value,
                                 .secret_problem = secret.empty() ? "${env:S} is not set" : ""};
    asio::io_context io;
    std::exception_ptr bug;
    asio::co_spawn(
        io,
        [&]() -> asio::awaitable<void> {
          auto found = co_await check::probe(tools, subject, extent);
          outcome = std::move(found);
        },
        [&](const std::exception_ptr& thrown) { bug = thrown; });
    io.run();
    if (bug) std::rethrow_exception(bug);
    nobody_saw_the_secret();
  }

  const check::Probe& probe(const std::string& name) {
    static const check::Probe none{.name = "(none)"};
    for (const check::Probe& one : outcome.probes) {
      if (one.name == name) return one;
    }
    ADD_FAILURE() << "there is no probe " << name;
    return none;
  }

  // `ok D`, `unknown`.
  std::string verdict(const std::string& name) {
    const check::Probe& one = probe(name);
    std::string out(check::name_of(one.verdict));
    if (one.grade) out += std::string(" ") + check::letter(*one.grade);
    return out;
  }

  void nobody_saw_the_secret() {
    if (secret.empty()) return;
    for (const check::Probe& one : outcome.probes) {
      std::string all = one.message + one.advice + one.endpoint;
      for (const std::string& note : one.notes) all += note;
      EXPECT_EQ(all.find(secret), std::string::npos) << one.name;
    }
  }
};

}  // namespace idpd::test
