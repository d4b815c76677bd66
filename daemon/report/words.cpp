#include "report/words.h"

#include <fmt/format.h>

#include <algorithm>

namespace idpd::report {

namespace {

constexpr std::size_t longest_value = 60;

bool continues(char c) {
  return (static_cast<unsigned char>(c) & 0xc0) == 0x80;
}

// The byte at which the code point begins that comes after `columns` others.
std::size_t byte_of(std::string_view text, std::size_t columns) {
  std::size_t at = 0;
  for (; at < text.size(); ++at) {
    if (continues(text[at])) continue;
    if (columns == 0) break;
    --columns;
  }
  return at;
}

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> out;
  std::string word;
  bool quoted = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '`') quoted = !quoted && text.find('`', at + 1) != std::string_view::npos;
    if (c != ' ' || quoted) {
      word += c;
    } else if (!word.empty()) {
      out.push_back(std::move(word));
      word.clear();
    }
  }
  if (!word.empty()) out.push_back(std::move(word));
  return out;
}

std::string text_of(const base::Json& value) {
  return clean(base::dump_json(value));
}

std::vector<std::string> without(const base::Json& from, const base::Json& other) {
  std::vector<const base::Json*> rest;
  if (other.is_array()) {
    for (const base::Json& value : other.array()) rest.push_back(&value);
  }
  std::vector<std::string> out;
  if (!from.is_array()) return out;
  for (const base::Json& value : from.array()) {
    const auto same = std::find_if(rest.begin(), rest.end(), [&](const auto* one) { return *one == value; });
    if (same == rest.end()) {
      out.push_back(shown(value));
    } else {
      rest.erase(same);
    }
  }
  return out;
}

}  // namespace

std::size_t width(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return !continues(c); }));
}

std::string pad(std::string text, std::size_t columns) {
  const std::size_t have = width(text);
  if (have < columns) text.append(columns - have, ' ');
  return text;
}

std::string shorten(std::string_view text, std::size_t columns) {
  const std::size_t have = width(text);
  if (have <= columns) return std::string(text);
  const std::size_t tail = (columns - 1) / 2;
  const std::size_t head = columns - 1 - tail;
  return fmt::format("{}…{}", text.substr(0, byte_of(text, head)), text.substr(byte_of(text, have - tail)));
}

std::vector<std::string> wrap(std::string_view text, std::size_t columns) {
  std::vector<std::string> lines;
  for (std::string& word : words_of(text)) {
    if (!lines.empty() && width(lines.back()) + 1 + width(word) <= columns) {
      lines.back() += " " + word;
    } else {
      lines.push_back(std::move(word));
    }
  }
  if (lines.empty()) lines.emplace_back();
  return lines;
}

std::string counted(std::size_t number, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", number, number == 1 ? one : many);
}

std::string_view sign(plan::Action action) {
  switch (action) {
    case plan::Action::move:
      return "->";
    case plan::Action::create:
      return "+";
    case plan::Action::adopt:
      return "<=";
    case plan::Action::update:
      return "~";
    case plan::Action::replace:
      return "-/+";
    case plan::Action::remove:
      return "-";
    case plan::Action::forget:
      break;
  }
  return ".";
}

std::string title(std::string_view type, std::string_view name) {
  return fmt::format("{} \"{}\"", shorten(clean(type), longest_value), shorten(clean(name), longest_value));
}

std::string origin_words(const plan::Change& change) {
  switch (change.action) {
    case plan::Action::create:
      return change.origin == plan::Origin::drift ? "deleted in Cloudflare (drift)" : "";
    case plan::Action::update:
      break;
    default:
      return "";
  }
  switch (change.origin) {
    case plan::Origin::config:
      return "the file changed";
    case plan::Origin::drift:
      return "changed in Cloudflare (drift)";
    case plan::Origin::both:
      return "the file changed, and it was changed in Cloudflare (drift)";
    case plan::Origin::unknown:
      break;
  }
  return "";
}

std::string outcome_words(const plan::Change& change) {
  const auto with = [](const std::string& word, const std::string& why) {
    return why.empty() ? word : word + ": " + clean(why);
  };
  switch (change.outcome) {
    case plan::Outcome::planned:
      return with("not carried out", change.error);
    case plan::Outcome::done:
      return "done";
    case plan::Outcome::failed:
      return with("failed", change.error);
    case plan::Outcome::withheld:
      return with("withheld", change.withheld ? change.withheld->message : change.error);
    case plan::Outcome::skipped:
      return with("skipped", change.error);
    case plan::Outcome::unknown:
      break;
  }
  return with("unknown", change.error.empty() ? "nobody can say whether it was carried out" : change.error);
}

std::string error_words(const Report& report, const plan::AccountPlan& account) {
  std::string out = clean(account.error.value_or("it could not be read"));
  const auto untouched = [](const plan::Change& change) {
    return change.outcome == plan::Outcome::planned || change.outcome == plan::Outcome::withheld;
  };
  // What earlier rounds did is told below it.
  const auto& changes = account.changes;
  if (report.applied && std::all_of(changes.begin(), changes.end(), untouched))
    out += ". Nothing was changed in this account.";
  return out;
}

std::string shown_whole(const base::Json& value) {
  return value.is_null() ? "(unset)" : text_of(value);
}

std::string shown(const base::Json& value) {
  std::string text = shown_whole(value);
  if (!value.is_string()) return text;
  return fmt::format("\"{}\"", shorten(std::string_view(text).substr(1, text.size() - 2), longest_value));
}

Sides shown_sides(const plan::FieldChange& field) {
  Sides out{shown(field.before), shown(field.after)};
  if (out.before == out.after) out = {shown_whole(field.before), shown_whole(field.after)};
  return out;
}

SetChange set_change(const plan::FieldChange& field) {
  const auto listed = [](const base::Json& value) { return value.is_null() || value.is_array(); };
  if (!field.set || !listed(field.before) || !listed(field.after)) return {};
  return {without(field.after, field.before), without(field.before, field.after)};
}

std::vector<Remark> remarks(const Report& report) {
  std::vector<Remark> out;
  const auto add = [&](const model::Diagnostic& one, const std::string& account) {
    Remark remark{one.severity, clean(one.where.file.empty() ? account : one.where.text()),
                  clean(one.message)};
    const bool known = std::any_of(out.begin(), out.end(), [&](const Remark& other) {
      return other.where == remark.where && other.message == remark.message;
    });
    if (!known) out.push_back(std::move(remark));
  };
  for (const model::Diagnostic& one : report.diagnostics) add(one, "");
  for (const plan::AccountPlan& account : report.accounts) {
    for (const model::Diagnostic& one : account.diagnostics)
      add(one, report.accounts.size() > 1 ? account.account : "");
  }
  return out;
}

}  // namespace idpd::report
