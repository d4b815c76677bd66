// A plan as a comment: what takes away comes first and is marked, what is long is folded, and the whole is
// cut so that a forge takes it. Names come from whoever may edit an identity provider, and this text is
// posted by somebody else: names stand in code, values in fences, and prose is escaped (markdown_text.h).
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.h"
#include "report/arranged.h"
#include "report/markdown_text.h"
#include "report/report.h"
#include "report/words.h"

namespace idpd::report {

namespace {

// GitHub takes 65,536 characters, counted as code points (a comment of 65,536 that take four bytes each is
// taken, one more is not); GitLab takes more. Left free is what whoever posts it adds: a marker, a commit, a
// link.
constexpr std::size_t longest_comment = 64'000;
constexpr std::size_t longest_prose = 2'000;  // one message
constexpr std::size_t remarks_share = 12'000;
constexpr std::size_t caution_share = 4'000;
constexpr std::size_t unmanaged_share = 4'000;  // an account
constexpr std::size_t frame_share = 1'500;      // summary, notes and fingerprint

std::string told(std::string_view raw) {
  return markdown_prose(shorten(clean(raw), longest_prose));
}

std::string quote(std::string_view label, std::string_view text) {
  return fmt::format("> **{}** {}\n", label, told(text));
}

// As many of the items as the share takes; the rest is counted.
std::string some_of(const std::vector<std::string>& items, std::size_t share, std::string_view lead) {
  std::string out;
  std::size_t used = 0;
  std::size_t at = 0;
  for (; at < items.size() && used + width(items[at]) <= share; ++at) {
    used += width(items[at]) + 3;
    out += fmt::format("{}{}\n", lead, items[at]);
  }
  if (at < items.size()) out += fmt::format("{}… and {} more\n", lead, items.size() - at);
  return out;
}

std::vector<std::string> diff_lines(const plan::FieldChange& field, bool created) {
  const std::string path = clean(field.path);
  if (field.sensitive)
    return {created ? fmt::format("+ {} = (sensitive)", path)
                    : fmt::format("! {}: (sensitive) changed", path)};
  if (created) return {fmt::format("+ {} = {}", path, shown(field.after))};
  std::vector<std::string> out;
  if (const SetChange change = set_change(field); change.size() > 0) {
    for (const std::string& value : change.removed) out.push_back(fmt::format("- {}: {}", path, value));
    for (const std::string& value : change.added) out.push_back(fmt::format("+ {}: {}", path, value));
    return out;
  }
  const Sides sides = shown_sides(field);
  if (!field.before.is_null()) out.push_back(fmt::format("- {}: {}", path, sides.before));
  out.push_back(fmt::format("+ {}: {}", path, sides.after));
  return out;
}

// Whether something that people log in with goes away.
bool takes_away(const plan::Change& change) {
  return change.removes() && change.effective() && !change.delete_withheld;
}

// What a reviewer looks at first has the lowest.
int rank(const plan::Change& change, bool applied) {
  const bool wrong = change.outcome == plan::Outcome::failed || change.outcome == plan::Outcome::unknown;
  if (applied && wrong) return 0;
  if (takes_away(change)) return change.action == plan::Action::remove ? 1 : 2;
  if (change.withheld || change.delete_withheld) return change.removes() ? 3 : 4;
  return 5;
}

// Where a head stands decides how it is written: `<summary>` does not read Markdown.
struct Place {
  std::string (*code)(std::string_view);
  std::string_view bold_begin;
  std::string_view bold_end;

  std::string bold(std::string_view text) const { return fmt::format("{}{}{}", bold_begin, text, bold_end); }
};
constexpr Place in_paragraph{markdown_code, "**", "**"};
constexpr Place in_summary{html_code, "<b>", "</b>"};

std::string state_of(const plan::Change& change, bool applied) {
  if (applied) return outcome_words(change).substr(0, outcome_words(change).find(": "));
  return change.withheld ? "withheld" : change.delete_withheld ? "the old one stays" : "";
}

std::string head(const plan::Change& change, bool applied, const Place& place) {
  std::string out = takes_away(change) && !applied ? "⚠️ " : "";
  const std::string action(plan::name_of(change.action));
  out += fmt::format("{} {} {} {}", place.code(sign(change.action)),
                     change.removes() ? place.bold(action) : action,
                     change.key.empty() ? "(not managed)" : place.code(change.key),
                     place.code(title(change.type, change.name)));
  const auto add = [&](const std::string& text) { out += text.empty() ? "" : " · " + text; };
  if (change.action == plan::Action::move) add("was " + place.code(change.previous_key));
  if (change.action == plan::Action::adopt) add("takes over id " + place.code(change.id));
  if (change.action == plan::Action::remove) add("id " + place.code(change.id));
  if (change.action == plan::Action::forget) add("stays in Cloudflare, no longer managed");
  add(origin_words(change));
  const std::string state = state_of(change, applied);
  if (!state.empty()) add(state == "done" ? state : place.bold(state));
  return out;
}

std::string reasons(const plan::Change& change, bool applied) {
  std::string out;
  if (applied) {
    const std::string words = outcome_words(change);
    const std::size_t colon = words.find(": ");
    if (colon != std::string::npos) out += quote(words.substr(0, colon + 1), words.substr(colon + 2)) + "\n";
  }
  const bool is_told = applied && change.outcome == plan::Outcome::withheld;
  if (change.withheld && !is_told) out += quote("withheld:", change.withheld->message) + "\n";
  if (change.delete_withheld) out += quote("the old one stays:", change.delete_withheld->message) + "\n";
  for (const std::string& note : change.notes) out += quote("note:", note) + "\n";
  return out;
}

std::string whole(const plan::Change& change, bool applied) {
  const std::string reason = reasons(change, applied);
  std::string content;
  if (!change.explanation.empty()) content += told(change.explanation) + "\n\n";
  content += reason;
  std::string lines;
  for (const plan::FieldChange& field : change.fields) {
    for (const std::string& line : diff_lines(field, from_nothing(change))) lines += line + "\n";
  }
  if (!lines.empty()) content += markdown_fence("diff", lines) + "\n\n";
  if (content.empty()) return head(change, applied, in_paragraph) + "\n";
  std::string summary = head(change, applied, in_summary);
  if (!change.fields.empty()) summary += " · " + counted(change.fields.size(), "field", "fields");
  // Blank lines, so that what stands between is read as Markdown.
  return fmt::format("<details{}><summary>{}</summary>\n\n{}</details>\n",
                     !reason.empty() || takes_away(change) ? " open" : "", summary, content);
}

// One change on its way into the comment.
struct Entry {
  const plan::Change* change;
  int rank;
  std::string text = {};  // as it will stand there; empty: there was no room
};

// One account on its way there.
struct Section {
  const plan::AccountPlan* account;
  std::string intro;
  std::vector<Entry> entries = {};
  std::string outro = {};
  bool fits = false;
};

std::string quoted_for_shell(const std::string& text) {
  constexpr std::string_view plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
  if (!text.empty() && text.find_first_not_of(plain) == std::string::npos) return text;
  std::string out = "'";
  for (const char c : clean(text)) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

class MarkdownWriter {
 public:
  explicit MarkdownWriter(const Report& report) : report_(report) {}

  std::string run() {
    const std::string remarks = write_remarks();
    const std::string caution = write_caution();
    const std::string footer = write_footer();
    room_ = longest_comment - frame_share;
    for (const std::string* one : {&remarks, &caution, &footer}) room_ -= std::min(room_, width(*one) + 2);
    const Arranged all = arranged(report_);
    for (const Group& group : all.groups) open(group);
    const std::string quiet = quiet_words(all);
    for (Section& one : sections_) one.fits = take(one.intro);
    fill();

    paragraph(fmt::format("### idpd: {}\n", summary_line(report_)));
    paragraph(cut_note());
    paragraph(caution);
    paragraph(remarks);
    for (const Section& one : sections_) {
      if (!one.fits) continue;
      paragraph(one.intro);
      for (const Entry& entry : one.entries) paragraph(entry.text);
      paragraph(one.outro);
    }
    paragraph(quiet.empty() ? "" : quiet + ".\n");
    paragraph(footer);
    return std::move(out_);
  }

 private:
  void paragraph(const std::string& text) {
    if (text.empty()) return;
    if (!out_.empty()) out_ += '\n';
    out_ += text;
  }
  bool take(const std::string& text) {
    const std::size_t size = width(text) + 1;
    if (size > room_) return false;
    room_ -= size;
    return true;
  }

  std::string write_remarks() const {
    std::vector<std::string> items;
    const auto add = [&](model::Severity severity, const char* label) {
      for (const Remark& one : remarks(report_)) {
        if (one.severity != severity) continue;
        items.push_back(fmt::format("**{}** {}{}", label,
                                    one.where.empty() ? "" : markdown_code(shorten(one.where, 200)) + " ",
                                    told(one.message)));
      }
    };
    add(model::Severity::error, "error");
    add(model::Severity::warning, "warning");
    return some_of(items, remarks_share, "- ");
  }

  // Over all accounts, since what goes away may be far down.
  std::string write_caution() const {
    if (report_.applied) return "";
    std::vector<std::string> items;
    for (const plan::AccountPlan& account : report_.accounts) {
      for (const plan::Change& change : account.changes) {
        if (!takes_away(change)) continue;
        items.push_back(fmt::format(
            "{} {} {}{}", plan::name_of(change.action),
            change.key.empty() ? "(not managed)" : markdown_code(change.key),
            markdown_code(title(change.type, change.name)),
            report_.accounts.size() > 1 ? " in " + markdown_code(account.account) : std::string()));
      }
    }
    if (items.empty()) return "";
    return fmt::format("> [!CAUTION]\n> **{} away:**\n>\n{}",
                       counted(items.size(), "identity provider goes", "identity providers go"),
                       some_of(items, caution_share, "> - "));
  }

  void open(const Group& group) {
    const plan::AccountPlan& account = *group.shown;
    Section section{&account, ""};
    if (!nameless(report_)) {
      section.intro = fmt::format("#### {} ({})\n", markdown_code(account.account),
                                  markdown_code(shorten(account.account_id, 9)));
    }
    const auto add = [&](const std::string& text) {
      section.intro += (section.intro.empty() ? "" : "\n") + text;
    };
    if (account.status == plan::Status::unknown) add(quote("unknown:", error_words(report_, account)));
    if (account.changed_since) add(quote("stopped:", std::string(overtaken)));
    for (const plan::Change& change : account.changes)
      section.entries.push_back({&change, rank(change, report_.applied)});
    std::stable_sort(section.entries.begin(), section.entries.end(),
                     [](const Entry& a, const Entry& b) { return a.rank < b.rank; });
    if (report_.accounts.size() > 1 && account.in_sync > 0) {
      section.outro =
          counted(account.in_sync, "identity provider matches.", "identity providers match.") + "\n";
    }
    if (!group.alike.empty())
      section.outro += (section.outro.empty() ? "" : "\n") + markdown_prose(alike_words(group)) + ".\n";
    const std::string unmanaged = write_unmanaged(account);
    if (!unmanaged.empty()) section.outro += (section.outro.empty() ? "" : "\n") + unmanaged;
    sections_.push_back(std::move(section));
  }

  // First every change gets its one line, then its fields, each time those first that matter most.
  void fill() {
    std::vector<Entry*> all;
    for (Section& section : sections_) {
      if (!section.fits) continue;
      for (Entry& entry : section.entries) all.push_back(&entry);
    }
    std::stable_sort(all.begin(), all.end(),
                     [](const Entry* a, const Entry* b) { return a->rank < b->rank; });
    for (Entry* one : all) {
      const std::string line = head(*one->change, report_.applied, in_paragraph) + "\n";
      if (take(line)) one->text = line;
    }
    for (Entry* one : all) {
      if (one->text.empty()) continue;
      std::string text = whole(*one->change, report_.applied);
      const std::size_t more = width(text) - std::min(width(text), width(one->text));
      if (more > room_) {
        ++briefly_;
        continue;
      }
      room_ -= more;
      one->text = std::move(text);
    }
    for (Section& section : sections_) {
      if (!section.fits || !take(section.outro)) section.outro.clear();
      left_out_ +=
          static_cast<std::size_t>(std::count_if(section.entries.begin(), section.entries.end(),
                                                 [](const Entry& entry) { return entry.text.empty(); }));
    }
  }

  std::string cut_note() const {
    std::vector<std::string> parts;
    if (briefly_ > 0)
      parts.push_back(counted(briefly_, "change is shown without its details",
                              "changes are shown without their details"));
    if (left_out_ > 0) parts.push_back(counted(left_out_, "change is", "changes are") + " left out");
    const auto accounts = static_cast<std::size_t>(
        std::count_if(sections_.begin(), sections_.end(), [](const Section& one) { return !one.fits; }));
    if (accounts > 0) parts.push_back(counted(accounts, "account is", "accounts are") + " left out");
    if (parts.empty()) return "";
    return fmt::format("> [!WARNING]\n> Too long for a comment: {}. The whole plan: {}.\n",
                       base::join(parts, ", "),
                       report_.job.empty() ? "`idpd plan`" : fmt::format("[the job]({})", report_.job));
  }

  std::string write_unmanaged(const plan::AccountPlan& account) const {
    if (account.unmanaged.empty()) return "";
    std::vector<std::string> items;
    for (const plan::Unmanaged& one : account.unmanaged) {
      items.push_back(fmt::format("{} (id {}{})", markdown_code(title(one.type, one.name)),
                                  markdown_code(one.id), one.read_only ? ", read-only" : ""));
    }
    return fmt::format("<details><summary>{}</summary>\n\n{}\n</details>\n",
                       counted(items.size(), "more is not managed", "more are not managed"),
                       some_of(items, unmanaged_share, "- "));
  }

  bool any_changes() const {
    return std::any_of(report_.accounts.begin(), report_.accounts.end(),
                       [](const plan::AccountPlan& one) { return !one.changes.empty(); });
  }
  // As `plan --out` sees it, which saves no such plan.
  bool usable() const {
    const auto all = remarks(report_);
    return std::none_of(report_.accounts.begin(), report_.accounts.end(),
                        [](const plan::AccountPlan& one) { return one.status == plan::Status::unknown; }) &&
           std::none_of(all.begin(), all.end(),
                        [](const Remark& one) { return one.severity == model::Severity::error; });
  }

  std::string write_footer() const {
    if (!any_changes()) return "";
    const std::string fingerprint = plan::fingerprint(report_.accounts);
    if (report_.applied) return fmt::format("Fingerprint: `{}`\n", fingerprint);
    if (!usable())
      return "There is no fingerprint to apply it by: what is wrong or unknown above comes first.\n";
    std::string command = "idpd apply --auto-approve --expect " + fingerprint;
    for (const std::string& one : report_.only_accounts) command += " --account " + quoted_for_shell(one);
    for (const std::string& one : report_.only) command += " --only " + quoted_for_shell(one);
    return fmt::format("Fingerprint `{}`. This carries out exactly this plan, or nothing:\n\n{}\n",
                       fingerprint, markdown_fence("sh", command + "\n"));
  }

  const Report& report_;
  std::vector<Section> sections_;
  std::size_t room_ = 0;
  std::size_t briefly_ = 0;
  std::size_t left_out_ = 0;
  std::string out_;
};

}  // namespace

std::string to_markdown(const Report& report) {
  return MarkdownWriter(report).run();
}

}  // namespace idpd::report
