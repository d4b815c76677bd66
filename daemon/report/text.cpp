// The form for a terminal: calm, aligned, the reason beside the change, the count on the last line.
#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "report/report.h"
#include "report/style.h"
#include "report/text_fields.h"
#include "report/words.h"

namespace idpd::report {

namespace {

using plan::Outcome;

constexpr std::size_t widest_key = 32;
constexpr std::size_t widest_name = 48;
constexpr std::size_t change_indent = 4;  // room for the widest symbol and a space
constexpr std::size_t detail_indent = 6;

// The only account of a run without settings: its name says nothing.
constexpr std::string_view nameless_account = "default";

Tone tone_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::done:
      return Tone::good;
    case Outcome::failed:
    case Outcome::unknown:
      return Tone::bad;
    case Outcome::withheld:
      return Tone::change;
    case Outcome::planned:
    case Outcome::skipped:
      break;
  }
  return Tone::dim;
}

struct Columns {
  std::size_t key = 0;
  std::size_t name = 0;
};

Columns columns_of(const std::vector<plan::Change>& changes) {
  Columns columns;
  for (const plan::Change& change : changes) {
    columns.key = std::max(columns.key, width(label_of(change)));
    columns.name = std::max(columns.name, width(kind_and_name(change.type, change.name)));
  }
  return {std::min(columns.key, widest_key), std::min(columns.name, widest_name)};
}

class Writer {
 public:
  Writer(const Report& report, bool color) : report_(report), paint_(color) {}

  std::string write() {
    diagnostics();
    if (!report_.only.empty()) {
      std::vector<std::string> keys;
      for (const std::string& key : report_.only) keys.push_back(base::printable(key));
      line(paint_(Tone::dim, "Only " + base::join(keys, ", ") + "."));
      line("");
    }
    for (const plan::AccountPlan& account : report_.accounts) this->account(account);
    // What `apply --expect` and `approve` take.
    if (has_changes(report_) && !report_.applied) {
      line(paint_(Tone::dim, "Fingerprint: " + plan::fingerprint(report_.accounts)));
    }
    line(paint_(Tone::bold, summary_line(report_)));
    return std::move(out_);
  }

 private:
  bool has_headers() const {
    return report_.accounts.size() != 1 || report_.accounts.front().account != nameless_account;
  }

  void line(std::string_view text) { out_.append(text).append("\n"); }

  // `label: sentence`, wrapped under its own beginning.
  void labelled(std::size_t indent, Tone tone, std::string_view label, std::string_view sentence) {
    const std::size_t column = indent + width(label) + 2;
    line(std::string(indent, ' ') + paint_(tone, label) + ": " +
         wrapped(base::printable(sentence), column, column));
  }

  // As compilers write them, on one line, so that editors can jump to the place.
  void diagnostic(const model::Diagnostic& diagnostic, std::string_view account) {
    std::string at = place(diagnostic);
    if (at.empty() && has_headers()) at = base::printable(account);
    const bool error = diagnostic.severity == model::Severity::error;
    line((at.empty() ? "" : at + ": ") +
         paint_(error ? Tone::bad : Tone::change, error ? "error" : "warning") + ": " +
         base::printable(diagnostic.message));
  }

  void diagnostics() {
    for (const model::Diagnostic& one : report_.diagnostics) diagnostic(one, "");
    for (const plan::AccountPlan& account : report_.accounts) {
      for (const model::Diagnostic& one : account.diagnostics) diagnostic(one, account.account);
    }
    if (!out_.empty()) line("");
  }

  void account(const plan::AccountPlan& account) {
    const std::size_t before = out_.size();
    const std::string name = base::printable(account.account);
    if (account.status == plan::Status::unknown) {
      const std::string label = name + ": unknown: ";
      line(paint_(Tone::bold, name) + ": " + paint_(Tone::bad, "unknown") + ": " +
           wrapped(base::printable(account.error.value_or("it could not be read")), width(label), 4));
    } else if (has_headers()) {
      line(paint_(Tone::bold, name) + paint_(Tone::dim, " (" + short_id(account.account_id) + ")"));
      if (account.changes.empty()) line(paint_(Tone::dim, "  No changes. " + matches(account.in_sync) + "."));
    }
    const Columns columns = columns_of(account.changes);
    for (const plan::Change& one : account.changes) {
      if (out_.size() > before) line("");
      change(one, columns);
    }
    if (account.changed_since) {
      if (out_.size() > before) line("");
      line("  " + paint_(Tone::change,
                         "Somebody changed this account meanwhile: the rest was left alone. Run it again."));
    }
    unmanaged(account.unmanaged, out_.size() > before);
    if (out_.size() > before) line("");
  }

  void change(const plan::Change& change, const Columns& columns) {
    const bool applied = report_.applied;
    const Outcome outcome = applied ? outcome_of(change) : Outcome::planned;
    head(change, columns, outcome);
    if (!change.explanation.empty()) {
      line(std::string(detail_indent, ' ') +
           paint_(Tone::dim, wrapped(base::printable(change.explanation), detail_indent, detail_indent)));
    }
    if (change.withheld) {
      labelled(detail_indent, Tone::change, "withheld", change.withheld->message);
    } else if (applied && outcome != Outcome::done && !change.error.empty()) {
      labelled(detail_indent, tone_of(outcome), plan::name_of(outcome), change.error);
    }
    if (applied) {
      for (const std::string& note : change.notes) labelled(detail_indent, Tone::bold, "note", note);
    }
    out_ += field_lines(change, detail_indent, paint_);
  }

  void head(const plan::Change& change, const Columns& columns, Outcome outcome) {
    const std::string_view symbol = symbol_of(change.action);
    const Tone tone = report::tone_of(change.action);
    std::string text(change_indent - 1 - symbol.size(), ' ');
    text += paint_(tone, symbol) + " " + paint_(Tone::bold, label_of(change));
    text += std::string(columns.key - std::min(columns.key, width(label_of(change))) + 3, ' ');

    // An outcome that has a sentence stands below, with it.
    std::string told;
    const bool sentence_below = change.withheld || (outcome != Outcome::done && !change.error.empty());
    if (outcome != Outcome::planned && !sentence_below)
      told = paint_(tone_of(outcome), plan::name_of(outcome));
    const std::string reason = reason_of(change);
    if (!reason.empty()) told += (told.empty() ? "" : ", ") + paint_(Tone::dim, reason);

    const std::string name = kind_and_name(change.type, change.name);
    line(text + (told.empty() ? name : padded(name, columns.name) + "   " + told));
  }

  void unmanaged(const std::vector<plan::Unmanaged>& all, bool apart) {
    if (all.empty()) return;
    if (apart) line("");
    const auto name = [](const plan::Unmanaged& one) { return kind_and_name(one.type, one.name); };
    const auto rest = [&](const plan::Unmanaged& one) {
      return paint_(Tone::dim, "id " + base::printable(one.id) + (one.read_only ? ", read-only" : ""));
    };
    std::size_t column = 0;
    for (const plan::Unmanaged& one : all) column = std::max(column, width(name(one)));
    column = std::min(column, widest_name);
    line("  " + not_managed(all.size()) + ":");
    for (const plan::Unmanaged& one : all) line("    " + padded(name(one), column) + "   " + rest(one));
  }

  const Report& report_;
  Painter paint_;
  std::string out_;
};

}  // namespace

std::string to_text(const Report& report, bool color) {
  return Writer(report, color).write();
}

std::string headline(const plan::Change& change, bool color) {
  const Painter paint(color);
  std::string inside = kind_and_name(change.type, change.name);
  if (change.key.empty()) inside += ", id " + base::printable(change.id);
  if (!change.previous_key.empty()) inside += ", was " + base::printable(change.previous_key);
  return fmt::format("{} {} ({})", paint(tone_of(change.action), symbol_of(change.action)), label_of(change),
                     inside);
}

}  // namespace idpd::report
