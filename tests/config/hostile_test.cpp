// No input crashes the program, exhausts its memory or keeps it busy: what is too much is an error with a
// place. tests/fuzz makes up more.
#include <chrono>

#include "config/loading.h"
#include "config/yaml.h"

namespace idpd::config {
namespace {

using testing::HasSubstr;

struct Read {
  Node root;
  std::string said;
};

Read read(std::string_view text, const Limits& limits = {}) {
  std::vector<model::Diagnostic> diagnostics;
  Read out;
  out.root = read_yaml("idp.yaml", text, limits, diagnostics);
  out.said = text_of(diagnostics);
  return out;
}

std::string repeated(std::string_view text, std::size_t times) {
  std::string out;
  out.reserve(text.size() * times);
  for (std::size_t i = 0; i < times; ++i) out += text;
  return out;
}

// Everything that is ever done with a text from outside.
void survive(const std::string& text) {
  const auto begun = std::chrono::steady_clock::now();
  const Desired desired = load_desired({{"idp.yaml", text}}, catalog(), {});
  std::vector<model::Diagnostic> diagnostics;
  const auto settings = parse_settings("idpd.yaml", text, catalog(), "", diagnostics);
  EXPECT_TRUE(settings.has_value() || !diagnostics.empty()) << "refused without a word";
  for (const model::Diagnostic& one : desired.diagnostics) {
    EXPECT_GE(one.where.line, 0);
    EXPECT_GE(one.where.column, 0);
    EXPECT_FALSE(one.message.empty());
    EXPECT_EQ(base::printable(one.message), one.message);
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
  EXPECT_LT(took.count(), 60) << "for " << text.size() << " bytes beginning with "
                              << base::printable(text.substr(0, 60));
}

TEST(Bounds, OnTheSizeOfAFile) {
  EXPECT_EQ(read("a: " + std::string((1 << 20) - 3, 'x')).said, "");
  EXPECT_EQ(read("a: " + std::string(1 << 20, 'x')).said, "idp.yaml: larger than 1024 KiB\n");
}

TEST(Bounds, OnDepthInEveryWayThatYamlNests) {
  const std::pair<const char*, std::string> ways[] = {
      {"flow sequences", repeated("[", 51) + repeated("]", 51)},
      {"flow mappings", repeated("{a: ", 51) + "b" + repeated("}", 51)},
      {"unclosed flow sequences", repeated("[", 100'000)},
      {"unclosed flow mappings", repeated("{", 100'000)},
      {"unclosed pairs", repeated("{a: ", 100'000)},
      {"explicit keys in flow", repeated("[? ", 100'000)},
      {"compact sequences", repeated("- ", 51) + "a"},
      {"very compact sequences", repeated("- ", 100'000) + "a"},
      {"explicit keys", repeated("? ", 51) + "a"},
      {"many explicit keys", repeated("? ", 100'000) + "a"},
      {"explicit values", repeated(": ", 100'000) + "a"},
      {"a mixture", repeated("- ? ", 50'000) + "a"},
      {"closing what was never opened", repeated("]", 1000) + repeated("[", 100'000)},
      {"brackets and quotes", "'" + repeated("]", 1000) + "'\n" + repeated("[", 100'000)},
      {"anchors", repeated("&a [", 100'000)},
      {"tags", repeated("!t [", 100'000)},
      {"JSON", repeated("{\"a\":", 100'000)},
  };
  for (const auto& [what, text] : ways) {
    const Read result = read(text);
    EXPECT_NE(result.said, "") << what;
    EXPECT_EQ(result.root.kind, Node::Kind::null) << what;
  }
  EXPECT_EQ(read(repeated("[", 50) + repeated("]", 50)).said, "");
  EXPECT_THAT(read(repeated("[", 51) + repeated("]", 51)).said,
              HasSubstr("idp.yaml:1:51: nested more than 50 levels deep"));
  EXPECT_THAT(read(repeated("- ", 51) + "a").said, HasSubstr("nested more than 50 levels deep"));
  std::string block;
  for (std::size_t i = 0; i < 400; ++i) block += std::string(i, ' ') + "a:\n";
  EXPECT_THAT(read(block).said, HasSubstr("idp.yaml:51:51: nested more than 50 levels deep"));
}

TEST(Bounds, DepthIsNotMiscountedInTextThatOnlyLooksDeep) {
  EXPECT_EQ(read("a: '" + repeated("[", 150) + "'\nb: c\n").said, "");
  EXPECT_EQ(read("# " + repeated("- ", 150) + "\na: b\n").said, "");
  EXPECT_EQ(read("---\na: b\n").said, "");
  EXPECT_EQ(read("a: |\n  -----BEGIN CERTIFICATE-----\n  x\n  -----END CERTIFICATE-----\n").said, "");
}

TEST(Bounds, OnAliasesThatMultiply) {
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 10; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + before +
            repeated(", " + before, 9) + "]\n";
  }
  EXPECT_THAT(read(bomb).said, HasSubstr("more than 100000 values once its aliases are followed"));
}

TEST(Bounds, OnTextThatAliasesMultiply) {
  const std::string large =
      "a: &a " + std::string(500'000, 'x') + "\nb: [*a" + repeated(", *a", 50'000) + "]\n";
  EXPECT_THAT(read(large).said, HasSubstr("more than 8192 KiB once its aliases are followed"));
}

TEST(Bounds, OnAnchorsWithinAnchors) {
  std::string text;
  for (int i = 0; i < 45; ++i) text += "&a" + std::to_string(i) + " [";
  text += "x" + repeated(",x", 50'000) + repeated("]", 45);
  EXPECT_THAT(read(text).said, HasSubstr("more than 100000 values once its aliases are followed"));
}

TEST(Bounds, OnTheNumberOfValues) {
  EXPECT_THAT(read("[" + repeated("a,", 100'001) + "]").said, HasSubstr("more than 100000 values"));
  EXPECT_EQ(read("[" + repeated("a,", 90'000) + "]").said, "");
}

TEST(Aliases, OfTheNodeThatTheyStandInOrOfNothingAreErrors) {
  EXPECT_EQ(read("&a [*a]").said, "idp.yaml:1:5: an alias inside the node that it names\n");
  EXPECT_EQ(read("a: &a {b: {c: *a}}").said, "idp.yaml:1:15: an alias inside the node that it names\n");
  EXPECT_THAT(read("a: *nothing").said, testing::StartsWith("idp.yaml:1:4: "));
}

TEST(Encoding, IsUtf8AndWhatIsNotIsShownWhere) {
  const std::string_view bad[] = {"\xff\xfe\x61\x00",   // UTF-16 with its mark
                                  "\xfe\xff",           // the other one
                                  {"a\0:\0 \0b\0", 8},  // UTF-16 without
                                  {"\0\0\xfe\xff", 4},  // UTF-32
                                  {"a: b\0c", 6},       // NUL
                                  "a: \x1b[2J",
                                  "a: \x01",
                                  "a: \x80",
                                  "a: \xc3",
                                  "a: \xc3(",
                                  "a: \xc0\x80",
                                  "a: \xe0\x80\x80",
                                  "a: \xed\xa0\x80",
                                  "a: \xf0\x80\x80\x80",
                                  "a: \xf4\x90\x80\x80",
                                  "a: \xf8\x88\x80\x80\x80",
                                  "a: \xe2\x82"};
  for (const std::string_view text : bad) {
    EXPECT_THAT(read(text).said, HasSubstr("a byte that is no UTF-8 text; save the file as UTF-8"))
        << base::printable(text);
    survive(std::string(text));
  }
  EXPECT_EQ(read("a: b\nc: \xff").said,
            "idp.yaml:2:4: a byte that is no UTF-8 text; save the file as UTF-8\n");
  for (const char* good : {"\xef\xbb\xbf"
                           "a: b",
                           "a: \xed\x9f\xbf\xee\x80\x80\xef\xbf\xbd", "a: \xf4\x8f\xbf\xbf",
                           "a: b\r\nc: d\r\n", "a: \xe0\xa0\x80"}) {
    EXPECT_EQ(read(good).said, "") << good;
  }
  EXPECT_EQ(read("\xef\xbb\xbf"
                 "a: b")
                .root.find("a")
                ->text,
            "b");
}

TEST(Syntax, ErrorsHaveAPlace) {
  for (const char* text : {"a: \"unterminated\nb: c\n",
                           "a: 'unterminated\n",
                           "[a, b",
                           "{a: b",
                           "a: b: c",
                           "a:\n\t- b",
                           "a: [b]]",
                           "%YAML 9.9\n---\na",
                           "a: %x",
                           "a: @x",
                           "a: `x",
                           "- a\nb: c",
                           "a: b\n c: d\n  - e",
                           "\"\\q\"",
                           "\"\\ud800\"",
                           "\"\\uZZZZ\"",
                           "a: |x\n b",
                           "!<unclosed",
                           "&",
                           "*",
                           "a: &b &c d",
                           "a: !t !u d",
                           "}",
                           "]",
                           ",",
                           "? [",
                           "%TAG x"}) {
    SCOPED_TRACE(text);
    const Read result = read(text);
    if (!result.said.empty()) {
      EXPECT_THAT(result.said, testing::ContainsRegex("^idp.yaml:[0-9]+:[0-9]+: ."));
    }
    survive(text);
  }
  for (const char* text : {"a: \"unterminated\nb: c\n", "[a, b", "{a: b", "a: b: c", "a: [b]]", "\"\\ud800\"",
                           "a: *", "a: b\n---\nc: d"})
    EXPECT_NE(read(text).said, "") << text;
}

TEST(Oddities, OfYamlAreReadOrRefusedButNeverMisread) {
  // A merge key is a key like any other: unknown.
  EXPECT_THAT(said("x: &x {name: A}\n" + pingone("<<: {client_id: d}")),
              HasSubstr("unknown key \"<<\" in config"));
  // A tag makes text of what it stands before.
  EXPECT_THAT(said(pingone("pkce_enabled: !!bool true")), HasSubstr("must be true or false"));
  EXPECT_EQ(only_one(load(pingone("email_claim_name: !!binary aGk="))).fields.at("config.email_claim_name"),
            base::Json("aGk="));
  EXPECT_EQ(only_one(load(pingone("email_claim_name: !<x:y> z"))).fields.at("config.email_claim_name"),
            base::Json("z"));
  // A key that is no text.
  EXPECT_THAT(said(pingone("? [a]\n      : b")), HasSubstr("a key of config must be text, not a list"));
  EXPECT_THAT(said(pingone("? {a: b}\n      : b")), HasSubstr("a key of config must be text, not a mapping"));
  EXPECT_THAT(said(pingone("~: b")), HasSubstr("a key of config must be text, not nothing"));
}

// The parser reads past the end as a control character, and named it as the escape that it does not know.
TEST(Hostile, ABackslashAtTheEndOfTheFile) {
  survive("a: \"b\\");
}

TEST(Hostile, HugeAndManyOfAnything) {
  const std::string entry = "identity_providers:\n  w:\n    name: n\n    type: pingone\n    config:\n      ";
  const std::string inputs[] = {
      std::string(1'000'000, 'a'),
      std::string(1'000'000, ' '),
      std::string(1'000'000, '\n'),
      std::string(1'000'000, '-'),
      std::string(1'000'000, '#'),
      std::string(1'000'000, '"'),
      std::string(1'000'000, '&'),
      std::string(1'000'000, '*'),
      std::string(1'000'000, '!'),
      std::string(1'000'000, '%'),
      std::string(1'000'000, '?'),
      std::string(1'000'000, ':'),
      std::string(1'000'000, '|'),
      std::string(1'000'000, ','),
      std::string(1'000'000, '\t'),
      std::string(1'000'000, '\r'),
      std::string(1'000'000, '\\'),
      "\"" + std::string(1'000'000, '\\'),
      "\"" + repeated("\\n", 500'000) + "\"",
      "'" + repeated("''", 500'000),
      "a: |\n" + repeated(" x\n", 300'000),
      "a: >\n" + repeated(" x\n\n", 200'000),
      "a: \"" + repeated("x\n", 500'000) + "\"",
      "a: " + repeated("x\n ", 300'000),
      repeated("? ", 500'000),
      repeated("- \n", 300'000),
      repeated("a:\n", 300'000),
      repeated("a: b\n", 200'000),
      repeated("a: &a b\n", 100'000),
      repeated("- &a b\n- *a\n", 80'000),
      repeated("[a, ", 200'000),
      repeated("{}\n", 300'000),
      repeated("--- a\n", 100'000),
      repeated("...\n", 250'000),
      repeated("%TAG ! x\n", 100'000),
      repeated("!t ", 300'000),
      repeated("&a ", 300'000),
      "[" + repeated("? ", 300'000),
      "[" + repeated(": ", 300'000),
      "{" + repeated("a: b, ", 150'000),
      "{" + repeated("a ", 500'000),
      "[" + repeated("a: ", 300'000),
      repeated("\"a\" ", 200'000),
      repeated("'a' ", 200'000),
      repeated("a: 'b' ", 140'000),
      entry + repeated("a: b\n      ", 80'000),
      entry + "claims: [" + repeated("a, ", 90'000) + "]\n",
      entry + "client_id: '" + repeated("${", 400'000) + "'\n",
      entry + "client_secret: '" + repeated("${env:A}", 100'000) + "'\n",
      entry + "client_id: '" + repeated("$${", 300'000) + "'\n",
      entry + std::string(900'000, 'k') + ": v\n",
      "identity_providers:\n  " + std::string(900'000, 'k') + ": v\n",
      "account: " + std::string(900'000, 'k') + "\nidentity_providers: {}\n",
      "identity_providers:\n" + repeated("  k: {type: x}\n", 60'000),
      "identity_providers: {w: {name: n, type: saml, config: {idp_public_certs: [" +
          std::string(900'000, 'A') + "]}}}",
      "identity_providers: {w: {name: n, type: saml, config: {sso_target_url: 'https://" +
          std::string(900'000, 'A') + "'}}}",
      "accounts: {" + std::string(900'000, 'A') + ": {id: " + std::string(90'000, 'A') +
          "}}\ndesired: {path: x}\n",
      "accounts: {a: {id: " + std::string(900'000, 'a') + "}}\ndesired: {path: x}\n",
  };
  for (const std::string& input : inputs) survive(input);
}

}  // namespace
}  // namespace idpd::config
