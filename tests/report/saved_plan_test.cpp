// `idpd apply PLANFILE` carries out what was saved, for what it was saved, or nothing.
#include "report/saved_plan.h"

#include <gtest/gtest.h>

#include "report/samples.h"

namespace idpd::report {
namespace {

using base::Json;

TEST(SavedPlan, SaysWhatItWasMadeFor) {
  Report report = samples::two_accounts();
  const auto all = read_saved_plan(base::dump_json_pretty(to_json(report)));
  ASSERT_TRUE(all.ok());
  EXPECT_EQ(all->fingerprint, plan::fingerprint(report.accounts));
  EXPECT_EQ(all->accounts, (std::vector{report.accounts[0].account, report.accounts[1].account}));
  EXPECT_TRUE(all->only.empty());

  report.only = {"workforce", "github"};
  const auto some = read_saved_plan(base::dump_json(to_json(report)));
  ASSERT_TRUE(some.ok());
  EXPECT_EQ(some->only, report.only);
}

// Taken for "all accounts" or "every key", a damaged file would be carried out on more than it was made for.
TEST(SavedPlan, ThatIsDamagedIsRefusedAndNeverMeansMore) {
  const Json whole = to_json(samples::two_accounts());
  ASSERT_TRUE(read_saved_plan(base::dump_json(whole)).ok());
  const std::pair<const char*, Json> damages[] = {
      {"format_version", 2},
      {"format_version", "1"},
      {"fingerprint", nullptr},
      {"fingerprint", ""},
      {"accounts", nullptr},
      {"accounts", Json::Array{}},
      {"accounts", "production"},
      {"accounts", Json::Array{"production"}},
      {"accounts", Json::Array{Json::Object{{"account", ""}}}},
      {"options", "all"},
      {"options", Json::Object{}},
      {"options", Json::Object{{"only", "workforce"}}},
      {"options", Json::Object{{"only", Json::Array{1}}}},
      {"options", Json::Object{{"only", Json::Array{}}}},
  };
  for (const auto& [member, value] : damages) {
    Json damaged = whole;
    damaged[member] = value;
    const auto read = read_saved_plan(base::dump_json(damaged));
    EXPECT_FALSE(read.ok()) << member << ": " << base::dump_json(value);
    if (!read) {
      EXPECT_EQ(read.error().code, base::Code::invalid);
    }
  }
  for (const char* text : {"", "null", "[]", "{", "1"}) EXPECT_FALSE(read_saved_plan(text).ok()) << text;
}

}  // namespace
}  // namespace idpd::report
