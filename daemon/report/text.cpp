#include <fmt/format.h>

#include <algorithm>

#include "report/arranged.h"
#include "report/paint.h"
#include "report/report.h"
#include "report/text_fields.h"
#include "report/words.h"

namespace idpd::report {

namespace {

constexpr std::size_t page = 100;   // columns
constexpr std::size_t details = 8;  // where what belongs to a change begins
constexpr std::size_t longest_key = 32;
constexpr std::size_t longest_title = 48;
constexpr std::size_t most_unmanaged = 10;

std::string key_of(const plan::Change& change) {
  return change.key.empty() ? "(not managed)" : clean(change.key);
}

// What stands at the end of a change's first line.
std::string remark_of(const plan::Change& change) {
  switch (change.action) {
    case plan::Action::move:
      return "was " + clean(change.previous_key);
    case plan::Action::remove:
      return "id " + clean(change.id);
    case plan::Action::forget:
      return "stays in Cloudflare, no longer managed";
    case plan::Action::adopt:
      return "takes over id " + clean(change.id);
    default:
      return origin_words(change);
  }
}

class TextWriter {
 public:
  TextWriter(const Report& report, bool color) : report_(report), paint_(color) {}

  std::string run() {
    write_remarks();
    const Arranged all = arranged(report_);
    for (const Group& group : all.groups) {
      write(*group.shown);
      if (group.alike.empty()) continue;
      gap();
      hang(4, Tone::bold, "", alike_words(group));
    }
    if (const std::string quiet = quiet_words(all); !quiet.empty()) {
      gap();
      line(0, paint_(Tone::dim, quiet));
    }
    gap();
    line(0, paint_(Tone::bold, summary_line(report_)));
    return std::move(out_);
  }

 private:
  void line(std::size_t indent, const std::string& text) {
    out_.append(indent, ' ');
    out_ += text;
    out_ += '\n';
  }
  void gap() {
    if (!out_.empty() && !out_.ends_with("\n\n")) out_ += '\n';
  }

  // `label` in its tone, then the text, wrapped and hanging below its own beginning.
  void hang(std::size_t indent, Tone tone, const std::string& label, const std::string& text) {
    const std::size_t begin = indent + width(label) + (label.empty() ? 0 : 1);
    bool first = true;
    for (const std::string& part : wrap(clean(text), page - begin)) {
      if (first && !label.empty()) {
        line(indent, paint_(tone, label) + " " + part);
      } else {
        line(begin, label.empty() ? paint_(tone, part) : part);
      }
      first = false;
    }
  }

  void write_remarks() {
    for (const Remark& one : remarks(report_)) {
      const bool warning = one.severity == model::Severity::warning;
      if (warning && report_.shown) continue;
      const std::string where = one.where.empty() ? "" : one.where + ": ";
      // An error with its place is written as everywhere in idpd: file:line:column: message.
      const char* label = warning ? "warning: " : where.empty() ? "error: " : "";
      line(0, paint_(warning ? Tone::bold : Tone::red, where) +
                  paint_(warning ? Tone::yellow : Tone::red, label) + one.message);
    }
  }

  void write(const plan::AccountPlan& account) {
    gap();
    const bool unknown = account.status == plan::Status::unknown;
    if (unknown) {
      const std::string name = nameless(report_) ? "" : clean(account.account) + ": ";
      hang(0, Tone::red, name + "unknown:", error_words(report_, account));
    } else if (!nameless(report_)) {
      const std::string id = shorten(clean(account.account_id), 9);
      line(0, paint_(Tone::bold, clean(account.account)) + paint_(Tone::dim, fmt::format(" ({})", id)));
    }
    if (account.changed_since) {
      gap();
      hang(4, Tone::yellow, "stopped:", std::string(overtaken));
    }
    measure(account);
    for (const plan::Change& change : account.changes) write(change);
    write_rest(account);
  }

  void measure(const plan::AccountPlan& account) {
    key_width_ = title_width_ = 0;
    for (const plan::Change& change : account.changes) {
      key_width_ = std::max(key_width_, width(key_of(change)));
      title_width_ = std::max(title_width_, width(title(change.type, change.name)));
    }
    key_width_ = std::min(key_width_, longest_key);
    title_width_ = std::min(title_width_, longest_title);
  }

  void write(const plan::Change& change) {
    gap();
    const Tone tone = tone_of(change.action);
    const std::string_view mark = sign(change.action);
    std::string head = std::string(5 - mark.size(), ' ') + paint_(tone, mark) + " " +
                       paint_(Tone::bold, pad(key_of(change), key_width_)) + "  ";
    const std::string remark = remark_of(change);
    const std::string what = title(change.type, change.name);
    head += remark.empty() ? what : pad(what, title_width_) + "  " + paint_(Tone::dim, remark);
    line(0, head);

    if (report_.applied) write_outcome(change);
    if (!change.explanation.empty() && !report_.shown) hang(details, Tone::dim, "", change.explanation);
    // What keeps a change from happening comes before what it would do, which may be long.
    if (change.withheld && !(report_.applied && change.outcome == plan::Outcome::withheld)) {
      hang(details, Tone::yellow, "withheld:", change.withheld->message);
    }
    if (change.delete_withheld) {
      hang(details, Tone::yellow, "the old one stays:", change.delete_withheld->message);
    }
    if (!report_.shown) {
      for (const std::string& text : field_lines(change, paint_, page - details)) line(details, text);
    }
    for (const std::string& note : change.notes) hang(details, Tone::cyan, "note:", note);
  }

  void write_outcome(const plan::Change& change) {
    const std::string words = outcome_words(change);
    const std::size_t colon = words.find(": ");
    const Tone tone = tone_of(change.outcome);
    if (colon == std::string::npos) {
      line(details, paint_(tone, words));
    } else {
      hang(details, tone, words.substr(0, colon + 1), words.substr(colon + 2));
    }
  }

  // What a plan leaves alone.
  void write_rest(const plan::AccountPlan& account) {
    if (report_.shown) return;
    const bool several = report_.accounts.size() > 1;
    if (several && account.in_sync > 0) {
      gap();
      line(4,
           paint_(Tone::dim, counted(account.in_sync,
                                     account.changes.empty() ? "identity provider matches" : "more matches",
                                     account.changes.empty() ? "identity providers match" : "more match")));
    }
    if (account.unmanaged.empty()) return;
    if (!several || account.in_sync == 0) gap();
    const std::string count =
        counted(account.unmanaged.size(), "more is not managed:", "more are not managed:");
    if (account.unmanaged.size() == 1) {
      line(4, paint_(Tone::dim, count + "  " + told(account.unmanaged.front())));
      return;
    }
    line(4, paint_(Tone::dim, count));
    for (std::size_t i = 0; i < std::min(most_unmanaged, account.unmanaged.size()); ++i) {
      line(details, paint_(Tone::dim, told(account.unmanaged[i])));
    }
    if (account.unmanaged.size() > most_unmanaged) {
      line(details, paint_(Tone::dim, fmt::format("and {} more", account.unmanaged.size() - most_unmanaged)));
    }
  }

  static std::string told(const plan::Unmanaged& one) {
    return fmt::format("{} (id {}{})", title(one.type, one.name), clean(one.id),
                       one.read_only ? ", read-only" : "");
  }

  const Report& report_;
  Paint paint_;
  std::string out_;
  std::size_t key_width_ = 0;
  std::size_t title_width_ = 0;
};

}  // namespace

std::string to_text(const Report& report, bool color) {
  return TextWriter(report, color).run();
}

std::string headline(const plan::Change& change, bool color) {
  const std::string mark = Paint(color)(tone_of(change.action), sign(change.action));
  const std::string what = title(change.type, change.name);
  if (change.key.empty()) return fmt::format("{} {} (not managed)", mark, what);
  if (change.action == plan::Action::move) {
    return fmt::format("{} {} (was {})", mark, clean(change.key), clean(change.previous_key));
  }
  return fmt::format("{} {} ({})", mark, clean(change.key), what);
}

}  // namespace idpd::report
