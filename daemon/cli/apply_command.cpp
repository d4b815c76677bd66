#include <fmt/format.h>

#include <algorithm>
#include <istream>
#include <list>
#include <ostream>

#include "base/input_file.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/reporting.h"
#include "report/saved_plan.h"
#include "service/lost_secrets.h"

namespace idpd::cli {

namespace {

using base::Code;
using base::Error;
using base::ExitCode;
using base::Result;
using plan::Outcome;

constexpr int most_rounds = 3;  // with --auto-approve: how often a plan that the world overtook is made anew

// One account on its way from the lock to the report.
struct Run {
  const config::Account& account;
  std::optional<state::AccountLock> lock;
  std::optional<reconcile::Context> context;
  std::optional<reconcile::Input> input;
  reconcile::Prepared prepared;
  std::vector<plan::Change> done;  // by earlier rounds
};

class Applier {
 public:
  Applier(const World& world, const Options& options, const Loaded& loaded, Workspace& workspace,
          std::vector<model::Diagnostic> diagnostics)
      : world_(world),
        options_(options),
        loaded_(loaded),
        workspace_(workspace),
        diagnostics_(std::move(diagnostics)) {}

  ExitCode run() {
    for (const config::Account& account : workspace_.accounts()) start(runs_.emplace_back(Run{account}));
    for (int round = 1;; ++round) {
      for (Run& one : runs_) prepare(one);
      const report::Report planned = report();
      if (const auto refused = refuse(planned)) return *refused;
      for (Run& one : runs_) execute(one);
      const bool again =
          options_.auto_approve && options_.expect.empty() && round < most_rounds && overtaken();
      if (!again) break;
      for (Run& one : runs_) remember_done(one);
    }
    for (Run& one : runs_) {
      recall_done(one);
      note_lost_secrets(one);
    }
    report::Report done = report();
    done.applied = true;
    done.shown = shown_;
    world_.out << render(done, options_);
    return exit_code(done);
  }

 private:
  void start(Run& one) {
    one.prepared.plan.account = one.account.alias;
    one.prepared.plan.account_id = one.account.id;
    auto lock = workspace_.lock(one.account, "idpd apply");
    if (!lock) {
      one.prepared.plan.error = lock.error().text();
      return;
    }
    one.lock = *std::move(lock);
    auto context = workspace_.context(one.account);
    if (!context) {
      one.prepared.plan.error = context.error().text();
      return;
    }
    one.context.emplace(*std::move(context));
    static const model::DesiredState no_files;
    const auto desired = loaded_.desired.find(one.account.alias);
    plan::Policy policy = policy_of(one.account, options_);
    policy.withhold_unresolved = true;
    policy.retry_stuck = options_.expect.empty();  // a plan that was saved does not have them
    one.input.emplace(
        reconcile::Input{.account = one.account.alias,
                         .account_id = one.account.id,
                         .desired = desired == loaded_.desired.end() ? no_files : desired->second,
                         .only = {options_.only.begin(), options_.only.end()},
                         .policy = policy});
  }

  void prepare(Run& one) {
    if (one.context) one.prepared = workspace_.wait(reconcile::prepare(*one.context, *one.input));
  }

  void execute(Run& one) {
    if (!one.context) return;
    const bool shown = options_.output == Output::text && world_.out_is_terminal;
    const reconcile::Progress progress = [&](const plan::Change& change) {
      if (!shown) return;
      const bool begins = change.outcome == Outcome::planned;
      world_.out << report::headline(change, options_.color)
                 << (begins ? " …" : fmt::format(" {}", plan::name_of(change.outcome))) << '\n'
                 << std::flush;
    };
    plan::AccountPlan done =
        workspace_.wait(reconcile::execute(*one.context, *one.input, one.prepared, progress));
    one.prepared = {};
    one.prepared.plan = std::move(done);
  }

  // A plan that is made anew no longer has what is done already; the report does.
  static void remember_done(Run& one) {
    const auto& changes = one.prepared.plan.changes;
    std::copy_if(changes.begin(), changes.end(), std::back_inserter(one.done),
                 [](const plan::Change& change) { return change.outcome == Outcome::done; });
  }
  static void recall_done(Run& one) {
    auto& changes = one.prepared.plan.changes;
    changes.insert(changes.begin(), one.done.begin(), one.done.end());
  }

  void note_lost_secrets(Run& one) const {
    if (!one.context) return;
    const auto now = std::chrono::floor<std::chrono::seconds>(world_.clock.now());
    const auto noted =
        service::note_lost_secrets(*workspace_.store(), one.context->state_directory, one.account, now);
    if (!noted) one.prepared.plan.diagnostics.push_back({model::Severity::error, {}, noted.error().text()});
  }

  bool overtaken() const {
    return std::any_of(runs_.begin(), runs_.end(),
                       [](const Run& one) { return one.prepared.plan.changed_since; });
  }

  report::Report report() const {
    std::vector<plan::AccountPlan> accounts;
    for (const Run& one : runs_) accounts.push_back(one.prepared.plan);
    report::Report out = make_report(world_, options_, std::move(accounts), diagnostics_);
    out.revision = loaded_.revision;
    return out;
  }

  static bool writes(const report::Report& planned) {
    return std::any_of(planned.accounts.begin(), planned.accounts.end(),
                       [](const plan::AccountPlan& account) {
                         return std::any_of(account.changes.begin(), account.changes.end(),
                                            [](const plan::Change& change) { return change.effective(); });
                       });
  }

  ExitCode show_and_stop(const report::Report& planned, const std::string& why) const {
    if (options_.output != Output::text || !shown_) world_.out << render(planned, options_);
    world_.err << "error: " << base::printable(why) << '\n';
    return ExitCode::error;
  }

  // The exit code when this plan is not to be carried out.
  std::optional<ExitCode> refuse(const report::Report& planned) {
    if (!options_.expect.empty()) {
      const std::string fingerprint = plan::fingerprint(planned.accounts);
      if (fingerprint == options_.expect) return std::nullopt;
      return show_and_stop(
          planned,
          fmt::format("the plan is not the expected one: the files, the secrets or Cloudflare have changed "
                      "since (now {}); nothing was done",
                      fingerprint));
    }
    if (!writes(planned) || options_.auto_approve) return std::nullopt;
    show_for_question(planned);
    world_.err << "\nCarry this out? Only `yes` is taken as yes: " << std::flush;
    std::string answer;
    std::getline(world_.in, answer);
    if (answer == "yes") return std::nullopt;
    if (!shown_) world_.out << render(planned, options_);
    world_.err << "Nothing was done.\n";
    return ExitCode::error;
  }

  // A JSON or Markdown document on stdout is one, and comes at the end.
  void show_for_question(const report::Report& planned) {
    shown_ = options_.output == Output::text;
    if (shown_) {
      world_.out << render(planned, options_) << std::flush;
    } else {
      world_.err << report::to_text(planned, false);
    }
  }

  static bool is_done(const plan::Change& change) {
    if (change.outcome == Outcome::withheld)
      return change.withheld && plan::own_setting(change.withheld->reason);
    return change.outcome == Outcome::done && !change.delete_withheld;
  }

  static ExitCode exit_code(const report::Report& done) {
    if (has_error(done)) return ExitCode::error;
    const bool all =
        std::all_of(done.accounts.begin(), done.accounts.end(), [](const plan::AccountPlan& account) {
          return std::all_of(account.changes.begin(), account.changes.end(), is_done);
        });
    return all ? ExitCode::done : ExitCode::error;
  }

  const World& world_;
  const Options& options_;
  const Loaded& loaded_;
  Workspace& workspace_;
  std::vector<model::Diagnostic> diagnostics_;
  std::list<Run> runs_;
  bool shown_ = false;
};

// A saved plan says what it was made for; the plan itself is made again and has to come out the same.
Result<void> take_plan_file(Options& options) {
  constexpr std::size_t most_bytes = std::size_t{64} << 20U;
  const auto text = base::read_input(options.plan_file, most_bytes);
  if (!text) return Error{text.error().code, "the saved plan: " + text.error().message, options.plan_file};
  auto saved = report::read_saved_plan(*text);
  if (!saved) return Error{saved.error().code, saved.error().message, options.plan_file};
  options.expect = std::move(saved->fingerprint);
  options.accounts = std::move(saved->accounts);
  options.only = std::move(saved->only);
  return {};
}

}  // namespace

ExitCode apply(const World& world, Options options) {
  std::vector<model::Diagnostic> diagnostics;
  const auto refuse = [&](std::string why) {
    diagnostics.push_back({model::Severity::error, {}, std::move(why)});
    return fail(world, options, diagnostics);
  };
  if (options.config.empty()) {
    return refuse(
        "apply needs a settings file (--config FILE): it says where the state is kept; `idpd init` writes "
        "one");
  }
  if (!options.plan_file.empty()) {
    if (!options.only.empty() || !options.accounts.empty()) {
      return refuse("a saved plan says itself what it is for: leave --only and --account out");
    }
    if (const auto taken = take_plan_file(options); !taken) return refuse(taken.error().text());
  } else if (!options.auto_approve && !world.in_is_terminal) {
    return refuse(
        "there is no terminal to ask on, and nothing was done: give --auto-approve, or a plan saved by `idpd "
        "plan --out`");
  }
  const auto loaded = load(world, options, diagnostics);
  if (!loaded) return fail(world, options, std::move(diagnostics));
  auto workspace = Workspace::open(world, options, loaded->settings, Access::write, diagnostics);
  if (!workspace) return refuse(workspace.error().text());
  return Applier(world, options, *loaded, **workspace, std::move(diagnostics)).run();
}

}  // namespace idpd::cli
