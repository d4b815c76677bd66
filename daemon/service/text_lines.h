// Lines for a terminal: labels that end at one column, long texts that hang below their own beginning. Pure.
#pragma once

#include <string>
#include <string_view>

#include "report/paint.h"
#include "report/words.h"

namespace idpd::service {

class TextLines {
 public:
  static constexpr std::size_t columns = 100;
  static constexpr std::size_t label_end = 10;

  explicit TextLines(bool color) : paint(color) {}

  void line(std::size_t indent, const std::string& text) { out_ += std::string(indent, ' ') + text + '\n'; }
  void gap() {
    if (!out_.empty() && !out_.ends_with("\n\n")) out_ += '\n';
  }
  // `lead` may hold colours: its width is said. The text is broken, and its lines stand below each other.
  void hang(std::size_t indent, const std::string& lead, std::size_t lead_width, std::string_view text,
            report::Tone tone = report::Tone::plain) {
    const std::size_t begin = indent + lead_width;
    bool first = true;
    for (const std::string& part : report::wrap(text, columns - begin)) {
      if (first) {
        line(indent, lead + paint(tone, part));
      } else {
        line(begin, paint(tone, part));
      }
      first = false;
    }
  }
  void field(std::string_view label, std::string_view text, report::Tone tone = report::Tone::plain) {
    const std::size_t before = label_end > label.size() ? label_end - label.size() : 0;
    const std::string lead = std::string(before, ' ') + std::string(label) + ": ";
    hang(0, paint(report::Tone::dim, lead), lead.size(), text, tone);
  }
  // Goes on below the text of a field.
  void more(std::string_view text) { hang(label_end + 2, "", 0, text); }

  std::string finish() { return std::move(out_); }

  report::Paint paint;

 private:
  std::string out_;
};

}  // namespace idpd::service
