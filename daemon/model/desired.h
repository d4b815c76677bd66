// What the files say: plain values, made by config, read by plan and reconcile. Secrets stand here only
// as the text of their reference; a secret that was written in clear is kept apart and shown nowhere.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "model/canonical.h"

namespace idpd::model {

struct Location {
  std::string file;
  int line = 0;    // from 1; 0 = the file as a whole
  int column = 0;  // from 1

  std::string text() const;  // file:line:column
  bool operator==(const Location&) const = default;
};

// Where one field of an identity provider stands in its file. Thousands are held, so that its path is the
// schema's own text, which outlives it.
struct FieldPosition {
  std::string_view path;
  int line = 0;
  int column = 0;
};

enum class Severity { error, warning };

struct Diagnostic {
  Severity severity = Severity::error;
  Location where;
  std::string message;

  std::string text() const;  // file:line:column: [warning: ]message
  bool operator==(const Diagnostic&) const = default;
};

struct SecretInput {
  std::string text;  // with references in it, `${credential:NAME}`; a literal when `in_clear`
  bool in_clear = false;
  bool unset = false;  // the file says null
  Location where;
};

struct Options {
  bool prevent_delete = false;
  std::set<std::string> ignore;  // paths handed over to others
  std::string adopt_id;
  bool keep_secret = false;    // the API is said to keep a secret that a PUT leaves out
  std::string secret_expires;  // YYYY-MM-DD
};

struct DesiredProvider {
  std::string key;
  std::string type;                            // the name on the wire
  FieldMap fields;                             // as written; null = must be unset
  std::map<std::string, SecretInput> secrets;  // path -> where its value comes from
  Options options;
  base::Json check;  // for the connection probes
  Location where;
  std::vector<FieldPosition> positions;  // of those that the file says

  const std::string& name() const;
  Location location(std::string_view path) const;  // of the field, else of the provider
};

struct DesiredState {
  std::vector<DesiredProvider> providers;  // sorted by key
};

}  // namespace idpd::model
