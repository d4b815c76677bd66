// Golden files: what a person has looked at and found good, kept beside the test. With IDPD_TEST_ACCEPT=1
// in the environment they are written anew; look at the difference before you commit it.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

inline void expect_golden(const std::string& path_below_tests, const std::string& actual) {
  const std::filesystem::path path = std::filesystem::path(IDPD_SOURCE_DIR) / "tests" / path_below_tests;
  const char* accept = std::getenv("IDPD_TEST_ACCEPT");
  if (accept && std::string(accept) == "1") {
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << actual;
    return;
  }
  std::ifstream file(path, std::ios::binary);
  ASSERT_TRUE(file.is_open()) << path << " is missing; IDPD_TEST_ACCEPT=1 writes it";
  const std::string expected{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  EXPECT_EQ(actual, expected) << "differs from " << path << "; IDPD_TEST_ACCEPT=1 accepts it";
}
