// `${var:NAME}` in the files with identity providers: text of the account, put in before anything else is
// looked at, so that it may stand in any value, in a secret reference too. A value holds no $, { or } (the
// settings' schema says so) and therefore never becomes a reference. `$${` stays what it is. Pure.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "config/yaml.h"

namespace idpd::config {

// What `${var:NAME}` stands for, by name.
using Variables = std::map<std::string, std::string>;

bool has_variable(std::string_view text);
bool has_variable(const Node& node);  // in a value of it, however deep; keys take none

// The text with its variables put in; those that are not known stay as they are and go to `unknown`.
std::string filled(std::string_view text, const Variables& variables, std::vector<std::string>& unknown);
// With something in the place of each, so that what is around them can be checked.
std::string with_any_variable(std::string_view text);

struct UnknownVariable {
  std::string name;
  int line = 0;
  int column = 0;
};
// The same for a node.
Node filled(const Node& node, const Variables& variables, std::vector<UnknownVariable>& unknown);

}  // namespace idpd::config
