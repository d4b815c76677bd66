// The first run: questions and trials first, then files, each whole and none in the place of one that is
// there. The token is read from the environment, sent to Cloudflare, and neither shown nor written.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <istream>
#include <ostream>

#include "base/input_file.h"
#include "base/text.h"
#include "cli/ci_workflows.h"
#include "cli/commands.h"
#include "cli/init_texts.h"
#include "cli/new_file.h"
#include "cli/workspace.h"
#include "config/editor_schema.h"

namespace idpd::cli {

namespace {

namespace fs = std::filesystem;
using base::Error;
using base::ExitCode;
using cloudflare::TokenVerdict;
using cloudflare::Trial;
using cloudflare::VisibleAccount;
using cloudflare::VisibleAccounts;

constexpr const char* token_variable = "CLOUDFLARE_API_TOKEN";
constexpr const char* default_alias = "production";
constexpr const char* where_the_id_is =
    "32 hexadecimal digits; Cloudflare dashboard: account home > Copy account ID";
constexpr std::size_t most_shown_accounts = 20;

// An alias as schema/settings.json has it.
bool is_alias(std::string_view text) {
  constexpr std::size_t longest = 64;
  constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  return !text.empty() && text.size() <= longest && letters.find(text.front()) != std::string_view::npos &&
         text.find_first_not_of(std::string(letters) + "._-") == std::string_view::npos;
}

// The topmost folder of the repository that holds this one; empty outside of any.
fs::path top_of_repository(fs::path folder) {
  for (;; folder = folder.parent_path()) {
    if (is_there(folder / ".git")) return folder;
    if (!folder.has_relative_path()) return {};
  }
}

class Init {
 public:
  Init(const World& world, const Options& options)
      : world_(world),
        options_(options),
        settings_path_(options.config.empty() ? "idpd.yaml" : options.config),
        folder_(settings_path_.parent_path()),
        new_settings_(!is_there(settings_path_)) {}

  ExitCode run() {
    if (const std::string problem = bad_input(); !problem.empty()) return refuse(problem);
    answers_.account_id = options_.account_id;
    if (new_settings_) {
      open_way();
      try_token();
      if (!settle_account()) return stopped();
      try_reads();
      if (!settle_alias()) return stopped();
    }
    if (!settle_ci()) return stopped();
    const bool whole = write_all();
    if (!whole) return ExitCode::error;
    return offer_import();
  }

 private:
  // --- Input ---

  std::string bad_input() {
    if (!options_.account_id.empty() && !config::is_account_id(options_.account_id))
      return fmt::format("--account-id is no account id ({})", where_the_id_is);
    if (!options_.alias.empty() && !is_alias(options_.alias)) {
      return "--alias must begin with a letter or digit and have no more than 64 letters, digits, `.`, `_` "
             "and `-`";
    }
    if (auto url = world_.environment("CLOUDFLARE_BASE_URL"); url && !url->empty()) {
      while (url->ends_with('/')) url->pop_back();
      if (const auto problem = config::base_url_problem(*url)) return "CLOUDFLARE_BASE_URL " + *problem;
      answers_.base_url = *url;
    }
    token_ = secrets::Secret(world_.environment(token_variable).value_or(""));
    return {};
  }

  ExitCode refuse(const std::string& why) const {
    world_.err << "error: " << base::printable(why) << "; nothing was written\n";
    return ExitCode::error;
  }

  ExitCode stopped() const {
    world_.err << "\nThe input ended before the last answer: nothing was written.\n";
    return ExitCode::error;
  }

  // Nothing at the end of the input. What holds the token is no answer: it would end up in a file.
  std::optional<std::string> ask(const std::string& question) const {
    for (;;) {
      world_.out << std::flush;
      world_.err << question << ": " << std::flush;
      std::string line;
      if (!std::getline(world_.in, line)) return std::nullopt;
      const bool has_token = !token_.empty() && line.find(token_.reveal()) != std::string::npos;
      if (!has_token) return std::string(base::trimmed(line));
      base::wipe(line);
      world_.err << fmt::format("That is the API token, which belongs in {} alone.\n", token_variable);
    }
  }

  // --- Trials ---

  // The way to the API under settings that are not written yet; it can read and nothing else.
  void open_way() {
    if (token_.empty()) return;
    config::Account account;
    account.alias = default_alias;
    account.rate_group = default_alias;
    account.token = fmt::format("${{env:{}}}", token_variable);
    settings_.accounts.push_back(std::move(account));
    if (!answers_.base_url.empty()) settings_.api.base_url = answers_.base_url;
    std::vector<model::Diagnostic> none;
    static const Options plain;
    auto workspace = Workspace::open(world_, plain, settings_, Access::read, none);
    if (workspace) workspace_ = *std::move(workspace);
  }

  std::optional<reconcile::Context> connection(const std::string& account_id) {
    if (!workspace_) return std::nullopt;
    config::Account account = settings_.accounts.front();
    account.id = account_id;
    auto context = workspace_->context(account);
    if (!context) return std::nullopt;
    return *std::move(context);
  }

  void try_token() {
    if (token_.empty()) {
      say(fmt::format("The token was not tried: {} is not set.", token_variable));
      return;
    }
    auto context = connection(answers_.account_id);
    if (!context) return;
    take_verdict(workspace_->wait(context->client.try_token()));
    if (!answered_ || verdict_ == TokenVerdict::invalid) return;
    const auto accounts = workspace_->wait(context->client.list_accounts());
    if (accounts) visible_ = *accounts;
  }

  void take_verdict(const base::Result<TokenVerdict>& verdict) {
    answered_ = verdict.ok();
    if (!verdict) {
      say(fmt::format("The token was not tried: {}", verdict.error().text()));
      return;
    }
    verdict_ = *verdict;
    if (verdict_ == TokenVerdict::valid) say(fmt::format("The token in {} is valid.", token_variable));
    if (verdict_ == TokenVerdict::invalid) {
      say(fmt::format(
          "The token in {} is invalid or expired, or another account's: make a new one in the Cloudflare "
          "dashboard.",
          token_variable));
    }
  }

  void try_reads() {
    if (!answered_ || verdict_ == TokenVerdict::invalid) return;
    if (answers_.account_id.empty()) {
      say("What the token may do was not tried: the account is not known yet.");
      return;
    }
    auto context = connection(answers_.account_id);
    if (!context) return;
    // Only now can an account's own token be told from none.
    if (verdict_ == TokenVerdict::unknown) take_verdict(workspace_->wait(context->client.try_token()));
    if (!answered_ || verdict_ == TokenVerdict::invalid) return;
    const std::vector<Trial> trials = workspace_->wait(context->client.try_reads());
    say(fmt::format("In account {}:", answers_.account_id));
    for (const auto outcome : {Trial::Outcome::readable, Trial::Outcome::refused, Trial::Outcome::unknown,
                               Trial::Outcome::not_tried})
      say_trials(trials, outcome);
    say("  not tried  writing: `apply`, and `run` with `mode: enforce`, need \"Access: Organizations, "
        "Identity "
        "Providers, and Groups Write\"");
    const Trial& first = trials.front();
    live_ = first.outcome == Trial::Outcome::readable ? first.count.value_or(0) : 0;
  }

  // What lacks one permission is one line: it takes one click to mend.
  void say_trials(const std::vector<Trial>& trials, Trial::Outcome outcome) const {
    std::vector<std::string> readable;
    std::vector<std::string> told;
    for (const Trial& trial : trials) {
      if (trial.outcome != outcome) continue;
      if (outcome == Trial::Outcome::readable) {
        readable.push_back(trial.what);
      } else if (outcome == Trial::Outcome::refused) {
        if (std::find(told.begin(), told.end(), trial.permission) != told.end()) continue;
        told.push_back(trial.permission);
        std::vector<std::string> lacking;
        for (const Trial& other : trials) {
          if (other.outcome == outcome && other.permission == trial.permission) lacking.push_back(other.what);
        }
        say(fmt::format("  lacks      \"{}\" ({}): without it {}", trial.permission,
                        base::join(lacking, ", "), trial.without));
      } else if (outcome == Trial::Outcome::unknown) {
        say(fmt::format("  unknown    {}: {}", trial.what, trial.error.text()));
      } else {
        told.push_back(trial.what);
      }
    }
    if (!readable.empty()) say(fmt::format("  reads      {}", base::join(readable, ", ")));
    if (outcome == Trial::Outcome::not_tried && !told.empty())
      say(fmt::format("  not tried  {}", base::join(told, ", ")));
  }

  // --- Answers ---

  bool settle_account() {
    const auto& seen = visible_.first;
    if (!answers_.account_id.empty()) {
      const bool known = std::any_of(
          seen.begin(), seen.end(), [&](const VisibleAccount& one) { return one.id == answers_.account_id; });
      if (!known && !seen.empty() && visible_.complete) {
        say(fmt::format("The token does not see the account {}. It sees:", answers_.account_id));
        list_accounts();
      }
      return true;
    }
    if (!world_.in_is_terminal) {
      if (seen.size() == 1 && visible_.complete) {
        answers_.account_id = seen.front().id;
        say(fmt::format("Account: {}, the only one that the token sees.", titled(seen.front())));
      } else if (!seen.empty()) {
        say("The token sees several accounts; --account-id says which:");
        list_accounts();
      }
      return true;
    }
    return ask_account();
  }

  bool ask_account() {
    const auto& seen = visible_.first;
    if (!seen.empty()) {
      say("The token sees:");
      list_accounts();
    }
    for (;;) {
      const auto answer = ask(seen.empty() ? fmt::format("Account id ({}; empty: later)", where_the_id_is)
                                           : "Account (its number or id; empty: later)");
      if (!answer) return false;
      if (answer->empty()) return true;
      std::size_t number = 0;
      const char* const end = answer->data() + answer->size();
      const auto read = std::from_chars(answer->data(), end, number);
      if (config::is_account_id(*answer)) {
        answers_.account_id = *answer;
        return true;
      }
      if (read.ec == std::errc() && read.ptr == end && number >= 1 && number <= seen.size()) {
        answers_.account_id = seen[number - 1].id;
        return true;
      }
      world_.err << fmt::format("That is no account id ({}).\n", where_the_id_is);
    }
  }

  bool settle_alias() {
    answers_.alias = options_.alias.empty() ? default_alias : options_.alias;
    if (!options_.alias.empty() || !world_.in_is_terminal) return true;
    for (;;) {
      const auto answer = ask(fmt::format("What the files call it [{}]", default_alias));
      if (!answer) return false;
      if (!answer->empty() && !is_alias(*answer)) {
        world_.err << "A letter or digit, then letters, digits, `.`, `_` and `-`; no more than 64.\n";
        continue;
      }
      if (!answer->empty()) answers_.alias = *answer;
      return true;
    }
  }

  bool settle_ci() {
    ci_ = options_.ci;
    if (!ci_.empty() || !world_.in_is_terminal) return true;
    const std::vector<std::string> names = ci_names();
    for (;;) {
      const auto answer =
          ask(fmt::format("Workflow that plans each change: {} [none]", base::join(names, ", ")));
      if (!answer) return false;
      ci_ = *answer;
      if (ci_.empty() || std::find(names.begin(), names.end(), ci_) != names.end()) return true;
    }
  }

  // --- Files ---

  bool write_all() {
    bool whole = write(settings_path_, init_settings(answers_), "");
    const auto schema = config::editor_schema(world_.catalog, "identity-providers");
    if (schema) {
      whole = whole && write(folder_ / "identity-providers.schema.json",
                             base::dump_json_pretty(*schema) + "\n", "`idpd schema` prints this version's");
    }
    whole = whole && write(folder_ / "identity-providers" / "workforce.yaml.example", init_example(), "");
    whole = whole && write(folder_ / ".gitignore", init_gitignore(), missing_in_gitignore());
    return whole && write_workflow();
  }

  bool write(const fs::path& path, std::string_view text, const std::string& note) const {
    const auto written = write_new(path, text);
    const std::string shown = base::printable(path.string());
    if (!written) {
      world_.err << "error: " << base::printable(written.error().text())
                 << " What is told above was written, the rest was not; run `idpd init` again for it.\n";
      return false;
    }
    say(*written       ? fmt::format("wrote  {}", shown)
        : note.empty() ? fmt::format("left   {}: is there already", shown)
                       : fmt::format("left   {}: is there already; {}", shown, note));
    return true;
  }

  std::string missing_in_gitignore() const {
    constexpr std::size_t most_bytes = std::size_t{1} << 20U;
    const auto text = base::read_input((folder_ / ".gitignore").string(), most_bytes);
    if (!text) return {};
    std::string_view rest = *text;
    while (!rest.empty()) {
      const auto end = rest.find('\n');
      const std::string_view line = base::trimmed(rest.substr(0, end));
      if (line == ".idpd/" || line == ".idpd" || line == "/.idpd/" || line == "/.idpd") return {};
      rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
    }
    return "add the line `.idpd/` to it, since SCIM secrets come to lie there";
  }

  bool write_workflow() const {
    const auto& all = ci_workflows();
    const auto workflow =
        std::find_if(all.begin(), all.end(), [&](const auto& one) { return one.name == ci_; });
    if (workflow == all.end()) return true;
    std::error_code ignored;
    const fs::path here = fs::weakly_canonical(fs::absolute(folder_, ignored), ignored);
    const fs::path top = top_of_repository(here);
    const bool at_top = top.empty() || top == here;
    const fs::path path = (at_top ? folder_ : top) / workflow->path;
    const bool new_file = !is_there(path);
    if (!write(path, workflow->text, workflow->when_there)) return false;
    if (new_file)
      say("       It says at its top what it wants of the repository: variables, a token that may only "
          "read.");
    if (!at_top) {
      say(fmt::format(
          "       It names files from the top of the repository on: where it says identity-providers/, "
          "say {}/",
          base::printable((here.lexically_relative(top) / "identity-providers").string())));
    }
    return true;
  }

  // --- What is next ---

  ExitCode offer_import() const {
    const std::string idpd = "idpd --config " + base::printable(settings_path_.string());
    const std::string import_command = idpd + " import --adopt";
    if (live_ > 0 && world_.in_is_terminal) {
      const auto answer = ask(
          fmt::format("\nThe account has {} identity provider{}. Write {} as files, and manage {} from now "
                      "on? Nothing is changed in "
                      "Cloudflare. Only `yes` is taken as yes",
                      live_, live_ == 1 ? "" : "s", live_ == 1 ? "it" : "them", live_ == 1 ? "it" : "them"));
      if (answer && *answer == "yes") {
        Options importing = options_;
        importing.command = "import";
        importing.config = settings_path_.string();
        importing.adopt = true;
        const ExitCode code = import(world_, importing);
        say_next(idpd, "");
        return code;
      }
    }
    say_next(idpd, import_command);
    return ExitCode::done;
  }

  void say_next(const std::string& idpd, const std::string& import_command) const {
    say("\nNext:");
    if (new_settings_ && answers_.account_id.empty())
      say(fmt::format("  put the account id into {}", base::printable(settings_path_.string())));
    if (token_.empty()) say(fmt::format("  read -rs {0} && export {0}", token_variable));
    if (!import_command.empty())
      say(fmt::format("  {}      # those that are there, as files; changes nothing in Cloudflare",
                      import_command));
    const std::string example = (folder_ / "identity-providers" / "workforce.yaml").string();
    say(fmt::format("  cp {0}.example {0}      # a first one of your own; change what it says",
                    base::printable(example)));
    say(fmt::format("  {} plan", idpd));
  }

  void say(const std::string& line) const { world_.out << line << '\n'; }

  static std::string titled(const VisibleAccount& account) {
    return account.name.empty() ? account.id : fmt::format("{} ({})", account.name, account.id);
  }

  void list_accounts() const {
    const std::size_t shown = std::min(visible_.first.size(), most_shown_accounts);
    for (std::size_t i = 0; i < shown; ++i) say(fmt::format("  {:>2}  {}", i + 1, titled(visible_.first[i])));
    if (shown < visible_.first.size() || !visible_.complete) say("      and more");
  }

  const World& world_;
  const Options& options_;
  fs::path settings_path_;
  fs::path folder_;
  bool new_settings_;
  secrets::Secret token_{""};
  InitAnswers answers_;
  std::string ci_;
  config::Settings settings_;  // never written: the way to the API
  std::unique_ptr<Workspace> workspace_;
  VisibleAccounts visible_;
  bool answered_ = false;
  TokenVerdict verdict_ = TokenVerdict::unknown;
  std::size_t live_ = 0;
};

}  // namespace

ExitCode init(const World& world, const Options& options) {
  return Init(world, options).run();
}

}  // namespace idpd::cli
