// One idpd in the test's own process, as schedules need it: it stops at every request until somebody lets
// that through, and it can die there, as by SIGKILL: nothing of it goes on, and what it had on the disk
// stays.
#pragma once

#include <asio/co_spawn.hpp>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "reliability/cloud.h"
#include "service/daemon.h"
#include "service/running.h"

namespace idpd::test {

struct Scene;
struct Host;

// What a process knew when its pass began, and what it has done since: what it is judged by.
struct Pass {
  Files files;
  std::map<std::string, std::size_t> secrets;  // variable -> the turn at the beginning
  std::set<std::string> alive;                 // by its last list and its own writes
  std::optional<std::set<std::string>> referenced;
  std::map<std::string, Json> read;  // id -> as it was last answered
  std::size_t host_writes = 0;       // of its host, by others, at its first list
  std::set<std::string> created, written, deleted;
  std::set<std::string> unread;  // written, no good answer came, and it was not read since
};

// Destroys what waits, as a process that dies does; what it referred to must still be there.
struct Loop : asio::io_context {
  using asio::execution_context::shutdown;
};

class FixedRandom final : public base::Random {
 public:
  explicit FixedRandom(double value) : value_(value) {}
  double unit() override { return value_; }

 private:
  double value_;
};

class Process : private http::Transport {
 public:
  Process(Scene& scene, Host& host, std::string name);
  ~Process() override = default;

  const std::string& name() const { return name_; }
  // The request that it has stopped at; null when there is none.
  const http::Request* request() const { return request_; }
  // Lets it through. `dies`: the answer does not come any more.
  void deliver(Fault fault, bool dies = false);
  virtual bool over() const = 0;
  // Asks it to end once the change in hand is through.
  virtual void stop() = 0;
  virtual bool by_hand() const = 0;  // a person has seen the plan
  const config::Account& account() const { return settings.accounts[0]; }
  void settle() { alarms.settle(); }
  void problem(const std::string& what);

  Scene& scene;
  Host& host;
  http::Budgets budgets;
  Loop io;
  FakeAlarms alarms{io};
  config::Settings settings;
  bool approved = false;  // the pass that comes, or is on its way
  std::optional<Pass> pass;
  std::string trace;  // requests of this pass

 protected:
  // The files that a pass which begins now works with.
  virtual Files files_in_force() const = 0;
  service::Connections::Outside outside();
  void end_pass(const plan::AccountPlan& plan);

  std::optional<state::Store> store_;
  std::string fingerprint_key_;
  std::optional<service::Connections> connections_;

 private:
  asio::awaitable<base::Result<http::Response>> send(http::Request request) override;
  void begin_pass();
  void remember(const http::Request& request, const Answer& answer);

  std::string name_;
  FixedRandom no_delay_{0};
  std::unique_ptr<service::Alarm> turn_;
  const http::Request* request_ = nullptr;
  Fault fault_ = Fault::none;
  bool dies_ = false;
};

// `idpd run`.
class DaemonProcess final : public Process, private service::Observer {
 public:
  DaemonProcess(Scene& scene, Host& host, std::string name, service::Trigger first);
  ~DaemonProcess() override;

  bool over() const override { return over_; }
  void stop() override;
  bool by_hand() const override { return approved; }
  // The files have changed.
  void look();
  void ask() {
    (void)daemon_->ask(std::nullopt, service::Trigger::request);
    settle();
  }
  // Consents to what the last pass has withheld.
  void approve();
  const std::optional<service::Finished>& last() const { return last_; }
  std::size_t passes = 0;

 private:
  Files files_in_force() const override { return in_force_.value_or(Files{}); }
  void take_files();
  base::Result<void> incident(const service::Told&) override { return {}; }
  void passed(const service::Finished& pass, const config::Account& account,
              const std::vector<service::Expiring>& expiring) override;
  void checked(const config::Account&, const service::CheckedByKey&) override {}
  void status(const std::string&) override {}

  FakeSource source_{alarms};
  FixedRandom jitter_{0.5};
  std::optional<Files> in_force_;
  std::optional<service::Finished> last_;
  std::optional<service::Daemon> daemon_;
  bool stopping_ = false;
  bool over_ = false;
};

// `idpd apply --auto-approve`, by hand.
class ApplyProcess final : public Process {
 public:
  ApplyProcess(Scene& scene, Host& host, std::string name, plan::Policy policy);
  ~ApplyProcess() override;

  bool over() const override { return over_; }
  void stop() override {}
  bool by_hand() const override { return true; }

 private:
  Files files_in_force() const override { return files_; }
  asio::awaitable<void> run();

  Files files_;
  plan::Policy policy_;
  std::unique_ptr<service::Alarm> lock_again_;
  bool over_ = false;
};

}  // namespace idpd::test
