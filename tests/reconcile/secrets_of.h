// Secrets without a real environment: `${env:NAME}` is `real-NAME-secret`, unless NAME begins with MISSING.
#pragma once

#include "reconcile/secret_values.h"

namespace idpd::test {

inline std::string secret_value(const std::string& name) {
  return "real-" + name + "-secret";
}

inline reconcile::SecretValues resolved(const model::DesiredState& desired, const std::string& key = "k") {
  const secrets::Resolver resolver(
      [](const std::string& name) {
        return name.starts_with("MISSING") ? std::nullopt : std::optional(secret_value(name));
      },
      {});
  return reconcile::SecretValues::resolve(desired, resolver, key);
}

}  // namespace idpd::test
