// Two self-signed certificates as bare base64, for show only. The DER of the first is a multiple of three
// bytes long, so that its base64 ends without padding.
#pragma once

#include <string>

namespace idpd::test {

inline constexpr const char* certificate_a =
    "MIIBbTCCAROgAwIBAgIUFB5Y7m7mFn+/JLsZQduzJxXDMggwCgYIKoZIzj0EAwIwDDEKMAgGA1UEAwwBYTAeFw0yNjExMjUw"
    "ODExMDJaFw0zNjExMjIwODExMDJaMAwxCjAIBgNVBAMMAWEwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAATa14Yf6pArMa2n"
    "R7LD7FwaQ4Dd65dH03IxEfgc5AO678RE5/eKjPEUwnl5LMTfs2P0Fx3rcX4PUlDoHH2tjhR3o1MwUTAdBgNVHQ4EFgQU0BDW"
    "nRvW4p2TUNNu1PXWul4YskEwHwYDVR0jBBgwFoAU0BDWnRvW4p2TUNNu1PXWul4YskEwDwYDVR0TAQH/BAUwAwEB/zAKBggq"
    "hkjOPQQDAgNIADBFAiEA77vRjhHweK6AwwkDE3BeK1Xk6a8kBgM8Gr5l2AY0UAACIEgbip0OrF0lRlPKWrWOsgs735WZ3Q9J"
    "OfPjDfpbVFKM";
inline constexpr const char* certificate_a_sha256 =
    "1c8e79f1a481c96620f95b53155c4d7a066b00c03234d2ed223baf5111e70413";
inline constexpr const char* certificate_b =
    "MIIBbjCCARWgAwIBAgIUe7UPoRXAMWA59kkWBzseAlZh5uMwCgYIKoZIzj0EAwIwDTELMAkGA1UEAwwCYmIwHhcNMjYxMTI1"
    "MDgxMTAyWhcNMzYxMTIyMDgxMTAyWjANMQswCQYDVQQDDAJiYjBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABNlPfDg/v2TW"
    "UcKaieUk8UWFBEulPLCdS/PLQuGxjfAUIbPJ+pLBN648YdYEK3XPT/6j6ba92Ue0Rg/biAapZDSjUzBRMB0GA1UdDgQWBBSE"
    "hPoWXBjk89VWEOT7EgU15YJb5jAfBgNVHSMEGDAWgBSEhPoWXBjk89VWEOT7EgU15YJb5jAPBgNVHRMBAf8EBTADAQH/MAoG"
    "CCqGSM49BAMCA0cAMEQCICJBgEkil0GiR55bvtU5gYWCokoX8ev7FKTvAIvkzCtqAiAk3Okhhc9Ixefkp2QTUjYkdDqwBtLY"
    "Rcvur5WaqPdKQQ==";

// As `openssl x509` prints it.
inline std::string pem(const std::string& base64, std::size_t width = 64, const std::string& newline = "\n") {
  std::string out = "-----BEGIN CERTIFICATE-----" + newline;
  for (std::size_t at = 0; at < base64.size(); at += width) out += base64.substr(at, width) + newline;
  return out + "-----END CERTIFICATE-----" + newline;
}

}  // namespace idpd::test
