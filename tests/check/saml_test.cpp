// SAML: certificates and metadata.
#include "base/certificates.h"
#include "check/saml_metadata.h"
#include "check/talk.h"

namespace idpd::check {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* url = "https://sts.example.com/metadata";

std::string metadata(const std::string& entity, const std::string& sso,
                     const std::vector<std::string>& certificates, const std::string& until = "") {
  std::string keys;
  for (const std::string& one : certificates)
    keys += R"(<md:KeyDescriptor use="signing"><ds:KeyInfo><ds:X509Data><ds:X509Certificate>)" + one +
            "</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>";
  return R"(<?xml version="1.0"?><md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" xmlns:ds="x" entityID=")" +
         entity + "\"" + (until.empty() ? "" : " validUntil=\"" + until + "\"") + "><md:IDPSSODescriptor>" +
         keys + R"(<md:SingleSignOnService Binding="b" Location=")" + sso +
         R"("/></md:IDPSSODescriptor></md:EntityDescriptor>)";
}

class Saml : public test::Probing {
 protected:
  std::string certificates = std::string("[\"") + test::certificate_a + "\"]";
  void check() {
    run(test::provider(
        "saml",
        R"({"issuer_url": "https://sts.example.com", "sso_target_url": "https://sts.example.com/sso",
                           "idp_public_certs": )" +
            certificates + "}",
        std::string(R"({"metadata_url": ")") + url + R"("})"));
  }
  void answer(const std::string& text) { there.json(url, 200, text); }
};

TEST_F(Saml, AgreementOfFileAndMetadataIsGood) {
  answer(metadata("https://sts.example.com", "https://sts.example.com/sso", {test::certificate_a}));
  check();
  EXPECT_EQ(verdict("certificates"), "ok D");
  EXPECT_EQ(verdict("metadata"), "ok D");
  EXPECT_THAT(probe("metadata").notes, IsEmpty());
}

TEST_F(Saml, ANewCertificateInTheMetadataIsARotationAhead) {
  answer(metadata("https://sts.example.com", "https://sts.example.com/sso",
                  {test::certificate_a, test::certificate_b}));
  check();
  EXPECT_EQ(verdict("metadata"), "ok D");
  EXPECT_THAT(probe("metadata").notes, ElementsAre(HasSubstr("about to change")));
}

TEST_F(Saml, OtherCertificatesAnotherLoginAddressAndAnotherEntityAreBad) {
  answer(metadata("https://sts.example.com", "https://sts.example.com/sso", {test::certificate_b}));
  check();
  EXPECT_EQ(verdict("metadata"), "bad D");
  answer(metadata("https://sts.example.com", "https://sts.example.com/other", {test::certificate_a}));
  check();
  EXPECT_EQ(verdict("metadata"), "bad D");
  EXPECT_THAT(probe("metadata").advice, HasSubstr("config.sso_target_url"));
  answer(metadata("https://other.example.com", "https://sts.example.com/sso", {test::certificate_a}));
  check();
  EXPECT_EQ(verdict("metadata"), "bad D");
  EXPECT_THAT(probe("metadata").advice, HasSubstr("config.issuer_url"));
}

TEST_F(Saml, WhatIsNoMetadataIsUnknown) {
  for (const char* text : {"", "<html></html>", "{}", "<a", "<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>"}) {
    answer(text);
    check();
    EXPECT_EQ(verdict("metadata"), "unknown") << text;
  }
}

TEST_F(Saml, MetadataThatIsOutOfDateIsSaid) {
  answer(metadata("https://sts.example.com", "https://sts.example.com/sso", {test::certificate_a},
                  "2026-01-01T00:00:00Z"));
  check();
  EXPECT_THAT(probe("metadata").notes, ElementsAre(HasSubstr("2026-01-01")));
}

TEST_F(Saml, TheEntityIsFoundAmongSeveral) {
  const auto read = read_saml_metadata(
      "<EntitiesDescriptor><EntityDescriptor entityID=\"a\"/><EntityDescriptor "
      "entityID=\"b\"/></EntitiesDescriptor>",
      "b");
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->entity_id, "b");
}

TEST_F(Saml, NoCertificateThatIsValidIsBadAndACertificateThatIsNoneIsNamed) {
  certificates = R"(["no certificate"])";
  check();
  EXPECT_EQ(verdict("certificates"), "bad D");
  EXPECT_THAT(probe("certificates").notes, ElementsAre(HasSubstr("certificate 1: not an X.509")));
}

TEST_F(Saml, ADuplicateIsSaid) {
  certificates = std::string("[\"") + test::certificate_a + "\", \"" + test::certificate_a + "\"]";
  check();
  EXPECT_EQ(verdict("certificates"), "ok D");
  EXPECT_THAT(probe("certificates").notes, ElementsAre(HasSubstr("twice")));
}

}  // namespace
}  // namespace idpd::check
