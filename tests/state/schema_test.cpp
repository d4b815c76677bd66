#include "state/schema.h"

#include <gmock/gmock.h>

#include <chrono>
#include <thread>

#include "state/files.h"
#include "state/store.h"
#include "state_folder.h"

namespace idpd::state {
namespace {

using ::testing::HasSubstr;

// Each step needs what the one before it made, so that a wrong order or a repetition fails.
constexpr const char* three_steps[] = {
    "CREATE TABLE log (step INTEGER); INSERT INTO log VALUES (1)",
    "ALTER TABLE log ADD COLUMN note TEXT; INSERT INTO log VALUES (2, 'two')",
    "INSERT INTO log VALUES (3, (SELECT note FROM log WHERE step = 2)); ALTER TABLE log RENAME TO history",
};
constexpr const char* broken_steps[] = {three_steps[0],
                                        "INSERT INTO log VALUES (20); CREATE TABLE log (again)"};

std::unique_ptr<Database> fresh(const std::string& path) {
  EXPECT_TRUE(make_file(path).ok());
  auto database = Database::open(path, Database::Access::write);
  if (!database) throw std::runtime_error(database.error().text());
  return *std::move(database);
}

TEST(Schema, MigrationsRunInOrderFromNothing) {
  const StateFolder folder;
  const auto database = fresh(folder / "test.db");
  ASSERT_TRUE(migrate(*database, three_steps).ok());
  EXPECT_EQ(*database->number("PRAGMA user_version"), 3);
  EXPECT_EQ(*database->number("SELECT group_concat(step, '') FROM history"), 123);
  EXPECT_EQ(*inspect(*database, three_steps), Condition::current);
}

TEST(Schema, OnlyMissingMigrationsRun) {
  const StateFolder folder;
  const auto database = fresh(folder / "test.db");
  ASSERT_TRUE(migrate(*database, Migrations(three_steps).first(1)).ok());
  EXPECT_EQ(*database->number("PRAGMA user_version"), 1);
  EXPECT_EQ(*inspect(*database, three_steps), Condition::older);
  ASSERT_TRUE(migrate(*database, three_steps).ok());
  ASSERT_TRUE(migrate(*database, three_steps).ok());
  EXPECT_EQ(*database->number("SELECT group_concat(step, '') FROM history"), 123);
}

TEST(Schema, AFailedMigrationLeavesTheVersionThatWasThere) {
  const StateFolder folder;
  const auto database = fresh(folder / "test.db");
  ASSERT_TRUE(migrate(*database, Migrations(three_steps).first(1)).ok());
  const auto failed = migrate(*database, broken_steps);
  ASSERT_FALSE(failed.ok());
  EXPECT_THAT(failed.error().message, HasSubstr(folder / "test.db"));
  EXPECT_EQ(*database->number("PRAGMA user_version"), 1);
  EXPECT_EQ(*database->number("SELECT count(*) FROM log"), 1);
  EXPECT_TRUE(migrate(*database, three_steps).ok());
}

TEST(Schema, AFailedFirstMigrationLeavesNothing) {
  const StateFolder folder;
  const auto database = fresh(folder / "test.db");
  ASSERT_FALSE(migrate(*database, broken_steps).ok());
  EXPECT_EQ(*inspect(*database, broken_steps), Condition::empty);
}

TEST(Schema, ChangingToTheLogWaitsForAnotherConnection) {
  const StateFolder folder;
  const auto holder = fresh(folder / "test.db");
  const auto database = fresh(folder / "test.db");
  ASSERT_TRUE(holder->script("CREATE TABLE held (x); BEGIN IMMEDIATE; INSERT INTO held VALUES (1)").ok());
  std::thread release([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    EXPECT_TRUE(holder->script("COMMIT").ok());
  });
  const auto durable = database->make_durable();
  release.join();
  EXPECT_TRUE(durable.ok()) << durable.error().text();
  EXPECT_EQ(*database->number("PRAGMA synchronous"), 2);  // FULL
}

TEST(Schema, ANewStoreIsMarkedAsOurs) {
  const StateFolder folder;
  ASSERT_TRUE(Store::open(folder.path()).ok());
  auto database = Database::open(folder / "idpd.db", Database::Access::read);
  EXPECT_EQ(*(*database)->number("PRAGMA application_id"), 0x69647064);
  EXPECT_EQ(*(*database)->number("PRAGMA user_version"), migrations().size());
}

TEST(Schema, AStoreOfANewerIdpdIsRefusedUntouched) {
  const StateFolder folder;
  ASSERT_TRUE(Store::open(folder.path()).ok());
  {
    auto database = Database::open(folder / "idpd.db", Database::Access::write);
    ASSERT_TRUE((*database)->script("PRAGMA user_version = 99").ok());
  }
  const std::string before = content_of(folder / "idpd.db");
  const auto store = Store::open(folder.path());
  ASSERT_FALSE(store.ok());
  EXPECT_EQ(store.error().code, base::Code::invalid);
  EXPECT_THAT(store.error().message, HasSubstr(folder / "idpd.db"));
  EXPECT_THAT(store.error().message, HasSubstr("newer idpd (schema 99, this one knows"));
  EXPECT_EQ(content_of(folder / "idpd.db"), before);
}

TEST(Schema, AnotherProgramsDatabaseIsRefusedUntouched) {
  const StateFolder folder;
  ASSERT_TRUE(fresh(folder / "idpd.db")->script("CREATE TABLE theirs (x)").ok());
  const std::string before = content_of(folder / "idpd.db");
  const auto store = Store::open(folder.path());
  ASSERT_FALSE(store.ok());
  EXPECT_THAT(store.error().message, HasSubstr("another program's"));
  EXPECT_EQ(content_of(folder / "idpd.db"), before);
}

}  // namespace
}  // namespace idpd::state
