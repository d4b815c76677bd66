// Secret references: `${env:NAME}`, `${file:/path}`, `${credential:NAME}` (systemd's
// $CREDENTIALS_DIRECTORY); `$${` is a literal `${`. Reads files at the moment it is asked, so a rotated
// secret is seen by the next pass. One owner; calls are short.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/reference.h"
#include "base/result.h"
#include "secrets/secret.h"

namespace idpd::secrets {

using base::Reference;

// What may be read, beside what is always refused: CLOUDFLARE_* and IDPD_* variables. Paths are compared with
// all links resolved.
struct Policy {
  std::vector<std::string> files;             // folders (or files) that ${file:…} may read; none = nothing
  std::set<std::string> refused_credentials;  // those that the settings themselves use
  bool settings = false;                      // for the settings file itself: any file, any variable
  std::set<std::string> refused_files;        // the same of files
  std::set<std::string> refused_variables;    // the same of variables
};

class Resolver {
 public:
  using Environment = std::function<std::optional<std::string>(const std::string&)>;
  Resolver(Environment environment, Policy policy);

  // The value behind a text with references. A file's one trailing newline is dropped. Bounded at 64 KiB.
  // Errors name the reference and the way out, never a value. A file that every user may read is logged,
  // once.
  base::Result<Secret> resolve(std::string_view text) const;

 private:
  base::Result<Secret> read(const Reference& reference) const;
  base::Result<Secret> read_variable(const std::string& name) const;
  base::Result<Secret> read_file(const std::string& path) const;
  base::Result<Secret> read_text_file(const std::string& resolved) const;
  base::Result<Secret> read_credential(const std::string& name) const;
  Environment environment_;
  Policy policy_;
  mutable std::set<std::string> public_files_;  // that have been logged
};

}  // namespace idpd::secrets
