#include <fmt/format.h>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/post.hpp>
#include <asio/signal_set.hpp>
#include <csignal>
#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <cstdlib>
#include <fstream>
#include <set>

#include "base/log.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/reporting.h"
#include "service/admin_server.h"
#include "service/clustering.h"
#include "service/generation.h"
#include "service/history_document.h"
#include "service/status_page.h"
#include "service/supervisor.h"
#include "state/vault.h"

namespace idpd::cli {

namespace {

using base::ExitCode;
using base::LogLevel;
using base::Result;
using service::Trigger;

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

constexpr std::size_t most_history = 500;
constexpr std::size_t most_errors = 5;  // of the settings in one message

class Runner final : private service::AdminBackend {
 public:
  Runner(const World& world, const Options& options, config::Settings settings, state::Store store,
         std::string fingerprint_key)
      : world_(world),
        options_(options),
        next_(std::move(settings)),
        state_path_(next_->state_path),
        store_(std::move(store)),
        metrics_(IDPD_VERSION),
        alarms_(io_, world.clock),
        signals_(io_, SIGTERM, SIGINT, SIGHUP),
        fed_(alarms_.make()),
        lasting_{.io = io_,
                 .alarms = alarms_,
                 .random = world.random,
                 .catalog = world.catalog,
                 .checks = world.checks,
                 .environment = world.environment,
                 .make_transport = world.make_transport,
                 .store = store_,
                 .fingerprint_key = std::move(fingerprint_key),
                 .metrics = metrics_,
                 .budgets = budgets_,
                 .status =
                     [this](const std::string& line) {
                       line_ = line;
                       say();
                     },
                 .started = std::chrono::floor<std::chrono::seconds>(world.clock.now()),
                 .accounts_changed = [this] { follow_accounts(); }},
        clustered_(io_, alarms_, [this] { stop(); }) {
    if (!next_->cluster) return;
    cluster_settings_ = next_->cluster;
    member_ = service::make_member(io_, *next_, world.make_transport, world.environment);
    lasting_.cluster = member_.get();
  }

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

 private:
  // One generation after another: a reload ends one and begins the next.
  asio::awaitable<void> generations() {
    Trigger first = Trigger::start;
    if (member_) clustered_.start(member_->run());
    while (next_ && !stopping_) {
      service::Generation generation(lasting_, *std::exchange(next_, std::nullopt));
      now_ = &generation;
      listen(generation.settings().listen);
      co_await generation.run(first, [this] { ready(); });
      lasting_.kept = generation.daemon().kept();
      std::erase_if(lasting_.kept, [this](const auto& one) { return !staying_.contains(one.first); });
      staying_.clear();
      now_ = nullptr;
      first = Trigger::reload;
    }
    if (member_ && abandoned_) member_->abandon();
    if (member_) member_->stop();
    co_await clustered_.ended();
    admin_.reset();
  }

  // One that stays as it was is left alone, so that nobody is turned away by a reload.
  void listen(const std::vector<config::Listen>& wanted) {
    if (admin_ && wanted == listening_) return;
    admin_.reset();
    listening_ = wanted;
    if (wanted.empty()) return;
    auto server = service::AdminServer::start(io_, wanted, *this);
    if (server) {
      admin_ = *std::move(server);
    } else {
      base::log(LogLevel::error,
                "the daemon goes on without its admin endpoint (no status page, no metrics, no approval): " +
                    server.error().text());
    }
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

  // The new settings when they are good; nothing, which is said, when the ones in force have to stay.
  std::optional<config::Settings> read_settings() {
    std::vector<model::Diagnostic> diagnostics;
    auto settings = load_settings(world_, options_, diagnostics);
    std::vector<std::string> errors = errors_of(diagnostics);
    if (settings && settings->state_path != state_path_)
      errors.emplace_back("state.path has changed, which takes a restart");
    if (settings && settings->cluster != cluster_settings_)
      errors.emplace_back("cluster has changed, which takes a restart");
    metrics_.config_reloaded(errors.empty());
    if (errors.empty()) {
      settings_problem_.clear();
      return settings;
    }
    const std::size_t more = errors.size() > most_errors ? errors.size() - most_errors : 0;
    errors.resize(errors.size() - more);
    if (more > 0) errors.push_back(fmt::format("and {} more (idpd validate)", more));
    settings_problem_ = "the settings are broken, the former ones stay in force: " + base::join(errors, "; ");
    base::log(LogLevel::error, settings_problem_);
    return std::nullopt;
  }

  void reload() {
    if (stopping_) return;
    supervisor_.reloading();
    auto settings = read_settings();
    if (!settings) {
      if (now_) (void)now_->daemon().ask(std::nullopt, Trigger::reload);
      if (ready_) supervisor_.ready();
      say();
      return;
    }
    base::log(LogLevel::info, "reloading");
    staying_.clear();
    next_ = *std::move(settings);
    end_generation();
  }

  // The accounts' own files may have changed. Accounts that stay as they are are not looked at sooner for it.
  void follow_accounts() {
    if (stopping_ || next_ || !now_) return;
    auto settings = read_settings();
    say();
    const config::Settings& former = now_->settings();
    if (!settings || *settings == former) return;
    base::log(LogLevel::info, fmt::format("the accounts have changed: {} now, {} before",
                                          settings->accounts.size(), former.accounts.size()));
    supervisor_.reloading();
    keep_accounts(former, *settings);
    next_ = *std::move(settings);
    end_generation();
  }

  void keep_accounts(const config::Settings& former, const config::Settings& settings) {
    const auto rest = [](config::Settings out) {
      out.accounts.clear();
      out.own_references.clear();
      return out;
    };
    staying_.clear();
    if (rest(former) != rest(settings)) return;
    for (const config::Account& one : settings.accounts) {
      const config::Account* before = former.find_id(one.id);
      if (before && *before == one) staying_.insert(one.id);
    }
  }

  void end_generation() {
    if (now_) now_->stop();
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
    if (now_) now_->abandon();
    abandoned_ = true;
    if (!member_ || now_) return;
    member_->abandon();
    clustered_.abandon();
  }

  asio::awaitable<void> insist() {
    const auto alarm = alarms_.make();
    const service::Instant begun = world_.clock.monotonic();
    co_await alarm->wait_until(begun + patience);
    base::log(LogLevel::warn,
              "what is in hand takes too long to stop: it is cut short, and the next start finds out what "
              "became of it");
    abandon();
    co_await alarm->wait_until(begun + limit);
    // The store is true to what was sent; nothing that is lost here is not found out by the next start.
    base::log(LogLevel::error,
              "it does not end by itself, and is ended now; the next start finds out what became of what was "
              "in hand");
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

  bool healthy() override { return true; }  // it answers, on the loop that does the work
  std::optional<std::string> not_ready() override {
    std::string why = now_ ? now_->daemon().not_ready() : "the settings are being taken into force";
    return why.empty() ? std::nullopt : std::optional(std::move(why));
  }
  std::string metrics() override {
    if (now_) now_->measure();
    give_back_soon();
    return metrics_.text();
  }
  base::Json status() override {
    give_back_soon();
    auto document = service::status_document(store_, now());
    return document && *document ? **std::move(document) : base::Json(base::Json::Object{});
  }
  base::Json history() override {
    auto document = service::history_document(store_, most_history);
    return document ? *std::move(document) : base::Json(base::Json::Object{});
  }
  service::AdminPage page() override {
    service::Page page = service::status_page(status(), history(), now());
    return {std::move(page.html), std::move(page.content_security_policy)};
  }
  Result<base::Json> reconcile(const std::optional<std::string>& account) override {
    if (!now_) return reloading();
    if (auto asked = now_->daemon().ask(account, Trigger::request); !asked) return asked.error();
    return base::Json(base::Json::Object{{"message", "a pass is made now"}});
  }
  Result<base::Json> approve(const std::string& fingerprint) override {
    if (!now_) return reloading();
    auto account = now_->daemon().approve(fingerprint);
    if (!account) return account.error();
    return base::Json(base::Json::Object{
        {"message",
         fmt::format("approved: account {} carries out exactly that plan, or nothing; `idpd status` "
                     "shows what became of it",
                     *account)}});
  }
  // An answer about a thousand accounts is some megabytes for a moment; they are not to stay with the
  // process.
  void give_back_soon() {
#ifdef __GLIBC__
    constexpr std::size_t many = 100;
    if (!now_ || now_->settings().accounts.size() < many || std::exchange(giving_back_, true)) return;
    asio::post(io_, [this] {
      giving_back_ = false;
      malloc_trim(0);
    });
#endif
  }
  static base::Error reloading() {
    return {base::Code::unavailable, "the settings are being taken into force; ask again", {}, true};
  }
  model::Time now() const { return std::chrono::floor<std::chrono::seconds>(world_.clock.now()); }

  const World& world_;
  const Options& options_;
  std::optional<config::Settings> next_;
  std::string state_path_;
  state::Store store_;
  service::Metrics metrics_;
  http::Budgets budgets_;  // what waits in the loop is counted in them
  asio::io_context io_;
  service::SystemAlarms alarms_;
  asio::signal_set signals_;
  std::unique_ptr<service::Alarm> fed_;
  service::Supervisor supervisor_;
  service::Lasting lasting_;
  std::optional<config::Cluster> cluster_settings_;
  std::unique_ptr<cluster::Member> member_;
  service::Tasks clustered_;
  service::Generation* now_ = nullptr;
  std::vector<config::Listen> listening_;
  std::unique_ptr<service::AdminServer> admin_;
  std::string line_ = "starting";
  std::string settings_problem_;
  std::set<std::string> staying_;  // the accounts that the next generation takes over as they are
  bool giving_back_ = false;
  bool ready_ = false;
  bool stopping_ = false;
  bool stopped_ = false;
  bool abandoned_ = false;
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
