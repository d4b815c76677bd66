#include "base/reference.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/text.h"

namespace idpd::base {

namespace {

constexpr std::string_view how_to =
    "a reference is ${env:NAME}, ${file:/path} or ${credential:NAME}; write a literal ${ as $${";

// The text between the braces. What is no reference may be a secret in clear, so the errors do not quote it.
Result<Reference> parse_reference(std::string_view inside) {
  const std::size_t colon = inside.find(':');
  if (colon == std::string_view::npos)
    return Error{Code::invalid, fmt::format("a reference without a kind: {}", how_to)};
  const std::string_view kind = inside.substr(0, colon);
  Reference reference{Reference::Kind::env, std::string(inside.substr(colon + 1))};
  if (kind == "file") {
    reference.kind = Reference::Kind::file;
  } else if (kind == "credential") {
    reference.kind = Reference::Kind::credential;
  } else if (kind != "env") {
    const std::string hint = base::did_you_mean(kind, {"env", "file", "credential"});
    return Error{Code::invalid,
                 fmt::format("a reference of unknown kind{} {}", hint.empty() ? ":" : hint, how_to)};
  }
  const std::string& name = reference.name;
  if (name.empty()) return Error{Code::invalid, fmt::format("a reference with an empty name: {}", how_to)};
  if (name.find('\0') != std::string::npos)
    return Error{Code::invalid, "a reference whose name holds a NUL byte"};
  if (reference.kind == Reference::Kind::credential &&
      (name.find('/') != std::string::npos || name == "." || name == "..")) {
    return Error{Code::invalid, shown(reference) + " must be a plain name; for a path write ${file:/path}"};
  }
  return reference;
}

}  // namespace

std::string shown(const Reference& reference) {
  static constexpr std::string_view kinds[] = {"env", "file", "credential"};
  return fmt::format("${{{}:{}}}", kinds[static_cast<std::size_t>(reference.kind)],
                     base::printable(reference.name));
}

Result<std::vector<Part>> parse_references(std::string_view text) {
  std::vector<Part> parts;
  std::string literal;
  const auto flush = [&] {
    if (!literal.empty()) parts.push_back(Part{std::nullopt, std::exchange(literal, {})});
  };
  for (std::size_t at = 0; at < text.size();) {
    const std::string_view rest = text.substr(at);
    if (rest.starts_with("$${")) {
      literal += "${";
      at += 3;
    } else if (rest.starts_with("${")) {
      const std::size_t close = rest.find('}');
      if (close == std::string_view::npos)
        return Error{Code::invalid, fmt::format("an unclosed ${{: {}", how_to)};
      auto reference = parse_reference(rest.substr(2, close - 2));
      if (!reference) return reference.error();
      flush();
      parts.push_back(Part{*std::move(reference), {}});
      at += close + 1;
    } else {
      literal += rest.front();
      ++at;
    }
  }
  flush();
  return parts;
}

bool has_reference(std::string_view text) {
  const auto parts = parse_references(text);
  return parts && std::any_of(parts->begin(), parts->end(),
                              [](const Part& part) { return part.reference.has_value(); });
}

}  // namespace idpd::base
