#include "service/metrics.h"

#include <gmock/gmock.h>

#include <regex>
#include <set>
#include <sstream>

namespace idpd::service {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;
using testing::Not;

const model::Time noon = std::chrono::sys_days{std::chrono::year(2026) / 11 / 28} + std::chrono::hours(12);

plan::Change change(plan::Action action, plan::Outcome outcome) {
  plan::Change out;
  out.action = action;
  out.key = "workforce";
  out.name = "A \"display\" name";
  out.outcome = outcome;
  return out;
}

plan::AccountPlan plan_of(const std::string& account) {
  plan::AccountPlan out;
  out.account = account;
  out.status = plan::Status::changes;
  out.changes = {change(plan::Action::create, plan::Outcome::done),
                 change(plan::Action::update, plan::Outcome::failed),
                 change(plan::Action::update, plan::Outcome::planned),
                 change(plan::Action::remove, plan::Outcome::withheld)};
  plan::withhold(out.changes[3], plan::Reason::max_deletes, "too many");
  out.changes.push_back(change(plan::Action::replace, plan::Outcome::done));
  out.changes[4].delete_withheld = plan::Withheld{plan::Reason::references, "still used"};
  return out;
}

// Everything at once, so that a look at the text sees every family.
void fill(Metrics& metrics) {
  metrics.pass(plan_of("production"), milliseconds(1500), noon, noon + seconds(2), false);
  metrics.drifted("production", 2);
  metrics.expiries("production", {{"workforce", noon + std::chrono::hours(24)}, {"saml", noon}});
  metrics.api_request("GET", 200, milliseconds(70));
  metrics.api_request("PUT", 0, seconds(500));
  metrics.rate_limit_wait("production", 1.5);
  model::Incident drift;
  drift.kind = model::Kind::drift;
  metrics.open_incidents({drift, drift});
  metrics.notifications_pending(3);
  metrics.notification(Delivery::delivered);
  metrics.config_reloaded(true);
}

std::vector<std::string> lines(const std::string& text) {
  std::vector<std::string> out;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) out.push_back(line);
  return out;
}

TEST(Metrics, SayWhatThePassesDid) {
  Metrics metrics("1.2.3");
  fill(metrics);
  const std::string text = metrics.text();
  for (const std::string line : {
           "idpd_build_info{version=\"1.2.3\"} 1",
           "idpd_last_attempt_timestamp_seconds{account=\"production\"} 1795867200",
           "idpd_account_failures{account=\"production\"} 1",
           "idpd_changes_planned{account=\"production\",action=\"create\"} 1",
           "idpd_changes_planned{account=\"production\",action=\"update\"} 2",
           "idpd_changes_planned{account=\"production\",action=\"delete\"} 0",
           "idpd_withheld_changes{account=\"production\",reason=\"max_deletes\"} 1",
           "idpd_withheld_changes{account=\"production\",reason=\"references\"} 1",
           "idpd_changes_total{account=\"production\",action=\"create\",result=\"done\"} 1",
           "idpd_changes_total{account=\"production\",action=\"update\",result=\"failed\"} 1",
           "idpd_drifted_identity_providers{account=\"production\"} 2",
           "idpd_pass_duration_seconds_sum{account=\"production\"} 1.5",
           "idpd_expiry_timestamp_seconds{account=\"production\",key=\"saml\"} 1795867200",
           "idpd_api_requests_total{method=\"GET\",status=\"200\"} 1",
           "idpd_api_requests_total{method=\"PUT\",status=\"error\"} 1",
           "idpd_api_request_duration_seconds_bucket{method=\"GET\",le=\"0.1\"} 1",
           "idpd_api_request_duration_seconds_bucket{method=\"PUT\",le=\"120\"} 0",
           "idpd_rate_limit_wait_seconds_total{rate_group=\"production\"} 1.5",
           "idpd_open_incidents{kind=\"drift\"} 2",
           "idpd_open_incidents{kind=\"failure\"} 0",
           "idpd_notifications_pending 3",
           "idpd_notifications_total{result=\"delivered\"} 1",
           "idpd_notifications_total{result=\"dropped\"} 0",
           "idpd_config_last_reload_successful 1",
       }) {
    EXPECT_THAT(text, HasSubstr(line + "\n"));
  }
  EXPECT_THAT(text, Not(HasSubstr("last_success")));
  EXPECT_THAT(text, Not(HasSubstr("display")));
}

TEST(Metrics, ASuccessEndsTheCountOfFailures) {
  Metrics metrics("1");
  for (int i = 0; i < 3; ++i) metrics.pass(plan_of("a"), seconds(1), noon, noon, false);
  EXPECT_THAT(metrics.text(), HasSubstr("idpd_account_failures{account=\"a\"} 3\n"));
  metrics.pass(plan_of("a"), seconds(1), noon, noon + seconds(9), true);
  EXPECT_THAT(metrics.text(), HasSubstr("idpd_account_failures{account=\"a\"} 0\n"));
  EXPECT_THAT(metrics.text(), HasSubstr("idpd_last_success_timestamp_seconds{account=\"a\"} 1795867209\n"));
}

TEST(Metrics, WhatIsUnknownHasNoNumber) {
  Metrics metrics("1");
  metrics.pass(plan_of("a"), seconds(1), noon, noon, true);
  plan::AccountPlan unknown;
  unknown.account = "a";
  metrics.pass(unknown, seconds(1), noon, noon, false);
  EXPECT_THAT(metrics.text(), Not(HasSubstr("idpd_changes_planned")));
  EXPECT_THAT(metrics.text(), Not(HasSubstr("idpd_withheld_changes")));
  EXPECT_THAT(metrics.text(),
              HasSubstr("idpd_changes_total{account=\"a\",action=\"create\",result=\"done\"} 1\n"));
}

TEST(Metrics, OfWhatHasVanishedAreGone) {
  Metrics metrics("1");
  fill(metrics);
  metrics.expiries("other", {{"workforce", noon}});
  metrics.expiries("production", {{"saml", noon + seconds(1)}});
  EXPECT_THAT(metrics.text(), Not(HasSubstr("account=\"production\",key=\"workforce\"")));
  EXPECT_THAT(metrics.text(), HasSubstr("account=\"production\",key=\"saml\"} 1795867201\n"));
  EXPECT_THAT(metrics.text(), HasSubstr("account=\"other\",key=\"workforce\""));
  metrics.keep_accounts({"other"});
  EXPECT_THAT(metrics.text(), Not(HasSubstr("account=\"production\"")));
  EXPECT_THAT(metrics.text(), HasSubstr("account=\"other\",key=\"workforce\""));
  fill(metrics);  // it comes back from zero
  EXPECT_THAT(metrics.text(), HasSubstr("account=\"production\",action=\"create\",result=\"done\"} 1\n"));
}

TEST(Metrics, TheTimeWaitedGoesOnWhenABudgetBeginsAnew) {
  Metrics metrics("1");
  metrics.rate_limit_wait("g", 2);
  metrics.rate_limit_wait("g", 5);
  metrics.rate_limit_wait("g", 5);
  metrics.rate_limit_wait("g", 1);
  EXPECT_THAT(metrics.text(), HasSubstr("idpd_rate_limit_wait_seconds_total{rate_group=\"g\"} 6\n"));
}

// The format as Prometheus reads it: HELP and TYPE once, before their series; no series twice; units and
// suffixes.
TEST(Metrics, TheTextHasTheFormThatPrometheusReads) {
  Metrics metrics("1.2.3");
  fill(metrics);
  metrics.pass(plan_of("staging"), seconds(1), noon, noon, true);
  const std::regex help("# HELP (idpd_[a-z_]+) [A-Z].*\\.");
  const std::regex type("# TYPE (idpd_[a-z_]+) (counter|gauge|histogram)");
  const std::regex sample(
      "(idpd_[a-z_]+)(\\{[a-z_]+=\"[^\"\\\\\\n]*\"(,[a-z_]+=\"[^\"\\\\\\n]*\")*\\})? [-+]?[0-9.e+-]+");
  std::set<std::string> families;
  std::set<std::string> series;
  std::string family;
  std::string kind;
  std::smatch found;
  for (const std::string& line : lines(metrics.text())) {
    if (std::regex_match(line, found, help)) {
      EXPECT_TRUE(families.insert(found[1]).second) << line;
      EXPECT_LT(family, found[1].str()) << "not in order";
      family = found[1];
      kind.clear();
    } else if (std::regex_match(line, found, type)) {
      EXPECT_EQ(found[1], family) << line;
      EXPECT_EQ(kind, "") << line;
      kind = found[2];
      EXPECT_EQ(kind == "counter", family.ends_with("_total")) << line;
    } else {
      ASSERT_TRUE(std::regex_match(line, found, sample)) << line;
      const std::string name = found[1];
      const bool part = kind == "histogram" &&
                        (name == family + "_bucket" || name == family + "_sum" || name == family + "_count");
      EXPECT_TRUE(part || (kind != "histogram" && name == family)) << line;
      EXPECT_TRUE(series.insert(line.substr(0, line.rfind(' '))).second) << line;
    }
  }
  EXPECT_EQ(families.size(), 17U);
  EXPECT_TRUE(metrics.text().ends_with("\n"));
}

TEST(Metrics, TwoThatSawTheSameSayTheSame) {
  Metrics one("1");
  Metrics two("1");
  fill(one);
  one.pass(plan_of("b"), seconds(1), noon, noon, true);
  two.pass(plan_of("b"), seconds(1), noon, noon, true);
  fill(two);
  EXPECT_EQ(one.text(), two.text());
}

}  // namespace
}  // namespace idpd::service
