#include "cli/commands.h"

#include <fmt/format.h>

#include <map>
#include <ostream>

#include "cli/annotating.h"
#include "cli/workspace.h"

namespace idpd::cli {

using base::ExitCode;

int run(int argc, const char* const* argv, const World& world) {
  int exit_code = 0;
  const auto options = parse_options(argc, argv, world, exit_code);
  if (!options) return exit_code;
  base::set_up_log(options->log_level, options->log_json);
  const std::map<std::string, std::function<ExitCode()>> commands{
      {"validate", [&] { return validate(world, *options); }},
      {"plan", [&] { return plan(world, *options); }},
      {"apply", [&] { return apply(world, *options); }},
      {"run", [&] { return run_daemon(world, *options); }},
      {"check", [&] { return check(world, *options); }},
      {"import", [&] { return import(world, *options); }},
      {"forget", [&] { return forget(world, *options); }},
      {"approve", [&] { return approve(world, *options); }},
      {"status", [&] { return status(world, *options); }},
      {"history", [&] { return history(world, *options); }},
      {"init", [&] { return init(world, *options); }},
      {"schema", [&] { return schema(world, *options); }},
      {"completion",
       [&] {
         world.out << completion_script(options->shell);
         return ExitCode::done;
       }},
      {"version",
       [&] {
         world.out << "idpd " << IDPD_VERSION << '\n';
         return ExitCode::done;
       }},
  };
  return static_cast<int>(commands.at(options->command)());
}

ExitCode validate(const World& world, const Options& options) {
  std::vector<model::Diagnostic> diagnostics;
  std::size_t providers = 0;
  std::size_t files = 0;
  bool ok = false;
  if (options.config.empty() && !options.paths.empty()) {
    // Offline and without settings: any account may be named.
    const auto read = config::read_files(options.paths);
    if (read) {
      config::Desired desired = config::load_desired(
          *read, world.catalog,
          {.default_account = "default", .strict = options.strict, .any_variable = true});
      ok = desired.ok();
      diagnostics = std::move(desired.diagnostics);
      files = read->size();
      for (const auto& [alias, state] : desired.accounts) providers += state.providers.size();
    } else {
      diagnostics.push_back({model::Severity::error, {read.error().where, 0, 0}, read.error().message});
    }
  } else if (options.config.empty()) {
    diagnostics.push_back(
        {model::Severity::error, {}, "name files or folders to check, or a settings file with --config"});
  } else if (const auto loaded = load(world, options, diagnostics)) {
    ok = true;
    files = loaded->files;
    for (const auto& [alias, state] : loaded->desired) providers += state.providers.size();
  }
  print(world.err, diagnostics);
  world.out << annotations(world, options, diagnostics);
  if (!ok) return ExitCode::error;
  // What a program reads stays alone on stdout.
  std::ostream& stream = options.output == Output::text ? world.out : world.err;
  stream << fmt::format("Valid: {} identity provider{} in {} file{}.\n", providers, providers == 1 ? "" : "s",
                        files, files == 1 ? "" : "s");
  return ExitCode::done;
}

}  // namespace idpd::cli
