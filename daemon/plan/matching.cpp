#include "plan/matching.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"

namespace idpd::plan {

namespace {

using model::DesiredProvider;
using model::LiveProvider;
using model::Record;

class Matcher {
 public:
  explicit Matcher(const PlanInput& input) : input_(input) {
    for (const LiveProvider& live : input.live.providers) {
      live_.emplace(live.id, &live);
      alike_[alike(live.type, live.name, live.schema)].push_back(&live);
    }
    for (const DesiredProvider& one : input.desired.providers) desired_.emplace(one.key, &one);
    if (!input.records) return;
    for (const Record& record : *input.records) {
      records_.emplace(record.key, &record);
      recorded_alike_[alike(record.type, record.name, input.catalog.find(record.type))].push_back(&record);
      owners_.emplace(record.id, record.key);
      for (const std::string& id : record.superseded) owners_.emplace(id, record.key);
    }
  }

  Matching run() {
    // Each rule for all keys before the next one, so that a sure match is never lost to a guess.
    each([&](const DesiredProvider& one) { by_record(one); });
    each([&](const DesiredProvider& one) { by_adopt_id(one); });
    each([&](const DesiredProvider& one) { by_intent(one); });
    each([&](const DesiredProvider& one) { by_move(one); });
    each([&](const DesiredProvider& one) { by_name(one); });
    for (const auto& [id, key] : owners_) out_.claimed.emplace(id);
    for (const auto& [key, found] : out_.by_key) out_.claimed.insert(found.id);
    return std::move(out_);
  }

 private:
  template <typename Rule>
  void each(const Rule& rule) {
    for (const DesiredProvider& one : input_.desired.providers) {
      if (!out_.by_key.contains(one.key) && !out_.problems.contains(one.key)) rule(one);
    }
  }

  void take(const DesiredProvider& one, const std::string& id, MatchedBy by, std::string previous_key = {}) {
    out_.by_key.emplace(one.key, Match{one.key, id, by, std::move(previous_key)});
    taken_.insert(id);
  }
  void refuse(const DesiredProvider& one, std::string problem) {
    out_.problems.emplace(one.key, std::move(problem));
  }

  const Record* record_of(const std::string& key) const {
    const auto found = records_.find(key);
    return found == records_.end() ? nullptr : found->second;
  }

  // What may stand for one another: the same type and name. An account has one of a singleton, whatever it is
  // called.
  using Alike = std::pair<std::string, std::string>;
  static Alike alike(const std::string& type, const std::string& name, const model::Type* schema) {
    return {type, schema && schema->singleton ? std::string() : name};
  }
  template <typename Of>
  const std::vector<const Of*>& like(const std::map<Alike, std::vector<const Of*>>& all,
                                     const DesiredProvider& one) const {
    static const std::vector<const Of*> none;
    const auto found = all.find(alike(one.type, one.name(), input_.catalog.find(one.type)));
    return found == all.end() ? none : found->second;
  }

  static std::string ids(const std::vector<const LiveProvider*>& found) {
    std::vector<std::string> out;
    out.reserve(found.size());
    for (const LiveProvider* live : found) out.push_back(live->id);
    return base::join(out, ", ");
  }

  void by_record(const DesiredProvider& one) {
    const Record* record = record_of(one.key);
    if (!record || !live_.contains(record->id)) return;
    if (taken_.contains(record->id)) {
      // Two records of one id: idpd died in the middle of a move.
      refuse(one, fmt::format("nothing is done to it, since {} is already managed under another key; take "
                              "one of the two out of the files",
                              record->id));
    } else if (!replaced_already(one, *live_.at(record->id))) {
      take(one, record->id, MatchedBy::record);
    }
  }

  void by_adopt_id(const DesiredProvider& one) {
    const std::string& id = one.options.adopt_id;
    if (id.empty()) return;
    const Record* record = record_of(one.key);
    if (record && record->id == id) return;  // adopted once, and gone since: it is made anew
    const auto live = live_.find(id);
    const auto owner = owners_.find(id);
    if (live == live_.end()) {
      refuse(one, fmt::format("nothing is done to it, since no identity provider has the id {} of "
                              "options.adopt_id; correct it, or take it out to have a new one made",
                              base::printable(id)));
    } else if (live->second->type != one.type) {
      refuse(one, fmt::format("nothing is done to it, since {} of options.adopt_id is of type {}, not {}; "
                              "correct the id or the type",
                              id, live->second->type, one.type));
    } else if (live->second->read_only) {
      refuse(one, fmt::format("nothing is done to it, since {} of options.adopt_id is read-only in "
                              "Cloudflare and cannot be managed; take the entry out",
                              id));
    } else if (taken_.contains(id) || (owner != owners_.end() && desired_.contains(owner->second))) {
      refuse(one, fmt::format("nothing is done to it, since {} of options.adopt_id is already managed under "
                              "another key; take one of the two out of the files",
                              id));
    } else if (owner != owners_.end() && record_of(owner->second)->id == id) {
      take(one, id, MatchedBy::move, owner->second);
    } else {
      take(one, id, MatchedBy::adopt_id);
    }
  }

  // What an interrupted create of this key may have made.
  std::vector<const LiveProvider*> made_for(const DesiredProvider& one) const {
    std::vector<const LiveProvider*> found;
    if (!input_.intents) return found;
    for (const model::Intent& intent : *input_.intents) {
      if (intent.key != one.key || intent.type != one.type) continue;
      for (const LiveProvider& live : input_.live.providers) {
        if (intent.may_have_made(live) && is_free(live)) found.push_back(&live);
      }
    }
    return found;
  }

  // A replace whose answer was lost: the record still names the old one, and the new one is there.
  bool replaced_already(const DesiredProvider& one, const LiveProvider& recorded) const {
    return recorded.type != one.type && !made_for(one).empty();
  }

  void by_intent(const DesiredProvider& one) {
    const std::vector<const LiveProvider*> found = made_for(one);
    if (found.size() == 1) take(one, found[0]->id, MatchedBy::intent);
    if (found.size() > 1) {
      refuse(one, fmt::format(
                      "nothing is done to it, since a create whose answer was lost may have made any of {}; "
                      "delete the superfluous ones or say which it is with options.adopt_id",
                      ids(found)));
    }
  }

  void by_move(const DesiredProvider& one) {
    if (!input_.records || record_of(one.key)) return;
    std::vector<const Record*> found;
    for (const Record* record : like(recorded_alike_, one)) {
      const bool left =
          !desired_.contains(record->key) && live_.contains(record->id) && !taken_.contains(record->id);
      if (left) found.push_back(record);
    }
    if (found.size() == 1) take(one, found[0]->id, MatchedBy::move, found[0]->key);
    if (found.size() > 1) {
      std::vector<std::string> keys;
      keys.reserve(found.size());
      for (const Record* record : found) keys.push_back(record->key);
      refuse(one, fmt::format(
                      "nothing is done to it, since it may be the former {}; say which with options.adopt_id",
                      base::join(keys, " or ")));
    }
  }

  bool is_free(const LiveProvider& live) const {
    return !live.read_only && !owners_.contains(live.id) && !taken_.contains(live.id);
  }

  void by_name(const DesiredProvider& one) {
    std::vector<const LiveProvider*> found;
    for (const LiveProvider* live : like(alike_, one)) {
      if (is_free(*live)) found.push_back(live);
    }
    if (found.size() == 1) take(one, found[0]->id, MatchedBy::name);
    if (found.size() > 1) {
      refuse(
          one,
          fmt::format(
              "nothing is done to it, since several identity providers are of type {} and named \"{}\": {}; "
              "say which is meant with options.adopt_id",
              one.type, base::printable(one.name()), ids(found)));
    }
  }

  const PlanInput& input_;
  std::map<std::string_view, const LiveProvider*> live_;
  std::map<std::string_view, const DesiredProvider*> desired_;
  std::map<std::string_view, const Record*> records_;
  std::map<Alike, std::vector<const LiveProvider*>> alike_;
  std::map<Alike, std::vector<const Record*>> recorded_alike_;
  std::map<std::string_view, std::string> owners_;  // live id -> key of the record
  std::set<std::string> taken_;
  Matching out_;
};

}  // namespace

Matching match(const PlanInput& input) {
  return Matcher(input).run();
}

}  // namespace idpd::plan
