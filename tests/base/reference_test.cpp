#include "base/reference.h"

#include <gtest/gtest.h>

namespace idpd::base {
namespace {

using Kind = Reference::Kind;

// `[env:A]` for a reference, the text itself for a literal part.
std::string parts_of(std::string_view text) {
  const auto parts = parse_references(text);
  if (!parts) return "error: " + parts.error().message;
  std::string out;
  for (const Part& part : *parts)
    out += part.reference ? "[" + shown(*part.reference) + "]" : "(" + part.literal + ")";
  return out;
}

TEST(References, StandAloneOrWithinText) {
  const std::pair<const char*, const char*> rows[] = {
      {"", ""},
      {"plain", "(plain)"},
      {"${env:A_B}", "[${env:A_B}]"},
      {"${file:/etc/idpd/secrets/a b}", "[${file:/etc/idpd/secrets/a b}]"},
      {"${credential:pingone}", "[${credential:pingone}]"},
      {"a${env:B}c${env:D}", "(a)[${env:B}](c)[${env:D}]"},
      {"${env:A:B}", "[${env:A:B}]"},
      {"$", "($)"},
      {"$$", "($$)"},
      {"$x", "($x)"},
      {"{}", "({})"},
      {"a$", "(a$)"},
  };
  for (const auto& [text, expected] : rows) EXPECT_EQ(parts_of(text), expected) << text;
}

TEST(References, TwoDollarsMakeALiteralBrace) {
  const std::pair<const char*, const char*> rows[] = {
      {"$${", "(${)"},
      {"$${env:A}", "(${env:A})"},
      {"a$${b}${env:C}", "(a${b})[${env:C}]"},
      {"$$${x}", "($${x})"},  // what an export writes for `$${x}`
  };
  for (const auto& [text, expected] : rows) EXPECT_EQ(parts_of(text), expected) << text;
  EXPECT_FALSE(has_reference("$${env:A}"));
  EXPECT_TRUE(has_reference("x${env:A}"));
}

TEST(References, AnErrorSaysHowItIsWrittenAndNeverQuotesWhatMayBeASecret) {
  for (const char* text : {"${", "${s3cret", "${}", "${s3cret}", "${vault:s3cret}", "${env:}", "${file:}",
                           "${credential:}", "a${env:B}${s3cret", "${ENV:s3cret}"}) {
    const auto parts = parse_references(text);
    ASSERT_FALSE(parts.ok()) << text;
    EXPECT_EQ(parts.error().code, Code::invalid);
    EXPECT_NE(parts.error().message.find("${credential:NAME}"), std::string::npos) << parts.error().message;
    EXPECT_EQ(parts.error().message.find("s3cret"), std::string::npos) << parts.error().message;
    EXPECT_FALSE(has_reference(text));
  }
}

TEST(References, AnUnknownKindGetsTheOneThatWasMeant) {
  EXPECT_NE(parts_of("${credentials:a}").find("did you mean \"credential\"?"), std::string::npos);
  EXPECT_NE(parts_of("${evn:a}").find("did you mean \"env\"?"), std::string::npos);
}

TEST(References, ACredentialIsAPlainName) {
  for (const char* text :
       {"${credential:../x}", "${credential:a/b}", "${credential:.}", "${credential:..}"}) {
    EXPECT_NE(parts_of(text).find("must be a plain name"), std::string::npos) << parts_of(text);
  }
  EXPECT_EQ(parts_of(std::string_view("${env:a\0b}", 10)).find("error: "), 0u);
}

TEST(References, AreShownAsTheyAreWrittenAndSafeForATerminal) {
  EXPECT_EQ(shown({Kind::env, "A"}), "${env:A}");
  EXPECT_EQ(shown({Kind::file, "/a\x1b[2J"}), "${file:/a\\x1b[2J}");
}

}  // namespace
}  // namespace idpd::base
