// A daemon in the test's own process: fake time, a fake Cloudflare, a real store in a folder of its own,
// files that the test writes into a source. `observed` is what was told.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>

#include "check/talk.h"
#include "service/daemon.h"
#include "service/fake_alarms.h"
#include "service/fake_cloudflare.h"
#include "service/git_folder.h"
#include "state/vault.h"

namespace idpd::test {

class FakeSource final : public service::Source {
 public:
  explicit FakeSource(service::Alarms& alarms) : ended_(alarms.make()) {}
  base::Result<service::Snapshot> now = base::Error{base::Code::io, "nothing is there yet", "idps"};
  int looks = 0;

  void set(const std::string& text) {
    service::Snapshot snapshot;
    snapshot.files.push_back({"idps/all.yaml", text});
    snapshot.revision = model::Revision{.commit = "4f1c2d3"};
    now = std::move(snapshot);
    if (changed_) changed_();
  }
  void fail(base::Error error) {
    now = std::move(error);
    if (changed_) changed_();
  }
  asio::awaitable<base::Result<service::Snapshot>> read() override { co_return now; }
  asio::awaitable<void> run(std::function<void()> changed) override {
    changed_ = std::move(changed);
    stopped_ = false;
    while (!stopped_) co_await ended_->wait_until(service::never);
    changed_ = nullptr;
  }
  void look() override { ++looks; }
  void stop() override {
    stopped_ = true;
    ended_->ring();
  }
  std::string title() const override { return "folder idps"; }

 private:
  std::unique_ptr<service::Alarm> ended_;
  std::function<void()> changed_;
  bool stopped_ = false;
};

class SeededRandom final : public base::Random {
 public:
  double unit() override { return 0.5; }
};

class Recorder final : public service::Observer {
 public:
  std::vector<service::Told> told;
  std::vector<std::string> lines;
  std::size_t passes = 0;
  std::map<std::string, service::CheckedByKey> checks;  // by account

  base::Result<void> incident(const service::Told& one) override {
    told.push_back(one);
    return {};
  }
  void passed(const service::Finished&, const config::Account&,
              const std::vector<service::Expiring>&) override {
    ++passes;
  }
  void checked(const config::Account& account, const service::CheckedByKey& known) override {
    checks[account.alias] = known;
  }
  void status(const std::string& line) override { lines.push_back(line); }

  // `opened drift workforce`, without those that merely last.
  std::vector<std::string> steps() const {
    std::vector<std::string> out;
    for (const service::Told& one : told) {
      if (one.step == service::Step::lasts) continue;
      constexpr const char* names[] = {"opened", "changed", "lasts", "ended"};
      std::string text = names[static_cast<std::size_t>(one.step)];
      text += " " + std::string(model::name_of(one.incident.kind));
      if (!one.incident.key.empty()) text += " " + one.incident.key;
      if (one.incident.ending) text += " " + std::string(model::name_of(*one.incident.ending));
      out.push_back(text);
    }
    return out;
  }
};

inline const std::string account_id = "0123456789abcdef0123456789abcdef";
inline const std::string second_id = "fedcba9876543210fedcba9876543210";

inline config::Settings two_accounts(const std::string& state) {
  config::Settings out;
  config::Account first{.alias = "production",
                        .id = account_id,
                        .token = "${env:TOKEN}",
                        .enforce = true,
                        .rate_group = "production"};
  config::Account second{
      .alias = "staging", .id = second_id, .token = "${env:TOKEN}", .rate_group = "staging"};
  out.accounts = {first, second};
  out.state_path = state;
  out.api.base_url = "https://api.test/client/v4";
  return out;
}

class Running : public testing::Test {
 protected:
  http::Budgets budgets;
  asio::io_context io;
  FakeAlarms alarms{io};
  SeededRandom random;
  Folder folder;
  config::Settings settings = two_accounts(folder.string());
  FakeCloudflare cloudflare;
  std::optional<state::Store> store;
  FakeSource source{alarms};
  Recorder observed;
  std::optional<service::Connections> connections;
  FakeProvider provider;  // whom the probes ask
  std::optional<service::Acceptance> acceptance;
  std::optional<service::Checks> checks_;
  std::optional<service::Daemon> daemon;
  bool ready = false;
  bool over = false;

  void SetUp() override {
    auto opened = state::Store::open(folder.string());
    ASSERT_TRUE(opened.ok()) << opened.error().text();
    store = *std::move(opened);
  }

  // A generation as the command makes it.
  void start(service::Trigger first = service::Trigger::start) {
    service::Connections::Outside outside{
        io, alarms.clock(), random, cloudflare, budgets, [](const std::string& name) {
          return std::optional<std::string>(name == "TOKEN" ? "t0ken" : "s3cret");
        }};
    connections.emplace(std::move(outside), settings, 1200);
    service::Daemon::Parts parts{.io = io,
                                 .alarms = alarms,
                                 .random = random,
                                 .catalog = catalog(),
                                 .connections = *connections,
                                 .store = *store,
                                 .fingerprint_key = *state::fingerprint_key(folder.string()),
                                 .source = source,
                                 .observer = observed,
                                 .started = {}};
    acceptance.emplace(checks(), provider, alarms.clock(), settings);
    parts.acceptance = &*acceptance;
    if (settings.check.interval) {
      checks_.emplace(service::Checks::Parts{alarms, random, checks(), provider, *store,
                                             connections->for_files(), parts.fingerprint_key},
                      settings);
      parts.checks = &*checks_;
    }
    daemon.emplace(std::move(parts), settings);
    over = false;
    asio::co_spawn(io, daemon->run(first, [this] { ready = true; }), [this](const std::exception_ptr& bug) {
      over = true;
      if (bug) std::rethrow_exception(bug);
    });
    alarms.settle();
  }

  void end() {
    if (!daemon) return;
    daemon->stop();
    alarms.advance(std::chrono::minutes(1));
    EXPECT_TRUE(over);
    daemon.reset();
    checks_.reset();
  }
  void TearDown() override { end(); }

  Account& production() { return cloudflare.accounts[account_id]; }
  const std::string& only_id() { return production().objects.begin()->first; }
  // As somebody does in the dashboard.
  void by_hand(const std::string& path, Json value) {
    model::set_path(production().objects.begin()->second, path, std::move(value));
  }
  std::vector<model::Incident> incidents() { return *store->history().incidents(100); }
  Json status() {
    auto document = service::status_document(*store, {});
    return document && *document ? **document : Json();
  }
};

inline const std::string workforce =
    "account: production\n"
    "identity_providers:\n"
    "  workforce:\n"
    "    name: GitHub\n"
    "    type: github\n"
    "    config: {client_id: one, client_secret: \"${env:SECRET}\"}\n";

inline std::string with_client(const std::string& id) {
  std::string out = workforce;
  out.replace(out.find("client_id: one"), 14, "client_id: " + id);
  return out;
}

}  // namespace idpd::test
