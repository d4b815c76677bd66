// Files given as text, and what the loader says of them.
#pragma once

#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "base/text.h"
#include "config/identity_providers.h"
#include "config/settings.h"
#include "model/catalog.h"

namespace idpd::config {

using test::catalog;

inline std::string text_of(const std::vector<model::Diagnostic>& diagnostics) {
  std::string out;
  for (const model::Diagnostic& one : diagnostics) out += one.text() + "\n";
  return out;
}

inline Desired load(const std::vector<SourceFile>& files,
                    LoadOptions options = {.accounts = {"production"}, .default_account = "production"}) {
  return load_desired(files, catalog(), options);
}
inline Desired load(const std::string& text) {
  return load({{"idp.yaml", text}});
}
inline std::string said(const std::string& text) {
  return text_of(load(text).diagnostics);
}

// An entry `workforce` of PingOne with lines put in: `config` below config, `rest` beside it.
inline std::string pingone(const std::string& config = "", const std::string& rest = "") {
  return "identity_providers:\n"
         "  workforce:\n"
         "    name: PingOne Workforce\n"
         "    type: pingone\n"
         "    config:\n"
         "      client_id: c\n"
         "      client_secret: ${credential:c}\n"
         "      ping_env_id: e\n" +
         (config.empty() ? "" : "      " + config + "\n") + (rest.empty() ? "" : "    " + rest + "\n");
}

inline const model::DesiredProvider& only_one(const Desired& desired) {
  static const model::DesiredProvider none;
  EXPECT_EQ(text_of(desired.diagnostics), "");
  const auto found = desired.accounts.find("production");
  if (found == desired.accounts.end() || found->second.providers.size() != 1) {
    ADD_FAILURE() << "not one identity provider";
    return none;
  }
  return found->second.providers.front();
}

}  // namespace idpd::config
