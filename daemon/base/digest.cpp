#include "base/digest.h"

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/x509.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <ctime>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "base/text.h"

namespace idpd::base {

namespace {

using Digest = std::array<unsigned char, 32>;

std::string hex(const Digest& digest) {
  return fmt::format("{:02x}", fmt::join(digest, ""));
}

Error not_a_certificate() {
  return Error{Code::invalid, "not an X.509 certificate in PEM or base64"};
}

struct Parsed {
  std::unique_ptr<X509, decltype(&X509_free)> x509;
  std::vector<unsigned char> der;
};

Result<Parsed> parse_certificate(std::string_view text) {
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
  std::unique_ptr<X509, decltype(&X509_free)> x509(d2i_X509(nullptr, &cursor, size), &X509_free);
  if (!x509) return not_a_certificate();
  const auto length = static_cast<std::size_t>(cursor - der.data());
  constexpr std::size_t most_padding = 2;  // base64's, decoded as zero bytes
  if (static_cast<std::size_t>(size) - length > most_padding)
    return not_a_certificate();  // something follows it
  der.resize(length);
  return Parsed{std::move(x509), std::move(der)};
}

std::string digest_of(const Parsed& parsed) {
  return sha256_hex({reinterpret_cast<const char*>(parsed.der.data()), parsed.der.size()});
}

std::optional<std::chrono::sys_seconds> time_of(const ASN1_TIME* time) {
  std::tm at{};
  if (ASN1_TIME_to_tm(time, &at) != 1) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(at.tm_year + 1900),
                                         std::chrono::month(static_cast<unsigned>(at.tm_mon + 1)),
                                         std::chrono::day(static_cast<unsigned>(at.tm_mday))};
  return std::chrono::sys_days(date) + std::chrono::hours(at.tm_hour) + std::chrono::minutes(at.tm_min) +
         std::chrono::seconds(at.tm_sec);
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

std::string sha256_base64url(std::string_view data) {
  std::string out = sha256_base64(data);
  std::replace(out.begin(), out.end(), '+', '-');
  std::replace(out.begin(), out.end(), '/', '_');
  out.erase(out.find_last_not_of('=') + 1);
  return out;
}

std::string hmac_sha256_hex(std::string_view key, std::string_view data) {
  Digest digest{};
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const unsigned char*>(data.data()), data.size(), digest.data(), nullptr);
  return hex(digest);
}

std::string hmac_sha1(std::string_view key, std::string_view data) {
  std::array<unsigned char, 20> digest{};
  HMAC(EVP_sha1(), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const unsigned char*>(data.data()), data.size(), digest.data(), nullptr);
  return {digest.begin(), digest.end()};
}

std::string base64(std::string_view data) {
  std::string out((data.size() + 2) / 3 * 4 + 1, '\0');  // OpenSSL adds a zero byte
  const int size =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                      reinterpret_cast<const unsigned char*>(data.data()), static_cast<int>(data.size()));
  out.resize(static_cast<std::size_t>(size));
  return out;
}

Result<std::string> from_base64(std::string_view text) {
  const Error wrong{Code::invalid, "not base64"};
  if (text.size() % 4 != 0) return wrong;
  std::string out(text.size() / 4 * 3, '\0');
  const int size =
      EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                      reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
  if (size < 0) return wrong;
  const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  out.resize(static_cast<std::size_t>(size) - padding);
  return out;
}

Result<std::string> certificate_digest(std::string_view text) {
  const auto parsed = parse_certificate(text);
  if (!parsed) return parsed.error();
  return digest_of(*parsed);
}

Result<Certificate> read_certificate(std::string_view text) {
  const auto parsed = parse_certificate(text);
  if (!parsed) return parsed.error();
  const auto not_before = time_of(X509_get0_notBefore(parsed->x509.get()));
  const auto not_after = time_of(X509_get0_notAfter(parsed->x509.get()));
  if (!not_before || !not_after) return not_a_certificate();
  Certificate out{digest_of(*parsed), *not_before, *not_after, "a key of an unknown kind"};
  if (const EVP_PKEY* key = X509_get0_pubkey(parsed->x509.get())) {
    const char* kind = EVP_PKEY_get0_type_name(key);
    out.key = fmt::format("{} {}", kind ? kind : "key", EVP_PKEY_get_bits(key));
    out.security_bits = EVP_PKEY_get_security_bits(key);
  }
  return out;
}

void wipe(std::string& text) {
  OPENSSL_cleanse(text.data(), text.size());
  text.clear();
}

void hide(std::string& text, std::string_view secret) {
  constexpr std::size_t shortest = 4;
  constexpr std::string_view cut = "…";
  constexpr std::string_view hidden = "***";
  if (secret.size() < shortest) return;
  for (const std::string& form : {std::string(secret), printable(secret)}) {
    for (auto at = text.find(form); at != std::string::npos; at = text.find(form, at))
      text.replace(at, form.size(), hidden);
    for (auto at = text.find(cut); at != std::string::npos; at = text.find(cut, at + cut.size())) {
      std::size_t size = std::min(form.size() - 1, at);
      while (size >= shortest && text.compare(at - size, size, form, 0, size) != 0) --size;
      if (size < shortest) continue;
      text.replace(at - size, size, hidden);
      at = at - size + hidden.size();
    }
  }
}

}  // namespace idpd::base
