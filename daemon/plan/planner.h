// Makes the plan of one account: matches what the files say with what lives and what is remembered, and
// lists the changes. Pure: everything it decides from is in the input, and it touches nothing. The guards
// (guards.h) come after it and need to know who refers to what is to be deleted.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "model/desired.h"
#include "model/live.h"
#include "model/record.h"
#include "plan/diff.h"
#include "plan/plan.h"

namespace idpd::plan {

enum class Unwanted { report, ignore, remove };  // what becomes of live ones that nobody manages

struct Policy {
  bool allow_deletes = false;
  std::size_t max_deletes = 1;
  Unwanted unmanaged = Unwanted::report;
  bool allow_empty = false;          // the files may name none of the recorded ones
  bool adoption_consent = true;      // adopting by name may change it: a person looks at the plan
  bool withhold_unresolved = false;  // a secret that cannot be had here withholds the write
  bool withhold_vanished = false;    // several recorded ones gone at once are not made anew unasked
  std::map<std::string, std::string> contested = {};  // by key: why drift is not set back for now
  bool retry_stuck = false;
  bool resend_secrets = false;
};

struct PlanInput {
  const model::TypeCatalog& catalog;
  std::string account;  // the alias
  std::string account_id;
  const model::DesiredState& desired;
  const model::LiveState& live;
  const std::vector<model::Record>* records = nullptr;  // null: there is no store
  const std::vector<model::Intent>* intents = nullptr;
  bool seen_before = false;                                      // a pass of this account has been saved
  const std::map<std::string, SecretStates>* secrets = nullptr;  // by key
  std::set<std::string> only;                                    // keys; empty = all
  Policy policy;
};

enum class MatchedBy { record, adopt_id, intent, move, name };

// Which live one stands for a key.
struct Match {
  std::string key;
  std::string id;
  MatchedBy by = MatchedBy::record;
  std::string previous_key;  // of a move
};

struct Planned {
  AccountPlan plan;
  std::vector<Match> matches;       // of the desired ones that live
  std::vector<std::string> failed;  // keys that could not be planned; the diagnostics say why
  std::set<std::string> gone;       // keys of records whose live one is gone and that nobody wants
};

Planned make_plan(const PlanInput& input);

}  // namespace idpd::plan
