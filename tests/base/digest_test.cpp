#include "base/digest.h"

#include <gtest/gtest.h>

#include "base/certificates.h"
#include "base/text.h"

namespace idpd::base {
namespace {

using test::certificate_a;
using test::certificate_b;
using test::pem;

TEST(Digest, OfNothingInBase64IsWhatBrowsersExpect) {
  EXPECT_EQ(sha256_base64(""), "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
}

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

TEST(ReadCertificate, KnowsTheLastMomentOfItsValidity) {
  const std::chrono::sys_seconds end = std::chrono::sys_days{std::chrono::year(2036) / 11 / 22} +
                                       std::chrono::hours(8) + std::chrono::minutes(11) +
                                       std::chrono::seconds(2);
  EXPECT_EQ(read_certificate(certificate_a)->not_after, end);
  EXPECT_EQ(read_certificate(pem(certificate_b))->not_after, end);
  EXPECT_FALSE(read_certificate("no certificate").ok());
}

TEST(Wipe, LeavesNothing) {
  std::string text = "s3cret";
  const char* where = text.data();
  wipe(text);
  EXPECT_TRUE(text.empty());
  EXPECT_EQ(*where, '\0');
}

std::string hidden(std::string text, std::string_view secret) {
  hide(text, secret);
  return text;
}

TEST(Hide, TakesASecretOutWholeAndAsItIsPrinted) {
  EXPECT_EQ(hidden("a s3cret and s3cret", "s3cret"), "a *** and ***");
  EXPECT_EQ(hidden("a " + printable("s3\tcret") + "!", "s3\tcret"), "a ***!");
  EXPECT_EQ(hidden("*****", "****"), "***");
}

TEST(Hide, TakesItsBeginningOutWhereTheTextWasCut) {
  EXPECT_EQ(hidden("POST: bad s3cre… (HTTP 400)", "s3cret"), "POST: bad ***… (HTTP 400)");
  EXPECT_EQ(hidden("one s3cret… two s3cr…", "s3cret"), "one ***… two ***…");
  EXPECT_EQ(hidden("s3cr…", "s3cret"), "***…");
}

TEST(Hide, LeavesWhatIsNoSecret) {
  EXPECT_EQ(hidden("a cat sat", "cat"), "a cat sat");  // too short
  EXPECT_EQ(hidden("s3c… s3cre", "s3cret"), "s3c… s3cre");
  EXPECT_EQ(hidden("", "s3cret"), "");
}

}  // namespace
}  // namespace idpd::base
