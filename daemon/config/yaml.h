// YAML (and with it JSON) as a tree that remembers where each node stands. yaml-cpp is the parser, in
// yaml.cpp alone, driven by its events so that our bounds hold while it reads: its own tree would expand an
// alias bomb. Plain values; no file is touched here.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "model/desired.h"

namespace idpd::config {

struct Node {
  enum class Kind { null, scalar, sequence, mapping };

  Kind kind = Kind::null;
  int line = 1;
  int column = 1;
  std::string text;     // of a scalar
  bool quoted = false;  // a scalar in quotes or a block: text whatever it looks like
  std::vector<Node> items;
  struct Member;
  std::vector<Member> members;  // in the order of the file; keys may repeat

  const Node* find(std::string_view key) const;  // the first member of that key
};

struct Node::Member {
  Node key;
  Node value;
};

struct Limits {
  std::size_t bytes = 1 << 20;
  std::size_t nodes = 100'000;           // after aliases
  std::size_t expanded_bytes = 8 << 20;  // of text, after aliases
  std::size_t depth = 50;
};

// One document. Errors (syntax, a second document, a bound that is passed, bytes that are no UTF-8) go to
// `diagnostics`, and the returned node is then null.
Node read_yaml(const std::string& file, std::string_view text, const Limits& limits,
               std::vector<model::Diagnostic>& diagnostics);

}  // namespace idpd::config
