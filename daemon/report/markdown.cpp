// The form for a pull request's comment. Names, messages and values come from files and from an API that
// strangers may write to: here they must neither break out of their place, nor become HTML, nor ping
// anybody. So what can be code is code, and the rest is escaped.
#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "report/report.h"
#include "report/values.h"
#include "report/words.h"

namespace idpd::report {

namespace {

using Kind = FieldView::Kind;

// GitHub refuses a comment of more than 65,536 characters.
constexpr std::size_t longest_comment = 50'000;
constexpr std::size_t longest_open_diff = 20;  // lines; a longer one is collapsed

std::size_t longest_run(std::string_view text, char wanted) {
  std::size_t longest = 0;
  std::size_t run = 0;
  for (const char c : text) {
    run = c == wanted ? run + 1 : 0;
    longest = std::max(longest, run);
  }
  return longest;
}

// A code span: its fence is longer than every run of backticks inside.
std::string code(std::string_view foreign) {
  const std::string text = base::printable(foreign);
  if (text.empty()) return "` `";
  const std::string fence(longest_run(text, '`') + 1, '`');
  const bool padded = text.front() == '`' || text.back() == '`';
  return fence + (padded ? " " : "") + text + (padded ? " " : "") + fence;
}

// Prose. A backslash stops Markdown and HTML; it does not stop GitHub's mentions and references, which are
// found in the rendered text, but a zero-width space does.
std::string prose(std::string_view foreign) {
  constexpr std::string_view special = R"(\`*_{}[]()<>#+-.!|~&$@:="'^)";
  constexpr std::string_view zero_width_space = "\u200b";
  std::string out;
  for (const char c : base::printable(foreign)) {
    if (special.find(c) != std::string_view::npos) out += '\\';
    out += c;
    if (c == '@' || c == '#') out += zero_width_space;
  }
  return out;
}

std::string quote(std::string_view label, std::string_view message) {
  return fmt::format("> **{}** {}\n\n", label, prose(message));
}

std::vector<std::string> diff_lines(const plan::FieldChange& field, const plan::Change& change) {
  const FieldView view = view_of(field, change.action);
  const std::string path = base::printable(field.path);
  const char only = change.action == plan::Action::create ? '+' : '-';
  std::vector<std::string> out;
  const auto add = [&](char sign, std::string_view text) {
    out.push_back(fmt::format("{} {}: {}", sign, path, text));
  };
  switch (view.kind) {
    case Kind::sensitive:
      add(change.action == plan::Action::create ? '+' : '!', "(sensitive)");
      break;
    case Kind::one:
      add(only, view.after);
      break;
    case Kind::items:
      for (const std::string& item : view.added) add(only, item);
      break;
    case Kind::change:
      if (!field.before.is_null()) add('-', view.before);
      if (!field.after.is_null() || field.before.is_null()) add('+', view.after);
      break;
    case Kind::delta:
      for (const std::string& item : view.removed) add('-', item);
      for (const std::string& item : view.added) add('+', item);
      break;
    case Kind::reordered:
      add('!', "same items in another order");
      break;
  }
  const std::string reason = reason_of(field, change);
  if (!reason.empty() && !out.empty()) out.back() += "  (" + reason + ")";
  return out;
}

std::string diff(const plan::Change& change) {
  std::vector<std::string> lines;
  for (const plan::FieldChange& field : change.fields) {
    for (std::string& line : diff_lines(field, change)) lines.push_back(std::move(line));
  }
  if (lines.empty()) return "";
  const std::string text = base::join(lines, "\n");
  const std::string fence(std::max<std::size_t>(3, longest_run(text, '`') + 1), '`');
  const std::string block = fmt::format("{0}diff\n{1}\n{0}\n\n", fence, text);
  if (lines.size() <= longest_open_diff) return block;
  return fmt::format("<details><summary>{} lines</summary>\n\n{}</details>\n\n", lines.size(), block);
}

std::string change_text(const plan::Change& change, bool applied) {
  std::string out = fmt::format("**{}** {} {} {}", plan::name_of(change.action), code(label_of(change)),
                                prose(change.type), code(change.name));
  const std::string reason = reason_of(change);
  if (!reason.empty()) out += " — " + prose(reason);
  const plan::Outcome outcome = outcome_of(change);
  if (applied) out += fmt::format(" — **{}**", plan::name_of(outcome));
  out += "\n\n";
  if (!change.explanation.empty()) out += prose(change.explanation) + "\n\n";
  if (change.withheld) out += quote("withheld:", change.withheld->message);
  if (applied && !change.error.empty())
    out += quote(fmt::format("{}:", plan::name_of(outcome)), change.error);
  if (applied) {
    for (const std::string& note : change.notes) out += quote("note:", note);
  }
  return out + diff(change);
}

std::string unmanaged_text(const std::vector<plan::Unmanaged>& all) {
  if (all.empty()) return "";
  std::string out = fmt::format("<details><summary>{}</summary>\n\n", not_managed(all.size()));
  for (const plan::Unmanaged& one : all) {
    out += fmt::format("- {} {}, id {}{}\n", prose(one.type), code(one.name), code(one.id),
                       one.read_only ? ", read-only" : "");
  }
  return out + "\n</details>\n\n";
}

std::string account_text(const plan::AccountPlan& account, bool applied, std::size_t room) {
  std::string out =
      fmt::format("#### {} ({})\n\n", code(account.account), code(short_id(account.account_id)));
  if (account.status == plan::Status::unknown) {
    out += quote("unknown:", account.error.value_or("it could not be read"));
  } else if (account.changes.empty()) {
    out += fmt::format("No changes. {}.\n\n", matches(account.in_sync));
  }
  std::size_t shown = 0;
  for (const plan::Change& change : account.changes) {
    const std::string text = change_text(change, applied);
    if (out.size() + text.size() > room) break;
    out += text;
    ++shown;
  }
  if (shown < account.changes.size()) {
    out += fmt::format("… and {} more, too long for a comment: run `idpd plan` to see them.\n\n",
                       account.changes.size() - shown);
  }
  if (account.changed_since) {
    out +=
        quote("changed:", "Somebody changed this account meanwhile: the rest was left alone. Run it again.");
  }
  const std::string unmanaged = unmanaged_text(account.unmanaged);
  if (out.size() + unmanaged.size() <= room) return out + unmanaged;
  return out + not_managed(account.unmanaged.size()) + ".\n\n";
}

std::string diagnostic_text(const model::Diagnostic& diagnostic, std::string_view account) {
  std::string at = place(diagnostic);
  if (at.empty()) at = account;
  return fmt::format("> **{}** {}{}\n\n", diagnostic.severity == model::Severity::error ? "error" : "warning",
                     at.empty() ? "" : code(at) + " ", prose(diagnostic.message));
}

std::string footer(const Report& report) {
  std::string out = "Fingerprint " + code(plan::fingerprint(report.accounts));
  if (report.revision) {
    out += ", files at " + code(report.revision->commit);
    if (report.revision->dirty) out += " with local changes";
  }
  return out + "\n";
}

}  // namespace

std::string to_markdown(const Report& report) {
  std::string out = "### " + summary_line(report) + "\n\n";
  const auto has_room = [&](const std::string& more) { return out.size() + more.size() <= longest_comment; };
  std::size_t left_out = 0;
  const auto add = [&](const std::string& text) { has_room(text) ? void(out += text) : void(++left_out); };

  for (const model::Diagnostic& one : report.diagnostics) add(diagnostic_text(one, ""));
  for (const plan::AccountPlan& account : report.accounts) {
    for (const model::Diagnostic& one : account.diagnostics) add(diagnostic_text(one, account.account));
  }
  if (!report.only.empty()) {
    std::vector<std::string> keys;
    for (const std::string& key : report.only) keys.push_back(code(key));
    add("Only " + base::join(keys, ", ") + ".\n\n");
  }
  for (const plan::AccountPlan& account : report.accounts) {
    add(account_text(account, report.applied, longest_comment - std::min(longest_comment, out.size() + 500)));
  }
  if (left_out > 0) out += fmt::format("… and {} more parts, too long for a comment.\n\n", left_out);
  return out + footer(report);
}

}  // namespace idpd::report
