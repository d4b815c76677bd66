// The last line of a report. It is what a tired person reads, so it never sounds better than things are.
#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "report/report.h"
#include "report/words.h"

namespace idpd::report {

namespace {

struct Outcomes {
  plan::Summary done;
  std::size_t failed = 0, unknown = 0, withheld = 0, skipped = 0;
};

std::size_t changes_in(const Report& report) {
  std::size_t out = 0;
  for (const plan::AccountPlan& account : report.accounts) out += account.changes.size();
  return out;
}

Outcomes outcomes_of(const Report& report) {
  Outcomes out;
  std::vector<plan::AccountPlan> done(1);
  for (const plan::AccountPlan& account : report.accounts) {
    for (const plan::Change& change : account.changes) {
      switch (change.outcome) {
        case plan::Outcome::done:
          done.front().changes.push_back(change);
          done.front().changes.back().withheld.reset();
          break;
        case plan::Outcome::failed:
          ++out.failed;
          break;
        case plan::Outcome::withheld:
          ++out.withheld;
          break;
        case plan::Outcome::unknown:
          ++out.unknown;
          break;
        case plan::Outcome::planned:
        case plan::Outcome::skipped:
          ++out.skipped;
          break;
      }
    }
  }
  out.done = plan::summarize(done);
  return out;
}

std::string planned(const plan::Summary& s) {
  std::string out = fmt::format("Plan: {} to create, {} to update, {} to replace, {} to delete, ", s.create,
                                s.update, s.replace, s.remove);
  if (s.adopt) out += fmt::format("{} to adopt, ", s.adopt);
  if (s.move) out += fmt::format("{} to move, ", s.move);
  if (s.forget) out += fmt::format("{} to forget, ", s.forget);
  return out + fmt::format("{} withheld.", s.withheld);
}

std::string carried_out(const Outcomes& o) {
  std::vector<std::string> parts;
  const auto add = [&](std::size_t number, const char* what) {
    if (number) parts.push_back(fmt::format("{} {}", number, what));
  };
  add(o.done.create, "created");
  add(o.done.update, "updated");
  add(o.done.replace, "replaced");
  add(o.done.remove, "deleted");
  add(o.done.adopt, "adopted");
  add(o.done.move, "moved");
  add(o.done.forget, "forgotten");
  if (parts.empty()) parts.emplace_back("nothing");
  add(o.failed, "failed");
  add(o.unknown, "with an unknown outcome");
  add(o.withheld, "withheld");
  add(o.skipped, "not carried out");
  return fmt::format("Applied: {}.", base::join(parts, ", "));
}

}  // namespace

std::string summary_line(const Report& report) {
  const plan::Summary summary = plan::summarize(report.accounts);
  const std::vector<Remark> all = remarks(report);
  const auto errors = static_cast<std::size_t>(std::count_if(
      all.begin(), all.end(), [](const Remark& one) { return one.severity == model::Severity::error; }));

  std::vector<std::string> but;
  if (summary.unknown) but.push_back(counted(summary.unknown, "account is unknown", "accounts are unknown"));
  if (errors) but.push_back(counted(errors, "error", "errors"));
  const std::string trouble = base::join(but, " and ");

  if (changes_in(report) > 0) {
    const std::string line = report.applied ? carried_out(outcomes_of(report)) : planned(summary);
    return trouble.empty() ? line : fmt::format("{} {}.", line, trouble);
  }
  const std::string matching =
      counted(summary.in_sync, "identity provider matches", "identity providers match");
  if (trouble.empty()) return fmt::format("No changes. {}.", matching);
  if (report.applied && summary.in_sync == 0) return fmt::format("Applied: nothing. {}.", trouble);
  if (summary.in_sync == 0) return fmt::format("No changes are known, but {}.", trouble);
  return fmt::format("No changes in what could be compared, but {}. {}.", trouble, matching);
}

}  // namespace idpd::report
