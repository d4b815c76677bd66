#include "report/style.h"

#include <algorithm>

namespace idpd::report {

namespace {

constexpr std::string_view reset = "\033[0m";

std::string_view code_of(Tone tone) {
  switch (tone) {
    case Tone::plain:
      return "";
    case Tone::bold:
      return "\033[1m";
    case Tone::dim:
      return "\033[2m";
    case Tone::add:
    case Tone::good:
      return "\033[32m";
    case Tone::change:
      return "\033[33m";
    case Tone::remove:
    case Tone::bad:
      return "\033[31m";
    case Tone::replace:
      return "\033[35m";
    case Tone::take:
      return "\033[36m";
  }
  return "";
}

}  // namespace

std::string Painter::operator()(Tone tone, std::string_view text) const {
  const std::string_view code = code_of(tone);
  if (!color_ || code.empty() || text.empty()) return std::string(text);
  return std::string(code).append(text).append(reset);
}

Tone tone_of(plan::Action action) {
  switch (action) {
    case plan::Action::create:
      return Tone::add;
    case plan::Action::update:
      return Tone::change;
    case plan::Action::remove:
      return Tone::remove;
    case plan::Action::replace:
      return Tone::replace;
    case plan::Action::adopt:
    case plan::Action::move:
      return Tone::take;
    case plan::Action::forget:
      break;
  }
  return Tone::dim;
}

std::size_t width(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0) != 0x80;  // all but continuation bytes
  }));
}

std::string padded(std::string_view text, std::size_t columns) {
  std::string out(text);
  out.append(columns - std::min(columns, width(text)), ' ');
  return out;
}

std::string wrapped(std::string_view text, std::size_t lead, std::size_t hang) {
  std::string out;
  std::size_t column = lead;
  bool line_empty = true;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (word.empty()) continue;
    if (!line_empty && column + 1 + width(word) > page_width) {
      out.append("\n").append(hang, ' ');
      column = hang;
      line_empty = true;
    }
    if (!line_empty) {
      out += ' ';
      ++column;
    }
    out += word;
    column += width(word);
    line_empty = false;
  }
  return out;
}

}  // namespace idpd::report
