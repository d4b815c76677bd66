#include <fmt/format.h>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/signal_set.hpp>
#include <csignal>
#include <cstdlib>
#include <fstream>

#include "base/log.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/reporting.h"
#include "http/logged_transport.h"
#include "http/stoppable_transport.h"
#include "service/daemon.h"
#include "service/sources.h"
#include "service/supervisor.h"
#include "state/vault.h"

namespace idpd::cli {

namespace {

using base::ExitCode;
using base::LogLevel;
using base::Result;
using service::Trigger;

// Of Cloudflare's 1,200 in five minutes a user: some are left for people and tools.
constexpr int daemon_requests = 960;
// A stop waits for the change in hand so long, then cuts short what it waits for, and at last ends
// regardless.
constexpr std::chrono::seconds patience{5};
constexpr std::chrono::seconds limit{9};

std::vector<std::string> errors_of(const std::vector<model::Diagnostic>& diagnostics) {
  std::vector<std::string> out;
  for (const model::Diagnostic& one : diagnostics) {
    if (one.severity == model::Severity::error) out.push_back(one.text());
  }
  return out;
}

// What one reading of the settings needs; it goes as a whole when the next one comes.
struct Generation {
  config::Settings settings;
  std::unique_ptr<http::Transport> wire;
  std::unique_ptr<http::StoppableTransport> gate;
  std::unique_ptr<http::LoggedTransport> logged;
  std::optional<service::Connections> connections;
  std::unique_ptr<service::Source> source;
  std::optional<service::Tasks> tasks;
  std::optional<service::Daemon> daemon;
};

class Runner final : public service::Observer {
 public:
  Runner(const World& world, const Options& options, config::Settings settings, state::Store store,
         std::string fingerprint_key)
      : world_(world),
        options_(options),
        next_(std::move(settings)),
        state_path_(next_->state_path),
        store_(std::move(store)),
        fingerprint_key_(std::move(fingerprint_key)),
        alarms_(io_, world.clock),
        signals_(io_, SIGTERM, SIGINT, SIGHUP),
        fed_(alarms_.make()),
        started_(std::chrono::floor<std::chrono::seconds>(world.clock.now())) {}

  ExitCode run() {
    std::signal(SIGPIPE, SIG_IGN);  // NOLINT(cert-err33-c): cannot fail for this signal
    std::exception_ptr bug;
    const auto over = [&](const std::exception_ptr& thrown) {
      bug = thrown;
      stopped_ = true;
      signals_.cancel();
      fed_->ring();
      io_.stop();
    };
    await_signal();
    asio::co_spawn(io_, feed(), asio::detached);
    asio::co_spawn(io_, generations(), over);
    io_.run();
    if (bug) std::rethrow_exception(bug);
    base::log(LogLevel::info, "stopped");
    return ExitCode::done;
  }

  void incident(const service::Told&) override {}
  void passed(const service::Finished&, const config::Account&, std::size_t) override {}
  void files(const service::DesiredFiles&) override {}
  void status(const std::string& line) override {
    line_ = line;
    say();
  }

 private:
  // One generation after another: a reload ends one and begins the next.
  asio::awaitable<void> generations() {
    Trigger first = Trigger::start;
    while (next_ && !stopping_) {
      Generation generation;
      generation.settings = *std::exchange(next_, std::nullopt);
      build(generation);
      now_ = &generation;
      co_await generation.daemon->run(first, [this] { ready(); });
      co_await generation.tasks->ended();
      now_ = nullptr;
      first = Trigger::reload;
    }
  }

  void build(Generation& one) {
    const config::Settings& settings = one.settings;
    one.wire = world_.make_transport(io_, {.ca_file = settings.api.ca_file,
                                           .connect_timeout = settings.api.connect_timeout,
                                           .stall_timeout = settings.api.stall_timeout,
                                           .total_timeout = settings.api.timeout});
    one.gate = std::make_unique<http::StoppableTransport>(*one.wire);
    one.logged = std::make_unique<http::LoggedTransport>(*one.gate, world_.clock);
    service::Connections::Outside outside{io_, world_.clock, world_.random, *one.logged, world_.environment};
    one.connections.emplace(std::move(outside), settings, daemon_requests);
    one.source = service::make_source(io_, alarms_, settings, one.connections->for_settings());
    one.tasks.emplace(io_, alarms_, [this] { stop(); });
    service::Daemon::Parts parts{.io = io_,
                                 .alarms = alarms_,
                                 .random = world_.random,
                                 .catalog = world_.catalog,
                                 .connections = *one.connections,
                                 .store = store_,
                                 .fingerprint_key = fingerprint_key_,
                                 .source = *one.source,
                                 .observer = *this,
                                 .started = started_};
    one.daemon.emplace(std::move(parts), settings);
  }

  void ready() {
    ready_ = true;
    supervisor_.ready();
    say();
  }

  void say() { supervisor_.status(settings_problem_.empty() ? line_ : settings_problem_ + "; " + line_); }

  void await_signal() {
    signals_.async_wait([this](const std::error_code& error, int number) {
      if (error || stopped_) return;
      if (number == SIGHUP) {
        reload();
      } else {
        stop();
      }
      await_signal();
    });
  }

  // The new settings when they are good; else the ones in force stay, and that is said.
  void reload() {
    if (stopping_) return;
    supervisor_.reloading();
    std::vector<model::Diagnostic> diagnostics;
    auto settings = load_settings(world_, options_, diagnostics);
    std::vector<std::string> errors = errors_of(diagnostics);
    if (settings && settings->state_path != state_path_)
      errors.emplace_back("state.path has changed, which takes a restart");
    if (!errors.empty()) {
      settings_problem_ =
          "the settings are broken, the former ones stay in force: " + base::join(errors, "; ");
      base::log(LogLevel::error, settings_problem_);
      if (now_) (void)now_->daemon->ask(std::nullopt, Trigger::reload);
      if (ready_) supervisor_.ready();
      say();
      return;
    }
    settings_problem_.clear();
    base::log(LogLevel::info, "reloading");
    next_ = *std::move(settings);
    end_generation();
  }

  void end_generation() {
    if (now_) now_->daemon->stop();
  }

  void stop() {
    if (std::exchange(stopping_, true)) {
      abandon();  // asked a second time
      return;
    }
    base::log(LogLevel::info, "stopping");
    supervisor_.stopping();
    end_generation();
    asio::co_spawn(io_, insist(), asio::detached);
  }

  void abandon() {
    if (!now_) return;
    now_->gate->stop();
    now_->daemon->abandon();
    now_->tasks->abandon();
  }

  asio::awaitable<void> insist() {
    const auto alarm = alarms_.make();
    const service::Instant begun = world_.clock.monotonic();
    co_await alarm->wait_until(begun + patience);
    base::log(LogLevel::warn, "what is in hand takes too long: it is cut short");
    abandon();
    co_await alarm->wait_until(begun + limit);
    // The store is true to what was sent; nothing that is lost here is not found out by the next start.
    base::log(LogLevel::error, "it does not end by itself");
    std::_Exit(static_cast<int>(ExitCode::error));
  }

  // The watchdog is fed by the loop that does the work: when that hangs, nobody feeds it.
  asio::awaitable<void> feed() {
    const auto interval = supervisor_.watchdog_interval();
    if (!interval) co_return;
    while (!stopped_) {
      supervisor_.watchdog();
      co_await fed_->wait_until(world_.clock.monotonic() + *interval);
    }
  }

  const World& world_;
  const Options& options_;
  std::optional<config::Settings> next_;
  std::string state_path_;
  state::Store store_;
  std::string fingerprint_key_;
  asio::io_context io_;
  service::SystemAlarms alarms_;
  asio::signal_set signals_;
  std::unique_ptr<service::Alarm> fed_;
  service::Supervisor supervisor_;
  model::Time started_;
  Generation* now_ = nullptr;
  std::string line_ = "starting";
  std::string settings_problem_;
  bool ready_ = false;
  bool stopping_ = false;
  bool stopped_ = false;
};

}  // namespace

ExitCode run_daemon(const World& world, const Options& options) {
  std::vector<model::Diagnostic> diagnostics;
  const auto refuse = [&](std::string why) {
    diagnostics.push_back({model::Severity::error, {}, std::move(why)});
    print(world.err, diagnostics);
    return ExitCode::error;
  };
  if (options.config.empty())
    return refuse(
        "run needs a settings file (--config FILE, or /etc/idpd/idpd.yaml); `idpd init` writes one");
  auto settings = load_settings(world, options, diagnostics);
  print(world.err, diagnostics);
  if (!settings) return ExitCode::error;
  diagnostics.clear();
  auto store = state::Store::open(settings->state_path);
  if (!store) return refuse(store.error().text());
  auto key = state::fingerprint_key(settings->state_path);
  if (!key) return refuse(key.error().text());
  return Runner(world, options, *std::move(settings), *std::move(store), *std::move(key)).run();
}

}  // namespace idpd::cli
