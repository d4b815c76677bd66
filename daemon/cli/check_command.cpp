// `idpd check`: probes each identity provider from outside. It talks to identity providers alone: it takes no
// Cloudflare token, and sends nothing to Cloudflare.
#include <fmt/format.h>

#include <algorithm>
#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>
#include <ostream>

#include "base/text.h"
#include "check/prober.h"
#include "cli/check_report.h"
#include "cli/commands.h"
#include "cli/reporting.h"
#include "http/logged_transport.h"
#include "service/subject.h"

namespace idpd::cli {

namespace {

using base::Error;
using base::ExitCode;
using base::Result;

constexpr std::size_t at_once = 4;
constexpr std::chrono::milliseconds longest_pause{250};  // between two of them, so that nobody sees a burst

struct One {
  check::Subject subject;
  check::Outcome outcome = {};
};

// What is to be probed, in the order of accounts and keys. Error: a key that no file names.
Result<std::vector<One>> choose(const Options& options, const Loaded& loaded,
                                const std::map<std::string, reconcile::SecretValues>& secrets) {
  std::vector<One> out;
  std::vector<std::string> known;
  const auto wanted = [](const std::vector<std::string>& list, const std::string& name) {
    return list.empty() || std::find(list.begin(), list.end(), name) != list.end();
  };
  for (const auto& [alias, desired] : loaded.desired) {
    if (!wanted(options.accounts, alias)) continue;
    const config::Account* account = loaded.settings.find(alias);
    for (const model::DesiredProvider& provider : desired.providers) {
      known.push_back(provider.key);
      if (!wanted(options.only, provider.key)) continue;
      out.push_back(
          {service::subject_of(alias, account ? account->team_domain : "", provider, secrets.at(alias))});
    }
  }
  for (const std::string& key : options.only) {
    if (std::find(known.begin(), known.end(), key) == known.end())
      return Error{base::Code::invalid, fmt::format("no file names the identity provider \"{}\"{}",
                                                    base::printable(key), base::did_you_mean(key, known))};
  }
  return out;
}

void run(const World& world, const config::Settings& settings, check::Extent extent, std::vector<One>& all,
         const check::Catalog& catalog) {
  asio::io_context io;
  const auto wire = world.make_transport(io, check::transport_options(settings.check));
  http::LoggedTransport logged(*wire, world.clock);
  const check::Tools tools{.catalog = catalog,
                           .transport = logged,
                           .allowed_hosts = settings.check.allowed_hosts,
                           .now = std::chrono::floor<std::chrono::seconds>(world.clock.now()),
                           .warn_before_expiry = settings.warn_before_expiry};
  std::size_t next = 0;
  const auto work = [&]() -> asio::awaitable<void> {
    asio::steady_timer pause(io);
    while (next < all.size()) {
      One& one = all[next++];
      one.outcome = co_await check::probe(tools, one.subject, extent);
      pause.expires_after(
          std::chrono::duration_cast<std::chrono::milliseconds>(longest_pause * world.random.unit()));
      if (next < all.size()) co_await pause.async_wait(asio::use_awaitable);
    }
  };
  std::exception_ptr bug;
  for (std::size_t i = 0; i < std::min(at_once, all.size()); ++i) {
    asio::co_spawn(io, work(), [&](const std::exception_ptr& thrown) {
      if (thrown) bug = thrown;
    });
  }
  io.run();
  if (bug) std::rethrow_exception(bug);
}

std::string render(const CheckReport& report, const Options& options) {
  switch (options.output) {
    case Output::json:
      return base::dump_json_pretty(to_json(report)) + "\n";
    case Output::markdown:
      return to_markdown(report);
    case Output::text:
    case Output::github:  // of validate alone
    case Output::gitlab:
      break;
  }
  return to_text(report, options.color);
}

}  // namespace

ExitCode check(const World& world, const Options& options) {
  std::vector<model::Diagnostic> diagnostics;
  const auto refuse = [&](std::string why) {
    diagnostics.push_back({model::Severity::error, {}, std::move(why)});
    return fail(world, options, diagnostics);
  };
  if (options.config.empty())
    return refuse(
        "check needs a settings file (--config FILE): it says where the files and their secrets are");
  const auto loaded = load(world, options, diagnostics);
  if (!loaded) return fail(world, options, std::move(diagnostics));
  for (const std::string& alias : options.accounts) {
    if (!loaded->settings.find(alias))
      return refuse(fmt::format("--account names \"{}\", which the settings do not know{}",
                                base::printable(alias),
                                base::did_you_mean(alias, loaded->settings.aliases())));
  }
  const secrets::Resolver resolver(world.environment, service::policy_for_files(loaded->settings));
  std::map<std::string, reconcile::SecretValues> secrets;
  for (const auto& [alias, desired] : loaded->desired)
    secrets.emplace(alias, reconcile::SecretValues::resolve(desired, resolver, std::nullopt));
  auto all = choose(options, *loaded, secrets);
  if (!all) return refuse(all.error().text());
  run(world, loaded->settings, options.control ? check::Extent::control : check::Extent::all, *all,
      world.checks);
  CheckReport report{
      IDPD_VERSION, base::timestamp(world.clock.now()), options.control, {}, std::move(diagnostics)};
  for (One& one : *all) report.outcomes.push_back(std::move(one.outcome));
  if (options.output == Output::text) print(world.err, report.diagnostics);
  world.out << render(report, options);
  return summarize(report).bad > 0 ? ExitCode::changes : ExitCode::done;
}

}  // namespace idpd::cli
