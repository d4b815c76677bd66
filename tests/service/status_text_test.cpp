#include "service/status_text.h"

#include <gtest/gtest.h>

#include "service/status_samples.h"
#include "support/golden.h"

namespace idpd::service {
namespace {

TEST(StatusText, OfEachSampleIsAsItWasFoundGood) {
  for (const char* name : {"all_well", "incident", "empty"})
    expect_golden(std::string("service/golden/status_") + name + ".txt",
                  status_text(status_sample(name).status, sample_now, false));
}

TEST(StatusText, HasColoursOnlyWhenAsked) {
  EXPECT_EQ(status_text(status_sample("incident").status, sample_now, false).find('\x1b'), std::string::npos);
  EXPECT_NE(status_text(status_sample("incident").status, sample_now, true).find('\x1b'), std::string::npos);
}

TEST(StatusText, LetsNoNameSteerTheTerminal) {
  const std::string text = status_text(status_sample("hostile").status, sample_now, false);
  for (const char* steering : {"\x1b", "\xe2\x80\xae", "\xff"})
    EXPECT_EQ(text.find(steering), std::string::npos);
}

}  // namespace
}  // namespace idpd::service
