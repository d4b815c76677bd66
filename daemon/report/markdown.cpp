// Names come from whoever may edit an identity provider, and this text is posted to a pull request by
// somebody else: nothing in a value may leave its place, become markup or call people. Names therefore
// stand in code, values in fences, and prose is escaped.
#include <fmt/format.h>

#include <algorithm>

#include "report/report.h"
#include "report/words.h"

namespace idpd::report {

namespace {

constexpr std::size_t longest_comment = 60'000;  // GitHub refuses more than 65,536
constexpr std::size_t most_lines = 100;          // of each kind, when a comment would get too long
constexpr std::string_view nothing = "\u200b";   // a space without width: breaks what would be linked

std::size_t longest_ticks(std::string_view text) {
  std::size_t longest = 0;
  std::size_t run = 0;
  for (const char c : text) {
    run = c == '`' ? run + 1 : 0;
    longest = std::max(longest, run);
  }
  return longest;
}

std::string code(std::string_view raw) {
  const std::string text = clean(raw);
  if (text.find_first_not_of(' ') == std::string::npos) return "`\"" + text + "\"`";
  const std::string ticks(longest_ticks(text) + 1, '`');
  const bool open = text.front() == '`' || text.back() == '`';
  return open ? ticks + " " + text + " " + ticks : ticks + text + ticks;
}

void escape(std::string& out, char c) {
  switch (c) {
    case '&':
      out += "&amp;";
      break;
    case '<':
      out += "&lt;";
      break;
    case '>':
      out += "&gt;";
      break;
    case '@':
    case '#':
      out += fmt::format("{}{}", c, nothing);
      break;
    case '/':
      out += out.ends_with(":") ? fmt::format("{}/", nothing) : "/";
      break;
    default:
      if (std::string_view("\\`*_[]|~!$").find(c) != std::string_view::npos) out += '\\';
      out += c;
  }
}

// What stands in backticks (a command to copy) stays code.
std::string prose(std::string_view raw) {
  const std::string text = clean(raw);
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const std::size_t close = text[at] == '`' ? text.find('`', at + 1) : std::string::npos;
    const std::size_t inner = text.find_first_not_of(' ', at + 1);
    if (close == std::string::npos || inner >= close) {
      escape(out, text[at]);
      continue;
    }
    if (out.ends_with('`')) out += nothing;  // two runs of backticks would become one
    out += code(std::string_view(text).substr(at + 1, close - at - 1));
    at = close;
    if (at + 1 < text.size() && text[at + 1] == '`') out += nothing;
  }
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

class MarkdownWriter {
 public:
  MarkdownWriter(const Report& report, bool brief) : report_(report), brief_(brief) {}

  std::string run() {
    paragraph(fmt::format("### idpd: {}", summary_line(report_)));
    if (brief_)
      paragraph("The plan is too long for a comment: the fields are left out, and long lists are cut.");
    write_remarks();
    for (const plan::AccountPlan& account : report_.accounts) write(account);
    paragraph(fmt::format("Fingerprint: {}", code(plan::fingerprint(report_.accounts))));
    return std::move(out_);
  }

 private:
  void paragraph(const std::string& text) {
    if (!out_.empty()) out_ += '\n';
    out_ += text;
    out_ += '\n';
  }
  void quote(std::string_view label, const std::string& text) {
    paragraph(fmt::format("> **{}** {}", label, prose(text)));
  }
  std::size_t limit(std::size_t size) const { return brief_ ? std::min(size, most_lines) : size; }
  void say_left_out(std::size_t size) {
    if (limit(size) < size) paragraph(fmt::format("… and {} more", size - limit(size)));
  }

  void write_remarks() {
    const std::vector<Remark> all = remarks(report_);
    std::string list;
    for (std::size_t i = 0; i < limit(all.size()); ++i) {
      const Remark& one = all[i];
      list += fmt::format("{}- **{}** {}{}", list.empty() ? "" : "\n",
                          one.severity == model::Severity::warning ? "warning" : "error",
                          one.where.empty() ? "" : code(one.where) + " ", prose(one.message));
    }
    if (!list.empty()) paragraph(list);
    say_left_out(all.size());
  }

  void write(const plan::AccountPlan& account) {
    if (!nameless(report_)) {
      paragraph(fmt::format("#### {} ({})", code(account.account), code(shorten(account.account_id, 9))));
    }
    if (account.status == plan::Status::unknown) quote("unknown:", error_words(report_, account));
    if (account.changed_since) quote("stopped:", std::string(overtaken));
    for (std::size_t i = 0; i < limit(account.changes.size()); ++i) write(account.changes[i]);
    say_left_out(account.changes.size());
    if (report_.accounts.size() > 1 && account.in_sync > 0) {
      paragraph(counted(account.in_sync, "identity provider matches.", "identity providers match."));
    }
    write_unmanaged(account);
  }

  void write(const plan::Change& change) {
    std::string head = fmt::format("**{}** {} {}", code(sign(change.action)),
                                   change.key.empty() ? "(not managed)" : code(change.key),
                                   code(title(change.type, change.name)));
    const auto add = [&](const std::string& text) { head += text.empty() ? "" : " · " + text; };
    if (change.action == plan::Action::move) add("was " + code(change.previous_key));
    if (change.action == plan::Action::adopt) add("takes over id " + code(change.id));
    if (change.action == plan::Action::remove) add("id " + code(change.id));
    if (change.action == plan::Action::forget) add("stays in Cloudflare, no longer managed");
    add(origin_words(change));
    paragraph(head);
    if (!change.explanation.empty()) paragraph(prose(change.explanation));
    if (!brief_) write_fields(change);

    const bool told = report_.applied && change.outcome == plan::Outcome::withheld;
    if (report_.applied) write_outcome(change);
    if (change.withheld && !told) quote("withheld:", change.withheld->message);
    if (change.delete_withheld) quote("the old one stays:", change.delete_withheld->message);
    for (const std::string& note : change.notes) quote("note:", note);
  }

  void write_outcome(const plan::Change& change) {
    const std::string words = outcome_words(change);
    const std::size_t colon = words.find(": ");
    if (colon == std::string::npos) {
      paragraph(fmt::format("> **{}**", words));
    } else {
      quote(words.substr(0, colon + 1), words.substr(colon + 2));
    }
  }

  void write_fields(const plan::Change& change) {
    if (change.fields.empty()) return;
    std::string block;
    for (const plan::FieldChange& field : change.fields) {
      for (const std::string& line : diff_lines(field, from_nothing(change))) block += line + "\n";
    }
    const std::string fence(std::max<std::size_t>(3, longest_ticks(block) + 1), '`');
    paragraph(fmt::format("{}diff\n{}{}", fence, block, fence));
  }

  void write_unmanaged(const plan::AccountPlan& account) {
    const std::size_t size = account.unmanaged.size();
    if (size == 0) return;
    std::string list;
    for (std::size_t i = 0; i < limit(size); ++i) {
      const plan::Unmanaged& one = account.unmanaged[i];
      list += fmt::format("- {} (id {}{})\n", code(title(one.type, one.name)), code(one.id),
                          one.read_only ? ", read-only" : "");
    }
    if (limit(size) < size) list += fmt::format("- … and {} more\n", size - limit(size));
    paragraph(fmt::format("<details><summary>{}</summary>\n\n{}\n</details>",
                          counted(size, "more is not managed", "more are not managed"), list));
  }

  const Report& report_;
  bool brief_;
  std::string out_;
};

}  // namespace

std::string to_markdown(const Report& report) {
  const std::string whole = MarkdownWriter(report, false).run();
  return whole.size() <= longest_comment ? whole : MarkdownWriter(report, true).run();
}

}  // namespace idpd::report
