// An account made by hand for tests of the planner and of what is sent: what the files say, what lives, what
// is remembered. Everything about types comes from the schemas that the program itself has.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "embedded.h"
#include "plan/guards.h"
#include "plan/planner.h"

namespace idpd::test {

using base::Json;
using model::FieldMap;

// The same run again: IDPD_TEST_SEED=… in the environment.
inline unsigned test_seed() {
  const char* given = std::getenv("IDPD_TEST_SEED");
  const unsigned seed = given ? static_cast<unsigned>(std::atoll(given)) : std::random_device{}();
  std::printf("seed %u (repeat with IDPD_TEST_SEED)\n", seed);
  return seed;
}

inline const model::TypeCatalog& catalog() {
  static const model::TypeCatalog all = [] {
    auto loaded = model::TypeCatalog::load(schema::documents());
    EXPECT_TRUE(loaded.ok()) << (loaded.ok() ? "" : loaded.error().text());
    return *std::move(loaded);
  }();
  return all;
}

inline const model::Type& type_of(const std::string& name) {
  return *catalog().find(name);
}

inline model::DesiredProvider desired(const std::string& key, const std::string& type,
                                      const std::string& name, FieldMap fields = {}) {
  model::DesiredProvider out;
  out.key = key;
  out.type = type;
  out.fields = std::move(fields);
  out.fields["name"] = name;
  out.where = {"idp.yaml", 1, 1};
  return out;
}

// As the API answers; `fields` by their paths.
inline Json live_json(const std::string& id, const std::string& type, const std::string& name,
                      const FieldMap& fields = {}) {
  Json out;
  out["id"] = id;
  out["type"] = type;
  out["name"] = name;
  out["config"] = Json::Object{};
  for (const auto& [path, value] : fields) model::set_path(out, path, value);
  return out;
}

inline model::LiveProvider take(const Json& object) {
  auto taken = model::take_live(catalog(), object);
  EXPECT_TRUE(taken.ok());
  return *std::move(taken);
}

inline model::LiveProvider live(const std::string& id, const std::string& type, const std::string& name,
                                const FieldMap& fields = {}) {
  return take(live_json(id, type, name, fields));
}

// A record of what was applied some passes ago; `applied` is canonical and was read back as it was sent.
inline model::Record record(const std::string& key, const std::string& id, const std::string& type,
                            const std::string& name, FieldMap applied = {}) {
  model::Record out;
  out.key = key;
  out.id = id;
  out.type = type;
  out.name = name;
  applied["name"] = name;
  out.applied = applied;
  for (const auto& [path, value] : applied) {
    if (!value.is_null()) out.observed.emplace(path, value);
  }
  out.passes = model::young_passes;
  return out;
}

struct World {
  model::DesiredState desired;
  model::LiveState live;
  std::vector<model::Record> records;
  std::vector<model::Intent> intents;
  std::map<std::string, plan::SecretStates> secrets;
  std::set<std::string> only;
  plan::Policy policy;
  bool have_store = true;
  bool seen_before = true;

  plan::PlanInput input() const {
    return {.catalog = catalog(),
            .account = "production",
            .account_id = "0123456789abcdef0123456789abcdef",
            .desired = desired,
            .live = live,
            .records = have_store ? &records : nullptr,
            .intents = have_store ? &intents : nullptr,
            .seen_before = seen_before,
            .secrets = &secrets,
            .only = only,
            .policy = policy};
  }
  plan::Planned plan() const { return plan::make_plan(input()); }

  // With the guards, as a pass does it.
  plan::AccountPlan guarded(const plan::References& references = {}) const {
    plan::AccountPlan out = plan().plan;
    plan::apply_settings(out, policy, desired, have_store ? &records : nullptr);
    plan::apply_safety(out, references, live);
    return out;
  }
};

// `delete b 2 withheld:references`, for comparing and for reading in a failure.
inline std::string brief(const plan::Change& change) {
  std::string out(plan::name_of(change.action));
  for (const std::string& word : {change.key, change.id}) {
    if (!word.empty()) out += " " + word;
  }
  if (change.withheld) out += " withheld:" + std::string(plan::name_of(change.withheld->reason));
  if (change.delete_withheld)
    out += " keeps old:" + std::string(plan::name_of(change.delete_withheld->reason));
  return out;
}

inline std::vector<std::string> brief(const plan::AccountPlan& plan) {
  std::vector<std::string> out;
  for (const plan::Change& change : plan.changes) out.push_back(brief(change));
  return out;
}

inline std::string text_of(const std::vector<model::Diagnostic>& diagnostics) {
  std::string out;
  for (const model::Diagnostic& one : diagnostics) out += one.text() + "\n";
  return out;
}

}  // namespace idpd::test
