// What idpd remembers between passes: one SQLite file for all accounts, `<state>/idpd.db`. Losing it is
// survivable (the next plan adopts by name), so nothing here is the only copy of anything but ids and
// fingerprints; no secret is ever in it. One owner, one thread; calls are short and do block on the disk.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/record.h"
#include "state/history.h"

namespace idpd::state {

class Database;

// What has been written of an account, for whoever keeps a copy of it elsewhere.
struct Touched {
  bool all = true;                // nobody has seen what
  std::set<std::string> records;  // keys
  bool intents = false;           // there are few
  bool incidents = false;         // by whoever saves them: the store does not note it
};

class Store {
 public:
  // Makes the directory (0700) and file (0600) where needed and migrates an older schema, in one
  // transaction. Errors: io, with the path; invalid for a store written by a newer idpd.
  static base::Result<Store> open(const std::string& directory);
  // Never creates, migrates or writes. Nothing when there is no store; an older schema is read as it is
  // or refused with the way out.
  static base::Result<std::optional<Store>> open_read_only(const std::string& directory);

  // In memory, gone with it: for records that come from elsewhere.
  static base::Result<Store> open_in_memory();

  Store(Store&&) noexcept;
  Store& operator=(Store&&) noexcept;
  ~Store();

  base::Result<std::vector<model::Record>> records(const std::string& account_id) const;  // sorted by key
  base::Result<std::optional<model::Record>> record(const std::string& account_id,
                                                    const std::string& key) const;
  // True once a pass has been saved for the account: its unmanaged ones are known to be seen before.
  base::Result<bool> seen_before(const std::string& account_id) const;
  // Replaces all records of the account, in one transaction, and marks it as seen.
  base::Result<void> save_records(const std::string& account_id, const std::vector<model::Record>& records);
  // The same where only some have changed; without any, nothing is written of an account that has been seen.
  base::Result<void> update_records(const std::string& account_id,
                                    const std::vector<const model::Record*>& changed,
                                    const std::set<std::string>& gone);
  // One record, at once: after each write to the API, so that a crash forgets nothing.
  base::Result<void> save_record(const std::string& account_id, const model::Record& record);
  base::Result<void> erase_record(const std::string& account_id, const std::string& key);

  base::Result<std::vector<model::Intent>> intents(const std::string& account_id) const;
  // Durable on return.
  base::Result<void> save_intent(const std::string& account_id, const model::Intent& intent);
  // All that is remembered of the account becomes this, in one transaction.
  base::Result<void> replace(const std::string& account_id, const std::vector<model::Record>& records,
                             const std::vector<model::Intent>& intents, bool seen);
  base::Result<void> erase_intent(const std::string& account_id, const std::string& key);

  // What is written of the account from now on is noted there, until `unwatch` with the same.
  void watch(const std::string& account_id, Touched& touched) { watched_[account_id] = &touched; }
  void unwatch(const std::string& account_id, const Touched& touched);

  // What the daemon tells of; it lives as long as the store.
  History history() const { return History(*database_); }
  // For the other views on the store.
  Database& database() const { return *database_; }

 private:
  explicit Store(std::unique_ptr<Database> database);
  Touched* watched(const std::string& account_id) const;
  void touch_record(const std::string& account_id, const std::string& key);
  void touch_intents(const std::string& account_id);
  std::unique_ptr<Database> database_;
  std::map<std::string, Touched*> watched_;
};

}  // namespace idpd::state
