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

#include "base/result.h"
#include "secrets/secret.h"

namespace idpd::secrets {

struct Reference {
  enum class Kind { env, file, credential } kind = Kind::env;
  std::string name;
  bool operator==(const Reference&) const = default;
};

// What a text holds: literal parts and references, in order. Error: an unclosed `${`, an unknown kind (with
// a "did you mean"), an empty name, a credential name with a slash.
struct Part {
  std::optional<Reference> reference;
  std::string literal;  // with `$${` already turned into `${`
};
base::Result<std::vector<Part>> parse_references(std::string_view text);
bool has_reference(std::string_view text);

// What may be read, beside what is always refused: CLOUDFLARE_* and IDPD_* variables.
struct Policy {
  std::vector<std::string> files;             // folders (or files) that ${file:…} may read, links resolved; none = nothing
  std::set<std::string> refused_credentials;  // those that the settings themselves use
  bool settings = false;                      // for the settings file itself: any file, any variable
};

class Resolver {
 public:
  using Environment = std::function<std::optional<std::string>(const std::string&)>;
  Resolver(Environment environment, Policy policy);

  // The value behind a text with references. A file's one trailing newline is dropped. Bounded at 64 KiB.
  // Errors name the reference and the way out, never a value.
  base::Result<Secret> resolve(std::string_view text) const;

 private:
  base::Result<std::string> read(const Reference& reference) const;
  Environment environment_;
  Policy policy_;
};

}  // namespace idpd::secrets
