#include "config/decode.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "base/reference.h"
#include "base/text.h"
#include "config/format.h"
#include "config/variables.h"

namespace idpd::config {

namespace {

using base::Json;
using model::Diagnostic;
using model::Location;
using model::Severity;

std::string_view kind_name(Node::Kind kind) {
  switch (kind) {
    case Node::Kind::null:
      return "nothing";
    case Node::Kind::scalar:
      return "a single value";
    case Node::Kind::sequence:
      return "a list";
    case Node::Kind::mapping:
      return "a mapping";
  }
  return "";
}

// The types that a schema allows; none stated means any.
class Types {
 public:
  explicit Types(const Json& schema) {
    if (const Json* type = schema.find("type")) {
      if (type->is_string()) {
        add(type->string());
      } else {
        for (const Json& one : type->array()) add(one.string());
      }
    } else if (schema.find("properties")) {
      add("object");
    } else if (const Json* constant = schema.find("const"); constant && constant->is_string()) {
      add("string");
    }
  }

  bool empty() const { return count_ == 0; }
  bool has(std::string_view type) const { return std::find(begin(), end(), type) != end(); }
  bool allow(std::string_view type) const { return empty() || has(type); }
  const std::string_view* begin() const { return names_.data(); }
  const std::string_view* end() const { return names_.data() + count_; }

 private:
  void add(std::string_view type) {
    if (count_ < names_.size()) names_[count_++] = type;
  }

  std::array<std::string_view, 7> names_{};  // as many as JSON Schema knows
  std::size_t count_ = 0;
};

std::string_view wanted_name(std::string_view type) {
  if (type == "object") return "a mapping";
  if (type == "array") return "a list";
  if (type == "boolean") return "true or false";
  if (type == "integer") return "a whole number";
  if (type == "number") return "a number";
  return "text";
}

// What an object's members are found by.
using Seen = std::map<std::string_view, const Node*>;

class Decoder {
 public:
  Decoder(const DecodeOptions& options, std::vector<Diagnostic>& diagnostics)
      : options_(options), diagnostics_(diagnostics) {
    out.file = options.file;
  }

  Decoded out;

  Json any(const Node& node, const Json& schema, const std::string& path) {
    out.positions.emplace(path, Position{node.line, node.column});
    if (options_.any_variable && has_variable(std::string_view(node.text))) {
      if (schema.flag("writeOnly"))
        out.secrets.emplace(path, model::SecretInput{.text = node.text, .where = at(node)});
      return schema.flag("writeOnly") ? Json() : Json(node.text);
    }
    if (const Json* shapes = schema.find("oneOf")) return one_of(node, shapes->array(), path);
    if (schema.flag("writeOnly")) return secret(node, schema, path);
    const Types wanted(schema);
    switch (node.kind) {
      case Node::Kind::null:
        if (wanted.has("object")) return object(node, schema, path);  // `accounts:` and nothing more
        return nullptr;
      case Node::Kind::mapping:
        if (wanted.allow("object")) return object(node, schema, path);
        break;
      case Node::Kind::sequence:
        if (wanted.allow("array")) return array(node, schema, path);
        break;
      case Node::Kind::scalar: {
        for (const char* type : {"boolean", "integer", "number", "string"}) {
          if (!wanted.allow(type)) continue;
          if (auto value = scalar(node, type)) return check(node, schema, path, *std::move(value));
        }
        break;
      }
    }
    std::vector<std::string> names;
    for (const std::string_view type : wanted) names.emplace_back(wanted_name(type));
    fail(node, fmt::format("{} must be {}, not {}", show(path), base::join(names, " or "), describe(node)));
    return nullptr;
  }

 private:
  Location at(const Node& node) const { return {options_.file, node.line, node.column}; }
  void fail(const Node& node, std::string message) {
    diagnostics_.push_back({Severity::error, at(node), std::move(message)});
  }
  void warn(const Node& node, std::string message) {
    diagnostics_.push_back({Severity::warning, at(node), std::move(message)});
  }
  std::string show(const std::string& path) const { return path.empty() ? options_.title : path; }
  static std::string describe(const Node& node) {
    if (node.kind != Node::Kind::scalar) return std::string(kind_name(node.kind));
    constexpr std::size_t longest = 40;
    const std::string text = base::printable(node.text);
    return text.size() > longest ? "a longer text" : fmt::format("\"{}\"", text);
  }

  static std::optional<Json> scalar(const Node& node, std::string_view type) {
    const std::string& text = node.text;
    if (type == "string") return Json(text);
    if (node.quoted) return std::nullopt;
    if (type == "boolean") {
      if (text == "true" || text == "True" || text == "TRUE") return Json(true);
      if (text == "false" || text == "False" || text == "FALSE") return Json(false);
      return std::nullopt;
    }
    const char* end = text.data() + text.size();
    std::int64_t whole = 0;
    if (const auto read = std::from_chars(text.data(), end, whole);
        read.ec == std::errc() && read.ptr == end) {
      return Json(whole);
    }
    double number = 0;
    if (type == "number") {
      const auto read = std::from_chars(text.data(), end, number);
      if (read.ec == std::errc() && read.ptr == end) return Json(number);
    }
    return std::nullopt;
  }

  // The first shape whose kind of node fits; kinds are what tells our shapes apart.
  Json one_of(const Node& node, const Json::Array& shapes, const std::string& path) {
    for (const Json& shape : shapes) {
      const Types wanted(shape);
      const bool mapping = wanted.has("object");
      const bool list = wanted.has("array");
      if (((node.kind == Node::Kind::mapping || node.kind == Node::Kind::null) && mapping) ||
          (node.kind == Node::Kind::sequence && list) ||
          (node.kind == Node::Kind::scalar && !mapping && !list)) {
        return any(node, shape, path);
      }
    }
    fail(node, fmt::format("{} cannot be {}", show(path), kind_name(node.kind)));
    return nullptr;
  }

  Json secret(const Node& node, const Json& schema, const std::string& path) {
    if (schema.flag("readOnly")) {
      warn(node, fmt::format("{} is set by the server; it is ignored here", path));
      return nullptr;
    }
    model::SecretInput input{.where = at(node)};
    if (node.kind == Node::Kind::null) {
      input.unset = true;
    } else if (node.kind != Node::Kind::scalar) {
      fail(node, fmt::format("{} must be a secret reference such as ${{credential:NAME}}, not {}", path,
                             kind_name(node.kind)));
      return nullptr;
    } else {
      const std::string text = options_.secret_variables ? with_any_variable(node.text) : node.text;
      if (auto parts = base::parse_references(text); !parts) {
        fail(node, fmt::format("{}: {}", path, parts.error().message));
        return nullptr;
      }
      if (base::is_masked(node.text)) {
        fail(node, fmt::format("{} holds only asterisks, which is how the API hides a secret; "
                               "write a reference such as ${{credential:NAME}}",
                               path));
        return nullptr;
      }
      if (node.text.empty()) {
        fail(node, fmt::format("{} is empty; write a reference such as ${{credential:NAME}}", path));
        return nullptr;
      }
      input.text = node.text;
      input.in_clear = !base::has_reference(text);
    }
    out.secrets.emplace(path, std::move(input));
    return nullptr;
  }

  Json check(const Node& node, const Json& schema, const std::string& path, Json value) {
    if (value.is_string() && value.string().find("${") != std::string::npos) {
      const auto parts = base::parse_references(value.string());
      if (!parts || base::has_reference(value.string())) {
        fail(node,
             fmt::format(
                 "{} holds a reference, which is allowed only in a secret field; write a literal ${{ as $${{",
                 show(path)));
        return nullptr;
      }
      value = parts->empty() ? "" : parts->front().literal;
    }
    if (const Json* options = schema.find("enum")) {
      const Json::Array& allowed = options->array();
      if (std::find(allowed.begin(), allowed.end(), value) == allowed.end()) {
        std::vector<std::string> names;
        for (const Json& one : allowed)
          names.push_back(one.is_string() ? one.string() : base::dump_json(one));
        fail(node, fmt::format("{} must be one of {}, not {}{}", show(path), base::join(names, ", "),
                               describe(node), base::did_you_mean(node.text, names)));
        return nullptr;
      }
    }
    if (const auto problem = format_problem(schema, value)) {
      fail(node, fmt::format("{} {}", show(path), *problem));
      return nullptr;
    }
    return value;
  }

  Json array(const Node& node, const Json& schema, const std::string& path) {
    Json::Array values;
    const Json* items = schema.find("items");
    const Json anything{Json::Object{}};
    std::map<std::string, const Node*> seen;
    for (std::size_t i = 0; i < node.items.size(); ++i) {
      const Node& item = node.items[i];
      if (item.kind == Node::Kind::null) {
        fail(item, fmt::format("{} has an empty entry", show(path)));
        continue;
      }
      Json value = any(item, items ? *items : anything, fmt::format("{}[{}]", path, i));
      if (schema.flag("uniqueItems")) {
        const auto [first, added] = seen.emplace(base::canonical_json(value), &item);
        if (!added && !value.is_null()) {
          warn(item, fmt::format("{} names {} twice, first in line {}", show(path), describe(item),
                                 first->second->line));
        }
      }
      values.push_back(std::move(value));
    }
    const Json* least = schema.find("minItems");
    if (least && static_cast<std::int64_t>(values.size()) < least->integer()) {
      const char* what = least->integer() == 1 ? "entry" : "entries";
      fail(node, fmt::format("{} needs at least {} {}", show(path), least->integer(), what));
    }
    return values;
  }

  Json object(const Node& node, const Json& schema, const std::string& path) {
    Json value{Json::Object{}};
    value.object().reserve(node.members.size());
    Seen seen;
    const Json* properties = schema.find("properties");
    const Json* others = schema.find("additionalProperties");
    const std::string prefix = path.empty() ? "" : path + ".";
    for (const auto& [key, member] : node.members) {
      if (key.kind != Node::Kind::scalar) {
        fail(key, fmt::format("a key of {} must be text, not {}", show(path), kind_name(key.kind)));
        continue;
      }
      const auto [first, added] = seen.emplace(key.text, &key);
      if (!added) {
        fail(key, fmt::format("{} is given twice, first in line {}", base::printable(prefix + key.text),
                              first->second->line));
        continue;
      }
      const Json* known = properties ? properties->find(key.text) : nullptr;
      if (!known && others && (others->is_object() || others->boolean())) {
        if (!key_allowed(key, schema, path) || others->is_bool()) continue;
        known = others;
      }
      if (!known) {
        if (properties || others) unknown(key, properties, path);
        continue;
      }
      add_member(value, key, member, *known, prefix + key.text);
    }
    check_required(node, schema, seen, prefix);
    check_requires(schema, value, seen, prefix);
    if (const Json* least = schema.find("minProperties");
        least && static_cast<std::int64_t>(node.members.size()) < least->integer()) {
      fail(node, fmt::format("{} must not be empty", show(path)));
    }
    return value;
  }

  void add_member(Json& value, const Node& key, const Node& member, const Json& schema,
                  const std::string& path) {
    if (schema.flag("readOnly") && !schema.flag("writeOnly")) {
      warn(key, fmt::format("{} is set by the server; it is ignored here", path));
      return;
    }
    Json decoded = any(member, schema, path);
    if (schema.flag("writeOnly")) return;
    const bool stated = member.kind != Node::Kind::null || options_.keep_null;
    // A value that was refused is null as well; the error has been noted and the whole is not used.
    if (stated || decoded.is_object()) value.object().emplace_back(key.text, std::move(decoded));
  }

  bool key_allowed(const Node& key, const Json& schema, const std::string& path) {
    const Json* names = schema.find("propertyNames");
    const auto problem = names ? format_problem(*names, Json(key.text)) : std::nullopt;
    if (problem)
      fail(key, fmt::format("the key \"{}\" of {} {}", base::printable(key.text), show(path), *problem));
    return !problem;
  }

  void unknown(const Node& key, const Json* properties, const std::string& path) {
    std::vector<std::string> names;
    if (properties) {
      for (const auto& [name, schema] : properties->object()) {
        if (!schema.flag("readOnly")) names.push_back(name);
      }
    }
    std::string more;
    if (options_.explain_unknown) more = options_.explain_unknown(path, key.text);
    if (more.empty()) more = base::did_you_mean(key.text, names);
    if (more.empty() && !names.empty()) more = fmt::format("; known are {}", base::join(names, ", "));
    fail(key, fmt::format("unknown key \"{}\" in {}{}", base::printable(key.text), show(path), more));
  }

  void check_required(const Node& node, const Json& schema, const Seen& seen, const std::string& prefix) {
    const Json* required = schema.find("required");
    if (!required) return;
    for (const Json& name : required->array()) {
      const Node* member = node.find(name.string());
      if (!seen.contains(name.string())) {
        fail(node, fmt::format("{}{} is missing", prefix, name.string()));
      } else if (member && is_blank(*member, schema, name.string())) {
        fail(*member, fmt::format("{}{} must not be empty", prefix, name.string()));
      }
    }
  }

  static bool is_blank(const Node& node, const Json& schema, const std::string& name) {
    const Json* member = schema.find("properties")->find(name);
    if (node.kind == Node::Kind::scalar) {
      const bool told =
          member && (member->find("minLength") || member->flag("writeOnly"));  // by the value itself
      return node.text.empty() && !told;
    }
    if (node.kind != Node::Kind::null) return false;
    // `config:` with nothing below is an empty mapping
    return !member ||
           (!member->find("properties") && !member->find("oneOf") && member->text("type") != "object");
  }

  void check_requires(const Json& schema, const Json& value, const Seen& seen, const std::string& prefix) {
    const Json* properties = schema.find("properties");
    if (!properties) return;
    for (const auto& [name, member] : properties->object()) {
      const std::string needed = member.text("x-requires");
      if (needed.empty() || !value.flag(name) || value.flag(needed)) continue;
      fail(*seen.at(name), fmt::format("{}{} needs {}{}: true", prefix, name, prefix, needed));
    }
  }

  const DecodeOptions& options_;
  std::vector<Diagnostic>& diagnostics_;
};

}  // namespace

Location Decoded::location(std::string_view path) const {
  const auto found = positions.find(path);
  return found == positions.end() ? Location{file, 1, 1}
                                  : Location{file, found->second.line, found->second.column};
}

Decoded decode(const Node& node, const Json& schema, const DecodeOptions& options,
               std::vector<Diagnostic>& diagnostics) {
  Decoder decoder(options, diagnostics);
  decoder.out.value = decoder.any(node, schema, "");
  return std::move(decoder.out);
}

}  // namespace idpd::config
