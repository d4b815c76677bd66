#include "state/store.h"

#include <gmock/gmock.h>
#include <sys/wait.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "sample_records.h"
#include "state/database.h"
#include "state_folder.h"

namespace idpd::state {
namespace {

using model::Intent;
using model::Record;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Store opened(const std::string& folder) {
  auto store = Store::open(folder);
  if (!store) throw std::runtime_error(store.error().text());
  return *std::move(store);
}

TEST(Store, RecordsComeBackAsTheyWere) {
  const StateFolder folder;
  const Record record = sample_record("entra");
  ASSERT_TRUE(opened(folder.path()).save_record(account, record).ok());
  const auto read = opened(folder.path()).records(account);
  ASSERT_TRUE(read.ok());
  EXPECT_THAT(*read, ElementsAre(record));
  const auto unset = read->front().applied.find("config.conditional_access_enabled");
  ASSERT_NE(unset, read->front().applied.end());
  EXPECT_TRUE(unset->second.is_null());
}

TEST(Store, RandomRecordsComeBackAsTheyWere) {
  const char* given = std::getenv("IDPD_TEST_SEED");
  const unsigned seed = given ? static_cast<unsigned>(std::atoll(given)) : std::random_device{}();
  std::printf("seed %u (repeat with IDPD_TEST_SEED)\n", seed);
  RandomRecords random(seed);
  const StateFolder folder;
  for (int round = 0; round < 20; ++round) {
    SCOPED_TRACE("seed " + std::to_string(seed) + ", round " + std::to_string(round));
    std::vector<Record> records;
    for (int i = random.below(20); i >= 0; --i)
      records.push_back(random.record(random.text() + std::to_string(i)));
    ASSERT_TRUE(opened(folder.path()).save_records(account, records).ok());
    std::sort(records.begin(), records.end(), [](auto& a, auto& b) { return a.key < b.key; });
    const auto read = opened(folder.path()).records(account);
    ASSERT_TRUE(read.ok()) << read.error().text();
    ASSERT_EQ(*read, records);
  }
}

TEST(Store, AnUpdateWritesWhatChangedAndTakesOutWhatIsGone) {
  const StateFolder folder;
  Store store = opened(folder.path());
  const Record a = sample_record("a");
  Record b = sample_record("b");
  ASSERT_TRUE(store.save_records(account, {a, b, sample_record("c")}).ok());
  b.name = "renamed";
  const Record d = sample_record("d");
  ASSERT_TRUE(store.update_records(account, {&b, &d}, {"c"}).ok());
  EXPECT_THAT(*store.records(account), ElementsAre(a, b, d));
}

TEST(Store, WhereNothingChangedNothingIsWrittenOnceTheAccountIsKnown) {
  const StateFolder folder;
  Store store = opened(folder.path());
  const auto written = [&] { return *store.database().number("SELECT total_changes()"); };
  ASSERT_TRUE(store.update_records(account, {}, {}).ok());
  EXPECT_TRUE(*store.seen_before(account));
  const auto before = written();
  ASSERT_TRUE(store.update_records(account, {}, {}).ok());
  EXPECT_EQ(written(), before);
}

TEST(Store, AQueryMayBeMadeWithinItself) {
  const StateFolder folder;
  Store store = opened(folder.path());
  ASSERT_TRUE(store.save_records(account, {sample_record("a"), sample_record("b")}).ok());
  std::vector<std::string> seen;
  const auto each = [&](const Database::EachRow& next) {
    return store.database().execute("SELECT key FROM records WHERE account_id = ? ORDER BY key", {account},
                                    next);
  };
  const auto read = each([&](const Row& outer) {
    return each([&, key = outer.text(0)](const Row& inner) {
      seen.push_back(key + inner.text(0));
      return base::Result<void>();
    });
  });
  ASSERT_TRUE(read.ok());
  EXPECT_THAT(seen, ElementsAre("aa", "ab", "ba", "bb"));
}

TEST(Store, RecordsAreSortedByKeyAndKeptByAccount) {
  const StateFolder folder;
  Store store = opened(folder.path());
  for (const char* key : {"b", "a", "B"}) ASSERT_TRUE(store.save_record(account, sample_record(key)).ok());
  ASSERT_TRUE(store.save_record(other_account, sample_record("c")).ok());
  EXPECT_THAT(*store.records(account),
              ElementsAre(sample_record("B"), sample_record("a"), sample_record("b")));
  EXPECT_THAT(*store.records(other_account), ElementsAre(sample_record("c")));
}

TEST(Store, SavingARecordReplacesItsOlderStateAndErasingForgetsIt) {
  const StateFolder folder;
  Store store = opened(folder.path());
  Record record = sample_record("okta");
  ASSERT_TRUE(store.save_record(account, record).ok());
  record.id = "another";
  record.applied.clear();
  ASSERT_TRUE(store.save_record(account, record).ok());
  EXPECT_THAT(*store.records(account), ElementsAre(record));
  ASSERT_TRUE(store.erase_record(account, "okta").ok());
  EXPECT_THAT(*store.records(account), IsEmpty());
  EXPECT_TRUE(store.erase_record(account, "okta").ok());
}

TEST(Store, APassReplacesTheRecordsOfItsAccountAloneAndMarksItSeen) {
  const StateFolder folder;
  Store store = opened(folder.path());
  ASSERT_TRUE(store.save_record(account, sample_record("old")).ok());
  ASSERT_TRUE(store.save_record(other_account, sample_record("theirs")).ok());
  EXPECT_FALSE(*store.seen_before(account));
  ASSERT_TRUE(store.save_records(account, {sample_record("new")}).ok());
  EXPECT_THAT(*store.records(account), ElementsAre(sample_record("new")));
  EXPECT_THAT(*store.records(other_account), ElementsAre(sample_record("theirs")));
  EXPECT_TRUE(*store.seen_before(account));
  EXPECT_FALSE(*store.seen_before(other_account));
}

TEST(Store, APassWithoutRecordsCountsAsSeen) {
  const StateFolder folder;
  ASSERT_TRUE(opened(folder.path()).save_records(account, {}).ok());
  EXPECT_TRUE(*opened(folder.path()).seen_before(account));
}

TEST(Store, APassThatCannotBeSavedWholeChangesNothing) {
  const StateFolder folder;
  Store store = opened(folder.path());
  ASSERT_TRUE(store.save_record(account, sample_record("old")).ok());
  EXPECT_FALSE(store.save_records(account, {sample_record("twice"), sample_record("twice")}).ok());
  EXPECT_THAT(*store.records(account), ElementsAre(sample_record("old")));
  EXPECT_FALSE(*store.seen_before(account));
  EXPECT_TRUE(store.save_records(account, {sample_record("new")}).ok());
}

TEST(Store, IntentsComeBackUntilTheyAreErased) {
  const StateFolder folder;
  const Intent intent{"entra", "azureAD", "Entra", {"id-2", "id-1"}, 2};
  const Intent bare{"a", "onetimepin", "", {}};
  Store writer = opened(folder.path());
  ASSERT_TRUE(writer.save_intent(account, intent).ok());
  ASSERT_TRUE(writer.save_intent(account, bare).ok());
  Store reader = opened(folder.path());
  EXPECT_THAT(*reader.intents(account), ElementsAre(bare, intent));
  EXPECT_THAT(*reader.intents(other_account), IsEmpty());
  ASSERT_TRUE(writer.erase_intent(account, "entra").ok());
  EXPECT_THAT(*reader.intents(account), ElementsAre(bare));
}

// A crash of the process, not of the kernel: nothing is closed, nothing flushed by us.
TEST(Store, AnIntentOutlivesAProcessThatDiesRightAfterSavingIt) {
  const StateFolder folder;
  const Intent intent{"entra", "azureAD", "Entra", {"id-1"}};
  const pid_t child = ::fork();
  if (child == 0) {
    auto store = Store::open(folder.path());
    ::_exit(store && store->save_intent(account, intent).ok() ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_EQ(status, 0);
  EXPECT_THAT(*opened(folder.path()).intents(account), ElementsAre(intent));
}

TEST(Store, TextThatCouldNotBeReadBackIsNotSaved) {
  const StateFolder folder;
  Store store = opened(folder.path());
  Record record = sample_record("bad");
  record.applied["config.claims"] = "\xff\xfe";
  const auto saved = store.save_record(account, record);
  ASSERT_FALSE(saved.ok());
  EXPECT_EQ(saved.error().code, base::Code::invalid);
  EXPECT_THAT(saved.error().message, HasSubstr("\"bad\""));
  EXPECT_THAT(*store.records(account), IsEmpty());
}

TEST(Store, FolderAndFilesAreForTheirOwnerAloneWhateverTheUmask) {
  for (const mode_t mask : {0000, 0022, 0777}) {
    const StateFolder folder;
    const Umask umask(mask);
    const std::string nested = folder / "var/lib";
    Store store = opened(nested);
    ASSERT_TRUE(store.save_record(account, sample_record("a")).ok());
    EXPECT_EQ(mode_of(folder / "var"), 0700);
    EXPECT_EQ(mode_of(nested), 0700);
    EXPECT_EQ(mode_of(nested + "/idpd.db"), 0600);
    EXPECT_EQ(mode_of(nested + "/idpd.db-wal"), 0600);
    EXPECT_EQ(mode_of(nested + "/idpd.db-shm"), 0600);
  }
}

TEST(Store, AFolderThatOthersMayWriteToIsRefusedForReadingToo) {
  for (const mode_t mode : {0770, 0702, 01777}) {
    const StateFolder folder;
    opened(folder.path());
    ASSERT_EQ(::chmod(folder.path().c_str(), mode), 0);
    const auto written = Store::open(folder.path());
    ASSERT_FALSE(written.ok());
    EXPECT_THAT(written.error().message, HasSubstr("chmod go-w"));
    EXPECT_FALSE(Store::open_read_only(folder.path()).ok());
  }
}

TEST(Store, AFolderThatOthersMayListIsFine) {
  const StateFolder folder;
  ASSERT_EQ(::chmod(folder.path().c_str(), 0755), 0);
  EXPECT_TRUE(Store::open(folder.path()).ok());
}

TEST(Store, WritesAheadToALog) {
  const StateFolder folder;
  const Store store = opened(folder.path());
  auto database = Database::open(folder / "idpd.db", Database::Access::read);
  ASSERT_TRUE(database.ok());
  std::string mode;
  ASSERT_TRUE((*database)
                  ->execute("PRAGMA journal_mode", {},
                            [&](const Row& row) {
                              mode = row.text(0);
                              return base::Result<void>();
                            })
                  .ok());
  EXPECT_EQ(mode, "wal");
}

TEST(Store, AFolderBelowAFileIsAnErrorThatNamesIt) {
  const StateFolder folder;
  write_content(folder / "file", "");
  const auto store = Store::open(folder / "file/state");
  ASSERT_FALSE(store.ok());
  EXPECT_EQ(store.error().code, base::Code::io);
  EXPECT_THAT(store.error().message, HasSubstr(folder / "file/state"));
}

TEST(Store, ManyProcessesMayOpenANewStoreAtOnce) {
  const StateFolder folder;
  std::vector<pid_t> children;
  for (int i = 0; i < 8; ++i) {
    const pid_t child = ::fork();
    if (child == 0) {
      auto store = Store::open(folder.path());
      if (!store) std::fprintf(stderr, "%s\n", store.error().text().c_str());
      ::_exit(store && store->save_record(account, sample_record(std::to_string(i))).ok() ? 0 : 1);
    }
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
  }
  EXPECT_EQ(opened(folder.path()).records(account)->size(), 8u);
}

}  // namespace
}  // namespace idpd::state
