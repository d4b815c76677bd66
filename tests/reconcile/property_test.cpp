// Random accounts, planned and carried out on a tiny account: what a user can rely on whatever the state.
#include <gmock/gmock.h>

#include "plan/diff.h"
#include "reconcile/body.h"
#include "reconcile/random_world.h"

namespace idpd::reconcile {
namespace {

using base::Json;
using model::DesiredProvider;
using model::LiveProvider;
using model::Record;
using plan::Action;
using plan::Change;
using test::RandomWorld;

const DesiredProvider& desired_of(const test::World& world, const std::string& key) {
  return *std::find_if(world.desired.providers.begin(), world.desired.providers.end(),
                       [&](const DesiredProvider& one) { return one.key == key; });
}

std::string text_of(const Json& value) {
  return base::dump_json(value);
}

// One pass after another, each as the executor makes it.
class Passes {
 public:
  explicit Passes(RandomWorld& random) : world_(random.world), account_(random.account), random_(random) {
    for (const Record& record : world_.records) own(record);
    for (const auto& [id, object] : account_.objects) {
      const LiveProvider live = test::take(object);
      if (live.schema) protected_[id] = live.schema->is_protected;
    }
  }

  // The plan that was carried out.
  plan::AccountPlan pass() {
    plan_anew();
    const plan::AccountPlan plan = planned_.plan;
    std::map<std::string, Record> records;
    for (const Record& record : world_.records) records.emplace(record.key, record);
    for (const Change& change : plan.changes) {
      SCOPED_TRACE(test::brief(change));
      if (change.effective()) carry_out(change, records);
    }
    save(plan, records);
    world_.seen_before = true;
    world_.intents.clear();
    return plan;
  }

  const plan::AccountPlan& plan_anew() {
    world_.live = account_.live();
    secrets_ = test::resolved(world_.desired);
    world_.secrets = secrets_.states();
    planned_ = world_.plan();
    plan::apply_settings(planned_.plan, world_.policy, world_.desired, &world_.records);
    plan::apply_safety(planned_.plan, random_.references, world_.live);
    expect_no_secret(planned_.plan);
    return planned_.plan;
  }

  std::size_t written() const { return written_; }

 private:
  void own(const Record& record) {
    owned_.insert(record.id);
    owned_.insert(record.superseded.begin(), record.superseded.end());
  }

  void carry_out(const Change& change, std::map<std::string, Record>& records) {
    ++written_;
    const auto before = records.find(change.key);
    switch (change.action) {
      case Action::move: {
        Record record = records.at(change.previous_key);
        record.key = change.key;
        records.erase(change.previous_key);
        records[change.key] = std::move(record);
        break;
      }
      case Action::create:
      case Action::replace:
        create(change, records);
        if (change.action == Action::replace && !change.delete_withheld) remove(change, records);
        break;
      case Action::adopt:
      case Action::update:
        update(change, before == records.end() ? nullptr : &before->second, records);
        break;
      case Action::remove:
        remove(change, records);
        break;
      case Action::forget:
        FAIL() << "no pass plans one";
    }
  }

  void create(const Change& change, std::map<std::string, Record>& records) {
    const DesiredProvider& one = desired_of(world_, change.key);
    const model::Type& type = test::type_of(one.type);
    const Json body = parsed(request_body(type, one, nullptr, nullptr, secrets_));
    expect_secrets(type, one, body);
    const std::string id = account_.post(body);
    owned_.insert(id);
    Record record;
    record.id = id;
    if (records.contains(change.key)) record.superseded = records.at(change.key).superseded;
    if (change.action == Action::replace) record.superseded.push_back(change.id);
    records[change.key] =
        written_record(type, one, test::take(account_.objects.at(id)), nullptr, &record, secrets_);
  }

  void update(const Change& change, const Record* before, std::map<std::string, Record>& records) {
    const DesiredProvider& one = desired_of(world_, change.key);
    const Json raw = account_.objects.at(change.id);
    const LiveProvider live = test::take(raw);
    const Json body = parsed(request_body(*live.schema, one, &live, before, secrets_));
    expect_secrets(*live.schema, one, body);
    expect_only_planned(change, one, live, before, body);
    expect_unknown_kept(*live.schema, raw, body);
    account_.put(change.id, body);
    records[change.key] = written_record(*live.schema, one, test::take(account_.objects.at(change.id)), &live,
                                         before, secrets_);
    own(records[change.key]);
  }

  void remove(const Change& change, std::map<std::string, Record>& records) {
    EXPECT_TRUE(world_.policy.allow_deletes);
    const auto referred = random_.references.by_id.find(change.id);
    EXPECT_TRUE(referred == random_.references.by_id.end() || referred->second.empty());
    EXPECT_FALSE(random_.references.problem);
    if (!owned_.contains(change.id)) {
      EXPECT_TRUE(change.unmanaged);
      EXPECT_EQ(world_.policy.unmanaged, plan::Unwanted::remove);
      EXPECT_FALSE(protected_[change.id]);
    }
    account_.remove(change.id);
    EXPECT_FALSE(account_.objects.empty()) << "nobody can log in any more";
    if (change.unmanaged) return;
    ASSERT_TRUE(records.contains(change.key));
    if (change.superseded || change.action == Action::replace) {
      std::erase(records[change.key].superseded, change.id);
    } else {
      EXPECT_FALSE(records[change.key].prevent_delete);
      records.erase(change.key);
    }
  }

  void save(const plan::AccountPlan& plan, std::map<std::string, Record>& records) {
    for (const plan::Match& match : planned_.matches) {
      const bool changed = std::any_of(plan.changes.begin(), plan.changes.end(), [&](const Change& change) {
        return change.key == match.key && change.action != Action::move && !change.superseded;
      });
      if (changed) continue;
      const LiveProvider live = test::take(account_.objects.at(match.id));
      const Record* before = records.contains(match.key) ? &records[match.key] : nullptr;
      records[match.key] = kept_record(*live.schema, desired_of(world_, match.key), live, before);
      own(records[match.key]);
    }
    world_.records.clear();
    for (auto& [key, record] : records) {
      if (planned_.gone.contains(key)) continue;
      std::erase_if(record.superseded, [&](const auto& id) { return !account_.objects.contains(id); });
      ++record.passes;
      world_.records.push_back(record);
    }
  }

  static Json parsed(const std::string& text) {
    auto body = base::parse_json(text);
    EXPECT_TRUE(body.ok());
    return *std::move(body);
  }

  // The real secret where the file names one, and nothing in its place.
  void expect_secrets(const model::Type& type, const DesiredProvider& one, const Json& body) const {
    for (const model::Field& field : type.fields) {
      if (!field.secret) continue;
      const Json* sent = model::at_path(body, field.path);
      const auto named = one.secrets.find(field.path);
      if (field.read_only || named == one.secrets.end() || named->second.unset) {
        EXPECT_TRUE(!sent || (sent->is_null() && !field.read_only)) << field.path;  // null: it is to go
        continue;
      }
      const secrets::Secret* value = secrets_.find(one.key, field.path);
      ASSERT_TRUE(value && sent) << field.path << " is not known and the write was not withheld";
      EXPECT_EQ(sent->string(), value->reveal()) << field.path;
    }
  }

  // What a PUT changes is stated by the file or was once applied, and is in the plan.
  static void expect_only_planned(const Change& change, const DesiredProvider& one, const LiveProvider& live,
                                  const Record* before, const Json& body) {
    const model::FieldMap after = model::canonical_fields(*live.schema, body);
    std::set<std::string> planned;
    for (const plan::FieldChange& field : change.fields) planned.insert(field.path);
    const bool ours = before && before->id == live.id;
    for (const model::Field& field : live.schema->fields) {
      const auto was = live.fields.find(field.path);
      const auto is = after.find(field.path);
      const Json have = was == live.fields.end() ? Json() : was->second;
      const Json sent = is == after.end() ? Json() : is->second;
      if (have == sent) continue;
      const bool applied = ours && before->applied.contains(field.path);
      EXPECT_TRUE(one.fields.contains(field.path) || applied) << field.path << " is not ours";
      EXPECT_FALSE(plan::is_ignored(one, field.path)) << field.path << " is ignored";
      // One that the server rewrites, or that does not stick, is sent again with the others.
      EXPECT_TRUE(planned.contains(field.path) || (applied && before->applied.at(field.path) == sent))
          << field.path << " is not in the plan: " << text_of(have) << " -> " << text_of(sent);
    }
  }

  static void expect_unknown_kept(const model::Type& type, const Json& raw, const Json& body) {
    for (const auto& [name, value] : raw.find("config")->object()) {
      if (type.find("config." + name) || name != "future_field") continue;
      const Json* sent = model::at_path(body, "config." + name);
      ASSERT_TRUE(sent) << name;
      EXPECT_EQ(*sent, value) << name;
    }
  }

  static void expect_no_secret(const plan::AccountPlan& plan) {
    std::string all = test::text_of(plan.diagnostics);
    for (const Change& change : plan.changes) {
      all += change.name + change.explanation + (change.withheld ? change.withheld->message : "");
      for (const plan::FieldChange& field : change.fields) {
        const model::Field* known = test::type_of(change.type).find(field.path);
        ASSERT_TRUE(known && !known->read_only) << field.path;
        EXPECT_EQ(field.sensitive, known->secret) << field.path;
        all += text_of(field.before) + text_of(field.after);
      }
    }
    for (const char* secret : {"real-", "clear-", "readable-", "****"})
      EXPECT_EQ(all.find(secret), std::string::npos) << all;
  }

  test::World& world_;
  test::Account& account_;
  RandomWorld& random_;
  SecretValues secrets_;
  plan::Planned planned_;
  std::set<std::string> owned_;
  std::map<std::string, bool> protected_;
  std::size_t written_ = 0;
};

std::vector<std::string> effective(const plan::AccountPlan& plan) {
  std::vector<std::string> out;
  for (const Change& change : plan.changes) {
    if (!change.effective()) continue;
    out.push_back(test::brief(change));
    for (const plan::FieldChange& field : change.fields)
      out.back() += "\n  " + field.path + " " + text_of(field.before) + " -> " + text_of(field.after);
  }
  return out;
}

// Some things take more than one pass: lag, strangers that wait until every key is matched, and what is
// withheld because nothing that is recorded is named or lives, until something else is recorded; and
// prevent_delete is remembered until the pass after the file takes it back.
bool takes_one_pass(const test::World& world) {
  return world.policy.unmanaged != plan::Unwanted::remove && world.intents.empty() &&
         world.policy.allow_empty && !world.policy.withhold_vanished &&
         std::none_of(world.records.begin(), world.records.end(), [](const Record& one) {
           return one.young() || (one.prevent_delete && !one.superseded.empty());
         });
}

TEST(Property, APlanThatWasCarriedOutLeavesNothingToDoAndBreaksNoRuleOnTheWay) {
  std::mt19937 random(test::test_seed());
  std::size_t written = 0;
  std::set<std::string> types;
  for (int round = 0; round < 800; ++round) {
    SCOPED_TRACE("round " + std::to_string(round));
    RandomWorld one(random);
    for (const DesiredProvider& provider : one.world.desired.providers) types.insert(provider.type);
    const int most = takes_one_pass(one.world) ? 1 : 5;
    Passes passes(one);
    const std::vector<std::string> first = test::brief(passes.plan_anew());
    for (int pass = 0; pass < most; ++pass) passes.pass();
    ASSERT_THAT(effective(passes.plan_anew()), testing::IsEmpty())
        << "after " << most << " passes, the first of which was\n"
        << testing::PrintToString(first);
    if (testing::Test::HasFailure()) break;
    written += passes.written();
  }
  EXPECT_GT(written, 1000u) << "the worlds are too quiet to show anything";
  EXPECT_EQ(types.size(), test::catalog().types().size());
}

}  // namespace
}  // namespace idpd::reconcile
