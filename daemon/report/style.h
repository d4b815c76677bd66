// The look of the terminal text: the only place that knows escape codes. Without colour every tone is plain.
#pragma once

#include <string>
#include <string_view>

#include "plan/plan.h"

namespace idpd::report {

enum class Tone { plain, bold, dim, add, change, remove, replace, take, bad, good };

class Painter {
 public:
  explicit Painter(bool color) : color_(color) {}
  std::string operator()(Tone tone, std::string_view text) const;

 private:
  bool color_;
};

Tone tone_of(plan::Action action);

// What the terminal's width is taken to be; longer sentences are wrapped with a hanging indent.
inline constexpr std::size_t page_width = 100;

// Columns that a UTF-8 text takes, counted in code points.
std::size_t width(std::string_view text);
std::string padded(std::string_view text, std::size_t columns);

// Breaks at spaces. The first line begins after `lead` columns that are already written, the others after
// `hang` spaces; a word longer than the page stays whole, so that it can be copied.
std::string wrapped(std::string_view text, std::size_t lead, std::size_t hang);

}  // namespace idpd::report
