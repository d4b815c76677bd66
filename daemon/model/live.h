// What the API answers, made comparable. Every secret, readable or masked, is removed when an object is
// taken in: from here on a live object can be logged, stored and sent back. Plain values.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "model/canonical.h"

namespace idpd::model {

struct LiveProvider {
  std::string id;
  std::string name;
  std::string type;              // the name on the wire, aliases undone; may be one we do not know
  const Type* schema = nullptr;  // null for a type that we do not know
  bool read_only = false;
  base::Json writable;                 // {name, type, config, scim_config, …}: what a PUT would send back
  FieldMap fields;                     // canonical, without secrets
  std::set<std::string> held_secrets;  // paths at which the API shows that it holds a secret
  std::set<std::string> opaque;        // paths, unknown to the schema, whose value is masked
};

struct LiveState {
  std::vector<LiveProvider> providers;  // in the order of the list

  const LiveProvider* find(std::string_view id) const;  // null when it does not live
};

// Error: no id, no type, or not an object.
base::Result<LiveProvider> take_live(const TypeCatalog& catalog, base::Json object);

// Equal in all that can be compared: nobody has changed it in between.
bool same_live(const LiveProvider& a, const LiveProvider& b);

}  // namespace idpd::model
