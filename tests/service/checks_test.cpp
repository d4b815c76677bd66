// What a team can rely on of the daemon's connection probes, on the test's own time.
#include "service/checks.h"

#include "service/running.h"

namespace idpd::service {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using test::with_client;
using test::workforce;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* token_url = "https://github.com/login/oauth/access_token";

class Checking : public test::Running {
 protected:
  void SetUp() override {
    Running::SetUp();
    settings.check.interval = hours(24);
    settings.interval = minutes(30);  // of the passes, after which it is seen who is due
    accepts();
    source.set(workforce);
  }
  void accepts() { provider.json(token_url, 200, R"({"error": "bad_verification_code"})"); }
  void refuses() { provider.json(token_url, 200, R"({"error": "incorrect_client_credentials"})"); }
  std::size_t asked() const { return provider.to(token_url).size(); }
};

TEST_F(Checking, ANewOneIsProbedAtOnceAndThenOncePerInterval) {
  start();
  alarms.advance(minutes(1));
  EXPECT_EQ(asked(), 1u);
  EXPECT_THAT(observed.steps(), IsEmpty()) << "what is well is nobody's news";
  alarms.advance(hours(23));
  EXPECT_EQ(asked(), 1u);
  alarms.advance(hours(2));
  EXPECT_EQ(asked(), 2u);
}

TEST_F(Checking, ARestartIsNoReasonToProbe) {
  start();
  alarms.advance(minutes(1));
  end();
  start();
  alarms.advance(hours(1));
  EXPECT_EQ(asked(), 1u);
  EXPECT_EQ(observed.checks["production"]["workforce"].verdict, check::Verdict::ok)
      << "what was found is still known";
}

TEST_F(Checking, ASecretThatExpiresIsToldOnceAndItsEndToo) {
  refuses();
  start();
  alarms.advance(hours(60));
  ASSERT_THAT(observed.steps(), ElementsAre("opened check workforce"));
  const model::Incident bad = incidents().front();
  EXPECT_THAT(bad.message, HasSubstr("credentials: the client id or the secret is wrong"));
  EXPECT_THAT(bad.message, HasSubstr("GitHub > Settings"));
  accepts();
  alarms.advance(hours(25));
  EXPECT_THAT(observed.steps(), ElementsAre("opened check workforce", "ended check workforce resolved"));
}

TEST_F(Checking, WhatCannotBeToldOpensAndEndsNothing) {
  provider.replies.clear();
  start();
  alarms.advance(hours(25));
  EXPECT_THAT(observed.steps(), IsEmpty());
  refuses();
  alarms.advance(hours(25));
  provider.replies.clear();
  alarms.advance(hours(48));
  EXPECT_THAT(observed.steps(), ElementsAre("opened check workforce"));
}

TEST_F(Checking, AChangeOfTheFileIsProbedWithoutWaiting) {
  refuses();
  start();
  alarms.advance(minutes(1));
  accepts();
  source.set(with_client("two"));
  alarms.advance(minutes(1));
  EXPECT_EQ(asked(), 2u);
  EXPECT_EQ(observed.steps().back(), "ended check workforce resolved");
}

TEST_F(Checking, WhoeverAsksForAPassLearnsWhetherItIsMended) {
  refuses();
  start();
  alarms.advance(minutes(1));
  accepts();
  ASSERT_TRUE(daemon->ask(std::nullopt, Trigger::request).ok());
  alarms.advance(minutes(1));
  EXPECT_EQ(observed.steps().back(), "ended check workforce resolved");
}

TEST_F(Checking, OneThatLeavesTheFilesIsBadNoMore) {
  refuses();
  start();
  alarms.advance(minutes(1));
  source.set("account: production\nidentity_providers:\n  pin: {name: PIN, type: onetimepin, config: {}}\n");
  alarms.advance(minutes(1));
  EXPECT_THAT(observed.steps(), Contains("ended check workforce resolved"));
}

TEST_F(Checking, SettingsThatNoLongerAskForProbesEndWhatTheyFound) {
  refuses();
  start();
  alarms.advance(minutes(1));
  end();
  settings.check.interval.reset();
  start();
  EXPECT_EQ(observed.steps().back(), "ended check workforce resolved");
  alarms.advance(hours(48));
  EXPECT_EQ(asked(), 1u);
}

TEST_F(Checking, TheStatusHasTheOutcomeBesideTheIdentityProvider) {
  refuses();
  start();
  alarms.advance(minutes(1));
  const base::Json one = status().find("accounts")->array()[0].find("identity_providers")->array()[0];
  EXPECT_EQ(one.find("check")->text("verdict"), "bad");
  EXPECT_EQ(one.text("state"), "in_sync") << "the files and Cloudflare agree all the same";
}

TEST_F(Checking, AccountsAreProbedSideBySideAndEachKeepsItsPauses) {
  const std::string two =
      "identity_providers:\n"
      "  a: {name: A, type: github, config: {client_id: a, client_secret: \"${env:SECRET}\"}}\n"
      "  b: {name: B, type: github, config: {client_id: b, client_secret: \"${env:SECRET}\"}}\n";
  Snapshot snapshot;
  snapshot.files.push_back({"idps/one.yaml", "account: production\n" + two});
  snapshot.files.push_back({"idps/two.yaml", "account: staging\n" + two});
  source.now = std::move(snapshot);
  start();
  EXPECT_EQ(asked(), 2u) << "the first of each; the second waits its turn";
  alarms.advance(std::chrono::seconds(1));
  EXPECT_EQ(asked(), 4u);
}

TEST_F(Checking, AStopDoesNotWaitForAnIdentityProvider) {
  provider.hangs = true;
  start();
  alarms.advance(minutes(1));
  EXPECT_EQ(asked(), 1u);
  end();
  provider.hangs = false;
  start();
  alarms.advance(minutes(1));
  EXPECT_EQ(asked(), 2u) << "what was cut short is due again";
}

class Refusing : public Checking {
 protected:
  void SetUp() override {
    Checking::SetUp();
    settings.check.interval.reset();
    settings.check.before_apply = true;
    settings.interval = minutes(5);
  }
  std::string client_id() { return production().objects.begin()->second.find("config")->text("client_id"); }
};

TEST_F(Refusing, ASecretThatItsIdentityProviderRefusesIsNotWrittenAndThatIsTold) {
  start();
  ASSERT_EQ(production().objects.size(), 1u);
  refuses();
  source.set(with_client("two"));
  alarms.advance(minutes(1));
  EXPECT_EQ(client_id(), "one");
  ASSERT_THAT(observed.steps(), ElementsAre("opened withheld workforce"));
  EXPECT_THAT(incidents().front().message, HasSubstr("the client id or the secret is wrong"));
}

TEST_F(Refusing, ARefusalIsRememberedForAnHourAndThenAskedAnew) {
  start();
  refuses();
  source.set(with_client("two"));
  const std::size_t before = asked();
  alarms.advance(minutes(50));
  EXPECT_EQ(asked(), before + 1) << "ten passes, one failed login in their log";
  accepts();
  alarms.advance(minutes(30));
  EXPECT_EQ(client_id(), "two");
  EXPECT_EQ(observed.steps().back(), "ended withheld workforce resolved");
}

TEST_F(Refusing, WhatCannotBeToldIsWritten) {
  start();
  provider.replies.clear();
  source.set(with_client("two"));
  alarms.advance(minutes(1));
  EXPECT_EQ(client_id(), "two");
}

TEST_F(Refusing, AChangeThatMovesNoSecretIsNotAskedFor) {
  start();
  const std::size_t before = asked();
  std::string renamed = workforce;
  renamed.replace(renamed.find("name: GitHub"), 12, "name: Github");
  source.set(renamed);
  alarms.advance(minutes(1));
  EXPECT_EQ(production().objects.begin()->second.text("name"), "Github");
  EXPECT_EQ(asked(), before);
}

TEST_F(Refusing, ACreateWithABadSecretIsNotMade) {
  refuses();
  start();
  EXPECT_THAT(production().objects, IsEmpty());
}

TEST(CheckedByKeys, AreReadAsTheyWereWritten) {
  CheckedByKey all;
  all["a"] = {"sha256:1",
              model::Time(std::chrono::seconds(1'800'000'000)),
              check::Verdict::bad,
              {{"credentials", check::Verdict::bad}, {"keys", check::Verdict::ok}}};
  EXPECT_EQ(checked_from(to_json(all)), all);
  EXPECT_TRUE(checked_from(base::Json(1)).empty());
  EXPECT_TRUE(checked_from(*base::parse_json(R"({"a": 1, "b": {"at": "yesterday"}, "c": null})")).empty());
}

}  // namespace
}  // namespace idpd::service
