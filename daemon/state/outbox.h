// The part of the store that holds what is still to be told: for each receiver its messages in order, and
// when it was last told of an incident. Bounded: of a receiver that takes nothing the oldest messages go.
// A receiver is a name of the caller's choosing; it must not be a secret. A view on the store, which
// outlives it.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/incident.h"

namespace idpd::state {

class Database;

inline constexpr std::size_t kept_messages = 1000;  // a receiver

struct OutboxMessage {
  std::int64_t number = 0;
  std::int64_t incident = 0;
  model::Time written{};
  std::string body;

  bool operator==(const OutboxMessage&) const = default;
};

struct Told {
  model::Time at{};
  bool ended = false;  // that it is over

  bool operator==(const Told&) const = default;
};

class Outbox {
 public:
  explicit Outbox(Database& database) : database_(&database) {}

  // Gives how many older messages of this receiver had to go.
  base::Result<std::size_t> add(const std::string& receiver, std::int64_t incident, model::Time written,
                                const std::string& body);
  base::Result<std::vector<OutboxMessage>> pending(const std::string& receiver, std::size_t most) const;
  base::Result<bool> waits(const std::string& receiver, std::int64_t incident) const;
  base::Result<std::size_t> size() const;  // of all receivers
  base::Result<void> done(std::int64_t number);

  base::Result<std::optional<Told>> told(const std::string& receiver, std::int64_t incident) const;
  base::Result<void> set_told(const std::string& receiver, std::int64_t incident, Told told);

  // Drops what is kept for any other receiver, and what was told of incidents that are no longer remembered.
  base::Result<void> keep_only(const std::set<std::string>& receivers);

 private:
  Database* database_;
};

}  // namespace idpd::state
