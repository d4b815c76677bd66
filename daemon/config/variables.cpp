#include "config/variables.h"

#include <algorithm>

namespace idpd::config {

namespace {

constexpr std::string_view opening = "${var:";

// Where the next one begins, and npos where none does.
std::size_t next_variable(std::string_view text, std::size_t from) {
  for (std::size_t at = text.find('$', from); at != std::string_view::npos; at = text.find('$', at)) {
    if (text.substr(at).starts_with("$${")) {
      at += 3;
    } else if (text.substr(at).starts_with(opening) && text.find('}', at) != std::string_view::npos) {
      return at;
    } else {
      ++at;
    }
  }
  return std::string_view::npos;
}

}  // namespace

bool has_variable(std::string_view text) {
  return next_variable(text, 0) != std::string_view::npos;
}

bool has_variable(const Node& node) {
  const auto below = [](const Node::Member& member) { return has_variable(member.value); };
  return has_variable(std::string_view(node.text)) ||
         std::any_of(node.items.begin(), node.items.end(),
                     [](const Node& item) { return has_variable(item); }) ||
         std::any_of(node.members.begin(), node.members.end(), below);
}

Node filled(const Node& node, const Variables& variables, std::vector<UnknownVariable>& unknown) {
  Node out = node;
  if (has_variable(std::string_view(node.text))) {
    const std::string_view text = node.text;
    out.text.clear();
    std::size_t done = 0;
    for (std::size_t at = next_variable(text, 0); at != std::string_view::npos;
         at = next_variable(text, done)) {
      const std::size_t end = text.find('}', at);
      const std::string name(text.substr(at + opening.size(), end - at - opening.size()));
      const auto found = variables.find(name);
      out.text += text.substr(done, at - done);
      out.text += found == variables.end() ? text.substr(at, end + 1 - at) : std::string_view(found->second);
      if (found == variables.end()) unknown.push_back({name, node.line, node.column});
      done = end + 1;
    }
    out.text += text.substr(done);
  }
  for (Node& item : out.items) item = filled(item, variables, unknown);
  for (Node::Member& member : out.members) member.value = filled(member.value, variables, unknown);
  return out;
}

}  // namespace idpd::config
