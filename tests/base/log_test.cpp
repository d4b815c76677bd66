#include "base/log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>

#include "base/json.h"

namespace idpd::base {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// What is written to stderr meanwhile.
template <typename Act>
std::string said(Act act) {
  testing::internal::CaptureStderr();
  act();
  return testing::internal::GetCapturedStderr();
}

const Fields fields{{"IDPD_ACCOUNT", "production"}, {"IDPD_KEY", "workforce"}};

TEST(Log, JsonIsOneObjectALineWithTheFieldsAsMembers) {
  const std::string line = said([] {
    set_up_log(LogLevel::info, true);
    log(LogLevel::warn, "drift in \"workforce\"\n", fields);
  });
  ASSERT_EQ(line.find('\n'), line.size() - 1) << line;
  const auto entry = parse_json(line);
  ASSERT_TRUE(entry) << line;
  EXPECT_EQ(entry->text("level"), "warn");
  EXPECT_EQ(entry->text("message"), "drift in \"workforce\"\n");
  EXPECT_EQ(entry->text("idpd_account"), "production");
  EXPECT_EQ(entry->text("idpd_key"), "workforce");
  EXPECT_NE(entry->text("time"), "");
}

TEST(Log, TextShowsTheMessageAlone) {
  const std::string line = said([] {
    set_up_log(LogLevel::info, false);
    log(LogLevel::error, "workforce: failed\x1b[2J", fields);
    log(LogLevel::info, "and without fields");
  });
  EXPECT_THAT(line, HasSubstr("error workforce: failed\\x1b[2J\n"));
  EXPECT_THAT(line, HasSubstr("info and without fields\n"));
  EXPECT_THAT(line, Not(HasSubstr("production")));
}

TEST(Log, WhatIsBelowTheLevelIsNotSaid) {
  EXPECT_EQ(said([] {
              set_up_log(LogLevel::warn, true);
              log(LogLevel::info, "idle", fields);
            }),
            "");
}

TEST(Log, GoesToTheJournalOnlyWhenStderrIsTheJournal) {
  unsetenv("JOURNAL_STREAM");
  EXPECT_FALSE(stderr_is_the_journal());
  struct stat stream{};
  ASSERT_EQ(fstat(STDERR_FILENO, &stream), 0);
  setenv("JOURNAL_STREAM", (std::to_string(stream.st_dev) + ":" + std::to_string(stream.st_ino)).c_str(), 1);
  EXPECT_TRUE(stderr_is_the_journal());
  // Inherited by a process whose stderr goes elsewhere: the line must be where the user looks for it.
  const std::string line = said([] {
    set_up_log(LogLevel::info, false);
    log(LogLevel::info, "seen", fields);
  });
  unsetenv("JOURNAL_STREAM");
  EXPECT_THAT(line, HasSubstr("info seen\n"));
}

}  // namespace
}  // namespace idpd::base
