#include "secrets/secret.h"

namespace idpd::secrets {

std::string fingerprint(std::string_view key, const Secret& secret) {
  constexpr std::size_t digits = 8;
  return base::hmac_sha256_hex(key, "which key").substr(0, digits) + ":" +
         base::hmac_sha256_hex(key, secret.reveal());
}

}  // namespace idpd::secrets
