#include "cli/options.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <ostream>
#include <sstream>

#include "base/text.h"
#include "cli/ci_workflows.h"
#include "config/decode.h"
#include "config/format.h"

namespace idpd::cli {

namespace {

constexpr const char* default_config = "/etc/idpd/idpd.yaml";

// What is read before it becomes Options.
struct Raw {
  std::string output = "text";
  std::string lock_timeout = "30s";
  std::string log_level;  // empty: warn, or info for the daemon
  std::string log_format = "text";
  bool no_color = false;
};

std::string duration(const std::string& text) {
  base::Json schema;
  schema["format"] = "duration";
  const auto problem = config::format_problem(schema, base::Json(text));
  return problem ? *problem : "";
}

base::LogLevel level_of(const std::string& name) {
  if (name == "trace") return base::LogLevel::trace;
  if (name == "debug") return base::LogLevel::debug;
  if (name == "info") return base::LogLevel::info;
  return name == "warn" ? base::LogLevel::warn : base::LogLevel::error;
}

Output output_of(const std::string& name) {
  if (name == "json") return Output::json;
  if (name == "markdown") return Output::markdown;
  if (name == "github-actions") return Output::github;
  return name == "gitlab-ci" ? Output::gitlab : Output::text;
}

void add_output(CLI::App& command, Raw& raw) {
  command.add_option("--output", raw.output, "text, json or markdown")
      ->check(CLI::IsMember({"text", "json", "markdown"}))
      ->envname("IDPD_OUTPUT");
}

void add_accounts(CLI::App& command, Options& options) {
  command.add_option("--account", options.accounts, "only this account (repeatable)")
      ->allow_extra_args(false)
      ->envname("IDPD_ACCOUNT");
}

void add_only(CLI::App& command, Options& options) {
  command.add_option("--only", options.only, "only the identity provider of this key (repeatable)")
      ->allow_extra_args(false)
      ->envname("IDPD_ONLY");
}

void add_validate(CLI::App& app, Options& options, Raw& raw) {
  CLI::App* command =
      app.add_subcommand("validate", "check the files, offline: no token, no network, no secrets");
  command->add_option("path", options.paths, "files and folders; default: those of the settings");
  command->add_flag("--strict", options.strict, "warnings are errors")->envname("IDPD_STRICT");
  // Without an environment form: IDPD_OUTPUT=json is for the results of the commands beside it.
  command
      ->add_option(
          "--output", raw.output,
          "text; github-actions or gitlab-ci: besides, what shows each at its line in a pull request")
      ->check(CLI::IsMember({"text", "github-actions", "gitlab-ci"}));
}

void add_plan(CLI::App& app, Options& options, Raw& raw) {
  CLI::App* command = app.add_subcommand("plan", "show what differs and what would be done; changes nothing");
  command->alias("diff");
  command->add_option("path", options.paths, "files and folders; default: those of the settings");
  add_accounts(*command, options);
  add_only(*command, options);
  add_output(*command, raw);
  command->add_option("--out", options.out, "save the plan, for `idpd apply PLANFILE`")->envname("IDPD_OUT");
  command
      ->add_option("--git-rev", options.git_rev,
                   "the files of this branch, tag or commit; paths are the repository's")
      ->envname("IDPD_GIT_REV");
  command->add_flag("--detailed-exitcode", options.detailed_exitcode, "exit with 2 when there are changes")
      ->envname("IDPD_DETAILED_EXITCODE");
}

// Flags that give consent have no environment form: what a person has to say cannot be inherited.
void add_apply(CLI::App& app, Options& options, Raw& raw) {
  CLI::App* command = app.add_subcommand("apply", "carry the plan out, after asking");
  command->alias("sync");
  command->add_option("planfile", options.plan_file,
                      "a plan saved by `idpd plan --out`: exactly that, or nothing");
  add_accounts(*command, options);
  add_only(*command, options);
  add_output(*command, raw);
  command->add_flag("--auto-approve", options.auto_approve, "do not ask");
  command->add_flag("--allow-deletes", options.allow_deletes,
                    "delete although the account says `deletes: withhold`");
  command->add_option("--max-deletes", options.max_deletes, "how many deletes one pass may make");
  command->add_flag("--allow-empty", options.allow_empty, "the files may name none of the managed ones");
  command->add_flag("--resend-secrets", options.resend_secrets, "send every secret again");
  command->add_option("--expect", options.expect, "carry out only the plan of this fingerprint")
      ->envname("IDPD_EXPECT");
  command->add_option("--lock-timeout", raw.lock_timeout, "how long to wait for another idpd (30s)")
      ->check(CLI::Validator(duration, "DURATION"))
      ->envname("IDPD_LOCK_TIMEOUT");
}

void add_run(CLI::App& app) {
  app.add_subcommand("run", "the daemon: keeps every account as the files say, or watches it");
}

void add_check(CLI::App& app, Options& options, Raw& raw) {
  CLI::App* command = app.add_subcommand(
      "check",
      "probe identity providers without a login; sends each secret to the endpoint that its file names");
  command->add_option("key", options.only, "only these; default: all");
  add_accounts(*command, options);
  add_output(*command, raw);
  command->add_flag("--control", options.control,
                    "try a wrong secret as well, where only that tells whether the right one was looked at");
}

void add_import(CLI::App& app, Options& options) {
  CLI::App* command =
      app.add_subcommand("import", "write what lives as YAML, secrets as references to be filled");
  add_accounts(*command, options);
  command->add_option("--out", options.out, "the folder to write to; default: that of the settings")
      ->envname("IDPD_OUT");
  command->add_flag("--adopt", options.adopt, "also record the ids, so that they are managed from now on");
}

// What the daemon knows: no Markdown, since nobody posts it as a comment.
void add_told(CLI::App& app, Raw& raw, const char* name, const char* description) {
  CLI::App* command = app.add_subcommand(name, description);
  command->add_option("--output", raw.output, "text or json")
      ->check(CLI::IsMember({"text", "json"}))
      ->envname("IDPD_OUTPUT");
}

void add_init(CLI::App& app, Options& options) {
  CLI::App* command = app.add_subcommand(
      "init", "write a settings file and what belongs beside it into this folder; overwrites nothing");
  command->add_option("--account-id", options.account_id, "the account's id; asked for on a terminal")
      ->envname("IDPD_ACCOUNT_ID");
  command->add_option("--alias", options.alias, "what the files call the account (production)")
      ->envname("IDPD_ALIAS");
  command->add_option("--ci", options.ci, "write a workflow for github or gitlab, or none")
      ->check(CLI::IsMember(ci_names()))
      ->envname("IDPD_CI");
}

void add_others(CLI::App& app, Options& options) {
  CLI::App* forget =
      app.add_subcommand("forget", "stop managing one that the files no longer name, without deleting it");
  forget->add_option("key", options.key, "its key")->required();
  add_accounts(*forget, options);
  CLI::App* approve = app.add_subcommand(
      "approve", "ask the running daemon to carry out exactly the withheld plan of this fingerprint");
  approve->add_option("fingerprint", options.fingerprint, "sha256:…, as `idpd status` shows it")->required();
  add_init(app, options);
  CLI::App* schema = app.add_subcommand("schema", "print the JSON Schema for editors");
  schema->add_option("name", options.name,
                     "identity-providers (default), settings, or a type such as pingone");
  CLI::App* completion = app.add_subcommand("completion", "print a completion script");
  completion->add_option("shell", options.shell, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  app.add_subcommand("version", "print the version");
}

void define(CLI::App& app, Options& options, Raw& raw) {
  app.name("idpd");
  app.description("idpd keeps Cloudflare Access identity providers the way YAML files say.");
  app.require_subcommand(1);
  app.fallthrough();
  app.set_help_all_flag("--help-all", "the help of every command");
  app.set_version_flag("--version", IDPD_VERSION);
  app.add_option("--config", options.config,
                 fmt::format("the settings file; default: {} where it exists", default_config))
      ->envname("IDPD_CONFIG");
  app.add_option("--log-level", raw.log_level, "trace, debug, info, warn or error")
      ->check(CLI::IsMember({"trace", "debug", "info", "warn", "error"}))
      ->envname("IDPD_LOG_LEVEL");
  app.add_option("--log-format", raw.log_format, "text or json")
      ->check(CLI::IsMember({"text", "json"}))
      ->envname("IDPD_LOG_FORMAT");
  app.add_flag("--no-color", raw.no_color, "no colours")->envname("IDPD_NO_COLOR");
  add_validate(app, options, raw);
  add_plan(app, options, raw);
  add_apply(app, options, raw);
  add_run(app);
  add_check(app, options, raw);
  add_import(app, options);
  add_told(app, raw, "status", "what the daemon knows: whether all is well, and what is not");
  add_told(app, raw, "history", "what the daemon saw: incidents and passes, newest first");
  add_others(app, options);
}

}  // namespace

std::optional<Options> parse_options(int argc, const char* const* argv, const World& world, int& exit_code) {
  Options options;
  Raw raw;
  CLI::App app;
  define(app, options, raw);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {  // CLI11's way of reporting; it ends here
    std::stringstream said;  // repeats what was given, which need not come from whoever reads it
    exit_code = app.exit(error, world.out, said) == 0 ? 0 : 1;
    for (std::string line; std::getline(said, line);) world.err << base::printable(line) << '\n';
    return std::nullopt;
  }
  options.command = app.get_subcommands().front()->get_name();
  options.output = output_of(raw.output);
  options.lock_timeout = std::chrono::milliseconds(config::duration_ms(raw.lock_timeout));
  if (raw.log_level.empty()) raw.log_level = options.command == "run" ? "info" : "warn";
  options.log_level = level_of(raw.log_level);
  options.log_json = raw.log_format == "json";
  const auto no_color = world.environment("NO_COLOR");
  options.color = world.out_is_terminal && !raw.no_color && (!no_color || no_color->empty());
  std::error_code ignored;
  // `init` writes into this folder, also where the service has its settings already.
  if (options.config.empty() && options.command != "init" && std::filesystem::exists(default_config, ignored))
    options.config = default_config;
  return options;
}

std::string completion_script(const std::string& shell) {
  Options options;
  Raw raw;
  CLI::App app;
  define(app, options, raw);
  std::vector<std::string> commands;
  std::string bash_cases;
  std::string fish_lines;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    std::vector<std::string> flags;
    commands.push_back(command->get_name());
    fish_lines += fmt::format("complete -c idpd -n __fish_use_subcommand -a {} -d '{}'\n",
                              command->get_name(), command->get_description());
    for (const CLI::Option* option : command->get_options()) {
      for (const std::string& name : option->get_lnames()) {
        flags.push_back("--" + name);
        fish_lines += fmt::format("complete -c idpd -n '__fish_seen_subcommand_from {}' -l {}\n",
                                  command->get_name(), name);
      }
    }
    bash_cases += fmt::format("    {}) words=\"{}\" ;;\n", command->get_name(), base::join(flags, " "));
  }
  if (shell == "fish") return fish_lines;
  std::string bash = fmt::format(
      "_idpd() {{\n  local words=\"{}\" word\n  for word in \"${{COMP_WORDS[@]:1:$((COMP_CWORD-1))}}\"; do\n "
      "   "
      "case $word in\n{}"
      "    esac\n  done\n  COMPREPLY=($(compgen -W \"$words\" -- \"${{COMP_WORDS[COMP_CWORD]}}\"))\n"
      "  [ ${{#COMPREPLY[@]}} -gt 0 ] || COMPREPLY=($(compgen -f -- \"${{COMP_WORDS[COMP_CWORD]}}\"))\n}}\n"
      "complete -F _idpd idpd\n",
      base::join(commands, " "), bash_cases);
  if (shell == "bash") return bash;
  return "autoload -U +X bashcompinit && bashcompinit\n" + bash;
}

}  // namespace idpd::cli
