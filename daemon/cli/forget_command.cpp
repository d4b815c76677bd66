#include <fmt/format.h>

#include <algorithm>
#include <ostream>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/reporting.h"

namespace idpd::cli {

namespace {

using base::Result;

bool names(const model::DesiredState& desired, const std::string& key) {
  return std::any_of(desired.providers.begin(), desired.providers.end(),
                     [&](const auto& one) { return one.key == key; });
}

// True when the account had such a record.
Result<bool> forget_in(Workspace& workspace, const config::Account& account, const std::string& key,
                       std::vector<std::string>& known) {
  auto lock = workspace.lock(account, "idpd forget");
  if (!lock) return std::move(lock).error();
  const auto records = workspace.store()->records(account.id);
  if (!records) return records.error();
  bool found = false;
  for (const model::Record& record : *records) {
    known.push_back(record.key);
    found = found || record.key == key;
  }
  if (!found) return false;
  if (auto erased = workspace.store()->erase_record(account.id, key); !erased) return erased.error();
  if (auto shared = workspace.publish(account); !shared) return shared.error();
  return true;
}

}  // namespace

base::ExitCode forget(const World& world, const Options& options) {
  std::vector<model::Diagnostic> diagnostics;
  const auto refuse = [&](std::string why) {
    diagnostics.push_back({model::Severity::error, {}, std::move(why)});
    return fail(world, options, diagnostics);
  };
  if (options.config.empty())
    return refuse("forget needs a settings file (--config FILE): it says where the state is kept");
  const auto loaded = load(world, options, diagnostics);
  if (!loaded) return fail(world, options, std::move(diagnostics));
  auto workspace = Workspace::open(world, options, loaded->settings, Access::write, diagnostics);
  if (!workspace) return refuse(workspace.error().text());
  std::vector<std::string> known;
  bool forgotten = false;
  for (const config::Account& account : (*workspace)->accounts()) {
    const auto desired = loaded->desired.find(account.alias);
    if (desired != loaded->desired.end() && names(desired->second, options.key)) {
      return refuse(
          fmt::format("the files still name {} in {}, and nothing was done: take it out first, or the next "
                      "apply would adopt it again",
                      options.key, account.alias));
    }
    const auto done = forget_in(**workspace, account, options.key, known);
    if (!done)
      return refuse(fmt::format("{}: {}; it is managed as before", account.alias, done.error().text()));
    if (*done) {
      forgotten = true;
      world.out << fmt::format("{} ({}) is no longer managed; it stays in Cloudflare as it is.\n",
                               options.key, account.alias);
    }
  }
  if (!forgotten) {
    return refuse(fmt::format("no identity provider of the key \"{}\" is managed, and nothing was done{}",
                              base::printable(options.key), base::did_you_mean(options.key, known)));
  }
  return base::ExitCode::done;
}

}  // namespace idpd::cli
