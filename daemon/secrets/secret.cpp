#include "secrets/secret.h"

namespace idpd::secrets {

std::string fingerprint(std::string_view key, const Secret& secret) {
  return base::hmac_sha256_hex(key, secret.reveal());
}

}  // namespace idpd::secrets
