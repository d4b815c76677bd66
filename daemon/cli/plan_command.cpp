#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <ostream>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/reporting.h"

namespace idpd::cli {

namespace {

using base::Code;
using base::Error;
using base::ExitCode;
using base::Result;

const model::DesiredState no_files;

asio::awaitable<plan::AccountPlan> plan_account(Workspace& workspace, const Options& options,
                                                const Loaded& loaded, const config::Account& account) {
  const auto context = workspace.context(account);
  if (!context) {
    plan::AccountPlan out;
    out.account = account.alias;
    out.account_id = account.id;
    out.error = context.error().text();
    co_return out;
  }
  const auto desired = loaded.desired.find(account.alias);
  const reconcile::Input input{.account = account.alias,
                               .account_id = account.id,
                               .desired = desired == loaded.desired.end() ? no_files : desired->second,
                               .only = {options.only.begin(), options.only.end()},
                               .policy = policy_of(account, options)};
  reconcile::Prepared prepared = co_await reconcile::prepare(*context, input);
  co_return std::move(prepared.plan);
}

asio::awaitable<void> plan_into(plan::AccountPlan& out, Workspace& workspace, const Options& options,
                                const Loaded& loaded, const config::Account& account) {
  out = co_await plan_account(workspace, options, loaded, account);
}

// Holds no secret, but names an account's whole set-up: for its owner only.
Result<void> save_plan(const std::string& path, const std::string& text) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, S_IRUSR | S_IWUSR);
  const bool written = fd >= 0 && ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  const int problem = errno;
  const bool closed = fd < 0 || ::close(fd) == 0;
  if (written && closed) return {};
  return Error{Code::io, fmt::format("the plan cannot be saved: {}", std::strerror(problem)), path};
}

}  // namespace

ExitCode plan(const World& world, const Options& options) {
  std::vector<model::Diagnostic> diagnostics;
  const auto loaded = load(world, options, diagnostics);
  if (!loaded) return fail(world, options, std::move(diagnostics));
  auto workspace = Workspace::open(world, options, loaded->settings, Access::read, diagnostics);
  if (!workspace) {
    diagnostics.push_back({model::Severity::error, {}, workspace.error().text()});
    return fail(world, options, std::move(diagnostics));
  }
  const std::vector<config::Account>& all = (*workspace)->accounts();
  std::vector<plan::AccountPlan> accounts(all.size());
  (*workspace)->wait_each(all.size(), [&](std::size_t one) {
    return plan_into(accounts[one], **workspace, options, *loaded, all[one]);
  });
  report::Report report = make_report(world, options, std::move(accounts), std::move(diagnostics));
  report.revision = loaded->revision;
  world.out << render(report, options);
  if (has_error(report)) return ExitCode::error;
  if (!options.out.empty()) {
    const auto saved = save_plan(options.out, base::dump_json_pretty(report::to_json(report)) + "\n");
    if (!saved) {
      world.err << "error: " << base::printable(saved.error().text()) << '\n';
      return ExitCode::error;
    }
  }
  return options.detailed_exitcode && has_changes(report) ? ExitCode::changes : ExitCode::done;
}

}  // namespace idpd::cli
