#include <gmock/gmock.h>

#include <stdexcept>

#include "base/log.h"
#include "sample_records.h"
#include "state/database.h"
#include "state/store.h"
#include "state/vault.h"
#include "state_folder.h"

namespace idpd::state {
namespace {

using ::testing::HasSubstr;

Store opened(const std::string& folder) {
  auto store = Store::open(folder);
  if (!store) throw std::runtime_error(store.error().text());
  return *std::move(store);
}

TEST(DamagedStore, ADamagedFileIsNamedWithTheWayOut) {
  const StateFolder folder;
  write_content(folder / "idpd.db", std::string(5000, 'x'));
  const auto store = Store::open(folder.path());
  ASSERT_FALSE(store.ok());
  EXPECT_EQ(store.error().code, base::Code::io);
  EXPECT_THAT(store.error().message, HasSubstr(folder / "idpd.db is damaged"));
  EXPECT_THAT(store.error().message, HasSubstr("move it away"));
  EXPECT_THAT(store.error().message, HasSubstr("adopts by name"));
  EXPECT_EQ(content_of(folder / "idpd.db"), std::string(5000, 'x'));
}

TEST(DamagedStore, DamageInTheMiddleIsNamedToo) {
  const StateFolder folder;
  {
    Store store = opened(folder.path());
    for (int i = 0; i < 200; ++i)
      ASSERT_TRUE(store.save_record(account, sample_record(std::to_string(i))).ok());
  }
  const auto size = std::filesystem::file_size(folder / "idpd.db");
  std::fstream file(folder / "idpd.db", std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(4096 * 2);
  file << std::string(static_cast<std::size_t>(size) - 4096 * 2, '\x5a');
  file.close();
  const auto store = Store::open_read_only(folder.path());
  ASSERT_TRUE(store.ok());
  const auto records = (*store)->records(account);
  ASSERT_FALSE(records.ok());
  EXPECT_THAT(records.error().message, HasSubstr(folder / "idpd.db is damaged"));
}

TEST(DamagedStore, DamageThatNoQueryMeetsIsNamedOnOpening) {
  const StateFolder folder;
  {
    Store store = opened(folder.path());
    ASSERT_TRUE(store.save_record(account, sample_record("okta")).ok());
  }
  const std::string whole = content_of(folder / "idpd.db");
  constexpr std::size_t page = 4096;
  ASSERT_GT(whole.size(), 8 * page);
  for (std::size_t at = 0; at < whole.size(); at += page) {
    SCOPED_TRACE(at / page);
    std::string broken = whole;
    broken.replace(at, page, std::string(page, '\x5a'));
    write_content(folder / "idpd.db", broken);
    const auto store = Store::open(folder.path());
    ASSERT_FALSE(store.ok());
    EXPECT_THAT(store.error().message, HasSubstr(folder / "idpd.db is damaged"));
    EXPECT_THAT(store.error().message, HasSubstr("move it away"));
    EXPECT_TRUE(content_of(folder / "idpd.db") == broken);
  }
}

// The file as it is between its making and the commit of its tables.
void write_begun(const std::string& path) {
  auto database = Database::open(path, Database::Access::write);
  ASSERT_TRUE(database.ok());
  ASSERT_TRUE((*database)->make_durable().ok());
}

TEST(DamagedStore, AStoreThatHasLostAllItHeldIsNotBegunAnew) {
  for (const bool begun : {false, true}) {
    SCOPED_TRACE(begun);
    const StateFolder folder;
    ASSERT_TRUE(opened(folder.path()).save_record(account, sample_record("okta")).ok());
    ASSERT_TRUE(fingerprint_key(folder.path()).ok());
    write_content(folder / "idpd.db", "");
    if (begun) write_begun(folder / "idpd.db");
    const std::string before = content_of(folder / "idpd.db");
    const auto store = Store::open(folder.path());
    const auto seen = Store::open_read_only(folder.path());
    ASSERT_FALSE(store.ok());
    ASSERT_FALSE(seen.ok());
    for (const base::Error& error : {store.error(), seen.error()}) {
      EXPECT_THAT(error.message, HasSubstr(folder / "idpd.db holds nothing"));
      EXPECT_THAT(error.message, HasSubstr("move it away"));
      EXPECT_THAT(error.message, HasSubstr("adopts by name"));
    }
    EXPECT_EQ(content_of(folder / "idpd.db"), before);
  }
}

TEST(DamagedStore, AStoreWhoseFirstMakingWasInterruptedIsMadeByTheNextStart) {
  for (const bool begun : {false, true}) {
    SCOPED_TRACE(begun);
    const StateFolder folder;
    write_content(folder / "idpd.db", "");
    if (begun) write_begun(folder / "idpd.db");
    EXPECT_TRUE(Store::open(folder.path()).ok());
  }
}

TEST(DamagedStore, AStoreThatWasMovedAwayIsBegunAnewAndThatIsSaid) {
  const StateFolder folder;
  ASSERT_TRUE(opened(folder.path()).save_record(account, sample_record("okta")).ok());
  ASSERT_TRUE(fingerprint_key(folder.path()).ok());
  std::filesystem::remove(folder / "idpd.db");
  base::set_up_log(base::LogLevel::info, false);
  ::testing::internal::CaptureStderr();
  EXPECT_TRUE(opened(folder.path()).records(account)->empty());
  EXPECT_THAT(::testing::internal::GetCapturedStderr(), HasSubstr(folder / "idpd.db was gone"));
  ::testing::internal::CaptureStderr();
  EXPECT_TRUE(opened(folder.path()).records(account)->empty());
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "") << "once";
}

class BadBody : public ::testing::TestWithParam<const char*> {};

TEST_P(BadBody, IsDamageThatNamesTheFileAndTheRecord) {
  const StateFolder folder;
  const Store store = opened(folder.path());
  auto database = Database::open(folder / "idpd.db", Database::Access::write);
  ASSERT_TRUE((*database)
                  ->execute("INSERT INTO records VALUES (?, 'okta', '', '', '', ?)", {account, GetParam()})
                  .ok());
  ASSERT_TRUE(
      (*database)->execute("INSERT INTO intents VALUES (?, 'okta', '', '', ?)", {account, GetParam()}).ok());
  const auto records = store.records(account);
  ASSERT_FALSE(records.ok());
  EXPECT_THAT(records.error().message, HasSubstr(folder / "idpd.db is damaged (record \"okta\""));
  EXPECT_THAT(records.error().message, HasSubstr("adopts by name"));
  const auto intents = store.intents(account);
  ASSERT_FALSE(intents.ok());
  EXPECT_THAT(intents.error().message, HasSubstr("intent \"okta\""));
}

INSTANTIATE_TEST_SUITE_P(
    DamagedStore, BadBody,
    ::testing::Values("", "{", "[]", "{}", "null",
                      R"({"ids_before":[1],"applied":{},"observed":{},"secrets":{},"stuck":[],)"
                      R"("prevent_delete":false,"superseded":[],"passes":99999999999})",
                      R"({"ids_before":[],"passes":99999999999})",
                      R"({"ids_before":{},"applied":[],"observed":{},"secrets":{},"stuck":[],)"
                      R"("prevent_delete":false,"superseded":[],"passes":0})"));

}  // namespace
}  // namespace idpd::state
