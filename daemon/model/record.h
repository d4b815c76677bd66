// What idpd remembers of an identity provider that it manages, and of a create that it began. Plain
// values; state/ keeps them.
#pragma once

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "model/canonical.h"
#include "model/live.h"

namespace idpd::model {

// A young record may be missing from the list, or answer 404, because the API lags behind its own writes.
inline constexpr int young_passes = 3;

struct Record {
  std::string key;
  std::string id;
  std::string type;
  std::string name;
  FieldMap applied;   // canonical: what was sent; null = unset on purpose. A field not here is not ours
  FieldMap observed;  // canonical: what was read back, for the same paths
  std::map<std::string, std::string> secrets;  // path -> keyed fingerprint of what was sent
  std::set<std::string> stuck;                 // paths whose write did not stick
  bool prevent_delete = false;
  std::vector<std::string> superseded;  // older ids after a replace, still to be deleted
  int passes = 0;                       // passes saved since it was created; adopted ones start grown

  bool young() const { return passes < young_passes; }
  bool owns(const std::string& live_id) const {
    return id == live_id || std::find(superseded.begin(), superseded.end(), live_id) != superseded.end();
  }
  bool operator==(const Record&) const = default;
};

// Saved before a POST: after a lost answer, exactly one new id of this type and name is ours.
struct Intent {
  std::string key;
  std::string type;
  std::string name;
  std::vector<std::string> ids_before;
  int passes = 0;  // passes saved since; while it is young, its object may not be listed yet

  bool young() const { return passes < young_passes; }
  // A live one that was not there before, of its type and name.
  bool may_have_made(const LiveProvider& live) const {
    return live.type == type && live.name == name &&
           std::find(ids_before.begin(), ids_before.end(), live.id) == ids_before.end();
  }
  bool operator==(const Intent&) const = default;
};

}  // namespace idpd::model
