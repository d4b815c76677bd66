#include <gtest/gtest.h>

#include "report/samples.h"
#include "support/golden.h"

namespace idpd::report {
namespace {

struct Sample {
  const char* name;
  Report (*make)();
};

class Golden : public testing::TestWithParam<Sample> {
 protected:
  Report report_ = GetParam().make();
  static std::string path(const char* ending) {
    return std::string("report/golden/") + GetParam().name + ending;
  }
};

TEST_P(Golden, Text) {
  expect_golden(path(".txt"), to_text(report_, false));
}
TEST_P(Golden, Json) {
  expect_golden(path(".json"), base::dump_json_pretty(to_json(report_)) + "\n");
}
TEST_P(Golden, Markdown) {
  expect_golden(path(".md"), to_markdown(report_));
}

INSTANTIATE_TEST_SUITE_P(Samples, Golden,
                         testing::Values(Sample{"empty", samples::empty},
                                         Sample{"everything", samples::everything},
                                         Sample{"two_accounts", samples::two_accounts},
                                         Sample{"every_reason", samples::every_reason},
                                         Sample{"applied", samples::applied},
                                         Sample{"hostile", samples::hostile}),
                         [](const auto& one) { return std::string(one.param.name); });

TEST(GoldenFleet, AThousandAccountsAreAScreenfulOfWhatMattersAndTheJsonHasThemAll) {
  const Report fleet = samples::fleet();
  expect_golden("report/golden/fleet.txt", to_text(fleet, false));
  expect_golden("report/golden/fleet.md", to_markdown(fleet));
  EXPECT_EQ(to_json(fleet).find("accounts")->array().size(), 1000u);
}

TEST(GoldenColor, Text) {
  expect_golden("report/golden/color.txt", to_text(samples::everything(), true));
}

}  // namespace
}  // namespace idpd::report
