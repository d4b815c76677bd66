// How the value of a field is shown to people, decided once for the terminal and for Markdown. Every text
// made here is one line without control characters.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "plan/plan.h"

namespace idpd::report {

// A JSON value on one line; strings quoted and, when long, cut in the middle.
std::string show_value(const base::Json& value);
std::string show_full(const base::Json& value);

// The first and the last of a long text with an ellipsis between; never inside a UTF-8 sequence.
std::string shortened(std::string_view text, std::size_t columns);

struct FieldView {
  enum class Kind {
    sensitive,  // no value at all
    one,        // `after` alone: of a create or a delete
    items,      // the same, as the list `added`
    change,     // `before` and `after`
    delta,      // a list: what is `removed` and what is `added`
    reordered,  // the same items in another order
  };
  Kind kind = Kind::one;
  std::string before, after;
  std::vector<std::string> removed, added;
};

FieldView view_of(const plan::FieldChange& field, plan::Action action);

}  // namespace idpd::report
