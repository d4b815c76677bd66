#include "base/text.h"

#include <gtest/gtest.h>

#include "base/json.h"

namespace idpd::base {
namespace {

TEST(DidYouMean, FindsTheWordBehindATypingError) {
  const std::vector<std::string> known{"client_id", "client_secret", "ping_env_id", "pkce_enabled", "claims"};
  const std::pair<const char*, const char*> rows[] = {
      {"clientid", "client_id"},
      {"client_di", "client_id"},
      {"CLIENT_ID", "client_id"},
      {"cleint_id", "client_id"},
      {"clientSecret", "client_secret"},
      {"pingenvid", "ping_env_id"},
      {"pkce_enabeld", "pkce_enabled"},
      {"claim", "claims"},
      {"cliams", "claims"},
  };
  for (const auto& [word, meant] : rows) EXPECT_EQ(nearest(word, known), meant) << word;
  EXPECT_EQ(did_you_mean("claim", known), ", did you mean \"claims\"?");
}

TEST(DidYouMean, SaysNothingWhereNothingIsNear) {
  const std::vector<std::string> known{"client_id", "claims"};
  for (const char* word : {"", "x", "tenant", "authorization_server"}) {
    EXPECT_EQ(nearest(word, known), std::nullopt) << word;
    EXPECT_EQ(did_you_mean(word, known), "") << word;
  }
  EXPECT_EQ(nearest("claims", {}), std::nullopt);
  EXPECT_EQ(nearest(std::string(100'000, 'c'), known), std::nullopt);  // and at once
  EXPECT_EQ(nearest("claims", {std::string(100'000, 'c')}), std::nullopt);
}

TEST(DidYouMean, PrefersTheNearest) {
  EXPECT_EQ(nearest("token_ur", {"auth_url", "token_url", "certs_url"}), "token_url");
  EXPECT_EQ(nearest("claims", {"claim", "claims"}), "claims");
}

TEST(Join, PutsTheSeparatorBetween) {
  EXPECT_EQ(join({}, ", "), "");
  EXPECT_EQ(join({"a"}, ", "), "a");
  EXPECT_EQ(join({"a", "", "b"}, ", "), "a, , b");
}

TEST(Slug, IsAKeyForAnyName) {
  const std::pair<const char*, const char*> rows[] = {
      {"PingOne Workforce", "pingone-workforce"},
      {"  a  b  ", "a-b"},
      {"a/b.c_d", "a-b-c-d"},
      {"--x--", "x"},
      {"\xc3\x84rzte 2", "rzte-2"},
      {"", ""},
      {"\xe2\x82\xac", ""},
      {"client_secret", "client-secret"},
  };
  for (const auto& [text, expected] : rows) EXPECT_EQ(slug(text), expected) << text;
}

TEST(Printable, ATerminalInterpretsNothing) {
  EXPECT_EQ(printable("plain \xc3\xa4\xe2\x82\xac"), "plain \xc3\xa4\xe2\x82\xac");
  EXPECT_EQ(printable("\x1b[2J\a\r\n\t\x7f"), "\\x1b[2J\\x07\\x0d\\x0a\\x09\\x7f");
  EXPECT_EQ(printable(std::string_view("a\0b", 3)), "a\\x00b");
  EXPECT_EQ(printable("\xc2\x9b[2J"), "\\u009b[2J");  // U+009B: the same as ESC [
  EXPECT_EQ(printable("\xc2\xa0"), "\xc2\xa0");
  EXPECT_EQ(printable("\xc2"), "\xc2");
}

TEST(Printable, AReaderIsMisledByNothing) {
  EXPECT_EQ(printable("a\u202egpj.exe\u2069"), "a\\u202egpj.exe\\u2069");
  EXPECT_EQ(printable("a\u2028\u2029\u061c\u200f"), "a\\u2028\\u2029\\u061c\\u200f");
  EXPECT_EQ(printable("a\u200b\u2060\ufeff\u00ad\u180e"), "a\\u200b\\u2060\\ufeff\\u00ad\\u180e");
  EXPECT_EQ(printable("a\U000e0041"), "a\\U000e0041");
  // Scripts and emoji need the joiners.
  EXPECT_EQ(printable("\u200c\u200d\U0001f511\u00e9"), "\u200c\u200d\U0001f511\u00e9");
}

TEST(PrintableJson, IsTheSameValueWrittenInAnotherWay) {
  const Json value(Json::Object{{"a\u202e", "b\x7f\u009b\u2028\U000e0041 \u00e9 \\ \" \n \U0001f511"}});
  const std::string text = dump_json_pretty(value);
  EXPECT_EQ(text,
            "{\n  \"a\\u202e\": \"b\\u007f\\u009b\\u2028\\udb40\\udc41 \u00e9 \\\\ \\\" \\n \U0001f511\"\n}");
  EXPECT_EQ(*parse_json(text), value);
}

TEST(ValidUtf8, KeepsWhatIsAndReplacesEachByteThatIsNot) {
  for (const char* text : {"", "plain", "\xc3\xa4\xe2\x82\xac", "\xf0\x9f\x94\x92"})
    EXPECT_EQ(valid_utf8(text), text);
  EXPECT_EQ(valid_utf8("a\xff"
                       "b"),
            "a\xef\xbf\xbd"
            "b");
  EXPECT_EQ(valid_utf8("\xe2\x82"), "\xef\xbf\xbd\xef\xbf\xbd");  // cut short
  EXPECT_EQ(valid_utf8("\xc0\xaf"), "\xef\xbf\xbd\xef\xbf\xbd");  // overlong
}

TEST(Beginning, IsCutBetweenCharacters) {
  EXPECT_EQ(beginning("", 0), "");
  EXPECT_EQ(beginning("abc", 3), "abc");
  EXPECT_EQ(beginning("abc", 2), "ab");
  EXPECT_EQ(beginning("a\xe2\x82\xac", 4), "a\xe2\x82\xac");
  for (const std::size_t bytes : {1U, 2U, 3U}) EXPECT_EQ(beginning("a\xe2\x82\xac", bytes), "a") << bytes;
  EXPECT_EQ(beginning("\x82\x82\x82", 2), "");  // no UTF-8, and yet it ends
}

TEST(IsMasked, IsNothingButAsterisksOfAnyNumber) {
  for (const char* text : {"*", "**********************************"}) EXPECT_TRUE(is_masked(text)) << text;
  for (const char* text : {"", "*a", "a*", "***** ", "x"}) EXPECT_FALSE(is_masked(text)) << text;
}

}  // namespace
}  // namespace idpd::base
