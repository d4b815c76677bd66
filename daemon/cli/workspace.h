// What a command works on: the settings (a file, or the environment in CI), the files with the identity
// providers, and for each account the objects that a pass needs. Built once a command; everything in it lives
// as long. Whoever asks for reading gets a transport and a store that cannot write.
#pragma once

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/options.h"
#include "cli/world.h"
#include "cloudflare/client.h"
#include "cluster/claim.h"
#include "config/identity_providers.h"
#include "config/settings.h"
#include "reconcile/pass.h"
#include "service/acceptance.h"
#include "service/connections.h"
#include "state/lock.h"

namespace idpd::cli {

enum class Access { read, write };

// The settings and what the files say; nothing when there are errors, which are then in `diagnostics`.
struct Loaded {
  config::Settings settings;
  std::map<std::string, model::DesiredState> desired;  // by account
  std::size_t files = 0;
  std::optional<model::Revision> revision = {};  // of the files; nothing outside of a repository
};
std::optional<config::Settings> load_settings(const World& world, const Options& options,
                                              std::vector<model::Diagnostic>& diagnostics);
std::optional<Loaded> load(const World& world, const Options& options,
                           std::vector<model::Diagnostic>& diagnostics);

void print(std::ostream& stream, const std::vector<model::Diagnostic>& diagnostics);

class Workspace {
 public:
  // Errors: a store that cannot be opened for writing, an account that --account names and nobody knows.
  static base::Result<std::unique_ptr<Workspace>> open(const World& world, const Options& options,
                                                       const config::Settings& settings, Access access,
                                                       std::vector<model::Diagnostic>& diagnostics);

  ~Workspace();
  Workspace(const Workspace&) = delete;
  Workspace& operator=(const Workspace&) = delete;

  // Those that --account selects, or all.
  const std::vector<config::Account>& accounts() const { return accounts_; }
  // The objects for one account. Error: its token cannot be resolved.
  base::Result<reconcile::Context> context(const config::Account& account);
  // Waits for another idpd up to --lock-timeout; the error names it.
  base::Result<state::AccountLock> lock(const config::Account& account, const std::string& purpose);
  // What the command has saved of the account is known to the other hosts, where there are any.
  base::Result<void> publish(const config::Account& account);
  state::Store* store() { return store_ ? &*store_ : nullptr; }

  // Runs the coroutine to its end on the one loop.
  template <typename T>
  T wait(asio::awaitable<T> task) {
    std::optional<T> result;
    std::exception_ptr bug;
    asio::co_spawn(io_, keep(std::move(task), result, claim_.get()), [&](const std::exception_ptr& thrown) {
      bug = thrown;
      if (claim_) claim_->pause();
    });
    io_.restart();
    io_.run();
    if (bug) std::rethrow_exception(bug);
    return *std::move(result);
  }

  // Does the work for 0, 1, … count - 1, as many at once as the settings say (reconcile.concurrency).
  using Work = std::function<asio::awaitable<void>(std::size_t)>;
  void wait_each(std::size_t count, const Work& work);

 private:
  Workspace(const World& world, const Options& options, const config::Settings& settings);
  base::Result<void> open_state(Access access, std::vector<model::Diagnostic>& diagnostics);
  // The records of all hosts in place of this one's own, for reading.
  base::Result<void> read_cluster();
  template <typename T>
  static asio::awaitable<void> keep(asio::awaitable<T> task, std::optional<T>& result,
                                    cluster::Claim* claim) {
    if (claim) {
      const auto executor = co_await asio::this_coro::executor;
      (void)co_await claim->renew();  // a person may have taken a while
      asio::co_spawn(executor, claim->keep_alive(), asio::detached);
    }
    result.emplace(co_await std::move(task));
  }

  const World& world_;
  const Options& options_;
  const config::Settings& settings_;
  std::vector<config::Account> accounts_;
  std::optional<state::Store> store_;
  std::optional<std::string> fingerprint_key_;
  http::Budgets budgets_;  // what waits in the loop is counted in them
  asio::io_context io_;
  std::unique_ptr<http::Transport> wire_;
  std::unique_ptr<http::Transport> logged_;
  std::unique_ptr<http::Transport> guarded_;  // for reading: refuses every method but GET
  std::optional<service::Connections> connections_;
  std::unique_ptr<http::Transport> probe_wire_;
  std::unique_ptr<http::Transport> probe_log_;
  std::optional<service::Acceptance> acceptance_;
  std::unique_ptr<cluster::Claim> claim_;  // null: this host alone
  std::vector<std::unique_ptr<http::Transport>> fences_;
  std::vector<std::unique_ptr<cloudflare::Client>> clients_;
};

}  // namespace idpd::cli
