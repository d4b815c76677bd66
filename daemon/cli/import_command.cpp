#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <ostream>
#include <tuple>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/new_file.h"
#include "cli/reporting.h"
#include "config/export.h"
#include "reconcile/body.h"

namespace idpd::cli {

namespace {

namespace fs = std::filesystem;
using base::Code;
using base::Error;
using base::ExitCode;
using base::Result;
using model::LiveProvider;

// Writes the identity providers of one account that no file speaks for yet.
class Importer {
 public:
  Importer(const World& world, const Options& options, Workspace& workspace, const config::Account& account,
           std::string folder, bool name_account)
      : world_(world),
        options_(options),
        workspace_(workspace),
        account_(account),
        folder_(std::move(folder)),
        name_account_(name_account) {}

  Result<void> run() {
    std::optional<state::AccountLock> lock;  // recording is writing
    if (options_.adopt) {
      auto held = workspace_.lock(account_, "idpd import --adopt");
      if (!held) return std::move(held).error();
      lock = *std::move(held);
    }
    auto context = workspace_.context(account_);
    if (!context) return std::move(context).error();
    auto objects = workspace_.wait(context->client.list_identity_providers());
    if (!objects) return std::move(objects).error();
    if (auto known = read_known(*context); !known) return known;
    for (const base::Json& object : *objects) {
      auto live = model::take_live(context->catalog, object);
      if (!live) return std::move(live).error();
      live_.push_back(*std::move(live));
    }
    // The list's order is the API's affair: keys must not depend on it.
    std::sort(live_.begin(), live_.end(),
              [](const auto& a, const auto& b) { return std::tie(a.name, a.id) < std::tie(b.name, b.id); });
    for (const LiveProvider& live : live_) {
      if (auto done = import(live); !done) return done;
    }
    if (!options_.adopt) return {};
    auto adopted = adopt(*context);
    return adopted ? workspace_.publish(account_) : adopted;
  }

  const std::vector<std::string>& credentials() const { return credentials_; }

 private:
  // What the folder's files and the store speak for already stays as it is.
  Result<void> read_known(const reconcile::Context& context) {
    std::error_code ignored;
    if (fs::exists(folder_, ignored)) {
      const auto files = config::read_files({folder_});
      if (!files) return files.error();
      const config::Desired desired =
          config::load_desired(*files, context.catalog, {.default_account = account_.alias});
      if (!desired.ok()) {
        print(world_.err, desired.diagnostics);
        return Error{Code::invalid, "the files that are there have errors; nothing was imported", folder_};
      }
      for (const auto& [alias, state] : desired.accounts) {
        for (const model::DesiredProvider& one : state.providers) {
          keys_.insert(one.key);
          if (alias != account_.alias) continue;
          if (!one.options.adopt_id.empty()) known_ids_.insert(one.options.adopt_id);
          named_.insert(one.type + "\n" + one.name());
        }
      }
    }
    if (!context.store) return {};
    const auto records = context.store->records(account_.id);
    if (!records) return records.error();
    for (const model::Record& record : *records) {
      if (keys_.contains(record.key)) known_ids_.insert(record.id);
    }
    return {};
  }

  std::string free_key(const LiveProvider& live) {
    std::string base = base::slug(live.name).substr(0, 48);
    if (base.empty()) base = base::slug(live.type);
    std::string key = base;
    for (int i = 2; !keys_.insert(key).second; ++i) key = fmt::format("{}-{}", base, i);
    return key;
  }

  Result<void> import(const LiveProvider& live) {
    const std::string what = base::printable(fmt::format("{} \"{}\" ({})", live.type, live.name, live.id));
    const auto& schema = live.schema;
    if (!schema || live.read_only) {
      world_.out << fmt::format("passed over  {}: {}\n", what,
                                schema ? "read-only in Cloudflare" : "a type that this idpd does not know");
      return {};
    }
    if (known_ids_.contains(live.id) || named_.contains(live.type + "\n" + live.name)) {
      world_.out << fmt::format("there already {}\n", what);
      return {};
    }
    const std::string key = free_key(live);
    const std::string path = (fs::path(folder_) / (key + ".yaml")).string();
    const config::Exported exported = config::export_provider(name_account_ ? account_.alias : "", key, live);
    const auto written = write_new(path, exported.yaml);
    if (!written) return written.error();
    if (!*written)
      return Error{Code::io, "is there already and speaks of something else; move it away", path};
    world_.out << fmt::format("imported     {} -> {}\n", what, base::printable(path));
    credentials_.insert(credentials_.end(), exported.credentials.begin(), exported.credentials.end());
    return {};
  }

  // From the files, as the next apply will read them: so that it has nothing to do.
  Result<void> adopt(const reconcile::Context& context) {
    const auto files = config::read_files({folder_});
    if (!files) return files.error();
    config::Desired desired =
        config::load_desired(*files, context.catalog, {.default_account = account_.alias});
    if (!desired.ok()) {
      print(world_.err, desired.diagnostics);
      return Error{Code::internal, "what was imported does not load", folder_};
    }
    for (const model::DesiredProvider& one : desired.accounts[account_.alias].providers) {
      const auto live = std::find_if(live_.begin(), live_.end(),
                                     [&](const auto& each) { return each.id == one.options.adopt_id; });
      if (live == live_.end() || live->type != one.type) continue;
      const auto records = context.store->records(account_.id);
      if (!records) return records.error();
      const bool recorded = std::any_of(records->begin(), records->end(), [&](const auto& record) {
        return record.key == one.key || record.id == live->id;
      });
      if (recorded) continue;
      const auto saved =
          context.store->save_record(account_.id, reconcile::kept_record(*live->schema, one, *live, nullptr));
      if (!saved) return saved;
      world_.out << fmt::format("adopted      {} as {}\n", base::printable(live->id), one.key);
    }
    return {};
  }

  const World& world_;
  const Options& options_;
  Workspace& workspace_;
  const config::Account& account_;
  std::string folder_;
  bool name_account_;
  std::vector<LiveProvider> live_;
  std::set<std::string> keys_;
  std::set<std::string> known_ids_;
  std::set<std::string> named_;
  std::vector<std::string> credentials_;
};

void list_credentials(const World& world, const std::vector<std::string>& credentials) {
  if (credentials.empty()) return;
  world.out << "\nSecrets cannot be read from Cloudflare. Supply these credentials (systemd: "
               "LoadCredential=NAME:/path),\n"
               "or change the references in the files:\n";
  for (const std::string& name : credentials) world.out << "  " << name << '\n';
}

}  // namespace

ExitCode import(const World& world, const Options& options) {
  std::vector<model::Diagnostic> diagnostics;
  const auto settings = load_settings(world, options, diagnostics);
  if (!settings) return fail(world, options, std::move(diagnostics));
  const std::string folder = options.out.empty() ? settings->desired_path : options.out;
  const auto refuse = [&](std::string why) {
    diagnostics.push_back({model::Severity::error, {}, std::move(why)});
    return fail(world, options, diagnostics);
  };
  if (folder.empty()) return refuse("say where to write to with --out FOLDER");
  if (options.adopt && settings->file.empty()) {
    return refuse("import --adopt needs a settings file (--config FILE): it says where the state is kept");
  }
  const Access access = options.adopt ? Access::write : Access::read;
  auto workspace = Workspace::open(world, options, *settings, access, diagnostics);
  if (!workspace) return refuse(workspace.error().text());
  std::vector<std::string> credentials;
  for (const config::Account& account : (*workspace)->accounts()) {
    Importer importer(world, options, **workspace, account, folder, settings->accounts.size() > 1);
    const auto done = importer.run();
    credentials.insert(credentials.end(), importer.credentials().begin(), importer.credentials().end());
    if (!done) {
      list_credentials(world, credentials);
      return refuse(
          fmt::format("{}: {}; what is told above is written, and nothing was changed in Cloudflare",
                      account.alias, done.error().text()));
    }
  }
  list_credentials(world, credentials);
  return ExitCode::done;
}

}  // namespace idpd::cli
