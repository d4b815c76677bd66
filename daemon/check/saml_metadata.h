// SAML 2.0 metadata as far as Access is set from it: who the identity provider is, where logins go, what it
// signs with (saml-metadata-2.0-os, sections 2.3.2, 2.4.1.1, 2.4.3). Pure; pugixml reads it, in the .cpp
// alone, and neither fetches nor expands anything that the text names. Its signature is not verified: it
// comes over https.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace idpd::check {

struct SamlMetadata {
  std::string entity_id;
  std::vector<std::string> sso_urls;
  std::vector<std::string> signing_certificates;  // as base64
  std::optional<std::chrono::sys_seconds> valid_until;
};

// Where it describes several: that one of this entity id, else the first. Error: not such a document.
base::Result<SamlMetadata> read_saml_metadata(std::string_view text, const std::string& entity_id);

}  // namespace idpd::check
