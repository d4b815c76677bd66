#include <gtest/gtest.h>

#include <algorithm>

#include "service/status_samples.h"
#include "service/status_text.h"
#include "support/golden.h"

namespace idpd::service {
namespace {

TEST(HistoryText, OfEachSampleIsAsItWasFoundGood) {
  for (const char* name : {"all_well", "incident", "empty"})
    expect_golden(std::string("service/golden/history_") + name + ".txt",
                  history_text(status_sample(name).history, sample_now, false));
}

base::Json pass_at(int minute, const char* account, const char* result) {
  base::Json pass;
  pass["account"] = account;
  pass["result"] = result;
  pass["began"] = model::timestamp(sample_now - std::chrono::minutes(minute));
  return pass;
}

TEST(HistoryText, CountsQuietPassesOfAllAccountsTogether) {
  base::Json history;
  base::Json::Array passes;
  for (int minute = 1; minute < 30; ++minute)
    passes.push_back(pass_at(minute, minute % 2 ? "production" : "staging", "in_sync"));
  passes.push_back(pass_at(30, "staging", "failed"));
  passes.push_back(pass_at(31, "staging", "in_sync"));
  history["passes"] = std::move(passes);
  EXPECT_EQ(history_text(history, sample_now, false),
            "2026-11-28, UTC, today\n"
            "  11:59:00  in sync   2 accounts: 29 passes, the first 2026-11-28T11:31:00Z\n"
            "  11:30:00  failed    staging\n"
            "  11:29:00  in sync   staging\n");
}

TEST(HistoryText, StaysWithinWhatOneReads) {
  base::Json history;
  base::Json::Array passes;
  for (int minute = 1; minute <= 200; ++minute) passes.push_back(pass_at(minute, "production", "failed"));
  history["passes"] = std::move(passes);
  const std::string text = history_text(history, sample_now, false);
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 43);
  EXPECT_TRUE(text.ends_with("\n\n… and 160 older: idpd history --output json\n"));
}

TEST(HistoryText, HasColoursOnlyWhenAsked) {
  EXPECT_EQ(history_text(status_sample("incident").history, sample_now, false).find('\x1b'),
            std::string::npos);
  EXPECT_NE(history_text(status_sample("incident").history, sample_now, true).find('\x1b'),
            std::string::npos);
}

TEST(HistoryText, LetsNoNameSteerTheTerminal) {
  const std::string text = history_text(status_sample("hostile").history, sample_now, false);
  for (const char* steering : {"\x1b", "\xe2\x80\xae", "\xff"})
    EXPECT_EQ(text.find(steering), std::string::npos);
}

}  // namespace
}  // namespace idpd::service
