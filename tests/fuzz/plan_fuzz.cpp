// Identity providers' files up to the plan and its three written forms, against an account in which some of
// what the examples of configs/ say lives and is remembered. Planning is a function: the same twice is the
// same plan.
#include "base/json.h"
#include "config/identity_providers.h"
#include "fuzz.h"
#include "model/live.h"
#include "plan/guards.h"
#include "plan/planner.h"
#include "report/report.h"

using namespace idpd;

namespace {

struct World {
  model::LiveState live;
  std::vector<model::Record> records;
  std::vector<model::Intent> intents;
};

model::LiveProvider live(const char* text) {
  const auto object = base::parse_json(text);
  fuzz::require(object.ok(), "the live objects are JSON", text);
  auto taken = model::take_live(fuzz::catalog(), *object);
  fuzz::require(taken.ok(), "the live objects are identity providers", text);
  return *std::move(taken);
}

model::Record record(const char* key, const model::LiveProvider& one) {
  model::Record out;
  out.key = key;
  out.id = one.id;
  out.type = one.type;
  out.name = one.name;
  out.applied = one.fields;
  out.observed = one.fields;
  out.passes = model::young_passes;
  return out;
}

const World& world() {
  static const World made = [] {
    World out;
    out.live.providers = {
        live(R"({"id": "1", "name": "PingOne Workforce", "type": "pingone", "config": {"client_id": "c",
          "client_secret": "****", "ping_env_id": "e", "claims": ["department"], "pkce_enabled": false},
          "scim_config": {"enabled": true, "secret": "****", "user_deprovision": true}})"),
        live(R"({"id": "2", "name": "Corporate SAML", "type": "saml", "config": {"issuer_url": "https://a",
          "sso_target_url": "https://b", "idp_public_certs": ["no certificate"], "attributes": ["b", "a"]}})"),
        live(
            R"({"id": "3", "name": "GitHub", "type": "github", "config": {"client_id": "c", "client_secret": ""}})"),
        live(R"({"id": "4", "name": "One-time PIN", "type": "onetimepin", "config": {}})"),
        live(
            R"({"id": "5", "name": "GitHub", "type": "github", "read_only": true, "config": {"client_id": "d"}})"),
        live(R"({"id": "6", "name": "New kind", "type": "of tomorrow", "config": {"x": [1, {"y": "***"}]}})"),
        live(
            R"({"id": "7", "name": "\u001b[2J\u202ename", "type": "okta", "config": {"okta_account": "a\nb"}})")};
    out.records = {record("workforce", out.live.providers[0]),
                   record("corporate-saml", out.live.providers[1]), record("left", out.live.providers[6])};
    out.records[0].applied["config.claims"] = base::Json::Array{"department", "gone"};
    out.records[0].secrets["config.client_secret"] = "a fingerprint";
    out.records[1].stuck = {"config.issuer_url"};
    out.records[2].superseded = {"4"};
    out.intents = {{.key = "github", .type = "github", .name = "GitHub", .ids_before = {"1", "2", "5"}}};
    return out;
  }();
  return made;
}

// Each input is planned twice over, with and without a memory.
plan::AccountPlan plan_of(const model::DesiredState& desired, bool have_store) {
  plan::PlanInput input{.catalog = fuzz::catalog(),
                        .account = "production",
                        .account_id = "0123456789abcdef0123456789abcdef",
                        .desired = desired,
                        .live = world().live};
  if (have_store) {
    input.records = &world().records;
    input.intents = &world().intents;
    input.seen_before = true;
  }
  input.policy = {.allow_deletes = true, .max_deletes = 5, .unmanaged = plan::Unwanted::remove};
  plan::AccountPlan plan = plan::make_plan(input).plan;
  plan::apply_settings(plan, input.policy, desired, input.records);
  plan::References references;
  references.by_id["7"] = {"Access app \"Wiki\""};
  plan::apply_safety(plan, references, world().live);
  return plan;
}

void check(const model::DesiredState& desired, const std::vector<model::Diagnostic>& diagnostics,
           bool have_store) {
  report::Report report{.version = "fuzz", .diagnostics = diagnostics};
  report.accounts.push_back(plan_of(desired, have_store));
  const std::string json = base::dump_json(report::to_json(report));
  const report::Report again{
      .version = "fuzz", .accounts = {plan_of(desired, have_store)}, .diagnostics = diagnostics};
  fuzz::require(plan::fingerprint(report.accounts) == plan::fingerprint(again.accounts),
                "one plan, one fingerprint");
  fuzz::require(json == base::dump_json(report::to_json(again)), "planning is a function of its input");
  fuzz::require(base::parse_json(json).ok(), "the JSON form is JSON", json);
  const std::string text = report::to_text(report, false);
  fuzz::require_printable(text, true);
  fuzz::require_utf8(text);
  fuzz::require_utf8(report::to_markdown(report));
  for (const plan::Change& change : report.accounts.front().changes)
    fuzz::require(change.id != "5" || change.withheld, "what Cloudflare lets nobody change is not touched");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(fuzz::text_of(data, size));
  const config::LoadOptions options{.accounts = {}, .default_account = "production"};
  const config::Desired desired = config::load_desired({{"idp.yaml", text}}, fuzz::catalog(), options);
  for (const model::Diagnostic& one : desired.diagnostics) {
    fuzz::require(!one.message.empty(), "an error has words");
    fuzz::require_printable(one.text());
  }
  static const model::DesiredState nothing;
  const auto production = desired.accounts.find("production");
  const model::DesiredState& state = production == desired.accounts.end() ? nothing : production->second;
  if (!desired.ok()) return 0;
  check(state, desired.diagnostics, true);
  check(state, desired.diagnostics, false);
  return 0;
}
