#include "state/history.h"

#include <fmt/format.h>

#include "base/text.h"
#include "state/body.h"
#include "state/database.h"

namespace idpd::state {

namespace {

using base::Json;
using base::Result;

// Each row's body, read by `parse`; a row that cannot be read makes the store damaged.
template <typename T, typename Parse>
Result<std::vector<T>> rows(Database& database, std::string_view sql,
                            std::initializer_list<std::string_view> parameters, const Parse& parse) {
  std::vector<T> out;
  auto read = database.execute(sql, parameters, [&](const Row& row) -> Result<void> {
    const auto body = base::parse_json(row.text(1));
    if (!body) return database.damaged(body.error().message);
    auto value = parse(*body);
    if (!value) return database.damaged(value.error().message);
    value->number = row.integer(0);
    out.push_back(*std::move(value));
    return {};
  });
  if (!read) return read.error();
  return out;
}

// A file's name, which may be in a message, is not always UTF-8; what is kept has to be read back.
std::string text_of(const Json& json) {
  return base::valid_utf8(base::dump_json(json));
}

}  // namespace

Result<std::vector<model::Incident>> History::open_incidents(const std::string& account_id) const {
  return rows<model::Incident>(
      *database_, "SELECT number, body FROM incidents WHERE account_id = ? AND ended = 0 ORDER BY number",
      {account_id}, model::incident_from);
}

Result<std::vector<model::Incident>> History::open_incidents() const {
  return rows<model::Incident>(*database_,
                               "SELECT number, body FROM incidents WHERE ended = 0 ORDER BY number", {},
                               model::incident_from);
}

Result<std::vector<model::Incident>> History::incidents(std::size_t most) const {
  return rows<model::Incident>(*database_, "SELECT number, body FROM incidents ORDER BY number DESC LIMIT ?",
                               {std::to_string(most)}, model::incident_from);
}

Result<std::vector<model::Incident>> History::ended_incidents(const std::string& account_id,
                                                              model::Time since) const {
  return rows<model::Incident>(
      *database_,
      "SELECT number, body FROM incidents WHERE account_id = ? AND ended > 0 AND ended >= ? ORDER BY number",
      {account_id, seconds_of(since)}, model::incident_from);
}

Result<void> History::save(model::Incident& incident) {
  return database_->transaction([&]() -> Result<void> {
    const std::string ended = incident.ended ? seconds_of(*incident.ended) : "0";
    const std::string body = text_of(model::to_json(incident));
    if (incident.number != 0) {
      return database_->execute("UPDATE incidents SET ended = ?, body = ? WHERE number = ?",
                                {ended, body, std::to_string(incident.number)});
    }
    auto done = database_->execute("INSERT INTO incidents (account_id, ended, body) VALUES (?, ?, ?)",
                                   {incident.account_id, ended, body});
    if (!done) return done;
    const auto number = database_->number("SELECT last_insert_rowid()");
    if (!number) return number.error();
    incident.number = *number;
    return database_->execute(
        "DELETE FROM incidents WHERE account_id = ?1 AND ended > 0 AND number NOT IN (SELECT number FROM "
        "incidents "
        "WHERE account_id = ?1 AND ended > 0 ORDER BY number DESC LIMIT ?2)",
        {incident.account_id, std::to_string(kept_incidents)});
  });
}

Result<std::vector<model::Pass>> History::passes(std::size_t most) const {
  return rows<model::Pass>(*database_, "SELECT number, body FROM passes ORDER BY number DESC LIMIT ?",
                           {std::to_string(most)}, model::pass_from);
}

Result<void> History::add(model::Pass& pass) {
  return database_->transaction([&]() -> Result<void> {
    auto done = database_->execute("INSERT INTO passes (account_id, began, body) VALUES (?, ?, ?)",
                                   {pass.account_id, seconds_of(pass.began), text_of(model::to_json(pass))});
    if (!done) return done;
    const auto number = database_->number("SELECT last_insert_rowid()");
    if (!number) return number.error();
    pass.number = *number;
    return database_->execute(
        "DELETE FROM passes WHERE account_id = ?1 AND number NOT IN (SELECT number FROM passes WHERE "
        "account_id = ?1 "
        "ORDER BY number DESC LIMIT ?2)",
        {pass.account_id, std::to_string(kept_passes)});
  });
}

Result<std::optional<Json>> History::document(const std::string& name) const {
  std::optional<Json> out;
  auto read = database_->execute("SELECT body FROM documents WHERE name = ?", {name},
                                 [&](const Row& row) -> Result<void> {
                                   auto body = base::parse_json(row.text(0));
                                   if (!body) return database_->damaged(body.error().message);
                                   out = *std::move(body);
                                   return {};
                                 });
  if (!read) return read.error();
  return out;
}

Result<std::vector<std::pair<std::string, Json>>> History::documents(const std::string& prefix) const {
  std::vector<std::pair<std::string, Json>> out;
  auto read = database_->execute(
      "SELECT name, body FROM documents WHERE substr(name, 1, length(?1)) = ?1 ORDER BY name", {prefix},
      [&](const Row& row) -> Result<void> {
        auto body = base::parse_json(row.text(1));
        if (!body) return database_->damaged(body.error().message);
        out.emplace_back(row.text(0), *std::move(body));
        return {};
      });
  if (!read) return read.error();
  return out;
}

Result<void> History::save_document(const std::string& name, const Json& body) {
  return database_->execute("REPLACE INTO documents (name, body) VALUES (?, ?)", {name, text_of(body)});
}

Result<void> History::erase_document(const std::string& name) {
  return database_->execute("DELETE FROM documents WHERE name = ?", {name});
}

}  // namespace idpd::state
