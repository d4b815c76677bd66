#include "cli/reporting.h"

#include <algorithm>
#include <ostream>
#include <string_view>

namespace idpd::cli {

namespace {

// Goes into a link: nothing else than an address may stand in it.
bool is_address(const std::string& text) {
  constexpr std::string_view plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:/._-";
  constexpr std::size_t longest = 500;
  return text.starts_with("http") && text.size() <= longest &&
         text.find_first_not_of(plain) == std::string::npos;
}

// Where the whole of what is said here can be read: the job of GitLab or GitHub that this runs in.
std::string job_of(const World& world) {
  const auto get = [&](const char* name) { return world.environment(name).value_or(""); };
  std::string out = get("CI_JOB_URL");
  if (const std::string run = get("GITHUB_RUN_ID"); out.empty() && !run.empty())
    out = get("GITHUB_SERVER_URL") + "/" + get("GITHUB_REPOSITORY") + "/actions/runs/" + run;
  return is_address(out) ? out : "";
}

}  // namespace

report::Report make_report(const World& world, const Options& options,
                           std::vector<plan::AccountPlan> accounts,
                           std::vector<model::Diagnostic> diagnostics) {
  report::Report out;
  out.version = IDPD_VERSION;
  out.accounts = std::move(accounts);
  out.diagnostics = std::move(diagnostics);
  out.only = options.only;
  out.only_accounts = options.accounts;
  out.job = job_of(world);
  return out;
}

std::string render(const report::Report& report, const Options& options) {
  switch (options.output) {
    case Output::json:
      return base::dump_json_pretty(report::to_json(report)) + "\n";
    case Output::markdown:
      return report::to_markdown(report);
    case Output::text:
    case Output::github:  // of validate alone, which has no report
    case Output::gitlab:
      break;
  }
  return report::to_text(report, options.color);
}

base::ExitCode fail(const World& world, const Options& options, std::vector<model::Diagnostic> diagnostics) {
  if (options.output == Output::text) {
    print(world.err, diagnostics);
  } else {
    world.out << render(make_report(world, options, {}, std::move(diagnostics)), options);
  }
  return base::ExitCode::error;
}

bool has_error(const report::Report& report) {
  const auto is_error = [](const model::Diagnostic& one) { return one.severity == model::Severity::error; };
  return std::any_of(report.accounts.begin(), report.accounts.end(), [&](const plan::AccountPlan& account) {
    return account.status == plan::Status::unknown ||
           std::any_of(account.diagnostics.begin(), account.diagnostics.end(), is_error);
  });
}

bool has_changes(const report::Report& report) {
  return std::any_of(report.accounts.begin(), report.accounts.end(),
                     [](const plan::AccountPlan& account) { return !account.changes.empty(); });
}

plan::Policy policy_of(const config::Account& account, const Options& options) {
  plan::Policy out = service::policy_of(account);
  out.allow_deletes = out.allow_deletes || options.allow_deletes;
  out.max_deletes = options.max_deletes.value_or(out.max_deletes);
  out.allow_empty = options.allow_empty;
  out.resend_secrets = options.resend_secrets;
  return out;
}

}  // namespace idpd::cli
