#include <gtest/gtest.h>

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

TEST(HistoryText, LetsNoNameSteerTheTerminal) {
  const std::string text = history_text(status_sample("hostile").history, sample_now, false);
  for (const char* steering : {"\x1b", "\xe2\x80\xae", "\xff"})
    EXPECT_EQ(text.find(steering), std::string::npos);
}

}  // namespace
}  // namespace idpd::service
