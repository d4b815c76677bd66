// A notifier with all that it stands on: a store in a folder of the test, time that the test moves, and
// receivers that answer as they are told.
#pragma once

#include <gmock/gmock.h>

#include <asio/co_spawn.hpp>
#include <asio/steady_timer.hpp>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/log.h"
#include "fake_alarms.h"
#include "sample_incidents.h"
#include "service/notifier.h"
#include "state/database.h"
#include "state/state_folder.h"

namespace idpd::service {

inline constexpr const char* hook_a = "https://hooks.example.com/services/T0P/s3cret";
inline constexpr const char* hook_b = "https://other.example.com/hook";

class FakeRandom final : public base::Random {
 public:
  double next = 1;
  double unit() override { return next; }
};

// A receiver's end: answers what it was told to, 200 when nothing is left; 0 is no answer at all.
class FakeHooks final : public http::Transport {
 public:
  explicit FakeHooks(asio::io_context& io) : io_(io) {}

  std::map<std::string, std::deque<http::Response>> answers;
  std::map<std::string, std::vector<std::string>> got;  // the texts, by URL
  std::vector<std::string> methods;
  int abandoned = 0;
  bool broken = false;

  asio::awaitable<base::Result<http::Response>> send(http::Request request) override {
    base::Result<http::Response> answer = http::Response{200, {}, "ok"};
    methods.emplace_back(http::name_of(request.method));
    const auto body = base::parse_json(request.body);
    got[request.url].push_back(body ? body->text("text") : "not JSON");
    if (broken) {
      answer = base::Error{base::Code::network, "no whole answer from hooks.example.com: reset", request.url,
                           true};
    } else if (auto& next = answers[request.url]; !next.empty()) {
      answer = next.front();
      next.pop_front();
      if (answer->status == 0) {
        asio::steady_timer never_comes(io_, service::never);
        std::error_code error;
        co_await never_comes.async_wait(asio::redirect_error(asio::use_awaitable, error));
        ++abandoned;
        answer = base::Error{base::Code::network, "cancelled"};
      }
    }
    co_return answer;
  }

 private:
  asio::io_context& io_;
};

inline config::Receiver receiver(const std::string& webhook, std::set<std::string> on = {}) {
  config::Receiver out;
  out.webhook = webhook;
  out.on = std::move(on);
  return out;
}

inline state::Store opened(const std::string& folder) {
  auto store = state::Store::open(folder);
  if (!store) throw std::runtime_error(store.error().text());
  return *std::move(store);
}

class NotifierTest : public ::testing::Test {
 protected:
  // As a start of the daemon on the same state; `crash` is its sudden end.
  void start(std::vector<config::Receiver> receivers) {
    crash();
    base::set_up_log(base::LogLevel::info, false);
    io = std::make_unique<asio::io_context>(1);
    alarms = std::make_unique<test::FakeAlarms>(*io);
    if (passed.count() > 0) alarms->advance(passed);
    hooks = std::make_unique<FakeHooks>(*io);
    store = std::make_unique<state::Store>(opened(folder.path()));
    resolver = std::make_unique<secrets::Resolver>(
        [this](const std::string& name) -> std::optional<std::string> {
          const auto found = variables.find(name);
          if (found == variables.end()) return std::nullopt;
          return found->second;
        },
        secrets::Policy{.files = {}, .refused_credentials = {}, .settings = true});
    notifier = std::make_unique<Notifier>(*alarms, random, *hooks, *store, *resolver, std::move(receivers));
    asio::co_spawn(*io, notifier->run(), [this](const std::exception_ptr&) { over = true; });
    over = false;
    alarms->settle();
  }
  void crash() {
    if (!io) return;
    passed = alarms->clock().monotonic() - test::FakeClock().monotonic();
    notifier.reset();
    alarms.reset();
    io.reset();  // with all that still waits in it
    hooks.reset();
    store.reset();
  }
  void TearDown() override { crash(); }

  // As the daemon does it: the incident is saved and told in one breath.
  void tell(model::Incident& incident, Event event) {
    const auto done = store->database().transaction([&]() -> base::Result<void> {
      auto history = store->history();
      if (auto saved = history.save(incident); !saved) return saved;
      return notifier->tell(incident, event);
    });
    ASSERT_TRUE(done.ok()) << done.error().text();
    alarms->settle();
  }
  std::size_t tries(const std::string& url) { return hooks->got[url].size(); }
  const std::vector<std::string>& texts(const std::string& url) { return hooks->got[url]; }

  static model::Incident fresh(const std::string& key = "workforce") {
    model::Incident out = test::drift();
    out.number = 0;
    out.key = key;
    return out;
  }

  const state::StateFolder folder;
  FakeRandom random;
  std::map<std::string, std::string> variables{{"A", hook_a}, {"B", hook_b}};
  std::chrono::nanoseconds passed{0};
  bool over = false;
  std::unique_ptr<asio::io_context> io;
  std::unique_ptr<test::FakeAlarms> alarms;
  std::unique_ptr<FakeHooks> hooks;
  std::unique_ptr<state::Store> store;
  std::unique_ptr<secrets::Resolver> resolver;
  std::unique_ptr<Notifier> notifier;
};

}  // namespace idpd::service
