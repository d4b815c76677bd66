#include "state/outbox.h"

#include "state/body.h"
#include "state/database.h"

namespace idpd::state {

namespace {

using base::Result;

model::Time time_of(std::int64_t seconds) {
  return model::Time(std::chrono::seconds(seconds));
}

}  // namespace

Result<std::size_t> Outbox::add(const std::string& receiver, std::int64_t incident, model::Time written,
                                const std::string& body) {
  std::int64_t gone = 0;
  auto added = database_->transaction([&]() -> Result<void> {
    auto done =
        database_->execute("INSERT INTO outbox (receiver, incident, written, body) VALUES (?, ?, ?, ?)",
                           {receiver, std::to_string(incident), seconds_of(written), body});
    if (!done) return done;
    done = database_->execute(
        "DELETE FROM outbox WHERE receiver = ?1 AND number NOT IN (SELECT number FROM outbox WHERE "
        "receiver = ?1 ORDER BY number DESC LIMIT ?2)",
        {receiver, std::to_string(kept_messages)});
    if (!done) return done;
    const auto changes = database_->number("SELECT changes()");
    if (!changes) return changes.error();
    gone = *changes;
    return {};
  });
  if (!added) return added.error();
  return static_cast<std::size_t>(gone);
}

Result<std::vector<OutboxMessage>> Outbox::pending(const std::string& receiver, std::size_t most) const {
  std::vector<OutboxMessage> out;
  auto read = database_->execute(
      "SELECT number, incident, written, body FROM outbox WHERE receiver = ? ORDER BY number LIMIT ?",
      {receiver, std::to_string(most)}, [&](const Row& row) {
        out.push_back({row.integer(0), row.integer(1), time_of(row.integer(2)), row.text(3)});
        return Result<void>();
      });
  if (!read) return read.error();
  return out;
}

Result<bool> Outbox::waits(const std::string& receiver, std::int64_t incident) const {
  bool found = false;
  auto read = database_->execute("SELECT 1 FROM outbox WHERE receiver = ? AND incident = ? LIMIT 1",
                                 {receiver, std::to_string(incident)}, [&](const Row&) {
                                   found = true;
                                   return Result<void>();
                                 });
  if (!read) return read.error();
  return found;
}

Result<std::size_t> Outbox::size() const {
  const auto count = database_->number("SELECT count(*) FROM outbox");
  if (!count) return count.error();
  return static_cast<std::size_t>(*count);
}

Result<void> Outbox::done(std::int64_t number) {
  return database_->execute("DELETE FROM outbox WHERE number = ?", {std::to_string(number)});
}

Result<std::optional<Told>> Outbox::told(const std::string& receiver, std::int64_t incident) const {
  std::optional<Told> out;
  auto read = database_->execute("SELECT at, ended FROM told WHERE receiver = ? AND incident = ?",
                                 {receiver, std::to_string(incident)}, [&](const Row& row) {
                                   out = Told{time_of(row.integer(0)), row.integer(1) != 0};
                                   return Result<void>();
                                 });
  if (!read) return read.error();
  return out;
}

Result<void> Outbox::set_told(const std::string& receiver, std::int64_t incident, Told told) {
  return database_->execute(
      "REPLACE INTO told (receiver, incident, at, ended) VALUES (?, ?, ?, ?)",
      {receiver, std::to_string(incident), seconds_of(told.at), told.ended ? "1" : "0"});
}

Result<void> Outbox::keep_only(const std::set<std::string>& receivers) {
  return database_->transaction([&]() -> Result<void> {
    std::vector<std::string> others;
    auto done = database_->execute("SELECT receiver FROM outbox UNION SELECT receiver FROM told", {},
                                   [&](const Row& row) {
                                     if (!receivers.contains(row.text(0))) others.push_back(row.text(0));
                                     return Result<void>();
                                   });
    for (const std::string& other : others) {
      if (done) done = database_->execute("DELETE FROM outbox WHERE receiver = ?", {other});
      if (done) done = database_->execute("DELETE FROM told WHERE receiver = ?", {other});
    }
    if (!done) return done;
    return database_->execute("DELETE FROM told WHERE incident NOT IN (SELECT number FROM incidents)");
  });
}

}  // namespace idpd::state
