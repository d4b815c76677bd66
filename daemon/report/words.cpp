#include "report/words.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.h"
#include "report/values.h"

namespace idpd::report {

using plan::Action;
using plan::Origin;
using plan::Outcome;

namespace {

std::string_view words_for(Origin origin) {
  switch (origin) {
    case Origin::config:
      return "the file changed";
    case Origin::drift:
      return "changed in Cloudflare";
    case Origin::both:
      return "the file changed, and it was changed in Cloudflare";
    case Origin::unknown:
      break;
  }
  return "";
}

std::string removal_reason(const plan::Change& change) {
  if (change.unmanaged) return fmt::format("not managed, id {}", base::printable(change.id));
  if (change.superseded) return fmt::format("left behind by a replace, id {}", base::printable(change.id));
  return "no longer in the files";
}

// Counts that are always said first, then those that are said only when there are any.
std::string planned_line(const plan::Summary& sum) {
  std::string out = fmt::format("Plan: {} to create, {} to update, {} to replace, {} to delete", sum.create,
                                sum.update, sum.replace, sum.remove);
  if (sum.adopt > 0) out += fmt::format(", {} to adopt", sum.adopt);
  if (sum.move > 0) out += fmt::format(", {} to move", sum.move);
  if (sum.forget > 0) out += fmt::format(", {} to forget", sum.forget);
  return out + fmt::format(", {} withheld.", sum.withheld);
}

std::string applied_line(const Report& report) {
  // In this order, which is also the order of the words below.
  constexpr std::array actions = {Action::create, Action::update, Action::replace, Action::remove,
                                  Action::adopt,  Action::move,   Action::forget};
  constexpr std::array<std::string_view, actions.size()> past = {"created", "updated", "replaced", "deleted",
                                                                 "adopted", "moved",   "forgotten"};
  constexpr std::array others = {Outcome::failed, Outcome::unknown, Outcome::withheld, Outcome::skipped};
  constexpr std::array<std::string_view, others.size()> states = {"failed", "with unknown outcome",
                                                                  "withheld", "skipped"};
  const auto count = [&](auto wanted) {
    std::size_t found = 0;
    for (const auto& account : report.accounts) {
      found +=
          static_cast<std::size_t>(std::count_if(account.changes.begin(), account.changes.end(), wanted));
    }
    return found;
  };
  std::vector<std::string> parts;
  const auto say = [&](std::size_t number, std::string_view word) {
    if (number > 0) parts.push_back(fmt::format("{} {}", number, word));
  };
  for (std::size_t i = 0; i < actions.size(); ++i) {
    say(count([&](const auto& c) { return c.action == actions[i] && outcome_of(c) == Outcome::done; }),
        past[i]);
  }
  if (parts.empty()) parts.push_back("nothing");
  for (std::size_t i = 0; i < others.size(); ++i) {
    say(count([&](const auto& c) { return outcome_of(c) == others[i]; }), states[i]);
  }
  return "Applied: " + base::join(parts, ", ") + ".";
}

}  // namespace

std::string_view symbol_of(Action action) {
  switch (action) {
    case Action::move:
      return "->";
    case Action::create:
      return "+";
    case Action::adopt:
      return "<=";
    case Action::update:
      return "~";
    case Action::replace:
      return "-/+";
    case Action::remove:
      return "-";
    case Action::forget:
      break;
  }
  return ".";
}

std::string label_of(const plan::Change& change) {
  return change.key.empty() ? "(unmanaged)" : base::printable(change.key);
}

std::string kind_and_name(std::string_view type, std::string_view name) {
  return fmt::format("{} {}", base::printable(type), show_value(base::Json(name)));
}

std::string reason_of(const plan::Change& change) {
  switch (change.action) {
    case Action::create:
      return change.origin == Origin::drift ? "was deleted in Cloudflare" : "";
    case Action::remove:
      return removal_reason(change);
    case Action::move:
      return "was " + base::printable(change.previous_key);
    case Action::adopt:
      return "takes over id " + base::printable(change.id);
    case Action::forget:
      return "no longer managed; nothing is deleted";
    case Action::update:
    case Action::replace:
      break;
  }
  if (change.adopts) return "takes over id " + base::printable(change.id);
  return change.origin == Origin::unknown ? "no record yet" : std::string(words_for(change.origin));
}

std::string reason_of(const plan::FieldChange& field, const plan::Change& change) {
  return field.origin == change.origin ? "" : std::string(words_for(field.origin));
}

Outcome outcome_of(const plan::Change& change) {
  if (change.outcome != Outcome::planned) return change.outcome;
  return change.withheld ? Outcome::withheld : Outcome::skipped;
}

std::string matches(std::size_t count) {
  return count == 1 ? "1 identity provider matches" : fmt::format("{} identity providers match", count);
}

std::string unknown_accounts(std::size_t count) {
  return count == 1 ? "1 account is unknown" : fmt::format("{} accounts are unknown", count);
}

std::string not_managed(std::size_t count) {
  return count == 1 ? "1 more is not managed" : fmt::format("{} more are not managed", count);
}

std::string short_id(std::string_view account_id) {
  constexpr std::size_t shown = 4;
  if (account_id.size() <= 3 * shown) return base::printable(account_id);
  return base::printable(account_id.substr(0, shown)) + "…" +
         base::printable(account_id.substr(account_id.size() - shown));
}

std::string place(const model::Diagnostic& diagnostic) {
  return diagnostic.where.file.empty() ? "" : base::printable(diagnostic.where.text());
}

bool has_changes(const Report& report) {
  return std::any_of(report.accounts.begin(), report.accounts.end(),
                     [](const auto& account) { return !account.changes.empty(); });
}

std::string summary_line(const Report& report) {
  const plan::Summary sum = plan::summarize(report.accounts);
  if (has_changes(report)) {
    std::string out = report.applied ? applied_line(report) : planned_line(sum);
    if (sum.unknown > 0) out += " " + unknown_accounts(sum.unknown) + ".";
    return out;
  }
  // An account that could not be read must never read as one without changes.
  if (sum.unknown == 0) return fmt::format("No changes. {}.", matches(sum.in_sync));
  std::string out = fmt::format("Unknown: {} could not be read.",
                                sum.unknown == 1 ? "1 account" : fmt::format("{} accounts", sum.unknown));
  if (sum.unknown < report.accounts.size()) out += fmt::format(" Elsewhere {}.", matches(sum.in_sync));
  return out;
}

}  // namespace idpd::report
