#include "service/slack.h"

#include <fmt/format.h>

#include <cctype>

#include "report/words.h"

namespace idpd::service {

namespace {

using base::Json;
using report::clean;

// Slack's own limits, in characters; bytes are never fewer.
constexpr std::size_t longest_header = 150;
constexpr std::size_t longest_section = 3000;
constexpr std::size_t longest_fact = 1000;
constexpr std::size_t longest_code = 300;
constexpr std::size_t longest_path = 200;
constexpr std::size_t most_field_blocks = 10;  // of the 50 that a message may have

constexpr std::string_view ellipsis = "…";
constexpr std::string_view zero_width_space = "\xe2\x80\x8b";
constexpr std::string_view replacement = "\xef\xbf\xbd";

// The character that begins there; what is none is shown as the sign for that.
std::string_view character(std::string_view text, std::size_t& at) {
  const auto first = static_cast<unsigned char>(text[at]);
  const std::size_t begin = at++;
  if (first < 0x80) return text.substr(begin, 1);
  while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xc0) == 0x80) ++at;
  const std::size_t size = first < 0xc0 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  return at - begin == size ? text.substr(begin, size) : replacement;
}

std::string_view escaped(std::string_view piece) {
  if (piece == "&") return "&amp;";
  if (piece == "<") return "&lt;";
  if (piece == ">") return "&gt;";
  return piece;
}

// An address would be made a link where verbatim is unknown.
std::string unlinked(std::string text) {
  for (std::size_t at = text.find("://"); at != std::string::npos; at = text.find("://", at + 1))
    text.insert(at + 1, zero_width_space);
  return text;
}

// As program text, in which Slack sees no markup; a backtick would end it.
std::string code(std::string_view text, std::size_t most) {
  std::string inner(text);
  for (char& c : inner) {
    if (c == '`') c = '\'';
  }
  if (inner.empty()) inner = " ";
  return fmt::format("`{}`", slack_text(inner, most));
}

// Whole text without any markup.
Json plain(std::string_view text, std::size_t most) {
  return Json::Object{{"type", "plain_text"}, {"emoji", false}, {"text", slack_text(text, most)}};
}

// Our own markup around escaped text. Verbatim: Slack makes no links and mentions of its own accord.
Json marked(std::string text) {
  return Json::Object{{"type", "mrkdwn"}, {"verbatim", true}, {"text", std::move(text)}};
}

Json section(Json text) {
  return Json::Object{{"type", "section"}, {"text", std::move(text)}};
}

std::string line(const model::Difference& field, bool over) {
  const std::string path = code(clean(field.path), longest_path);
  if (field.sensitive) return fmt::format("• {} differs (sensitive)\n", path);
  const Values shown = values(field);
  return fmt::format("• {} {} {}, should be {}\n", path, over ? "was" : "is", code(shown.live, longest_code),
                     code(shown.desired, longest_code));
}

void add_fields(const model::Incident& incident, Json::Array& blocks) {
  std::string text;
  std::size_t made = 0;
  for (std::size_t i = 0; i < incident.fields.size(); ++i) {
    const std::string next = line(incident.fields[i], incident.ended.has_value());
    if (text.size() + next.size() > longest_section) {
      blocks.push_back(section(marked(std::move(text))));
      text.clear();
      if (++made == most_field_blocks) {
        text = report::counted(incident.fields.size() - i, "more field", "more fields");
        break;
      }
    }
    text += next;
  }
  if (!text.empty()) blocks.push_back(section(marked(std::move(text))));
}

}  // namespace

std::string slack_text(std::string_view text, std::size_t most) {
  std::string out;
  std::size_t with_ellipsis = 0;  // so much of it leaves room for one
  bool in_word = false;
  for (std::size_t at = 0; at < text.size() && out.size() <= most;) {
    if (out.size() + ellipsis.size() <= most) with_ellipsis = out.size();
    const std::string_view piece = character(text, at);
    out += escaped(piece);
    if (piece == "@" && !in_word) out += zero_width_space;
    in_word = std::isalnum(static_cast<unsigned char>(piece[0])) != 0 ||
              std::string_view("._-+").find(piece[0]) != std::string_view::npos;
  }
  if (out.size() <= most) return out;
  out.resize(with_ellipsis);
  return out + std::string(ellipsis);
}

std::string slack_body(const model::Incident& incident, Event event) {
  const Message words = message(incident, event);
  Json::Array blocks;
  blocks.push_back(Json::Object{{"type", "header"}, {"text", plain(words.title, longest_header)}});
  if (!words.reason.empty()) blocks.push_back(section(plain(words.reason, longest_section)));
  add_fields(incident, blocks);
  for (const std::string& command : words.codes)
    blocks.push_back(section(marked("To carry it out: " + code(command, longest_code))));
  Json::Array facts;
  for (const Fact& fact : words.facts)
    facts.push_back(plain(fmt::format("{}: {}", fact.label, fact.text), longest_fact));
  blocks.push_back(Json::Object{{"type", "context"}, {"elements", std::move(facts)}});
  // The text is what a phone shows first, and all that there is where blocks are unknown.
  return base::dump_json(Json::Object{{"text", slack_text(unlinked(words.text), longest_section)},
                                      {"blocks", std::move(blocks)}});
}

}  // namespace idpd::service
