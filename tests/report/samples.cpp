#include "report/samples.h"

#include <fmt/format.h>

namespace idpd::report::samples {

namespace {

using base::Json;
using model::Severity;
using plan::Action;
using plan::Change;
using plan::FieldChange;
using plan::Origin;
using plan::Outcome;
using plan::Reason;
using plan::Withheld;

constexpr const char* id_a = "11111111-1111-4111-8111-111111111111";
constexpr const char* id_b = "22222222-2222-4222-8222-222222222222";

Change change(Action action, std::string key, std::string type, std::string name, Origin origin,
              std::string id = id_a) {
  Change out;
  out.action = action;
  out.key = std::move(key);
  out.type = std::move(type);
  out.name = std::move(name);
  out.origin = origin;
  out.id = std::move(id);
  return out;
}

FieldChange field(std::string path, Json before, Json after, Origin origin = Origin::config) {
  return {.path = std::move(path), .before = std::move(before), .after = std::move(after), .origin = origin};
}

FieldChange set(std::string path, Json before, Json after, Origin origin = Origin::config) {
  FieldChange out = field(std::move(path), std::move(before), std::move(after), origin);
  out.set = true;
  return out;
}

// Carries values on purpose: no written form may rely on the plan to have none.
FieldChange hidden(std::string path, Origin origin = Origin::config) {
  FieldChange out = field(std::move(path), secret, secret, origin);
  out.sensitive = true;
  return out;
}

Json list(std::initializer_list<const char*> items) {
  return Json::Array(items.begin(), items.end());
}

Json mapping(const char* group, const char* email) {
  return Json::Object{{"group", group}, {"email_domain", email}};
}

plan::AccountPlan account(std::string name, std::string id, plan::Status status) {
  plan::AccountPlan out;
  out.account = std::move(name);
  out.account_id = std::move(id);
  out.status = status;
  return out;
}

plan::AccountPlan production() {
  plan::AccountPlan out = account("production", "0123456789abcdef0123456789abcdef", plan::Status::changes);
  out.in_sync = 3;

  Change moved = change(Action::move, "staff", "google", "Staff", Origin::config);
  moved.previous_key = "employees";
  out.changes.push_back(moved);

  Change created = change(Action::create, "contractors", "okta", "Okta Contractors", Origin::config, "");
  created.fields = {field("config.client_id", {}, "0oa8f2k1x"), hidden("config.client_secret"),
                    set("config.claims", {}, list({"department", "employee_id"})),
                    field("config.okta_account", {}, "https://example-contractors.okta.com"),
                    field("scim_config.enabled", {}, true)};
  out.changes.push_back(created);

  Change again = change(Action::create, "partners", "saml", "Partners", Origin::drift, "");
  again.explanation = std::string("the identity provider ") + id_b + " is gone from Cloudflare";
  again.fields = {field("config.issuer_url", {},
                        "https://idp.partner.example.com/saml/metadata?tenant=7d1f0f63&locale=en"),
                  set("config.attributes", {}, list({"a1", "b2", "c3", "d4", "e5"})),
                  set("config.header_attributes", {}, Json::Array{mapping("x", "y"), mapping("z", "w")})};
  out.changes.push_back(again);

  Change adopted = change(Action::adopt, "github", "github", "GitHub", Origin::unknown, id_b);
  adopted.fields = {field("name", "Github", "GitHub", Origin::unknown)};
  out.changes.push_back(adopted);

  Change drift = change(Action::update, "workforce", "pingone", "PingOne Workforce", Origin::drift);
  drift.fields = {field("config.pkce_enabled", false, true, Origin::drift),
                  set("config.claims", list({"department", "groups"}), list({"department", "employee_id"}),
                      Origin::drift),
                  hidden("config.client_secret", Origin::drift)};
  out.changes.push_back(drift);

  Change both = change(Action::update, "azure", "azureAD", "Entra ID", Origin::both);
  both.fields = {
      field("config.directory_id", "6f1c7c0e", "aa01b2c3", Origin::config),
      field("config.support_groups", {}, true, Origin::drift),
      field("config.email_claim_name", "upn", {}, Origin::both),
      field("config.token_url",
            "https://login.example.com/a/very/long/path/that/goes/on/and/on/oauth2/v1.0/token",
            "https://login.example.com/a/very/long/path/that/goes/on/and/on/oauth2/v2.0/token",
            Origin::config),
      field("config.auth_url",
            "https://login.example.com/authorize/with/a/long/path/1/that/differs/in/the/middle/only",
            "https://login.example.com/authorize/with/a/long/path/2/that/differs/in/the/middle/only",
            Origin::config),
      set("config.groups", list({"a", "b", "c"}), list({"c", "d", "e", "f"}), Origin::config),
      set("config.mappings", Json::Array{mapping("admins", "example.com")},
          Json::Array{mapping("owners", "example.com")}),
      field("config.prompts", list({"login"}), list({"login", "consent"}))};
  out.changes.push_back(both);

  Change replaced = change(Action::replace, "onelogin", "oidc", "OneLogin", Origin::config);
  replaced.explanation = "the type changes from onelogin to oidc, which takes a new one";
  replaced.fields = {field("config.client_id", {}, "abc"), hidden("config.client_secret")};
  replaced.delete_withheld =
      Withheld{Reason::references,
               "still referred to by application \"Wiki\", policy \"Staff only\" and "
               "group \"Everybody who works in Lisbon\", where logins would break; take it out there first"};
  out.changes.push_back(replaced);

  Change removed = change(Action::remove, "old-okta", "okta", "Old Okta", Origin::config);
  removed.explanation = "the files no longer name it";
  removed.withheld = Withheld{Reason::deletes_setting,
                              "it stays, since this account withholds deletes; if it is to go, run `idpd "
                              "apply --allow-deletes`, or set `deletes: allow` in the settings"};
  out.changes.push_back(removed);

  Change unowned = change(Action::remove, "", "yandex", "Leftover", Origin::config, id_b);
  unowned.unmanaged = true;
  out.changes.push_back(unowned);

  out.changes.push_back(change(Action::forget, "ldap", "oidc", "LDAP bridge", Origin::config, id_b));
  out.unmanaged = {{id_a, "GitHub", "github", false}, {id_b, "Cloudflare", "cloudflare", true}};
  out.diagnostics = {
      {Severity::warning,
       {"identity-providers/okta.yaml", 12, 22},
       "contractors: config.client_secret cannot be resolved: no credential \"okta-contractors\" here"}};
  return out;
}

}  // namespace

Report empty() {
  Report out{.version = "0.1.0"};
  out.accounts = {account("default", "0123456789abcdef0123456789abcdef", plan::Status::in_sync)};
  out.accounts[0].in_sync = 4;
  return out;
}

Report everything() {
  Report out{.version = "0.1.0",
             .revision = model::Revision{.commit = "4f1c2d3",
                                         .author = "Ada <ada@example.com>",
                                         .subject = "Ask PingOne for PKCE",
                                         .dirty = true}};
  out.accounts = {production(),
                  account("staging", "fedcba9876543210fedcba9876543210", plan::Status::unknown)};
  out.accounts[1].error =
      "the token lacks a permission: give it \"Access: Organizations, Identity Providers, and Groups Read\" "
      "and run this again";
  out.diagnostics = {{Severity::warning,
                      {"identity-providers/azure.yaml", 7, 9},
                      "config.client_secret is written in clear; use ${credential:NAME}"}};
  out.only = {"workforce"};
  return out;
}

Report two_accounts() {
  Report out{.version = "0.1.0"};
  out.accounts = {account("production", "0123456789abcdef0123456789abcdef", plan::Status::in_sync),
                  account("staging", "fedcba9876543210fedcba9876543210", plan::Status::changes)};
  out.accounts[0].in_sync = 1;
  out.accounts[0].unmanaged = {{id_a, "One-time PIN", "onetimepin", false}};
  out.accounts[1].in_sync = 2;
  Change update = change(Action::update, "workforce", "pingone", "PingOne Workforce", Origin::config);
  update.fields = {field("config.pkce_enabled", false, true)};
  out.accounts[1].changes = {update};
  const char* storeless =
      "there is no store here: removed identity providers and rotated secrets cannot be seen";
  for (plan::AccountPlan& one : out.accounts) one.diagnostics = {{Severity::warning, {}, storeless}};
  return out;
}

Report every_reason() {
  Report out{.version = "0.1.0"};
  out.accounts = {account("default", "0123456789abcdef0123456789abcdef", plan::Status::changes)};
  for (int i = 0; i <= static_cast<int>(Reason::read_only); ++i) {
    const auto reason = static_cast<Reason>(i);
    const std::string name(plan::name_of(reason));
    Change one = change(i % 2 ? Action::update : Action::remove, name, "oidc", name, Origin::config);
    one.withheld = Withheld{reason, "the reason is " + name};
    out.accounts[0].changes.push_back(one);
  }
  return out;
}

Report fleet() {
  Report out{.version = "0.1.0"};
  for (int i = 0; i < 1000; ++i) {
    const bool changed = i % 100 < 30;
    out.accounts.push_back(account(fmt::format("customer-{:03}", i), fmt::format("{:032x}", i),
                                   changed ? plan::Status::changes : plan::Status::in_sync));
    plan::AccountPlan& one = out.accounts.back();
    one.in_sync = changed ? 4 : 5;
    if (!changed) continue;
    Change update =
        change(Action::update, "workforce", "pingone", fmt::format("PingOne {}", i), Origin::config);
    update.fields = {field("config.ping_env_id", fmt::format("old-{}", i), fmt::format("new-{}", i))};
    if (i % 100 == 7) update.withheld = Withheld{Reason::adoption_consent, "it takes a confirmed apply"};
    one.changes = {update};
  }
  out.accounts[500].status = plan::Status::unknown;
  out.accounts[500].error = "the token was refused";
  out.accounts[500].changes.clear();
  out.accounts[999].unmanaged = {{id_a, "One-time PIN", "onetimepin", false}};
  return out;
}

Report applied() {
  Report out{.version = "0.1.0", .applied = true};
  out.accounts = {account("default", "0123456789abcdef0123456789abcdef", plan::Status::changes)};
  const auto add = [&](Action action, const char* key, Outcome outcome, const char* error = "") -> Change& {
    Change one = change(action, key, "oidc", std::string("The ") + key, Origin::config);
    one.outcome = outcome;
    one.error = error;
    out.accounts[0].changes.push_back(one);
    return out.accounts[0].changes.back();
  };
  add(Action::move, "moved", Outcome::done).previous_key = "formerly";
  Change& created = add(Action::create, "created", Outcome::done);
  created.fields = {hidden("config.client_secret"), field("scim_config.enabled", {}, true)};
  created.notes = {
      "the SCIM secret was written to /var/lib/idpd/scim/0123456789abcdef0123456789abcdef/created; give it "
      "to the identity provider"};
  add(Action::create, "lost", Outcome::unknown,
      "no answer within 30 s; the next pass looks whether it exists");
  add(Action::adopt, "adopted", Outcome::done);
  add(Action::update, "updated", Outcome::done).fields = {field("config.pkce_enabled", false, true)};
  add(Action::update, "updated-too", Outcome::done);
  add(Action::update, "refused", Outcome::failed,
      "PUT /accounts/0123/access/identity_providers/1111: Cloudflare refuses it: 12130: invalid client_id");
  add(Action::update, "too-late", Outcome::skipped, "the pass was stopped");
  add(Action::replace, "replaced", Outcome::done).delete_withheld = Withheld{
      Reason::references,
      "still referred to by application \"Wiki\", where logins would break; take it out there first"};
  add(Action::remove, "removed", Outcome::withheld).withheld =
      Withheld{Reason::prevent_delete,
               "it stays, since its options.prevent_delete says so; to have it deleted, set that to false, "
               "and apply, first"};
  add(Action::remove, "deleted", Outcome::done);
  add(Action::forget, "forgotten", Outcome::done);
  add(Action::forget, "planned", Outcome::planned);
  out.accounts[0].changed_since = true;
  return out;
}

Report hostile() {
  Report out{.version = "0.1.0"};
  const std::string name =
      "x\n```\n# Hi @octocat | <img src=x onerror=alert(1)> `code` ``` \x1b[31m \xc2\x9b \xe2\x80\xae \"";
  plan::AccountPlan one = account("a`b\n@team", "0123456789abcdef0123456789abcdef", plan::Status::changes);
  Change update = change(Action::update, "key", "oidc", name, Origin::config, name);
  update.fields = {field("config.`````", name, name + "2"), set("config.claims", Json::Array{name}, Json())};
  update.explanation = name;
  update.withheld = Withheld{Reason::references, "referred to by " + name + " https://example.com/x"};
  Change adopt = change(Action::adopt, "`", name, "`", Origin::config, name);
  Change unmanaged = change(Action::remove, "", "", "", Origin::config, "</details>");
  one.changes = {update, adopt, unmanaged};
  one.unmanaged = {{name, name, name, true}};
  one.diagnostics = {{Severity::error, {name, 1, 2}, name}};
  out.accounts = {one};
  return out;
}

}  // namespace idpd::report::samples
