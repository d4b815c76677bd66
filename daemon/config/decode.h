// A YAML tree checked against a JSON Schema and turned into a value, with every error at once, each where
// it stands. The schema words that it acts on are those that model::TypeCatalog lets through. Pure.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "config/yaml.h"
#include "model/desired.h"

namespace idpd::config {

struct Position {
  int line = 0;  // from 1
  int column = 0;
};

struct Decoded {
  base::Json value;                                   // without the writeOnly ones
  std::map<std::string, model::SecretInput> secrets;  // path -> the writeOnly ones
  std::string file;
  std::map<std::string, Position, std::less<>> positions;  // path -> where it stands

  model::Location location(std::string_view path) const;  // the file's beginning where nothing has the path
};

struct DecodeOptions {
  std::string file;
  std::string title = "the document";  // what the whole is called
  bool keep_null = false;              // null is a statement ("must be unset"), not an omission
  bool secret_variables = false;       // `${var:…}` in secrets is filled in by the caller
  bool any_variable = false;           // `${var:…}` is not filled in: a value that holds one is not looked at
  // More to say of an unknown key (`config`, `okta_account`) than which known one is near; may be empty.
  std::function<std::string(const std::string& parent, const std::string& key)> explain_unknown = {};
};

Decoded decode(const Node& node, const base::Json& schema, const DecodeOptions& options,
               std::vector<model::Diagnostic>& diagnostics);

// `5m`, `90s`, `30d`, `250ms` in milliseconds. The schema has checked the form.
std::int64_t duration_ms(const std::string& text);

}  // namespace idpd::config
