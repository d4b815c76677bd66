// One entry of the files, made from its node: its type's schema, its secrets' references, what only the whole
// of it shows. Kept by whoever reads many, since a type's schema is put together once. Pure.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "config/yaml.h"
#include "model/desired.h"
#include "model/type_catalog.h"

namespace idpd::config {

// The schema of one entry: what the API takes for this type, and what is ours (`options`, `check`).
base::Json entry_schema(const model::TypeCatalog& catalog, const model::Type& type);

class EntryReader {
 public:
  // `any_variable`: a value that holds `${var:…}` is not looked at.
  EntryReader(const model::TypeCatalog& catalog, bool any_variable)
      : catalog_(catalog), any_variable_(any_variable) {}

  // Where an entry is: its file, its key in it, and that key's place.
  struct Place {
    std::string key;
    model::Location where;
  };
  // Nothing where it cannot even be told what it is.
  std::optional<model::DesiredProvider> read(const Place& place, const Node& node,
                                             std::vector<model::Diagnostic>& diagnostics);

 private:
  const base::Json& schema_for(const model::Type& type, bool secrets_may_be_absent);
  const model::Type* type_of(const Place& place, const Node& node,
                             std::vector<model::Diagnostic>& diagnostics) const;
  std::string of_another_type(const model::Type& type, const std::string& parent,
                              const std::string& name) const;

  const model::TypeCatalog& catalog_;
  const bool any_variable_;
  std::map<std::pair<const model::Type*, bool>, base::Json>
      schemas_;  // by type, and whether secrets may be absent
};

}  // namespace idpd::config
