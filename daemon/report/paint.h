// The only place that knows a terminal's escape codes.
#pragma once

#include <string>
#include <string_view>

#include "plan/plan.h"

namespace idpd::report {

enum class Tone { plain, green, yellow, red, magenta, cyan, dim, bold };

class Paint {
 public:
  explicit Paint(bool color) : color_(color) {}
  std::string operator()(Tone tone, std::string_view text) const;

 private:
  bool color_;
};

Tone tone_of(plan::Action action);
Tone tone_of(plan::Outcome outcome);

}  // namespace idpd::report
