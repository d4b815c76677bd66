// The secrets of one pass: resolved once, at its start, held until it ends, wiped then. The planner sees only
// the states; the values go into request bodies and nowhere else.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "model/desired.h"
#include "plan/diff.h"
#include "secrets/resolver.h"
#include "secrets/secret.h"

namespace idpd::reconcile {

class SecretValues {
 public:
  // Without a key nothing is fingerprinted: rotated secrets cannot be seen then.
  static SecretValues resolve(const model::DesiredState& desired, const secrets::Resolver& resolver,
                              const std::optional<std::string>& fingerprint_key);

  const std::map<std::string, plan::SecretStates>& states() const { return states_; }
  // Null when it could not be resolved.
  const secrets::Secret* find(const std::string& key, const std::string& path) const;
  // Of what would be sent; nothing without a key or a value.
  std::optional<std::string> fingerprint(const std::string& key, const std::string& path) const;
  // Takes our secrets out of a text from outside: an API may repeat in an error what it was sent.
  void hide_in(std::string& text) const;

 private:
  std::map<std::string, plan::SecretStates> states_;
  std::map<std::string, std::map<std::string, secrets::Secret>> values_;
};

}  // namespace idpd::reconcile
