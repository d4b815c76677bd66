#include "state/history.h"

#include <gmock/gmock.h>

#include "state/store.h"
#include "state_folder.h"

namespace idpd::state {
namespace {

using model::Incident;
using model::Kind;
using model::Pass;
using ::testing::ElementsAre;
using ::testing::SizeIs;

struct Histories : testing::Test {
  StateFolder folder;
  Store store = *Store::open(folder.path());
  History history = store.history();

  static Incident drift(const std::string& account_id) {
    Incident out;
    out.account = "production";
    out.account_id = account_id;
    out.key = "workforce";
    out.fields.push_back({"config.client_id", base::Json("by hand"), base::Json("one"), false});
    out.changed_by = model::Attribution{"mallory@example.com", "dashboard", "2026-11-01T00:00:00Z"};
    out.first_seen = out.last_seen = std::chrono::sys_days{std::chrono::year(2026) / 11 / 1};
    return out;
  }
  void end(Incident& one) {
    one.ended = one.last_seen + std::chrono::minutes(3);
    one.ending = model::Ending::healed;
    ASSERT_TRUE(history.save(one).ok());
  }
};

TEST_F(Histories, AnIncidentComesBackAsItWasAlsoAfterARestart) {
  Incident one = drift("a");
  ASSERT_TRUE(history.save(one).ok());
  EXPECT_NE(one.number, 0);
  store = *Store::open(folder.path());
  EXPECT_THAT(*store.history().open_incidents("a"), ElementsAre(one));
  EXPECT_THAT(*store.history().open_incidents("b"), SizeIs(0));
}

TEST_F(Histories, OneThatEndedIsNoLongerOpenAndStaysInTheHistory) {
  Incident one = drift("a");
  ASSERT_TRUE(history.save(one).ok());
  end(one);
  EXPECT_THAT(*history.open_incidents("a"), SizeIs(0));
  EXPECT_THAT(*history.incidents(10), ElementsAre(one));
}

TEST_F(Histories, AFilesNameThatIsNotUtf8DoesNotDamageTheStore) {
  Incident one = drift("a");
  one.message = "idps/\xff.yaml:1:1: broken";
  ASSERT_TRUE(history.save(one).ok());
  const auto read = history.open_incidents("a");
  ASSERT_TRUE(read.ok()) << read.error().text();
  EXPECT_EQ(read->front().message, "idps/\xef\xbf\xbd.yaml:1:1: broken");
}

TEST_F(Histories, IncidentsAboutTheFilesBelongToNoAccount) {
  Incident one = drift("");
  ASSERT_TRUE(history.save(one).ok());
  EXPECT_THAT(*history.open_incidents(std::string()), ElementsAre(one));
  EXPECT_THAT(*history.open_incidents(), ElementsAre(one));
}

TEST_F(Histories, OldPassesAndEndedIncidentsGoOpenOnesStay) {
  Incident open = drift("a");
  ASSERT_TRUE(history.save(open).ok());
  for (std::size_t i = 0; i < kept_incidents + 5; ++i) {
    Incident one = drift("a");
    ASSERT_TRUE(history.save(one).ok());
    end(one);
  }
  Incident last = drift("a");
  ASSERT_TRUE(history.save(last).ok());
  EXPECT_THAT(*history.incidents(10'000), SizeIs(kept_incidents + 2));
  EXPECT_THAT(*history.open_incidents("a"), ElementsAre(open, last));
  for (std::size_t i = 0; i < kept_passes + 5; ++i) {
    Pass pass{.account = "production", .account_id = "a", .trigger = "interval"};
    ASSERT_TRUE(history.add(pass).ok());
  }
  EXPECT_THAT(*history.passes(10'000), SizeIs(kept_passes));
}

TEST_F(Histories, PassesComeBackNewestFirst) {
  Pass first{
      .account = "production", .account_id = "a", .result = model::PassResult::in_sync, .trigger = "start"};
  Pass second = first;
  second.result = model::PassResult::failed;
  second.error = "no answer";
  ASSERT_TRUE(history.add(first).ok());
  ASSERT_TRUE(history.add(second).ok());
  EXPECT_THAT(*history.passes(10), ElementsAre(second, first));
  EXPECT_THAT(*history.passes(1), ElementsAre(second));
}

TEST_F(Histories, DocumentsAreKeptByNameAndFoundByTheirBeginning) {
  ASSERT_TRUE(history.save_document("account/a", base::Json(1)).ok());
  ASSERT_TRUE(history.save_document("account/a", base::Json(2)).ok());
  ASSERT_TRUE(history.save_document("daemon", base::Json(3)).ok());
  EXPECT_EQ(**history.document("account/a"), base::Json(2));
  EXPECT_FALSE(history.document("account/b")->has_value());
  EXPECT_THAT(*history.documents("account/"), SizeIs(1));
  ASSERT_TRUE(history.erase_document("account/a").ok());
  EXPECT_THAT(*history.documents("account/"), SizeIs(0));
}

}  // namespace
}  // namespace idpd::state
