#include "cli/reporting.h"

#include <algorithm>
#include <ostream>

namespace idpd::cli {

report::Report make_report(const Options& options, std::vector<plan::AccountPlan> accounts,
                           std::vector<model::Diagnostic> diagnostics) {
  report::Report out;
  out.version = IDPD_VERSION;
  out.accounts = std::move(accounts);
  out.diagnostics = std::move(diagnostics);
  out.only = options.only;
  return out;
}

std::string render(const report::Report& report, const Options& options) {
  switch (options.output) {
    case Output::json:
      return base::dump_json_pretty(report::to_json(report)) + "\n";
    case Output::markdown:
      return report::to_markdown(report);
    case Output::text:
      break;
  }
  return report::to_text(report, options.color);
}

base::ExitCode fail(const World& world, const Options& options, std::vector<model::Diagnostic> diagnostics) {
  if (options.output == Output::text) {
    print(world.err, diagnostics);
  } else {
    world.out << render(make_report(options, {}, std::move(diagnostics)), options);
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
