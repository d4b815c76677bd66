#include "state/outbox.h"

#include <gmock/gmock.h>

#include "state/database.h"
#include "state/store.h"
#include "state_folder.h"

namespace idpd::state {
namespace {

using std::chrono::seconds;
using ::testing::IsEmpty;

const model::Time start{std::chrono::sys_days{std::chrono::year(2026) / 11 / 1}};

Store opened(const std::string& folder) {
  auto store = Store::open(folder);
  if (!store) throw std::runtime_error(store.error().text());
  return *std::move(store);
}

void add(Outbox outbox, const std::string& receiver, const std::string& body, std::int64_t incident = 1) {
  const auto gone = outbox.add(receiver, incident, start, body);
  ASSERT_TRUE(gone.ok()) << gone.error().text();
  EXPECT_EQ(*gone, 0U);
}

std::vector<std::string> bodies(const Outbox& outbox, const std::string& receiver) {
  std::vector<std::string> out;
  const auto pending = outbox.pending(receiver, 10'000);
  if (!pending) throw std::runtime_error(pending.error().text());
  for (const OutboxMessage& one : *pending) out.push_back(one.body);
  return out;
}

TEST(Outbox, KeepsTheMessagesOfEachReceiverInOrderOverARestart) {
  const StateFolder folder;
  {
    const Store store = opened(folder.path());
    const Outbox outbox(store.database());
    add(outbox, "a", "one");
    add(outbox, "b", "another");
    add(outbox, "a", "two", 2);
  }
  const Store store = opened(folder.path());
  const Outbox outbox(store.database());
  EXPECT_EQ(bodies(outbox, "a"), (std::vector<std::string>{"one", "two"}));
  EXPECT_EQ(bodies(outbox, "b"), (std::vector<std::string>{"another"}));
  EXPECT_EQ(*outbox.size(), 3U);
  const auto pending = outbox.pending("a", 1);
  ASSERT_EQ(pending->size(), 1U);
  EXPECT_EQ(pending->front().written, start);
  EXPECT_EQ(pending->front().incident, 1);
}

TEST(Outbox, ForgetsWhatIsDone) {
  const StateFolder folder;
  const Store store = opened(folder.path());
  Outbox outbox(store.database());
  add(outbox, "a", "one");
  add(outbox, "a", "two", 2);
  ASSERT_TRUE(outbox.done(outbox.pending("a", 1)->front().number).ok());
  EXPECT_EQ(bodies(outbox, "a"), (std::vector<std::string>{"two"}));
  EXPECT_FALSE(*outbox.waits("a", 1));
  EXPECT_TRUE(*outbox.waits("a", 2));
  EXPECT_FALSE(*outbox.waits("b", 2));
}

TEST(Outbox, OfAReceiverThatTakesNothingTheOldestMessagesGo) {
  const StateFolder folder;
  const Store store = opened(folder.path());
  Outbox outbox(store.database());
  add(outbox, "b", "other");
  const auto filled = store.database().transaction([&]() -> base::Result<void> {
    for (std::size_t i = 0; i < kept_messages; ++i) add(outbox, "a", std::to_string(i));
    return {};
  });
  ASSERT_TRUE(filled.ok());
  EXPECT_EQ(*outbox.add("a", 1, start, "last"), 1U);
  const auto kept = bodies(outbox, "a");
  ASSERT_EQ(kept.size(), kept_messages);
  EXPECT_EQ(kept.front(), "1");
  EXPECT_EQ(kept.back(), "last");
  EXPECT_EQ(bodies(outbox, "b").size(), 1U);
}

TEST(Outbox, RemembersWhenItToldOfWhat) {
  const StateFolder folder;
  const Store store = opened(folder.path());
  Outbox outbox(store.database());
  EXPECT_EQ(*outbox.told("a", 1), std::nullopt);
  ASSERT_TRUE(outbox.set_told("a", 1, {start, false}).ok());
  ASSERT_TRUE(outbox.set_told("a", 1, {start + seconds(5), true}).ok());
  EXPECT_EQ(*outbox.told("a", 1), (Told{start + seconds(5), true}));
  EXPECT_EQ(*outbox.told("b", 1), std::nullopt);
}

TEST(Outbox, ForgetsReceiversThatAreNoLongerConfiguredAndIncidentsThatNobodyRemembers) {
  const StateFolder folder;
  const Store store = opened(folder.path());
  Outbox outbox(store.database());
  model::Incident incident{.account = "production", .account_id = account, .message = "x"};
  ASSERT_TRUE(store.history().save(incident).ok());
  add(outbox, "a", "one");
  add(outbox, "old", "one");
  ASSERT_TRUE(outbox.set_told("a", incident.number, {start}).ok());
  ASSERT_TRUE(outbox.set_told("a", incident.number + 1, {start}).ok());
  ASSERT_TRUE(outbox.set_told("older", incident.number, {start}).ok());
  ASSERT_TRUE(outbox.keep_only({"a", "new"}).ok());
  EXPECT_THAT(bodies(outbox, "old"), IsEmpty());
  EXPECT_EQ(bodies(outbox, "a").size(), 1U);
  EXPECT_TRUE(outbox.told("a", incident.number)->has_value());
  EXPECT_FALSE(outbox.told("a", incident.number + 1)->has_value());
  EXPECT_FALSE(outbox.told("older", incident.number)->has_value());
}

TEST(Outbox, AMessageIsWrittenTogetherWithItsIncidentOrNotAtAll) {
  const StateFolder folder;
  const Store store = opened(folder.path());
  Outbox outbox(store.database());
  model::Incident incident{.account = "production", .account_id = account, .message = "x"};
  const auto done = store.database().transaction([&]() -> base::Result<void> {
    if (auto saved = store.history().save(incident); !saved) return saved;
    if (auto added = outbox.add("a", incident.number, start, "one"); !added) return added.error();
    return base::Error{base::Code::io, "the disk is full"};
  });
  EXPECT_FALSE(done.ok());
  EXPECT_THAT(*store.history().incidents(10), IsEmpty());
  EXPECT_EQ(*outbox.size(), 0U);
}

}  // namespace
}  // namespace idpd::state
