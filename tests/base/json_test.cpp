#include "base/json.h"

#include <gtest/gtest.h>

#include <limits>

namespace idpd::base {
namespace {

Json parsed(std::string_view text) {
  auto out = parse_json(text);
  EXPECT_TRUE(out.ok()) << text << ": " << (out.ok() ? "" : out.error().message);
  return out.ok() ? *std::move(out) : Json();
}

TEST(Json, AnErrorNamesTheByteAndNeverTheText) {
  for (const char* text :
       {"", "{", "[1,]", "{\"client_secret\": \"s3cret\"", "{\"client_secret\": s3cret}", "tru", "1 2",
        "\"\x01\"", "\"\\x\"", "{'a': 1}", "{\"a\" 1}", "\"\xff\"", "[1] x", "nul"}) {
    const auto result = parse_json(text);
    ASSERT_FALSE(result.ok()) << text;
    EXPECT_EQ(result.error().code, Code::invalid);
    EXPECT_NE(result.error().message.find("(byte "), std::string::npos) << result.error().message;
    EXPECT_EQ(result.error().message.find("s3cret"), std::string::npos) << result.error().message;
  }
}

TEST(Json, ValuesAreBoundedSoThatAHostileAnswerCannotExhaustTheMemory) {
  const auto listed = [](int count) {
    std::string text = "[1";
    for (int i = 1; i < count; ++i) text += ",1";
    return text + "]";
  };
  EXPECT_TRUE(parse_json(listed(900'000)).ok());
  const auto result = parse_json(listed(1'100'000));
  ASSERT_FALSE(result.ok());
  EXPECT_NE(result.error().message.find("too many values"), std::string::npos) << result.error().message;
}

TEST(Json, NestingIsBoundedSoThatAHostileAnswerCannotExhaustTheStack) {
  const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  EXPECT_TRUE(parse_json(nested(100)).ok());
  const auto result = parse_json(nested(101));
  ASSERT_FALSE(result.ok());
  EXPECT_NE(result.error().message.find("nested too deeply"), std::string::npos) << result.error().message;
  EXPECT_FALSE(parse_json(std::string(1'000'000, '[')).ok());
  std::string objects;
  for (int i = 0; i < 200'000; ++i) objects += "{\"a\":";
  EXPECT_FALSE(parse_json(objects).ok());
}

TEST(Json, MembersKeepTheirOrderAndCompareWithoutIt) {
  const Json one = parsed(R"({"b": 1, "a": {"y": [1, 2], "x": null}})");
  const Json other = parsed(R"({"a": {"x": null, "y": [1, 2]}, "b": 1})");
  EXPECT_EQ(one, other);
  EXPECT_EQ(dump_json(one), R"({"b":1,"a":{"y":[1,2],"x":null}})");
  EXPECT_EQ(canonical_json(one), canonical_json(other));
  EXPECT_EQ(canonical_json(one), R"({"a":{"x":null,"y":[1,2]},"b":1})");
}

TEST(Json, WhatDiffersIsUnequalBothWays) {
  const char* all[] = {"null",
                       "false",
                       "true",
                       "0",
                       "1",
                       "\"\"",
                       "\"0\"",
                       "[]",
                       "{}",
                       "[null]",
                       "[1,2]",
                       "[2,1]",
                       "{\"a\":1}",
                       "{\"a\":2}",
                       "{\"b\":1}",
                       "{\"a\":null}",
                       "{\"a\":1,\"b\":1}",
                       "1.5",
                       "9007199254740992",
                       "9007199254740993"};
  for (const char* a : all) {
    for (const char* b : all) {
      const bool same = std::string_view(a) == b;
      EXPECT_EQ(parsed(a) == parsed(b), same) << a << " and " << b;
      EXPECT_EQ(canonical_json(parsed(a)) == canonical_json(parsed(b)), same) << a << " and " << b;
    }
  }
}

TEST(Json, AMemberGivenTwiceDoesNotHideAnother) {
  const Json twice = parsed(R"({"a": 1, "a": 1})");
  const Json two = parsed(R"({"a": 1, "b": 1})");
  EXPECT_FALSE(twice == two);
  EXPECT_FALSE(two == twice);
}

TEST(Json, EqualNumbersGiveEqualCanonicalText) {
  for (const auto& [a, b] : {std::pair{"1", "1.0"}, {"1", "1e0"}, {"0", "-0.0"}, {"100", "1e2"}}) {
    EXPECT_EQ(parsed(a), parsed(b)) << a << " and " << b;
    EXPECT_EQ(canonical_json(parsed(a)), canonical_json(parsed(b))) << a << " and " << b;
  }
}

TEST(Json, WhatIsWrittenReadsBackTheSame) {
  for (const char* text : {"null", "true", "-1", "9223372036854775807", "-9223372036854775808", "1.5",
                           "1e300", "\"\\u0000\\u001f\\\"\\\\/\"", "\"\xc3\xa4\xe2\x82\xac\xf0\x9f\x94\x91\"",
                           "[[],{},\"\"]", R"({"":{"a":[1,{"b":false}]}})"}) {
    const Json value = parsed(text);
    EXPECT_EQ(parsed(dump_json(value)), value) << text;
    EXPECT_EQ(parsed(dump_json_pretty(value)), value) << text;
    EXPECT_EQ(parsed(canonical_json(value)), value) << text;
  }
}

TEST(Json, NumbersBeyondItsRangeAreReadAsNear) {
  const Json large = parsed("18446744073709551615");
  EXPECT_TRUE(large.is_number());
  EXPECT_FALSE(large.is_integer());
  EXPECT_DOUBLE_EQ(large.number(), 18446744073709551615.0);
  EXPECT_EQ(dump_json(Json(std::numeric_limits<double>::infinity())), "null");
}

TEST(Json, NumbersAreReadAsTheyAreWritten) {
  for (const auto& [text, value] : {std::pair{"0e-324", 0.0},
                                    {"0.000e10", 0.0},
                                    {"-0.0", 0.0},
                                    {"5e-324", 5e-324},
                                    {"1e-400", 0.0},
                                    {"0.1", 0.1},
                                    {"1.7976931348623157e308", 1.7976931348623157e308},
                                    {"123456789012345678901234567890", 1.2345678901234568e29},
                                    {"0.00000000000000000000000000000000000001", 1e-38},
                                    {"-2.5E+2", -250.0}}) {
    const auto read = parse_json(text);
    ASSERT_TRUE(read.ok()) << text;
    EXPECT_TRUE(read->is_number() && !read->is_integer()) << text;
    EXPECT_EQ(read->number(), value) << text;
  }
  EXPECT_EQ(*parse_json("-9223372036854775808"), Json(std::numeric_limits<std::int64_t>::min()));
  EXPECT_FALSE(parse_json("9223372036854775808")->is_integer());
  for (const char* text : {"01", "1.", ".5", "+1", "1e", "1e999", "-", "0x1", "Infinity", "NaN"})
    EXPECT_FALSE(parse_json(text).ok()) << text;
}

TEST(Json, ReadingWhatOthersWroteFallsBackWhereTheKindIsAnother) {
  const Json value = parsed(R"({"flag": "true", "text": 5, "yes": true, "name": "n"})");
  EXPECT_FALSE(value.flag("flag"));
  EXPECT_TRUE(value.flag("missing", true));
  EXPECT_TRUE(value.flag("yes"));
  EXPECT_EQ(value.text("text", "otherwise"), "otherwise");
  EXPECT_EQ(value.text("name"), "n");
  EXPECT_EQ(Json("text").find("a"), nullptr);
  EXPECT_EQ(Json().text("a", "b"), "b");
}

TEST(Json, MembersAreMadeChangedAndErased) {
  Json value;
  value["a"]["b"] = 1;
  value["a"]["b"] = 2;
  EXPECT_EQ(dump_json(value), R"({"a":{"b":2}})");
  EXPECT_FALSE(value.erase("b"));
  EXPECT_TRUE(value.erase("a"));
  EXPECT_EQ(dump_json(value), "{}");
  EXPECT_FALSE(Json(1).erase("a"));
}

TEST(Json, HalfOfAPairIsShownAsNoneAndCanBeWrittenAgain) {
  const auto value = parse_json(R"({"a\ude00": "b\udc41c", "\ud55c": "\ud83d\udd11"})");
  ASSERT_TRUE(value.ok());
  EXPECT_EQ(dump_json(*value),
            "{\"a\uFFFD\uFFFD\uFFFD\":\"b\uFFFD\uFFFD\uFFFDc\",\"\uD55C\":\"\U0001F511\"}");
  EXPECT_EQ(*parse_json(dump_json(*value)), *value);
}

TEST(Json, TheCanonicalFormIsOneThoughANameStandsTwice) {
  Json::Object twice;
  for (int i = 0; i < 100; ++i) twice.emplace_back(i % 2 == 0 ? "b" : "a", i);
  const std::string canonical = canonical_json(Json(std::move(twice)));
  EXPECT_EQ(canonical_json(*parse_json(canonical)), canonical);
}

}  // namespace
}  // namespace idpd::base
