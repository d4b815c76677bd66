#include "config/yaml.h"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <optional>
#include <sstream>

#include "base/text.h"

namespace idpd::config {

namespace {

struct Problem {
  int line;
  int column;
  std::string message;
};

// Builds the tree from the parser's events and stops it, by throwing, at the first bound.
class TreeBuilder final : public YAML::EventHandler {
 public:
  explicit TreeBuilder(const Limits& limits) : limits_(limits) {}

  Node root;

  void OnDocumentStart(const YAML::Mark& /*mark*/) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    leaf(mark, anchor, add(mark, {1, 0}));
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end())
      throw Problem{mark.line + 1, mark.column + 1, "an alias inside the node that it names"};
    Node& node = add(mark, found->second.size);
    node = found->second.node;
    place(mark, node);
    settle(node);
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    Node& node = add(mark, {1, value.size()});
    node.kind = Node::Kind::scalar;
    node.text = value;
    node.quoted = tag != "?";
    leaf(mark, anchor, node);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& /*tag*/, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value /*style*/) override {
    open(mark, anchor, Node::Kind::sequence);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& /*tag*/, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value /*style*/) override {
    open(mark, anchor, Node::Kind::mapping);
  }
  void OnMapEnd() override { close(); }

 private:
  struct Size {
    std::size_t nodes = 0;  // itself included
    std::size_t bytes = 0;  // of text
  };
  // Its node stands where it will stay: nothing is added beside it before it is closed.
  struct Open {
    Node* node = nullptr;
    YAML::anchor_t anchor = 0;
    Size size;
    bool has_key = false;  // of a mapping: the last member's value is awaited
  };
  struct Anchored {
    Node node;
    Size size;
  };

  static void place(const YAML::Mark& mark, Node& node) {
    node.line = mark.line + 1;
    node.column = mark.column + 1;
  }
  // Every node that comes to be, the copies behind anchors and aliases included: few nodes can hold much
  // text, and anchors within anchors hold each other's nodes again.
  void count(const YAML::Mark& mark, const Size& more) {
    total_.nodes += more.nodes;
    total_.bytes += more.bytes;
    if (total_.nodes > limits_.nodes) {
      throw Problem{mark.line + 1, mark.column + 1,
                    fmt::format("more than {} values once its aliases are followed", limits_.nodes)};
    }
    if (total_.bytes > limits_.expanded_bytes) {
      throw Problem{
          mark.line + 1, mark.column + 1,
          fmt::format("more than {} KiB once its aliases are followed", limits_.expanded_bytes / 1024)};
    }
  }
  void remember(const YAML::Mark& mark, YAML::anchor_t anchor, const Node& node, const Size& size) {
    if (anchor == 0) return;
    count(mark, size);
    anchors_[anchor] = {node, size};
  }
  void leaf(const YAML::Mark& mark, YAML::anchor_t anchor, Node& node) {
    remember(mark, anchor, node, {1, node.text.size()});
    settle(node);
  }
  void open(const YAML::Mark& mark, YAML::anchor_t anchor, Node::Kind kind) {
    Node& node = add(mark, {1, 0});
    if (open_.size() == limits_.depth) {
      throw Problem{mark.line + 1, mark.column + 1,
                    fmt::format("nested more than {} levels deep", limits_.depth)};
    }
    node.kind = kind;
    open_.push_back({&node, anchor, {1, 0}});
  }
  void close() {
    const Open done = open_.back();
    open_.pop_back();
    Node& node = *done.node;
    YAML::Mark mark;
    mark.line = node.line - 1;
    mark.column = node.column - 1;
    remember(mark, done.anchor, node, done.size);
    if (!open_.empty()) {
      open_.back().size.nodes += done.size.nodes - 1;  // itself has been added
      open_.back().size.bytes += done.size.bytes;
    }
    settle(node);
  }
  // Room for a node of this size, where it belongs.
  Node& add(const YAML::Mark& mark, const Size& size) {
    count(mark, size);
    Node& node = room();
    place(mark, node);
    if (!open_.empty()) {
      open_.back().size.nodes += size.nodes;
      open_.back().size.bytes += size.bytes;
    }
    return node;
  }
  Node& room() {
    if (open_.empty()) return root;
    const Open& parent = open_.back();
    if (parent.node->kind == Node::Kind::sequence) return parent.node->items.emplace_back();
    if (parent.has_key) return parent.node->members.back().value;
    return parent.node->members.emplace_back().key;
  }
  // The node is whole.
  void settle(Node& node) {
    if (open_.empty() || open_.back().node->kind != Node::Kind::mapping) return;
    Open& parent = open_.back();
    if (parent.has_key && node.kind == Node::Kind::null) {
      const Node& key = parent.node->members.back().key;
      if (node.line != key.line) {  // `name:` and a new line: it is there
        node.line = key.line;
        node.column = key.column;
      }
    }
    parent.has_key = !parent.has_key;
  }

  const Limits& limits_;
  std::vector<Open> open_;
  std::map<YAML::anchor_t, Anchored> anchors_;
  Size total_;
};

// The byte at which `text` stops being UTF-8 without control characters, if it does. yaml-cpp guesses other
// encodings from such bytes and reads on.
std::optional<std::size_t> first_bad_byte(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const auto byte = static_cast<unsigned char>(text[at]);
    if (byte >= 0x20 && byte < 0x80) {  // nearly all of a file
      ++at;
      continue;
    }
    const std::size_t length = byte < 0x80                   ? 1
                               : byte >= 0xc2 && byte < 0xe0 ? 2
                               : byte >= 0xe0 && byte < 0xf0 ? 3
                               : byte >= 0xf0 && byte < 0xf5 ? 4
                                                             : 0;
    if (length == 0 || at + length > text.size()) return at;
    if (length == 1 && byte < 0x20 && byte != '\t' && byte != '\n' && byte != '\r') return at;
    for (std::size_t i = 1; i < length; ++i) {
      if ((static_cast<unsigned char>(text[at + i]) & 0xc0) != 0x80) return at;
    }
    const auto second = length > 1 ? static_cast<unsigned char>(text[at + 1]) : byte;
    const bool overlong = (byte == 0xe0 && second < 0xa0) || (byte == 0xf0 && second < 0x90);
    const bool surrogate = byte == 0xed && second > 0x9f;
    const bool beyond_unicode = byte == 0xf4 && second > 0x8f;
    if (overlong || surrogate || beyond_unicode) return at;
    at += length;
  }
  return std::nullopt;
}

// yaml-cpp recurses once a level, and so does its scanner on indentation: what is deeper than any file of
// ours is refused before it sees it. Brackets in quoted text count too, which is why the bound is generous.
std::optional<Problem> too_deep(std::string_view text, std::size_t depth) {
  constexpr std::size_t allowance = 4;
  static constexpr std::array<bool, 256> plain = [] {
    std::array<bool, 256> out{};
    for (std::size_t c = 0; c < out.size(); ++c)
      out[c] = std::string_view("\n[]{}").find(static_cast<char>(c)) == std::string_view::npos;
    return out;
  }();
  std::size_t open = 0;
  std::size_t indicators = 0;  // `- - - -` and `? ? ? ?` open a level each
  int line = 1;
  std::size_t line_start = 0;
  bool leading = true;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (!leading && plain[static_cast<unsigned char>(c)]) continue;
    if (c == '\n') {
      ++line;
      line_start = at + 1;
      indicators = 0;
      leading = true;
      continue;
    }
    if (c == '[' || c == '{') ++open;
    if ((c == ']' || c == '}') && open > 0) --open;
    if (leading && (c == '-' || c == '?' || c == ':')) ++indicators;
    if (c != ' ' && c != '-' && c != '?' && c != ':') leading = false;
    if (open > depth * allowance || indicators > depth * allowance) {
      return Problem{line, static_cast<int>(at - line_start) + 1,
                     fmt::format("nested more than {} levels deep", depth)};
    }
  }
  return std::nullopt;
}

// yaml-cpp takes a quote that is never closed for closed where the file ends in white space: half a file
// would load. A comment behind it makes that an error and means nothing else.
std::string with_end(std::string_view text) {
  std::string out(text);
  if (out.ends_with('\n') || out.ends_with('\r')) {
    out += '#';
  } else if (out.ends_with(' ') || out.ends_with('\t')) {
    out += "\n#";
  }
  return out;
}

// JSON writes what is beyond U+FFFF as a pair, `\ud83d\udd11`, which yaml-cpp refuses; YAML's own way is
// `\U0001f511`. Only in what begins as JSON does: there a backslash stands in quotes and nowhere else.
std::string without_pairs(std::string text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string::npos || text[first] != '{') return text;
  std::string out;
  out.reserve(text.size());
  const auto unit = [&](std::size_t at) -> unsigned {
    unsigned value = 0;
    if (at + 6 > text.size() || text[at] != '\\' || text[at + 1] != 'u') return 0;
    const char* end = text.data() + at + 6;
    const auto read = std::from_chars(text.data() + at + 2, end, value, 16);
    return read.ec == std::errc() && read.ptr == end ? value : 0;
  };
  for (std::size_t at = 0; at < text.size();) {
    const unsigned high = unit(at);
    const unsigned low = high >= 0xd800 && high < 0xdc00 ? unit(at + 6) : 0;
    if (low >= 0xdc00 && low < 0xe000) {
      out += fmt::format("\\U{:08x}", 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00));
      at += 12;
    } else {
      const std::size_t length = text[at] == '\\' ? 2 : 1;  // `\\\\ud83d` is a backslash and some letters
      out.append(text, at, length);
      at += length;
    }
  }
  return out;
}

// The parser's words, and what is most likely behind them.
std::string explained(const std::string& message, std::string_view text, int line) {
  for (; line > 0; --line) text.remove_prefix(std::min(text.find('\n'), text.size() - 1) + 1);
  text = text.substr(0, text.find('\n'));
  const std::size_t reference = text.find("${");
  const bool within = reference != std::string_view::npos &&
                      text.substr(0, reference).find_first_of("{[") != std::string_view::npos;
  return within ? message + "; within { } and [ ] a reference must be quoted: \"${...}\"" : message;
}

Problem parse(std::string_view text, const Limits& limits, Node& root) {
  try {
    std::istringstream stream{without_pairs(with_end(text))};
    YAML::Parser parser(stream);
    TreeBuilder builder(limits);
    if (!parser.HandleNextDocument(builder)) return {};
    root = std::move(builder.root);
    TreeBuilder second(limits);
    if (parser.HandleNextDocument(second)) {
      return {second.root.line, second.root.column, "a second document in the file; one file holds one"};
    }
    return {};
  } catch (const Problem& problem) {
    return problem;
  } catch (const YAML::Exception& error) {  // the parser's way of reporting; it ends here
    if (error.mark.is_null()) return {1, 1, error.msg};
    return {error.mark.line + 1, error.mark.column + 1, explained(error.msg, text, error.mark.line)};
  } catch (const std::exception& error) {  // yaml-cpp lets a few of the standard library's through
    return {1, 1, fmt::format("not readable as YAML ({})", error.what())};
  }
}

}  // namespace

const Node* Node::find(std::string_view key) const {
  for (const auto& [name, value] : members) {
    if (name.kind == Kind::scalar && name.text == key) return &value;
  }
  return nullptr;
}

Node read_yaml(const std::string& file, std::string_view text, const Limits& limits,
               std::vector<model::Diagnostic>& diagnostics) {
  const auto report = [&](const Problem& problem) {
    // The parser names the character that it stumbled over, which at the end of a file is a control
    // character.
    diagnostics.push_back(
        {model::Severity::error, {file, problem.line, problem.column}, base::printable(problem.message)});
    return Node{};
  };
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  if (text.size() > limits.bytes)
    return report({0, 0, fmt::format("larger than {} KiB", limits.bytes / 1024)});
  if (const auto bad = first_bad_byte(text)) {
    const std::string_view before = text.substr(0, *bad);
    const auto line = static_cast<int>(std::count(before.begin(), before.end(), '\n')) + 1;
    const std::size_t start = before.rfind('\n') == std::string_view::npos ? 0 : before.rfind('\n') + 1;
    return report(
        {line, static_cast<int>(*bad - start) + 1, "a byte that is no UTF-8 text; save the file as UTF-8"});
  }
  if (const auto problem = too_deep(text, limits.depth)) return report(*problem);
  Node root;
  const Problem problem = parse(text, limits, root);
  if (!problem.message.empty()) return report(problem);
  return root;
}

}  // namespace idpd::config
