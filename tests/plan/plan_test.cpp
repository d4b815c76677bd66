#include "plan/plan.h"

#include <gtest/gtest.h>

#include <set>

namespace idpd::plan {
namespace {

FieldChange field(const char* path, base::Json before, base::Json after) {
  return {.path = path, .before = std::move(before), .after = std::move(after)};
}

std::vector<AccountPlan> sample() {
  Change update;
  update.key = "workforce";
  update.id = "1";
  update.name = "Workforce";
  update.type = "pingone";
  update.fields = {field("config.pkce_enabled", false, true), field("config.client_secret", {}, {})};
  update.fields[1].sensitive = true;
  Change remove;
  remove.action = Action::remove;
  remove.id = "2";
  remove.name = "Old";
  remove.type = "okta";
  Change move;
  move.action = Action::move;
  move.key = "new";
  move.previous_key = "old";
  AccountPlan a;
  a.account = "a";
  a.account_id = "aaaa";
  a.status = Status::changes;
  a.changes = {update, remove};
  AccountPlan b;
  b.account = "b";
  b.account_id = "bbbb";
  b.status = Status::changes;
  b.changes = {move};
  return {a, b};
}

TEST(Fingerprint, IsStable) {
  EXPECT_EQ(fingerprint(sample()), fingerprint(sample()));
  EXPECT_EQ(fingerprint(sample()).substr(0, 7), "sha256:");
  EXPECT_EQ(fingerprint(sample()).size(), 7u + 64u);
  // Saved plans are compared across versions of idpd: this text is a promise.
  EXPECT_EQ(fingerprint({}), "sha256:4f53cda18c2baa0c0354bb5f9a3ecbe5ed12ab4d8e11ba873c2f11161202b945");
}

TEST(Fingerprint, LeavesOutWhatTwoHostsMaySeeDifferently) {
  const std::string expected = fingerprint(sample());
  auto plans = sample();
  plans[0].account = "another alias";
  plans[0].status = Status::unknown;
  plans[0].error = "x";
  plans[0].in_sync = 7;
  plans[0].unmanaged = {{"3", "x", "okta", false}};
  plans[0].diagnostics = {{model::Severity::warning, {"f", 1, 2}, "x"}};
  Change& change = plans[0].changes[0];
  change.origin = Origin::both;
  change.withheld = Withheld{Reason::lag, "x"};
  change.delete_withheld = Withheld{Reason::references, "x"};
  change.where = {"f", 1, 2};
  change.explanation = "x";
  change.outcome = Outcome::failed;
  change.error = "x";
  change.notes = {"x"};
  change.fields[0].origin = Origin::drift;
  change.fields[1].after = "a secret that should not be here";
  EXPECT_EQ(fingerprint(plans), expected);
  std::swap(plans[0], plans[1]);
  EXPECT_EQ(fingerprint(plans), expected);
}

TEST(Fingerprint, ChangesWithEverythingElse) {
  std::set<std::string> seen{fingerprint(sample())};
  const auto differs = [&](auto edit) {
    auto plans = sample();
    edit(plans);
    return seen.insert(fingerprint(plans)).second;
  };
  EXPECT_TRUE(differs([](auto& p) { p[0].account_id = "cccc"; }));
  EXPECT_TRUE(differs([](auto& p) { p[0].changes[0].key = "x"; }));
  EXPECT_TRUE(differs([](auto& p) { p[0].changes[0].action = Action::adopt; }));
  EXPECT_TRUE(differs([](auto& p) { p[0].changes[0].id = "x"; }));
  EXPECT_TRUE(differs([](auto& p) { p[0].changes[0].type = "x"; }));
  EXPECT_TRUE(differs([](auto& p) { p[0].changes[0].name = "x"; }));
  EXPECT_TRUE(differs([](auto& p) { p[0].changes[0].fields[0].path = "x"; }));
  EXPECT_TRUE(differs([](auto& p) { p[0].changes[0].fields[0].before = "x"; }));
  EXPECT_TRUE(differs([](auto& p) { p[0].changes[0].fields[0].after = "x"; }));
  EXPECT_TRUE(differs([](auto& p) { p[0].changes[0].fields[0].sensitive = true; }));
  EXPECT_TRUE(differs([](auto& p) { p[0].changes[0].fields.pop_back(); }));
  EXPECT_TRUE(differs([](auto& p) { p[0].changes.pop_back(); }));
  EXPECT_TRUE(differs([](auto& p) { p[1].changes[0].previous_key = "x"; }));
  EXPECT_TRUE(differs([](auto& p) { p.pop_back(); }));
}

TEST(Summarize, CountsWithheldChangesOnlyOnce) {
  auto plans = sample();
  plans[0].changes[1].withheld = Withheld{Reason::deletes_setting, "x"};
  plans[0].in_sync = 3;
  plans[0].unmanaged = {{"3", "x", "okta", false}};
  plans[1].status = Status::unknown;
  const Summary summary = summarize(plans);
  EXPECT_EQ(summary.update, 1u);
  EXPECT_EQ(summary.remove, 0u);
  EXPECT_EQ(summary.move, 1u);
  EXPECT_EQ(summary.withheld, 1u);
  EXPECT_EQ(summary.in_sync, 3u);
  EXPECT_EQ(summary.unmanaged, 1u);
  EXPECT_EQ(summary.unknown, 1u);
}

TEST(Names, EachReasonHasItsOwn) {
  std::set<std::string_view> names;
  for (int i = 0; i <= static_cast<int>(Reason::read_only); ++i) {
    const auto name = name_of(static_cast<Reason>(i));
    EXPECT_NE(name, "unknown") << i;
    EXPECT_TRUE(names.insert(name).second) << name;
  }
  EXPECT_EQ(name_of(Action::remove), "delete");
}

TEST(OwnSetting, IsOnlyWhatTheUserChose) {
  int own = 0;
  for (int i = 0; i <= static_cast<int>(Reason::read_only); ++i)
    own += own_setting(static_cast<Reason>(i)) ? 1 : 0;
  EXPECT_EQ(own, 2);
  EXPECT_TRUE(own_setting(Reason::deletes_setting));
  EXPECT_TRUE(own_setting(Reason::prevent_delete));
}

}  // namespace
}  // namespace idpd::plan
