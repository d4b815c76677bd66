#include "config/variables.h"

#include <algorithm>
#include <utility>

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

namespace {

// `text_for` says what stands for a name; empty pointer: nothing does, and it stays.
template <typename TextFor>
std::string replaced(std::string_view text, TextFor text_for) {
  std::string out;
  std::size_t done = 0;
  for (std::size_t at = next_variable(text, 0); at != std::string_view::npos;
       at = next_variable(text, done)) {
    const std::size_t end = text.find('}', at);
    const std::string* value =
        text_for(std::string(text.substr(at + opening.size(), end - at - opening.size())));
    out += text.substr(done, at - done);
    out += value ? std::string_view(*value) : text.substr(at, end + 1 - at);
    done = end + 1;
  }
  return out += text.substr(done);
}

}  // namespace

std::string filled(std::string_view text, const Variables& variables, std::vector<std::string>& unknown) {
  return replaced(text, [&](const std::string& name) -> const std::string* {
    const auto found = variables.find(name);
    if (found != variables.end()) return &found->second;
    unknown.push_back(name);
    return nullptr;
  });
}

std::string with_any_variable(std::string_view text) {
  static const std::string something = "x";
  return replaced(text, [](const std::string& /*name*/) { return &something; });
}

Node filled(const Node& node, const Variables& variables, std::vector<UnknownVariable>& unknown) {
  Node out = node;
  std::vector<std::string> names;
  out.text = filled(std::string_view(node.text), variables, names);
  for (std::string& name : names) unknown.push_back({std::move(name), node.line, node.column});
  for (Node& item : out.items) item = filled(item, variables, unknown);
  for (Node::Member& member : out.members) member.value = filled(member.value, variables, unknown);
  return out;
}

}  // namespace idpd::config
