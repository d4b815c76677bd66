// Hashes and encodings, all from OpenSSL. Pure; errors only where input can be malformed.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "base/result.h"

namespace idpd::base {

std::string sha256_hex(std::string_view data);
std::string sha256_base64(std::string_view data);     // padded, as a Content-Security-Policy takes it
std::string sha256_base64url(std::string_view data);  // not padded, as PKCE takes it (RFC 7636, appendix A)
std::string hmac_sha256_hex(std::string_view key, std::string_view data);
// For ssh's own files, which are hashed so. Raw bytes.
std::string hmac_sha1(std::string_view key, std::string_view data);
std::string base64(std::string_view data);
// Error: not base64 with its padding.
Result<std::string> from_base64(std::string_view text);
// The DER bytes of a certificate given as PEM (with or without the markers) or base64, as lower-case
// hex of their SHA-256: two spellings of one certificate give one text. Error: not a certificate.
Result<std::string> certificate_digest(std::string_view text);
struct Certificate {
  std::string digest;  // as certificate_digest gives it
  std::chrono::sys_seconds not_before;
  std::chrono::sys_seconds not_after;  // the last moment at which it is valid
  std::string key;                     // `RSA 2048`
  int security_bits = 0;               // of its key, as NIST SP 800-57 counts: 112 for RSA 2048
};
// Error: not a certificate.
Result<Certificate> read_certificate(std::string_view text);
// Overwrites before release; the compiler does not remove it.
void wipe(std::string& text);
// Takes a secret out of a text from outside, which may repeat what was sent: the whole of it, its printable
// form, and its beginning where the text was cut ("…"). Fewer than four characters are in every text, and no
// secret.
void hide(std::string& text, std::string_view secret);

}  // namespace idpd::base
