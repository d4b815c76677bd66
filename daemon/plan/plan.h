// The plan: the sorted list of changes that leads one account from its live state to the desired one.
// A value made by a pure function (planner.h), narrowed by guards (guards.h), carried out by
// reconcile/. It holds no secret: a sensitive field says only that it changes.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "model/desired.h"
#include "model/live.h"

namespace idpd::plan {

// In the order in which they are carried out: what adds comes before what takes away.
enum class Action { move, create, adopt, update, replace, remove, forget };
enum class Origin { config, drift, both, unknown };

// Why a planned change is not carried out.
enum class Reason {
  deletes_setting,     // the account's `deletes: withhold`
  prevent_delete,      // the identity provider's own option
  max_deletes,         // more deletes than allowed in one pass
  references,          // something in Access names its id
  references_unknown,  // that could not be looked up
  last_login_method,   // nobody could log in any more
  unmanaged_unsafe,    // deleting unmanaged ones while keys are unmatched, the store is new, or under --only
  secret_unresolved,   // its reference cannot be resolved here
  secret_unknown,      // the API holds a secret that we do not know
  secret_target,       // a kept secret would be sent elsewhere
  secret_refused,      // the identity provider itself does not take it
  adoption_consent,    // adopting by name would change it
  lag,                 // created moments ago, not in the list yet
  files_empty,         // records exist and the files name none of them
  vanished,            // several recorded ones are gone at once
  scim_storage,        // the place for the SCIM secret cannot be written
  singleton_replace,   // a singleton is never replaced
  contested,           // somebody else keeps changing it back
  read_only,           // Cloudflare lets nobody change it
};

enum class Outcome { planned, done, failed, withheld, skipped, unknown };

struct FieldChange {
  std::string path;
  base::Json before;  // canonical, as shown; null when sensitive or absent
  base::Json after;
  bool sensitive = false;
  bool set = false;  // a list without order: shown as what was added and removed
  Origin origin = Origin::unknown;
};

struct Withheld {
  Reason reason;
  std::string message;  // one sentence, with the way out
};

struct Change {
  Action action = Action::update;
  std::string key;   // empty for the delete of an unmanaged one
  std::string id;    // the live id; empty for a create
  std::string name;  // as it will be (a delete: as it is)
  std::string type;
  std::string previous_key;  // move: the record's key until now
  Origin origin = Origin::unknown;
  std::optional<Withheld> withheld;
  std::optional<Withheld> delete_withheld;  // replace: the new one is made, the old one stays for now
  std::vector<FieldChange> fields;          // in the order of the schema
  std::string explanation;                  // why, where the fields do not say it; may be empty
  model::Location where;                    // in the files, where they name it

  bool unmanaged = false;   // a delete of one that idpd does not own
  bool superseded = false;  // a delete of what an earlier replace left behind

  Outcome outcome = Outcome::planned;
  std::string error;               // of a failed or unknown outcome
  std::vector<std::string> notes;  // what else a person should know of the outcome

  bool effective() const { return !withheld; }
  bool removes() const { return action == Action::remove || action == Action::replace; }
};

struct Unmanaged {
  std::string id;
  std::string name;
  std::string type;
  bool read_only = false;
};

enum class Status { in_sync, changes, unknown };

struct AccountPlan {
  std::string account;  // the alias
  std::string account_id;
  Status status = Status::unknown;
  std::optional<std::string> error;  // why it is unknown
  std::vector<Change> changes;       // sorted: action, key, left behind first, id
  std::vector<Unmanaged> unmanaged;
  std::size_t in_sync = 0;     // identity providers that match
  bool changed_since = false;  // a pass stopped because the live state moved under it
  std::vector<model::Diagnostic> diagnostics;
};

struct Summary {
  std::size_t create = 0, update = 0, replace = 0, remove = 0, adopt = 0, move = 0, forget = 0;
  std::size_t withheld = 0, in_sync = 0, unmanaged = 0, unknown = 0;  // withheld ones are in `withheld` only
};

// The names that the JSON form uses; scripts rely on them.
std::string_view name_of(Action action);
std::string_view name_of(Origin origin);
std::string_view name_of(Reason reason);
std::string_view name_of(Outcome outcome);
std::string_view name_of(Status status);

// The first reason stands.
void withhold(Change& change, Reason reason, std::string message);

// True for what the user's own settings withhold: `apply` then still ends with 0.
bool own_setting(Reason reason);

Summary summarize(const std::vector<AccountPlan>& accounts);

// `sha256:…` over account ids and, per change, key, action, id, type, name and fields (sensitive ones only
// as changed). Revision, origin, withheld and diagnostics stay out, so that two hosts agree.
std::string fingerprint(const std::vector<AccountPlan>& accounts);

}  // namespace idpd::plan
