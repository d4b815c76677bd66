// The part of the store that tells what was: incidents, passes and the last status, for `status`, `history`
// and the daemon's next start. Bounded: old passes and ended incidents go. A view on the store, which
// outlives it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/incident.h"

namespace idpd::state {

class Database;

inline constexpr std::size_t kept_passes = 500;     // an account
inline constexpr std::size_t kept_incidents = 500;  // an account, of those that ended

class History {
 public:
  explicit History(Database& database) : database_(&database) {}

  // Open ones of an account (empty: those about the files), oldest first.
  base::Result<std::vector<model::Incident>> open_incidents(const std::string& account_id) const;
  // Of all accounts, oldest first.
  base::Result<std::vector<model::Incident>> open_incidents() const;
  // The newest of all accounts, open and ended, newest first.
  base::Result<std::vector<model::Incident>> incidents(std::size_t most) const;
  // Of an account, that ended since then, oldest first.
  base::Result<std::vector<model::Incident>> ended_incidents(const std::string& account_id,
                                                             model::Time since) const;
  // A new one gets its number; one that has a number is replaced.
  base::Result<void> save(model::Incident& incident);

  base::Result<std::vector<model::Pass>> passes(std::size_t most) const;  // newest first
  base::Result<void> add(model::Pass& pass);

  // Documents by name: what the daemon knows of an account, or of itself.
  base::Result<std::optional<base::Json>> document(const std::string& name) const;
  base::Result<std::vector<std::pair<std::string, base::Json>>> documents(const std::string& prefix) const;
  base::Result<void> save_document(const std::string& name, const base::Json& body);
  base::Result<void> erase_document(const std::string& name);

 private:
  Database* database_;
};

}  // namespace idpd::state
