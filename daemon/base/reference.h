// How a secret reference is written: `${env:NAME}`, `${file:/path}`, `${credential:NAME}`; `$${` is a literal
// `${`. Only the syntax: secrets/ resolves them, config/ says where they may stand. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace idpd::base {

struct Reference {
  enum class Kind { env, file, credential } kind = Kind::env;
  std::string name;
  bool operator==(const Reference&) const = default;
};

// What a text holds: literal parts and references, in order. Error: an unclosed `${`, an unknown kind (with
// a "did you mean"), an empty name, a credential name with a slash.
struct Part {
  std::optional<Reference> reference;
  std::string literal;  // with `$${` already turned into `${`
};
Result<std::vector<Part>> parse_references(std::string_view text);
bool has_reference(std::string_view text);

// As it is written in a file.
std::string shown(const Reference& reference);

}  // namespace idpd::base
