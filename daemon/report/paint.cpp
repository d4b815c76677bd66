#include "report/paint.h"

#include <fmt/format.h>

namespace idpd::report {

std::string Paint::operator()(Tone tone, std::string_view text) const {
  static constexpr std::string_view codes[] = {"", "32", "33", "31", "35", "36", "2", "1"};
  if (!color_ || tone == Tone::plain || text.empty()) return std::string(text);
  return fmt::format("\x1b[{}m{}\x1b[0m", codes[static_cast<std::size_t>(tone)], text);
}

Tone tone_of(plan::Action action) {
  switch (action) {
    case plan::Action::create:
      return Tone::green;
    case plan::Action::update:
      return Tone::yellow;
    case plan::Action::remove:
      return Tone::red;
    case plan::Action::replace:
      return Tone::magenta;
    case plan::Action::adopt:
    case plan::Action::move:
      return Tone::cyan;
    case plan::Action::forget:
      break;
  }
  return Tone::dim;
}

Tone tone_of(plan::Outcome outcome) {
  switch (outcome) {
    case plan::Outcome::done:
      return Tone::green;
    case plan::Outcome::failed:
    case plan::Outcome::unknown:
      return Tone::red;
    case plan::Outcome::withheld:
      return Tone::yellow;
    case plan::Outcome::planned:
    case plan::Outcome::skipped:
      break;
  }
  return Tone::dim;
}

}  // namespace idpd::report
