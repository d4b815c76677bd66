#include <gmock/gmock.h>

#include <stdexcept>

#include "sample_records.h"
#include "state/database.h"
#include "state/store.h"
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
  const Store store = opened(folder.path());
  const auto records = store.records(account);
  ASSERT_FALSE(records.ok());
  EXPECT_THAT(records.error().message, HasSubstr(folder / "idpd.db is damaged"));
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
