#include "plan/diff.h"

#include <algorithm>

namespace idpd::plan {

namespace {

using base::Json;
using model::Field;
using model::FieldMap;

Origin origin_of(bool have_record, bool config_moved, bool drifted) {
  if (!have_record) return Origin::unknown;
  if (config_moved && drifted) return Origin::both;
  return drifted ? Origin::drift : Origin::config;
}

// A plain field, three ways: wanted against live decides whether it changes, the record decides why.
void diff_field(const DiffInput& input, const Field& field, const Json& want, Diff& out) {
  const Json& have = input.live ? input.live->fields.at(field.path) : model::absent;
  if (want == have) return;
  const model::Record* record = input.record;
  Origin origin = input.have_store && !record ? Origin::config : Origin::unknown;
  if (!input.live && record) {
    origin = Origin::drift;  // it was there, and someone removed it
  } else if (record) {
    const bool applied_before = record->applied.contains(field.path);
    const bool config_moved = !applied_before || want != record->applied.at(field.path);
    const bool drifted = applied_before && have != record->observed.at(field.path);
    if (!config_moved && !drifted) {
      // The server made something else of what was sent, or nothing: not drift, and sending it again would
      // change nothing.
      if (!record->stuck.contains(field.path)) return;
      out.stuck.push_back(field.path);
      if (!input.retry_stuck) return;
    }
    origin = origin_of(true, config_moved, drifted);
  } else if (input.live) {
    origin = Origin::unknown;  // no record tells who was first
  }
  FieldChange change{.path = field.path, .set = field.set, .origin = origin};
  change.before = input.live ? model::shown_value(field, have) : Json();
  change.after = model::shown_value(field, want);
  out.fields.push_back(std::move(change));
}

// Which of the store's keys made a fingerprint, see secrets::fingerprint.
std::string_view key_of(std::string_view fingerprint) {
  return fingerprint.substr(0, fingerprint.find(':') + 1);
}

void diff_secret(const DiffInput& input, const Field& field, Diff& out) {
  if (field.read_only) return;  // made by the server
  const auto desired = input.desired.secrets.find(field.path);
  const bool named = desired != input.desired.secrets.end();
  const model::Record* record = input.record;
  const auto recorded =
      record ? record->secrets.find(field.path) : std::map<std::string, std::string>::const_iterator();
  const bool was_sent = record && recorded != record->secrets.end();

  bool changes = false;
  if (!named) {
    // With keep_secret it is handed over, as with `ignore`: nothing to do.
    changes = was_sent && input.live && !input.desired.options.keep_secret;
  } else if (desired->second.unset) {
    changes = input.live && (was_sent || input.live->held_secrets.contains(field.path));
  } else if (!input.live) {
    changes = true;
  } else {
    const SecretState* state = nullptr;
    if (input.secrets) {
      const auto found = input.secrets->find(field.path);
      if (found != input.secrets->end()) state = &found->second;
    }
    const bool rotated = was_sent && state && state->fingerprint && *state->fingerprint != recorded->second &&
                         key_of(*state->fingerprint) == key_of(recorded->second);
    changes = rotated || input.resend_secrets;
  }
  if (!changes) return;
  Origin origin = Origin::config;
  if (!record && (input.live || !input.have_store)) origin = Origin::unknown;
  if (record && !input.live) origin = Origin::drift;
  out.fields.push_back({.path = field.path, .sensitive = true, .origin = origin});
}

}  // namespace

bool is_ignored(const model::DesiredProvider& desired, const std::string& path) {
  return desired.options.ignore.contains(path);
}

FieldMap wanted_fields(const model::Type& type, const model::DesiredProvider& desired,
                       const model::Record* record) {
  FieldMap out;
  for (const Field& field : type.fields) {
    if (field.secret || field.read_only || is_ignored(desired, field.path)) continue;
    const auto stated = desired.fields.find(field.path);
    if (stated != desired.fields.end()) {
      out.emplace(field.path, model::canonical_value(field, stated->second));
    } else if (record && record->applied.contains(field.path) && !field.path.starts_with("scim_config.")) {
      // No longer named: back to the default, which is the same as absent. SCIM is never reset by omission:
      // that would cut off provisioning.
      out.emplace(field.path, Json());
    }
  }
  return out;
}

Diff diff(const DiffInput& input) {
  Diff out;
  // A record of another type (a replace) knows nothing of these fields.
  const bool same_type = !input.record || input.record->type == input.type.name;
  const DiffInput own{input.type,    input.desired,    input.live,        same_type ? input.record : nullptr,
                      input.secrets, input.have_store, input.retry_stuck, input.resend_secrets};
  const FieldMap wanted = wanted_fields(own.type, own.desired, own.record);
  for (const Field& field : own.type.fields) {
    if (is_ignored(own.desired, field.path)) continue;
    if (field.secret) {
      diff_secret(own, field, out);
    } else if (const auto want = wanted.find(field.path); want != wanted.end()) {
      diff_field(own, field, want->second, out);
    }
  }
  return out;
}

Origin combined(const std::vector<FieldChange>& fields) {
  bool config = false;
  bool drift = false;
  for (const FieldChange& field : fields) {
    config = config || field.origin == Origin::config || field.origin == Origin::both;
    drift = drift || field.origin == Origin::drift || field.origin == Origin::both;
  }
  if (config && drift) return Origin::both;
  if (config) return Origin::config;
  return drift ? Origin::drift : Origin::unknown;
}

}  // namespace idpd::plan
