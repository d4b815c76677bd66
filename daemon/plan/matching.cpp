#include "plan/matching.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>

#include "base/text.h"

namespace idpd::plan {

namespace {

using model::DesiredProvider;
using model::LiveProvider;
using model::Record;

class Matcher {
 public:
  Matcher(const PlanInput& input, const Index& index) : input_(input), index_(index) {
    out_.by_key.reserve(input.desired.providers.size());
    if (!input.records) return;
    owners_.reserve(input.records->size());
    for (const Record& record : *input.records) {
      owners_.emplace(record.id, &record);
      for (const std::string& id : record.superseded) owners_.emplace(id, &record);
    }
  }

  Matching run() {
    // Each rule for all keys before the next one, so that a sure match is never lost to a guess.
    each([&](const DesiredProvider& one) { by_record(one); });
    each([&](const DesiredProvider& one) { by_adopt_id(one); });
    each([&](const DesiredProvider& one) { by_intent(one); });
    each([&](const DesiredProvider& one) { by_move(one); });
    each([&](const DesiredProvider& one) { by_name(one); });
    for (const auto& [id, owner] : owners_) out_.claimed.insert(id);
    out_.claimed.insert(taken_.begin(), taken_.end());
    return std::move(out_);
  }

 private:
  template <typename Rule>
  void each(const Rule& rule) {
    for (const DesiredProvider& one : input_.desired.providers) {
      if (!out_.by_key.contains(one.key) && !out_.problems.contains(one.key)) rule(one);
    }
  }

  void take(const DesiredProvider& one, const LiveProvider& live, MatchedBy by,
            std::string previous_key = {}) {
    out_.by_key.emplace(one.key, Match{one.key, live.id, by, std::move(previous_key)});
    taken_.insert(live.id);
  }
  void refuse(const DesiredProvider& one, std::string problem) {
    out_.problems.emplace(one.key, std::move(problem));
  }

  // What may stand for one another: the same type and name. An account has one of a singleton, whatever it is
  // called.
  using Alike = std::pair<std::string, std::string>;
  static Alike alike(const std::string& type, const std::string& name, const model::Type* schema) {
    return {type, schema && schema->singleton ? std::string() : name};
  }
  // Only what no record answers for is looked for so: the map is made when the first one asks.
  template <typename Of>
  const std::vector<const Of*>& like(std::optional<std::map<Alike, std::vector<const Of*>>>& all,
                                     const std::vector<Of>& among, const DesiredProvider& one) const {
    if (!all) {
      all.emplace();
      for (const Of& each : among)
        (*all)[alike(each.type, each.name, input_.catalog.find(each.type))].push_back(&each);
    }
    static const std::vector<const Of*> none;
    const auto found = all->find(alike(one.type, one.name(), input_.catalog.find(one.type)));
    return found == all->end() ? none : found->second;
  }

  static std::string ids(const std::vector<const LiveProvider*>& found) {
    std::vector<std::string> out;
    out.reserve(found.size());
    for (const LiveProvider* live : found) out.push_back(live->id);
    return base::join(out, ", ");
  }

  void by_record(const DesiredProvider& one) {
    const Record* record = index_.records.find(one.key);
    const LiveProvider* live = record ? index_.live.find(record->id) : nullptr;
    if (!live) return;
    if (taken_.contains(record->id)) {
      // Two records of one id: idpd died in the middle of a move.
      refuse(one, fmt::format("nothing is done to it, since {} is already managed under another key; take "
                              "one of the two out of the files",
                              record->id));
    } else if (!replaced_already(one, *live)) {
      take(one, *live, MatchedBy::record);
    }
  }

  void by_adopt_id(const DesiredProvider& one) {
    const std::string& id = one.options.adopt_id;
    if (id.empty()) return;
    const Record* record = index_.records.find(one.key);
    if (record && record->id == id) return;  // adopted once, and gone since: it is made anew
    const LiveProvider* live = index_.live.find(id);
    const auto owner = owners_.find(id);
    if (!live) {
      refuse(one, fmt::format("nothing is done to it, since no identity provider has the id {} of "
                              "options.adopt_id; correct it, or take it out to have a new one made",
                              base::printable(id)));
    } else if (live->type != one.type) {
      refuse(one, fmt::format("nothing is done to it, since {} of options.adopt_id is of type {}, not {}; "
                              "correct the id or the type",
                              id, live->type, one.type));
    } else if (live->read_only) {
      refuse(one, fmt::format("nothing is done to it, since {} of options.adopt_id is read-only in "
                              "Cloudflare and cannot be managed; take the entry out",
                              id));
    } else if (taken_.contains(id) || (owner != owners_.end() && index_.desired.find(owner->second->key))) {
      refuse(one, fmt::format("nothing is done to it, since {} of options.adopt_id is already managed under "
                              "another key; take one of the two out of the files",
                              id));
    } else if (owner != owners_.end() && owner->second->id == id) {
      take(one, *live, MatchedBy::move, owner->second->key);
    } else {
      take(one, *live, MatchedBy::adopt_id);
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
    if (found.size() == 1) take(one, *found[0], MatchedBy::intent);
    if (found.size() > 1) {
      refuse(one, fmt::format(
                      "nothing is done to it, since a create whose answer was lost may have made any of {}; "
                      "delete the superfluous ones or say which it is with options.adopt_id",
                      ids(found)));
    }
  }

  void by_move(const DesiredProvider& one) {
    if (!input_.records || index_.records.find(one.key)) return;
    std::vector<const Record*> found;
    for (const Record* record : like(recorded_alike_, *input_.records, one)) {
      const bool left =
          !index_.desired.find(record->key) && index_.live.find(record->id) && !taken_.contains(record->id);
      if (left) found.push_back(record);
    }
    if (found.size() == 1) take(one, *index_.live.find(found[0]->id), MatchedBy::move, found[0]->key);
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
    for (const LiveProvider* live : like(alike_, input_.live.providers, one)) {
      if (is_free(*live)) found.push_back(live);
    }
    if (found.size() == 1) take(one, *found[0], MatchedBy::name);
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
  const Index& index_;
  std::optional<std::map<Alike, std::vector<const LiveProvider*>>> alike_;
  std::optional<std::map<Alike, std::vector<const Record*>>> recorded_alike_;
  std::unordered_map<std::string_view, const Record*> owners_;  // by live id
  std::unordered_set<std::string_view> taken_;                  // live ids
  Matching out_;
};

}  // namespace

Matching match(const PlanInput& input, const Index& index) {
  return Matcher(input, index).run();
}

}  // namespace idpd::plan
