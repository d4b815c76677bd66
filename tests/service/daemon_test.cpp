// What a team can rely on of the daemon that runs for hours: all of it but the network, on the test's own
// time.
#include "service/daemon.h"

#include "service/running.h"

namespace idpd::service {
namespace {

using base::Json;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using test::account_id;
using test::second_id;
using test::with_client;
using test::workforce;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using Daemons = test::Running;

const std::string pin = "  pin: {name: PIN, type: onetimepin, config: {}}\n";
const std::string only_pin = "account: production\nidentity_providers:\n" + pin;

TEST_F(Daemons, WhatTheFilesSayIsCreatedOnStart) {
  source.set(workforce);
  start();
  EXPECT_TRUE(ready);
  ASSERT_EQ(production().objects.size(), 1u);
  EXPECT_EQ(production().objects.begin()->second.text("name"), "GitHub");
  EXPECT_THAT(observed.steps(), IsEmpty()) << "a change of the files is no incident";
}

TEST_F(Daemons, AnEditIsWrittenAtOnce) {
  source.set(workforce);
  start();
  source.set(with_client("two"));
  alarms.settle();
  EXPECT_EQ(production().objects.begin()->second.find("config")->text("client_id"), "two");
}

TEST_F(Daemons, DriftIsHealedAndToldOnce) {
  source.set(workforce);
  start();
  by_hand("config.client_id", "by hand");
  alarms.advance(hours(1));
  EXPECT_EQ(production().objects.begin()->second.find("config")->text("client_id"), "one");
  ASSERT_THAT(observed.steps(), ElementsAre("opened drift workforce healed"));
  const model::Incident drift = incidents().front();
  ASSERT_EQ(drift.fields.size(), 1u);
  EXPECT_EQ(drift.fields[0].path, "config.client_id");
  EXPECT_EQ(drift.fields[0].live, Json("by hand"));
  EXPECT_EQ(drift.fields[0].desired, Json("one"));
}

TEST_F(Daemons, InReportModeNothingIsWrittenAndDriftLastsUntilSomebodyUndoesIt) {
  settings.accounts[0].enforce = true;
  source.set(workforce);
  start();
  end();
  settings.accounts[0].enforce = false;
  start();
  const std::size_t writes = cloudflare.count("PUT");
  by_hand("config.client_id", "by hand");
  alarms.advance(hours(1));
  EXPECT_THAT(observed.steps(), ElementsAre("opened drift workforce"));
  EXPECT_EQ(status().find("accounts")->array()[0].find("identity_providers")->array()[0].text("state"),
            "drifted");
  by_hand("config.client_id", "by another hand");
  alarms.advance(minutes(10));
  EXPECT_THAT(observed.steps(), ElementsAre("opened drift workforce", "changed drift workforce"));
  by_hand("config.client_id", "one");
  alarms.advance(minutes(10));
  EXPECT_EQ(observed.steps().back(), "ended drift workforce reverted");
  EXPECT_EQ(cloudflare.count("PUT"), writes);
}

TEST_F(Daemons, DriftThatTheFilesTakeOverIsAccepted) {
  source.set(workforce);
  start();
  end();
  settings.accounts[0].enforce = false;
  start();
  by_hand("config.client_id", "two");
  alarms.advance(minutes(6));
  source.set(with_client("two"));
  alarms.settle();
  EXPECT_EQ(observed.steps().back(), "ended drift workforce accepted");
}

TEST_F(Daemons, AnAccountThatCannotBeReadIsUnknownAndItsDriftStaysAsItWasSeen) {
  source.set(workforce);
  start();
  end();
  settings.accounts[0].enforce = false;
  start();
  by_hand("config.client_id", "by hand");
  alarms.advance(minutes(6));
  cloudflare.fails_with = 403;
  alarms.advance(minutes(6));
  EXPECT_THAT(observed.steps(), ElementsAre("opened drift workforce", "opened failure", "opened failure"))
      << "one for each account, told once";
  EXPECT_EQ(status().find("accounts")->array()[0].text("status"), "unknown");
  cloudflare.fails_with.reset();
  alarms.advance(minutes(30));
  EXPECT_THAT(observed.steps(), Contains("ended failure resolved").Times(2));
  EXPECT_THAT(observed.steps(), testing::Not(Contains(HasSubstr("ended drift"))));
}

TEST_F(Daemons, BrokenFilesLeaveTheLastGoodOnesInForceAndThatIsSaid) {
  source.set(workforce);
  start();
  source.set("identity_providers: [");
  alarms.settle();
  by_hand("config.client_id", "by hand");
  alarms.advance(minutes(6));
  EXPECT_EQ(production().objects.begin()->second.find("config")->text("client_id"), "one") << "still kept";
  EXPECT_THAT(observed.steps(), Contains("opened failure"));
  EXPECT_THAT(observed.lines.back(), HasSubstr("last good"));
  EXPECT_THAT(status().find("source")->text("problem"), HasSubstr("idps/all.yaml:1:"));
  source.set(workforce);
  alarms.settle();
  EXPECT_EQ(observed.steps().back(), "ended failure resolved");
}

TEST_F(Daemons, FilesThatAreBeingWrittenAreNoFailure) {
  source.set(workforce);
  start();
  source.fail({base::Code::conflict, "the files did not stay the same", "idps", true});
  alarms.settle();
  EXPECT_THAT(observed.steps(), IsEmpty());
  EXPECT_EQ(daemon->files().problem(), "");
}

TEST_F(Daemons, ASecretThatExpiresIsToldSoLongBefore) {
  std::string text = workforce;
  text += "    options: {secret_expires: 2026-12-02}\n";
  source.set(text);
  start();
  alarms.advance(hours(23));
  EXPECT_THAT(observed.steps(), IsEmpty()) << "31 days before";
  alarms.advance(hours(2));
  EXPECT_THAT(observed.steps(), ElementsAre("opened expiry workforce")) << "30 days before";
  std::string renewed = text;
  renewed.replace(renewed.find("2026-12-02"), 10, "2027-12-02");
  source.set(renewed);
  alarms.settle();
  EXPECT_EQ(observed.steps().back(), "ended expiry workforce resolved");
}

TEST_F(Daemons, TheLastGoodFilesSurviveARestart) {
  source.set(workforce);
  start();
  end();
  source.set("identity_providers: [");
  by_hand("config.client_id", "by hand");
  start();
  EXPECT_EQ(production().objects.begin()->second.find("config")->text("client_id"), "one");
  EXPECT_EQ(daemon->not_ready(), "");
}

TEST_F(Daemons, FilesWithASecretInClearAreNotKeptInTheStore) {
  std::string text = workforce;
  text.replace(text.find("${env:SECRET}"), 13, "in-clear-and-secret");
  source.set(text);
  start();
  EXPECT_FALSE(store->history().document("last_good_files")->has_value());
}

TEST_F(Daemons, WithoutAnyGoodFilesNothingIsTouchedUntilThereAre) {
  start();
  EXPECT_TRUE(ready);
  EXPECT_THAT(daemon->not_ready(), HasSubstr("nothing is there yet"));
  alarms.advance(hours(1));
  EXPECT_THAT(cloudflare.requests, IsEmpty());
  source.set(workforce);
  alarms.settle();
  EXPECT_EQ(production().objects.size(), 1u);
}

TEST_F(Daemons, TwoHoursAskForOneListAnAccountAndInterval) {
  source.set(workforce);
  start();
  cloudflare.requests.clear();
  alarms.advance(hours(2));
  EXPECT_EQ(cloudflare.count("GET " + account_id), 24u);
  EXPECT_EQ(cloudflare.count("GET " + second_id), 24u);
  EXPECT_EQ(cloudflare.requests.size(), 48u) << "and for nothing else";
}

TEST_F(Daemons, AFailingAccountBacksOffAloneAndRecovers) {
  source.set(workforce);
  settings.accounts[1].token = "no reference ${env";
  start();
  alarms.advance(hours(2));
  EXPECT_EQ(cloudflare.count("GET " + account_id + "/access/identity_providers"), 26u)
      << "on start, 24 intervals, and to read back what was created";
  const auto failures = status().find("accounts")->array()[1].find("failures")->integer();
  EXPECT_GT(failures, 8);
  EXPECT_LT(failures, 60) << "ever more rarely";
}

TEST_F(Daemons, AWithheldDeleteIsToldWithWhatApprovesItAndApprovedOnceItIsMade) {
  source.set(workforce + pin);
  start();
  source.set(only_pin);
  for (int i = 0; i < 4; ++i) alarms.advance(minutes(6));
  ASSERT_EQ(production().objects.size(), 2u);
  ASSERT_THAT(observed.steps(), ElementsAre("opened withheld workforce"));
  const std::string approve = incidents().front().approve;
  EXPECT_THAT(approve, testing::StartsWith("sha256:"));
  EXPECT_EQ(status().find("accounts")->array()[0].text("fingerprint"), approve);
  EXPECT_FALSE(daemon->approve("sha256:other").ok());
  ASSERT_TRUE(daemon->approve(approve).ok());
  alarms.settle();
  EXPECT_EQ(production().objects.size(), 1u);
  EXPECT_EQ(observed.steps().back(), "ended withheld workforce resolved");
  EXPECT_FALSE(daemon->approve(approve).ok()) << "an approval is for once";
}

TEST_F(Daemons, AStrangerThatIsOnlyCalledTheSameIsChangedOnceAPersonSaysSo) {
  production().objects["theirs"] =
      test::live_json("theirs", "github", "GitHub", {{"config.client_id", "theirs"}});
  source.set(workforce);
  start();
  alarms.advance(minutes(6));
  const auto client = [&] { return production().objects.at("theirs").find("config")->text("client_id"); };
  EXPECT_EQ(client(), "theirs");
  ASSERT_THAT(observed.steps(), ElementsAre("opened withheld workforce"));
  ASSERT_TRUE(daemon->approve(incidents().front().approve).ok());
  alarms.settle();
  EXPECT_EQ(client(), "one");
  EXPECT_EQ(production().objects.size(), 1u);
}

TEST_F(Daemons, AnApprovalOfWhatHasChangedMeanwhileDoesNothing) {
  source.set(workforce + pin);
  start();
  source.set(only_pin);
  for (int i = 0; i < 4; ++i) alarms.advance(minutes(6));
  const std::string approve = incidents().front().approve;
  for (auto& [id, object] : production().objects) {
    if (object.text("type") == "onetimepin") object["name"] = "renamed by hand";
  }
  ASSERT_TRUE(daemon->approve(approve).ok());
  alarms.settle();
  EXPECT_EQ(production().objects.size(), 2u) << "the delete was approved together with nothing else to do";
}

TEST_F(Daemons, OneThatIsDeletedByHandComesBackAndThatIsDrift) {
  source.set(workforce);
  start();
  for (int i = 0; i < 4; ++i) alarms.advance(minutes(6));
  production().objects.clear();
  alarms.advance(minutes(6));
  EXPECT_EQ(production().objects.size(), 1u);
  EXPECT_THAT(observed.steps(), ElementsAre("opened drift workforce healed"));
}

TEST_F(Daemons, TheStatusSaysWhenTheNextPassComesAndWhatIsInForce) {
  source.set(workforce);
  start();
  const Json document = status();
  const Json& account = document.find("accounts")->array()[0];
  EXPECT_EQ(account.text("next_attempt"), "2026-11-01T00:05:00Z");
  EXPECT_EQ(account.text("last_success"), "2026-11-01T00:00:00Z");
  EXPECT_EQ(account.text("mode"), "enforce");
  EXPECT_EQ(document.find("source")->find("revision")->text("commit"), "4f1c2d3");
  const auto passes = store->history().passes(10);
  EXPECT_EQ(passes->size(), 2u);
  EXPECT_EQ(passes->back().trigger, "start");
}

TEST_F(Daemons, AnAccountThatLeavesTheSettingsLeavesTheStatus) {
  source.set(workforce);
  start();
  end();
  settings.accounts.pop_back();
  start();
  EXPECT_EQ(status().find("accounts")->array().size(), 1u);
}

}  // namespace
}  // namespace idpd::service
