#include "cli/workspace.h"

#include <fmt/format.h>

#include <algorithm>
#include <ostream>
#include <thread>

#include "base/input_file.h"
#include "base/log.h"
#include "base/text.h"
#include "config/files.h"
#include "http/fenced_transport.h"
#include "http/logged_transport.h"
#include "service/clustering.h"
#include "service/directory_source.h"
#include "service/files_at.h"
#include "state/vault.h"

namespace idpd::cli {

namespace {

using base::Code;
using base::Error;
using base::Result;
using model::Diagnostic;
using model::Severity;

// Of Cloudflare's 1,200 in five minutes: a command by hand leaves room for the daemon beside it.
constexpr int one_shot_requests = 240;
constexpr std::chrono::minutes by_hand_lease{2};
constexpr const char* environment_account = "default";

void fail(std::vector<Diagnostic>& diagnostics, const std::string& file, std::string message) {
  diagnostics.push_back({Severity::error, {file, 0, 0}, std::move(message)});
}

// Without a settings file, for CI: the environment says which account.
std::optional<config::Settings> settings_from_environment(const World& world,
                                                          std::vector<Diagnostic>& diagnostics) {
  config::Settings out;
  config::Account account;
  account.alias = environment_account;
  account.rate_group = environment_account;
  account.id = world.environment("CLOUDFLARE_ACCOUNT_ID").value_or("");
  account.token = "${env:CLOUDFLARE_API_TOKEN}";
  if (!config::is_account_id(account.id)) {
    fail(diagnostics, "",
         account.id.empty()
             ? "there is no settings file (--config FILE) and CLOUDFLARE_ACCOUNT_ID is not set; set it and "
               "CLOUDFLARE_API_TOKEN, or give a settings file"
             : "CLOUDFLARE_ACCOUNT_ID must be 32 hexadecimal digits");
    return std::nullopt;
  }
  account.variables = {{"account", account.alias}, {"account_id", account.id}};
  out.accounts.push_back(std::move(account));
  if (auto url = world.environment("CLOUDFLARE_BASE_URL"); url && !url->empty()) {
    while (url->ends_with('/')) url->pop_back();
    if (const auto problem = config::base_url_problem(*url)) {
      fail(diagnostics, "", "CLOUDFLARE_BASE_URL " + *problem);
      return std::nullopt;
    }
    out.api.base_url = *url;
  }
  return out;
}

// One account from the environment takes whatever one account the files are about.
bool settle_account(config::Settings& settings, const config::Desired& desired,
                    std::vector<Diagnostic>& diagnostics) {
  if (!settings.file.empty() || desired.accounts.empty()) return true;
  if (desired.accounts.size() > 1) {
    std::vector<std::string> names;
    names.reserve(desired.accounts.size());
    for (const auto& [alias, state] : desired.accounts) names.push_back(alias);
    fail(diagnostics, "",
         fmt::format("the files are about several accounts ({}); that takes a settings file",
                     base::join(names, ", ")));
    return false;
  }
  settings.accounts[0].alias = desired.accounts.begin()->first;
  return true;
}

// The files of a folder as they are, or of a commit.
Result<service::Snapshot> read_sources(const World& world, const Options& options,
                                       const config::Settings& settings) {
  std::vector<std::string> paths = options.paths;
  const bool offline = options.command == "validate";
  if (!options.git_rev.empty() || (settings.git && paths.empty() && !offline)) {
    const secrets::Resolver own(world.environment, {.settings = true});
    return service::files_at(settings, paths, options.git_rev, own);
  }
  if (paths.empty() && !settings.desired_path.empty()) paths.push_back(settings.desired_path);
  if (paths.empty()) {
    return Error{Code::invalid,
                 settings.git ? "validate is offline and fetches nothing: name files or folders as arguments"
                              : "no files are given: name files or folders as arguments, or set desired.path",
                 settings.file};
  }
  auto files = config::read_files(paths);
  if (!files) return files.error();
  service::Snapshot out{.files = *std::move(files)};
  if (offline) return out;
  if (auto revision = service::files_revision(paths, out.files)) {
    out.revision = *std::move(revision);
  } else {
    base::log(base::LogLevel::warn,
              "the files' commit is not known, so that reports name none: " + revision.error().text());
  }
  return out;
}

}  // namespace

std::optional<config::Settings> load_settings(const World& world, const Options& options,
                                              std::vector<Diagnostic>& diagnostics) {
  if (options.config.empty()) return settings_from_environment(world, diagnostics);
  const auto text = base::read_input(options.config, config::most_bytes);
  if (!text) {
    const bool large = text.error().code == Code::invalid;
    fail(diagnostics, options.config,
         large ? text.error().message
               : "cannot be read; is it the right --config, and may this user read it?");
    return std::nullopt;
  }
  return config::parse_settings(options.config, *text, world.catalog,
                                world.environment("STATE_DIRECTORY").value_or(""), diagnostics,
                                [](const std::string& path) { return config::read_files({path}); });
}

std::optional<Loaded> load(const World& world, const Options& options, std::vector<Diagnostic>& diagnostics) {
  auto settings = load_settings(world, options, diagnostics);
  if (!settings) return std::nullopt;
  Loaded out{*std::move(settings), {}, 0};
  auto snapshot = read_sources(world, options, out.settings);
  if (!snapshot) {
    fail(diagnostics, snapshot.error().where, snapshot.error().message);
    return std::nullopt;
  }
  out.files = snapshot->files.size();
  out.revision = snapshot->revision;
  config::LoadOptions loading = config::load_options(out.settings);
  loading.strict = options.strict;
  if (out.settings.file.empty()) loading.accounts.clear();
  config::Desired desired = config::load_desired(snapshot->files, world.catalog, loading);
  const bool ok = desired.ok();
  diagnostics.insert(diagnostics.end(), desired.diagnostics.begin(), desired.diagnostics.end());
  if (!ok || !settle_account(out.settings, desired, diagnostics)) return std::nullopt;
  out.desired = std::move(desired.accounts);
  return out;
}

void print(std::ostream& stream, const std::vector<Diagnostic>& diagnostics) {
  for (const Diagnostic& one : diagnostics) {
    const bool placed = !one.where.file.empty() || one.severity == Severity::warning;
    stream << (placed ? "" : "error: ") << base::printable(one.text()) << '\n';
  }
}

Workspace::Workspace(const World& world, const Options& options, const config::Settings& settings)
    : world_(world), options_(options), settings_(settings) {}

// The store, this host's own or that of all hosts.
Result<void> Workspace::open_state(Access access, std::vector<Diagnostic>& diagnostics) {
  const std::string& directory = settings_.state_path;
  if (settings_.cluster) {
    cluster::Identity identity = service::identity_of(settings_, "idpd " + options_.command);
    identity.lease =
        std::max<std::chrono::seconds>(identity.lease, by_hand_lease);  // a person is asked meanwhile
    claim_ = std::make_unique<cluster::Claim>(
        io_, world_.make_transport(io_, service::etcd_transport_options(*settings_.cluster)),
        service::etcd_options(*settings_.cluster, world_.environment), std::move(identity));
  }
  if (access == Access::read && settings_.cluster) {
    if (auto read = read_cluster(); !read) {
      diagnostics.push_back({Severity::warning,
                             {},
                             "the records in etcd cannot be read, and what follows is made without them: " +
                                 read.error().text()});
      store_.reset();
      fingerprint_key_.reset();
    }
  } else if (access == Access::write) {
    auto store = state::Store::open(directory);
    if (!store) return std::move(store).error();
    auto key = state::fingerprint_key(directory);
    if (!key) return std::move(key).error();
    store_ = *std::move(store);
    fingerprint_key_ = *std::move(key);
  } else if (!directory.empty()) {
    auto store = state::Store::open_read_only(directory);
    auto key = state::read_fingerprint_key(directory);
    if (!store) {
      diagnostics.push_back(
          {Severity::warning,
           {},
           "the store cannot be read, and what follows is made without it: " + store.error().text()});
    } else if (!key) {
      diagnostics.push_back({Severity::warning,
                             {},
                             "the store's key cannot be read, and what follows is made without the store: " +
                                 key.error().text()});
    } else {
      store_ = *std::move(store);
      fingerprint_key_ = *std::move(key);
    }
  }
  return {};
}

Result<std::unique_ptr<Workspace>> Workspace::open(const World& world, const Options& options,
                                                   const config::Settings& settings, Access access,
                                                   std::vector<Diagnostic>& diagnostics) {
  std::unique_ptr<Workspace> out(new Workspace(world, options, settings));
  for (const std::string& alias : options.accounts) {
    if (settings.find(alias)) continue;
    return Error{Code::invalid,
                 fmt::format("--account names \"{}\", which the settings do not know{}",
                             base::printable(alias), base::did_you_mean(alias, settings.aliases()))};
  }
  for (const config::Account& account : settings.accounts) {
    const auto& wanted = options.accounts;
    if (wanted.empty() || std::find(wanted.begin(), wanted.end(), account.alias) != wanted.end())
      out->accounts_.push_back(account);
  }
  if (auto opened = out->open_state(access, diagnostics); !opened) return opened.error();
  out->wire_ = world.make_transport(out->io_, service::transport_options(settings));
  out->logged_ = std::make_unique<http::LoggedTransport>(*out->wire_, world.clock);
  if (access == Access::read) out->guarded_ = std::make_unique<http::ReadOnlyTransport>(*out->logged_);
  http::Transport& transport = out->guarded_ ? *out->guarded_ : *out->logged_;
  service::Connections::Outside outside{out->io_,  world.clock,   world.random,
                                        transport, out->budgets_, world.environment};
  out->connections_.emplace(std::move(outside), settings, one_shot_requests);
  out->probe_wire_ = world.make_transport(out->io_, check::transport_options(settings.check));
  out->probe_log_ = std::make_unique<http::LoggedTransport>(*out->probe_wire_, world.clock);
  out->acceptance_.emplace(world.checks, *out->probe_log_, world.clock, settings);
  return out;
}

Workspace::~Workspace() {
  if (!claim_) return;
  clients_.clear();
  const auto ended = wait(claim_->end());
  if (!ended) {
    base::log(
        base::LogLevel::warn,
        "the accounts could not be given back in etcd, and other hosts wait for the end of the lease: " +
            ended.error().text());
  }
}

Result<void> Workspace::read_cluster() {
  auto store = state::Store::open_in_memory();
  if (!store) return std::move(store).error();
  store_ = *std::move(store);
  auto key = wait(claim_->read_key());
  if (!key) return std::move(key).error();
  fingerprint_key_ = *std::move(key);
  for (const config::Account& account : accounts_) {
    if (auto read = wait(claim_->read(*store_, account.id)); !read) return read;
  }
  return {};
}

Result<void> Workspace::publish(const config::Account& account) {
  cluster::Tenure* tenure = claim_ ? claim_->tenure(account.id) : nullptr;
  return tenure ? wait(tenure->publish()) : Result<void>();
}

Result<reconcile::Context> Workspace::context(const config::Account& account) {
  cluster::Tenure* tenure = claim_ ? claim_->tenure(account.id) : nullptr;
  if (tenure) {
    fences_.push_back(std::make_unique<http::FencedTransport>(connections_->transport(),
                                                              [tenure] { return tenure->permit(); }));
  }
  auto client = connections_->client(account, tenure ? fences_.back().get() : nullptr);
  if (!client) return std::move(client).error();
  clients_.push_back(*std::move(client));
  reconcile::Context out{.catalog = world_.catalog,
                         .client = *clients_.back(),
                         .resolver = connections_->for_files(),
                         .store = store(),
                         .fingerprint_key = fingerprint_key_,
                         .state_directory = settings_.state_path,
                         .accepts = acceptance_->of(account)};
  if (tenure) {
    out.fingerprint_key = claim_->fingerprint_key();
    out.publish = [tenure] { return tenure->publish(); };
    out.barred = [tenure] { return tenure->barred(); };
  }
  return out;
}

Result<state::AccountLock> Workspace::lock(const config::Account& account, const std::string& purpose) {
  constexpr std::chrono::milliseconds step{100};
  const auto deadline = world_.clock.monotonic() + options_.lock_timeout;
  for (;;) {
    auto lock = state::AccountLock::try_acquire(settings_.state_path, account.id, purpose);
    if (lock && claim_) {
      auto taken = wait(claim_->take(*store_, account.id, base::BootClock::now() + options_.lock_timeout));
      if (!taken) return Error{taken.error().code, taken.error().text(), {}, true};
    }
    if (lock || lock.error().code != Code::locked || world_.clock.monotonic() >= deadline) return lock;
    std::this_thread::sleep_for(step);  // nothing else runs in a command that waits for its lock
  }
}

namespace {

asio::awaitable<void> work_through(std::size_t& next, std::size_t count, const Workspace::Work& work) {
  while (next < count) {
    const std::size_t mine = next++;
    co_await work(mine);
  }
}

}  // namespace

void Workspace::wait_each(std::size_t count, const Work& work) {
  std::size_t next = 0;
  std::exception_ptr bug;
  const std::size_t workers = std::min(count, static_cast<std::size_t>(settings_.concurrency));
  for (std::size_t i = 0; i < workers; ++i) {
    asio::co_spawn(io_, work_through(next, count, work), [&](const std::exception_ptr& thrown) {
      if (thrown) bug = thrown;
    });
  }
  io_.restart();
  io_.run();
  if (bug) std::rethrow_exception(bug);
}

}  // namespace idpd::cli
