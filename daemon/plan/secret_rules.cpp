#include "plan/secret_rules.h"

#include <fmt/format.h>

#include <algorithm>

namespace idpd::plan {

namespace {

using model::DesiredProvider;
using model::LiveProvider;
using model::Type;

void check_unresolved(Change& change, const SecretRules& input) {
  if (!input.withhold_unresolved || !input.states) return;
  for (const auto& [path, secret] : input.desired.secrets) {
    if (secret.unset || is_ignored(input.desired, path)) continue;
    const auto state = input.states->find(path);
    if (state != input.states->end() && !state->second.resolved) {
      withhold(change, Reason::secret_unresolved,
               fmt::format("{} cannot be had, and nothing of this is written without it: {}", path,
                           state->second.problem));
    }
  }
}

// Secrets that the API holds, by what it shows or by what the type cannot do without, and that we cannot
// send.
std::vector<std::string> held_but_unknown(const DesiredProvider& one, const Type& type,
                                          const LiveProvider& live) {
  std::vector<std::string> out(live.opaque.begin(), live.opaque.end());
  for (const model::Field& field : type.fields) {
    if (!field.secret || field.read_only) continue;
    const bool named = one.secrets.contains(field.path) && !is_ignored(one, field.path);
    if (!named && (field.required || live.held_secrets.contains(field.path))) out.push_back(field.path);
  }
  return out;
}

void check_held(Change& change, const DesiredProvider& one, const Type& type, const LiveProvider& live) {
  bool kept = false;
  for (const std::string& path : held_but_unknown(one, type, live)) {
    const auto& fields = change.fields;
    if (std::any_of(fields.begin(), fields.end(), [&](const auto& field) { return field.path == path; }))
      continue;  // it was ours, and the plan says that it goes
    kept = true;
    if (one.options.keep_secret) continue;
    withhold(
        change, Reason::secret_unknown,
        fmt::format(
            "Cloudflare holds a secret in {} that the file does not name, and an update, which is not made, "
            "might lose it; name it in the file, or set options.keep_secret if you know that Cloudflare "
            "keeps it",
            path));
  }
  if (!kept) return;
  for (const FieldChange& field : change.fields) {
    const model::Field* known = type.find(field.path);
    if (known && known->secret_target) {
      withhold(change, Reason::secret_target,
               fmt::format("{} decides where the secret goes that Cloudflare keeps (options.keep_secret), so "
                           "that it is not changed; name the secret in the file to change it",
                           field.path));
    }
  }
}

void check_required_secrets(Change& change, const DesiredProvider& one, const Type& type) {
  for (const model::Field& field : type.fields) {
    if (!field.secret || field.read_only || !field.required) continue;
    const auto secret = one.secrets.find(field.path);
    if (secret == one.secrets.end() || secret->second.unset) {
      withhold(
          change, Reason::secret_unknown,
          fmt::format("{} is needed to create it, so that it is not made; name it in the file", field.path));
    }
  }
}

}  // namespace

void withhold_for_secrets(Change& change, const SecretRules& input, const LiveProvider* live) {
  check_unresolved(change, input);
  if (live) {
    check_held(change, input.desired, input.type, *live);
  } else if (input.desired.options.keep_secret) {
    check_required_secrets(change, input.desired, input.type);
  }
}

}  // namespace idpd::plan
