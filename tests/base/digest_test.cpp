#include "base/digest.h"

#include <gtest/gtest.h>

#include "base/certificates.h"

namespace idpd::base {
namespace {

using test::certificate_a;
using test::certificate_b;
using test::pem;

TEST(Digest, KnownAnswers) {
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256_hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(hmac_sha256_hex("Jefe", "what do ya want for nothing?"),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");  // RFC 4231, case 2
}

TEST(CertificateDigest, IsTheHashOfTheDerHoweverItIsWritten) {
  const std::string a = certificate_a;
  for (const std::string& text :
       {a, pem(a), pem(a, 76), pem(a, 64, "\r\n"), "  " + a + "\n", a.substr(0, 40) + "\n  " + a.substr(40),
        "-----BEGIN CERTIFICATE-----" + a + "-----END CERTIFICATE-----",
        "-----BEGIN TRUSTED CERTIFICATE-----\n" + a + "\n-----END TRUSTED CERTIFICATE-----"}) {
    const auto digest = certificate_digest(text);
    ASSERT_TRUE(digest.ok()) << text;
    EXPECT_EQ(*digest, test::certificate_a_sha256) << text;
  }
}

TEST(CertificateDigest, TellsTwoCertificatesApart) {
  ASSERT_TRUE(certificate_digest(certificate_b).ok());
  EXPECT_NE(*certificate_digest(certificate_a), *certificate_digest(certificate_b));
}

TEST(CertificateDigest, RefusesWhatIsNotExactlyOneCertificate) {
  const std::string a = certificate_a;
  const std::string b = certificate_b;
  for (const std::string& text :
       {std::string(), std::string(" \n"), std::string("-----"), std::string("-----BEGIN CERTIFICATE"),
        std::string("AAAA"), std::string("not base64!!"), a.substr(0, 100), a.substr(1), pem(a.substr(0, 96)),
        pem(a) + pem(b), a + b, b + a, a + "AAAA", std::string(100'000, 'A'), std::string("====")}) {
    EXPECT_FALSE(certificate_digest(text).ok()) << text;
  }
}

TEST(CertificateNotAfter, IsTheLastMomentOfItsValidity) {
  const std::chrono::sys_seconds end = std::chrono::sys_days{std::chrono::year(2036) / 11 / 22} +
                                       std::chrono::hours(8) + std::chrono::minutes(11) +
                                       std::chrono::seconds(2);
  EXPECT_EQ(*certificate_not_after(certificate_a), end);
  EXPECT_EQ(*certificate_not_after(pem(certificate_b)), end);
  EXPECT_FALSE(certificate_not_after("no certificate").ok());
}

TEST(Wipe, LeavesNothing) {
  std::string text = "s3cret";
  const char* where = text.data();
  wipe(text);
  EXPECT_TRUE(text.empty());
  EXPECT_EQ(*where, '\0');
}

}  // namespace
}  // namespace idpd::base
