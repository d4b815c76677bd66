#include <gmock/gmock.h>

#include "base/reference.h"

namespace idpd::base {
namespace {

using base::has_reference;
using base::parse_references;
using base::Reference;
using ::testing::HasSubstr;
using ::testing::Not;
using Kind = base::Reference::Kind;

std::string error_of(std::string_view text) {
  const auto parts = parse_references(text);
  return parts ? "<no error>" : parts.error().text();
}

TEST(References, AreFoundBetweenLiterals) {
  const auto parts = parse_references("a ${env:NAME}b${file:/etc/x y}${credential:okta} $ {c}");
  ASSERT_TRUE(parts.ok());
  ASSERT_EQ(parts->size(), 6u);
  EXPECT_EQ((*parts)[0].literal, "a ");
  EXPECT_EQ((*parts)[1].reference, (Reference{Kind::env, "NAME"}));
  EXPECT_EQ((*parts)[2].literal, "b");
  EXPECT_EQ((*parts)[3].reference, (Reference{Kind::file, "/etc/x y"}));
  EXPECT_EQ((*parts)[4].reference, (Reference{Kind::credential, "okta"}));
  EXPECT_EQ((*parts)[5].literal, " $ {c}");
}

TEST(References, ADoubledDollarIsALiteralOne) {
  for (const auto& [text, literal] : {std::pair<std::string_view, std::string>{"$${env:NAME}", "${env:NAME}"},
                                      {"$$${", "$${"},
                                      {"$$", "$$"},
                                      {"$", "$"},
                                      {"a$${", "a${"}}) {
    const auto parts = parse_references(text);
    ASSERT_TRUE(parts.ok()) << text;
    ASSERT_EQ(parts->size(), 1u) << text;
    EXPECT_FALSE(parts->front().reference);
    EXPECT_EQ(parts->front().literal, literal);
    EXPECT_FALSE(has_reference(text));
  }
}

TEST(References, AreToldFromPlainText) {
  EXPECT_TRUE(has_reference("x${env:A}"));
  EXPECT_FALSE(has_reference("plain"));
  EXPECT_FALSE(has_reference(""));
  EXPECT_TRUE(parse_references("")->empty());
}

TEST(References, AnUnknownKindSaysWhatWasProbablyMeant) {
  EXPECT_THAT(error_of("${evn:NAME}"), HasSubstr("did you mean \"env\"?"));
  EXPECT_THAT(error_of("${File:/x}"), HasSubstr("did you mean \"file\"?"));
  EXPECT_THAT(error_of("${credentials:x}"), HasSubstr("did you mean \"credential\"?"));
  EXPECT_THAT(error_of("${vault:x}"), Not(HasSubstr("did you mean")));
  EXPECT_THAT(error_of("${vault:x}"), HasSubstr("${credential:NAME}"));
}

TEST(References, MalformedOnesAreErrorsThatShowTheForm) {
  for (const char* text : {"${", "${env:NAME", "a ${env:A} ${", "${}", "${NAME}", "${:x}", "${env:}",
                           "${file:}", "${credential:}", "${ env:A}"}) {
    EXPECT_THAT(error_of(text), HasSubstr("${env:NAME}")) << text;
  }
}

TEST(References, ACredentialIsAPlainName) {
  for (const char* text :
       {"${credential:a/b}", "${credential:../x}", "${credential:.}", "${credential:..}"}) {
    EXPECT_THAT(error_of(text), HasSubstr("plain name")) << text;
  }
  EXPECT_THAT(error_of(std::string_view("${file:/a\0b}", 12)), HasSubstr("NUL"));
}

// A secret in clear may well hold a `${`.
TEST(References, ErrorsDoNotQuoteWhatIsNoReference) {
  for (const char* text : {"s3cr3t${", "s3cr3t${x", "${s3cr3t", "${s3cr3t}", "s3cr3t${vault:s3cr3t}"}) {
    EXPECT_THAT(error_of(text), Not(HasSubstr("s3cr3t"))) << text;
  }
}

}  // namespace
}  // namespace idpd::base
