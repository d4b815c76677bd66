#include "report/markdown_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "report/words.h"

namespace idpd::report {

namespace {

constexpr std::string_view nothing = "\u200b";  // a space without width: breaks what would be linked

std::size_t longest_ticks(std::string_view text) {
  std::size_t longest = 0;
  std::size_t run = 0;
  for (const char c : text) {
    run = c == '`' ? run + 1 : 0;
    longest = std::max(longest, run);
  }
  return longest;
}

bool ends_with_word(std::string_view text, std::string_view word) {
  if (text.size() < word.size()) return false;
  const std::size_t begin = text.size() - word.size();
  if (begin > 0 && std::isalnum(static_cast<unsigned char>(text[begin - 1]))) return false;
  return std::equal(word.begin(), word.end(), text.begin() + static_cast<std::ptrdiff_t>(begin),
                    [](char a, char b) { return a == std::tolower(static_cast<unsigned char>(b)); });
}

// `next` is what follows; a NUL at the end.
void escape(std::string& out, char c, char next) {
  const bool word = std::isalnum(static_cast<unsigned char>(next)) || next == '"' || next == '\'';
  // GitLab links !1, $1, %1, &1, ~1 and ^alert#1; both link #1 and @name, and GH-1, www.… and ://… beside
  // them.
  const std::string_view tail =
      c == '@' || c == '#' || (word && std::string_view("!$%&~^").find(c) != std::string_view::npos) ? nothing
                                                                                                     : "";
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
    case '/':
      // A line that begins with one is a quick action in GitLab.
      out += out.empty() ? "&#47;" : out.ends_with(":") ? fmt::format("{}/", nothing) : "/";
      break;
    case '.':
      out += ends_with_word(out, "www") ? fmt::format("{}.", nothing) : ".";
      break;
    case '-':
      out += ends_with_word(out, "gh") && word ? fmt::format("-{}", nothing) : "-";
      break;
    default:
      if (std::string_view("\\`*_[]|~!$").find(c) != std::string_view::npos) out += '\\';
      out += c;
  }
  out += tail;
}

}  // namespace

std::string markdown_code(std::string_view raw) {
  const std::string text = clean(raw);
  if (text.find_first_not_of(' ') == std::string::npos) return "`\"" + text + "\"`";
  const std::string ticks(longest_ticks(text) + 1, '`');
  const bool open = text.front() == '`' || text.back() == '`';
  return open ? ticks + " " + text + " " + ticks : ticks + text + ticks;
}

std::string markdown_prose(std::string_view raw) {
  const std::string text = clean(raw);
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const std::size_t close = text[at] == '`' ? text.find('`', at + 1) : std::string::npos;
    const std::size_t inner = text.find_first_not_of(' ', at + 1);
    if (close == std::string::npos || inner >= close) {
      escape(out, text[at], at + 1 < text.size() ? text[at + 1] : '\0');
      continue;
    }
    if (out.ends_with('`')) out += nothing;  // two runs of backticks would become one
    out += markdown_code(std::string_view(text).substr(at + 1, close - at - 1));
    at = close;
    if (at + 1 < text.size() && text[at + 1] == '`') out += nothing;
  }
  return out;
}

std::string markdown_fence(std::string_view language, std::string_view lines) {
  const std::string fence(std::max<std::size_t>(3, longest_ticks(lines) + 1), '`');
  return fmt::format("{}{}\n{}{}", fence, language, lines, fence);
}

std::string html_code(std::string_view raw) {
  std::string out = "<code>";
  for (const char c : clean(raw)) {
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
      default:
        out += c;
    }
  }
  return out + "</code>";
}

}  // namespace idpd::report
