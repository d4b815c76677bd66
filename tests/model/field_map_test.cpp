#include "model/field_map.h"

#include <gmock/gmock.h>

#include <map>
#include <random>

#include "model/catalog.h"

namespace idpd::model {
namespace {

using base::Json;

std::vector<std::string> paths(const FieldMap& fields) {
  std::vector<std::string> out;
  for (const auto& [path, value] : fields) out.push_back(path);
  return out;
}

TEST(FieldMaps, AreInTheOrderOfTheirPathsHoweverTheyWereMade) {
  const FieldMap fields{{"name", "n"}, {"config.b", 2}, {"config.a", 1}};
  EXPECT_THAT(paths(fields), testing::ElementsAre("config.a", "config.b", "name"));
  EXPECT_EQ(fields, (FieldMap{{"config.a", 1}, {"config.b", 2}, {"name", "n"}}));
}

TEST(FieldMaps, AnAbsentFieldIsNull) {
  const FieldMap fields{{"config.b", 2}, {"config.c", nullptr}};
  EXPECT_TRUE(fields.at("config.a").is_null());
  EXPECT_FALSE(fields.contains("config.a"));
  EXPECT_TRUE(fields.contains("config.c")) << "unset on purpose is not absent";
}

TEST(FieldMaps, WhatIsThereStaysWhenItIsOfferedAgain) {
  FieldMap fields{{"name", "first"}};
  fields.emplace("name", "second");
  EXPECT_EQ(fields.at("name"), Json("first"));
  fields["name"] = "second";
  EXPECT_EQ(fields.at("name"), Json("second"));
}

TEST(FieldMaps, RandomChangesLeaveWhatAMapWouldHold) {
  std::mt19937 random(test::test_seed());
  FieldMap fields;
  std::map<std::string, Json> expected;
  for (int step = 0; step < 2000; ++step) {
    const std::string path = "config." + std::to_string(random() % 40);
    switch (random() % 3) {
      case 0:
        fields.erase(path);
        expected.erase(path);
        break;
      case 1:
        fields.emplace(path, step);
        expected.emplace(path, step);
        break;
      default:
        fields[path] = step;
        expected[path] = step;
    }
    ASSERT_EQ(fields.size(), expected.size());
    ASSERT_TRUE(std::equal(fields.begin(), fields.end(), expected.begin(), [](const auto& a, const auto& b) {
      return a.first == b.first && a.second == b.second;
    }));
  }
}

}  // namespace
}  // namespace idpd::model
