#include <gmock/gmock.h>
#include <grp.h>
#include <sys/wait.h>

#include <functional>

#include "sample_records.h"
#include "state/database.h"
#include "state/store.h"
#include "state_folder.h"

namespace idpd::state {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Runs in a child process that may write nowhere here: as `nobody` when the tests run as root.
int exit_code_of_a_stranger(const std::function<int()>& body) {
  const pid_t child = ::fork();
  if (child == 0) {
    if (::geteuid() == 0 && (::setgroups(0, nullptr) != 0 || ::setgid(65534) != 0 || ::setuid(65534) != 0))
      ::_exit(99);
    ::_exit(body());
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

// A store that everybody may read and nobody but root may write.
void show_to_strangers(const StateFolder& folder) {
  for (const std::string& name : names_in(folder.path()))
    ASSERT_EQ(::chmod((folder / name).c_str(), 0444), 0);
  ASSERT_EQ(::chmod(folder.path().c_str(), 0555), 0);
}

TEST(ReadOnlyStore, AFileThatCannotBeWrittenIsNotTakenForAStoreToWriteTo) {
  const StateFolder folder;
  ASSERT_TRUE(Store::open(folder.path()).ok());
  ASSERT_EQ(::chmod((folder / "idpd.db").c_str(), 0444), 0);
  ASSERT_EQ(::chmod(folder.path().c_str(), 0755), 0);
  EXPECT_EQ(exit_code_of_a_stranger([&] {
              const auto store = Store::open(folder.path());
              return !store && store.error().message.find("run as the user") != std::string::npos ? 0 : 1;
            }),
            0);
}

TEST(ReadOnlyStore, WithoutAStoreThereIsNothingAndNothingIsMade) {
  const StateFolder folder;
  const auto store = Store::open_read_only(folder.path());
  ASSERT_TRUE(store.ok());
  EXPECT_FALSE(store->has_value());
  const auto missing = Store::open_read_only(folder / "missing");
  ASSERT_TRUE(missing.ok());
  EXPECT_FALSE(missing->has_value());
  EXPECT_THAT(names_in(folder.path()), IsEmpty());
}

TEST(ReadOnlyStore, AStoreWhoseMakingWasInterruptedCountsAsNone) {
  const StateFolder folder;
  write_content(folder / "idpd.db", "");
  const auto store = Store::open_read_only(folder.path());
  ASSERT_TRUE(store.ok()) << store.error().text();
  EXPECT_FALSE(store->has_value());
  EXPECT_EQ(names_in(folder.path()), std::set<std::string>{"idpd.db"});
}

TEST(ReadOnlyStore, SeesWhatAnotherConnectionCommitted) {
  const StateFolder folder;
  auto writer = Store::open(folder.path());
  ASSERT_TRUE(writer.ok());
  const auto reader = Store::open_read_only(folder.path());
  ASSERT_TRUE(reader.ok()) << reader.error().text();
  ASSERT_TRUE(reader->has_value());
  EXPECT_THAT(*(*reader)->records(account), IsEmpty());
  ASSERT_TRUE(writer->save_record(account, sample_record("entra")).ok());
  EXPECT_THAT(*(*reader)->records(account), ElementsAre(sample_record("entra")));
}

TEST(ReadOnlyStore, CannotWrite) {
  const StateFolder folder;
  ASSERT_TRUE(Store::open(folder.path()).ok());
  auto reader = Store::open_read_only(folder.path());
  ASSERT_TRUE(reader.ok() && reader->has_value());
  const auto saved = (*reader)->save_record(account, sample_record("entra"));
  ASSERT_FALSE(saved.ok());
  EXPECT_THAT(saved.error().message, HasSubstr(folder / "idpd.db"));
  EXPECT_FALSE((*reader)->save_records(account, {}).ok());
}

TEST(ReadOnlyStore, IsReadWhereNothingCanBeWrittenBesideIt) {
  const StateFolder folder;
  ASSERT_TRUE(Store::open(folder.path())->save_record(account, sample_record("entra")).ok());
  ASSERT_EQ(names_in(folder.path()), std::set<std::string>{"idpd.db"});
  show_to_strangers(folder);
  EXPECT_EQ(exit_code_of_a_stranger([&] {
              const auto store = Store::open_read_only(folder.path());
              if (!store) std::fprintf(stderr, "%s\n", store.error().text().c_str());
              if (!store || !*store) return 1;
              const auto records = (*store)->records(account);
              return records && *records == std::vector{sample_record("entra")} ? 0 : 2;
            }),
            0);
  ::chmod(folder.path().c_str(), 0700);
}

TEST(ReadOnlyStore, IsRefusedWhereAJournalCannotBeRead) {
  const StateFolder folder;
  const StateFolder copy;
  {
    auto writer = Store::open(folder.path());
    ASSERT_TRUE(writer->save_record(account, sample_record("entra")).ok());
    for (const char* name : {"idpd.db", "idpd.db-wal"})
      std::filesystem::copy_file(folder / name, copy / name);
  }
  show_to_strangers(copy);
  EXPECT_EQ(exit_code_of_a_stranger([&] {
              const auto store = Store::open_read_only(copy.path());
              if (store) return 1;
              const bool says_so = store.error().message.find("sudo -u idpd") != std::string::npos &&
                                   store.error().message.find(copy / "idpd.db") != std::string::npos;
              return says_so ? 0 : 2;
            }),
            0);
  ::chmod(copy.path().c_str(), 0700);
}

TEST(ReadOnlyStore, AFolderWhoseNameMeansSomethingInAUriIsReadAllTheSame) {
  const StateFolder folder;
  const std::string odd = folder / "a?mode=memory#b%20c d";
  ASSERT_TRUE(Store::open(odd)->save_record(account, sample_record("entra")).ok());
  auto database = Database::open(odd + "/idpd.db", Database::Access::read_immutable);
  ASSERT_TRUE(database.ok()) << database.error().text();
  EXPECT_EQ(*(*database)->number("SELECT count(*) FROM records"), 1);
}

TEST(ReadOnlyStore, AnOlderOrNewerSchemaIsRefusedAndStaysAsItIs) {
  const StateFolder folder;
  ASSERT_TRUE(Store::open(folder.path()).ok());
  const auto set_version = [&](const char* sql) {
    auto database = Database::open(folder / "idpd.db", Database::Access::write);
    ASSERT_TRUE((*database)->script(sql).ok());
  };
  set_version("PRAGMA user_version = 0");
  const auto older = Store::open_read_only(folder.path());
  ASSERT_FALSE(older.ok());
  EXPECT_THAT(older.error().message, HasSubstr("older idpd"));
  set_version("PRAGMA user_version = 99");
  const auto newer = Store::open_read_only(folder.path());
  ASSERT_FALSE(newer.ok());
  EXPECT_EQ(newer.error().code, base::Code::invalid);
}

TEST(ReadOnlyStore, APathBelowAFileIsAnErrorAndNotAMissingStore) {
  const StateFolder folder;
  write_content(folder / "file", "");
  const auto store = Store::open_read_only(folder / "file/state");
  ASSERT_FALSE(store.ok());
  EXPECT_THAT(store.error().message, HasSubstr(folder / "file/state/idpd.db"));
}

}  // namespace
}  // namespace idpd::state
