#include "reconcile/secret_values.h"

namespace idpd::reconcile {

SecretValues SecretValues::resolve(const model::DesiredState& desired, const secrets::Resolver& resolver,
                                   const std::optional<std::string>& fingerprint_key) {
  SecretValues out;
  for (const model::DesiredProvider& one : desired.providers) {
    for (const auto& [path, input] : one.secrets) {
      if (input.unset) continue;
      plan::SecretState& state = out.states_[one.key][path];
      auto value = resolver.resolve(input.text);
      if (!value) {
        state.problem = value.error().text();
        continue;
      }
      state.resolved = true;
      if (fingerprint_key) state.fingerprint = secrets::fingerprint(*fingerprint_key, *value);
      out.values_[one.key].emplace(path, *std::move(value));
    }
  }
  return out;
}

const secrets::Secret* SecretValues::find(const std::string& key, const std::string& path) const {
  const auto provider = values_.find(key);
  if (provider == values_.end()) return nullptr;
  const auto value = provider->second.find(path);
  return value == provider->second.end() ? nullptr : &value->second;
}

std::optional<std::string> SecretValues::fingerprint(const std::string& key, const std::string& path) const {
  const auto provider = states_.find(key);
  if (provider == states_.end()) return std::nullopt;
  const auto state = provider->second.find(path);
  return state == provider->second.end() ? std::nullopt : state->second.fingerprint;
}

void SecretValues::hide_in(std::string& text) const {
  for (const auto& [key, values] : values_) {
    for (const auto& [path, value] : values) base::hide(text, value.reveal());
  }
}

}  // namespace idpd::reconcile
