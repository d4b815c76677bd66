#include "base/digest.h"

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/x509.h>

#include <array>
#include <cctype>
#include <memory>
#include <vector>

namespace idpd::base {

namespace {

using Digest = std::array<unsigned char, 32>;

std::string hex(const Digest& digest) {
  return fmt::format("{:02x}", fmt::join(digest, ""));
}

Error not_a_certificate() {
  return Error{Code::invalid, "not an X.509 certificate in PEM or base64"};
}

}  // namespace

std::string sha256_hex(std::string_view data) {
  Digest digest{};
  EVP_Digest(data.data(), data.size(), digest.data(), nullptr, EVP_sha256(), nullptr);
  return hex(digest);
}

std::string sha256_base64(std::string_view data) {
  Digest digest{};
  EVP_Digest(data.data(), data.size(), digest.data(), nullptr, EVP_sha256(), nullptr);
  std::array<unsigned char, 4 * ((std::tuple_size_v<Digest> + 2) / 3) + 1>
      out{};  // and the zero that it ends with
  const int size = EVP_EncodeBlock(out.data(), digest.data(), static_cast<int>(digest.size()));
  return {reinterpret_cast<const char*>(out.data()), static_cast<std::size_t>(size)};
}

std::string hmac_sha256_hex(std::string_view key, std::string_view data) {
  Digest digest{};
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const unsigned char*>(data.data()), data.size(), digest.data(), nullptr);
  return hex(digest);
}

Result<std::string> certificate_digest(std::string_view text) {
  std::string base64;
  for (std::size_t at = 0; at < text.size();) {
    if (text.substr(at).starts_with("-----")) {  // a marker line: skip to its closing dashes
      const std::size_t close = text.find("-----", at + 5);
      if (close == std::string_view::npos) return not_a_certificate();
      at = close + 5;
    } else {
      if (!std::isspace(static_cast<unsigned char>(text[at]))) base64 += text[at];
      ++at;
    }
  }
  if (base64.empty() || base64.size() % 4 != 0) return not_a_certificate();
  std::vector<unsigned char> der(base64.size() / 4 * 3);
  const int size = EVP_DecodeBlock(der.data(), reinterpret_cast<const unsigned char*>(base64.data()),
                                   static_cast<int>(base64.size()));
  if (size < 0) return not_a_certificate();
  const unsigned char* cursor = der.data();
  const std::unique_ptr<X509, decltype(&X509_free)> certificate(d2i_X509(nullptr, &cursor, size), &X509_free);
  if (!certificate) return not_a_certificate();
  const auto length = static_cast<std::size_t>(cursor - der.data());
  constexpr std::size_t most_padding = 2;  // base64's, decoded as zero bytes
  if (static_cast<std::size_t>(size) - length > most_padding)
    return not_a_certificate();  // something follows it
  return sha256_hex({reinterpret_cast<const char*>(der.data()), length});
}

void wipe(std::string& text) {
  OPENSSL_cleanse(text.data(), text.size());
  text.clear();
}

}  // namespace idpd::base
