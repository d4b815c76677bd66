// Field by field: what differs between what the file says, what lives and what was last applied, and where
// the difference comes from. Pure.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "model/desired.h"
#include "model/live.h"
#include "model/record.h"
#include "plan/plan.h"

namespace idpd::plan {

// What is known of one desired secret without its value.
struct SecretState {
  bool resolved = false;                   // its value can be had in this process
  std::optional<std::string> fingerprint;  // keyed; nothing without a key
  std::string problem;                     // why it is not resolved
};
using SecretStates = std::map<std::string, SecretState>;  // path -> state

struct DiffInput {
  const model::Type& type;
  const model::DesiredProvider& desired;
  const model::LiveProvider* live = nullptr;  // null for a create
  const model::Record* record = nullptr;      // null when there is none
  const SecretStates* secrets = nullptr;      // null when none was looked at
  bool have_store = true;                     // without one nothing can be said of an origin
  bool retry_stuck = false;                   // writes that did not stick are tried again
  bool resend_secrets = false;
};

struct Diff {
  std::vector<FieldChange> fields;  // in the order of the schema
  std::vector<std::string> stuck;   // paths that differ although nothing moved since the last write
};

Diff diff(const DiffInput& input);

// The origin of a whole change.
Origin combined(const std::vector<FieldChange>& fields);

// What a PUT or POST is to make of each field that is ours: canonical; null = absent. Fields that the file no
// longer names but the record has are among them, at the schema's default; ignored ones are not.
model::FieldMap wanted_fields(const model::Type& type, const model::DesiredProvider& desired,
                              const model::Record* record);

bool is_ignored(const model::DesiredProvider& desired, const std::string& path);

}  // namespace idpd::plan
