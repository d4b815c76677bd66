// What a user is told of a file that is wrong: every error at once, each where it stands.
#include "config/loading.h"
#include "support/golden.h"

namespace idpd::config {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr const char* nasty = R"(account: productoin
identity_provider: {}
identity_providers:
  workforce:
    name: PingOne
    type: pingone
    config:
      clientid: c
      client_id: c
      client_secret: "********"
      okta_account: https://a.okta.com
      pkce_enabled: "true"
      claims: department
      claims: [a]
      redirect_url: https://x.example.com/
      email_claim_name: [mail]
    scim_config: {enabled: yes, seat_deprovision: true, identity_update_behavior: automatik}
    options: {prevent_delete: 1, ignore: [config.claim], adopt_id: "a b", secret_expires: 2027-02-30, keep: true}
    check: {region: EU, team_domain: example.com}
  "bad key!":
    name: ${env:HOME}
    type: okta
    config: {client_id: "", client_secret: null, okta_account: a.okta.com, api_token: [x]}
  pin:
    name: PIN
    type: onetimepin
    config: {client_id: c}
    scim_config: {enabled: true}
  pin2: {name: PIN, type: onetimepin, config: }
  saml:
    name: "\e[2J"
    type: saml
    config:
      issuer_url: i
      sso_target_url: ftp://x
      idp_public_certs: []
      attributes: [a, a, null]
      header_attributes: [{attribute_name: a}, b]
  typo: {name: T, type: pingon, config: {}}
  untyped: {name: U, config: {}}
  text: just text
  nothing:
  workforce: {name: Again, type: github, config: {client_id: c, client_secret: in-the-clear}}
  ? [complex, key]
  : {name: K, type: github, config: {}}
  "\e[31mred": {config: {}}
)";

TEST(Diagnostics, OfANastyFileAllComeAtOnce) {
  const Desired desired = load({{"idp.yaml", nasty}});
  EXPECT_FALSE(desired.ok());
  expect_golden("config/golden/nasty.txt", std::string(nasty) + "\n" + text_of(desired.diagnostics));
}

TEST(Diagnostics, AreSortedByPlaceAndHoldNoControlCharacter) {
  const Desired desired = load({{"b.yaml", nasty}, {"a.yaml", nasty}});
  EXPECT_EQ(desired.diagnostics.front().where.file, "a.yaml");
  EXPECT_EQ(desired.diagnostics.back().where.file, "b.yaml");
  for (const model::Diagnostic& one : desired.diagnostics) {
    EXPECT_EQ(base::printable(one.message), one.message);
  }
}

struct Row {
  const char* what;
  std::string text;
  std::string expected;
};

TEST(Diagnostics, EachKindNamesFileLineAndColumn) {
  const Row rows[] = {
      {"unknown key", pingone("clientid: c"),
       "idp.yaml:9:7: unknown key \"clientid\" in config, did you mean \"client_id\"?\n"},
      {"unknown key, nothing near", pingone("", "colour: red"),
       "idp.yaml:9:5: unknown key \"colour\" in the document; known are name, type, config, scim_config, "
       "options, check\n"},
      {"wrong type", pingone("pkce_enabled: maybe"),
       "idp.yaml:9:21: config.pkce_enabled must be true or false, not \"maybe\"\n"},
      {"text that looks like a boolean", pingone("pkce_enabled: 'true'"),
       "idp.yaml:9:21: config.pkce_enabled must be true or false, not \"true\"\n"},
      {"one instead of a list", pingone("claims: department"),
       "idp.yaml:9:15: config.claims must be a list, not \"department\"\n"},
      {"a list instead of one", pingone("email_claim_name: [a]"),
       "idp.yaml:9:25: config.email_claim_name must be text, not a list\n"},
      {"field of another type", pingone("okta_account: https://a.okta.com"),
       "idp.yaml:9:7: unknown key \"okta_account\" in config; a field of type okta, not of pingone\n"},
      {"not one of", pingone("", "scim_config: {identity_update_behavior: reaut}"),
       "idp.yaml:9:45: scim_config.identity_update_behavior must be one of automatic, reauth, no_action, not "
       "\"reaut\", did you mean "
       "\"reauth\"?\n"},
      {"duplicate key", pingone("claims: [a]\n      claims: [b]"),
       "idp.yaml:10:7: config.claims is given twice, first in line 9\n"},
      {"duplicate key of the entry", pingone("", "name: Again"),
       "idp.yaml:9:5: name is given twice, first in line 3\n"},
      {"seats without users", pingone("", "scim_config: {enabled: true, seat_deprovision: true}"),
       "idp.yaml:9:34: scim_config.seat_deprovision needs scim_config.user_deprovision: true\n"},
      {"seats with users off", pingone("", "scim_config: {user_deprovision: false, seat_deprovision: true}"),
       "idp.yaml:9:44: scim_config.seat_deprovision needs scim_config.user_deprovision: true\n"},
      {"reference in a name", pingone("email_claim_name: ${env:HOME}"),
       "idp.yaml:9:25: config.email_claim_name holds a reference, which is allowed only in a secret field; "
       "write a literal ${ as $${\n"},
      {"reference in an option", pingone("", "options: {ignore: ['${file:/etc/passwd}']}"),
       "idp.yaml:9:24: options.ignore[0] holds a reference, which is allowed only in a secret field; write a "
       "literal ${ as $${\n"},
      {"unclosed reference in a name", pingone("email_claim_name: 'a${'"),
       "idp.yaml:9:25: config.email_claim_name holds a reference, which is allowed only in a secret field; "
       "write a literal ${ as $${\n"},
      {"no date", pingone("", "options: {secret_expires: 2027-13-01}"),
       "idp.yaml:9:31: options.secret_expires must be a date such as 2027-05-01\n"},
      {"unknown path to ignore", pingone("", "options: {ignore: [config.claim]}"),
       "idp.yaml:9:23: options.ignore names \"config.claim\", which is no field of type pingone, did you "
       "mean \"config.claims\"?\n"},
      {"no team domain", pingone("", "check: {team_domain: example.com}"),
       "idp.yaml:9:26: check.team_domain must match ^[a-z0-9-]+\\.cloudflareaccess\\.com$\n"},
      {"missing", "identity_providers:\n  g:\n    name: G\n    type: github\n    config: {client_id: c}\n",
       "idp.yaml:5:13: config.client_secret is missing\n"},
      {"missing config", "identity_providers:\n  g:\n    name: G\n    type: github\n",
       "idp.yaml:3:5: config is missing\n"},
      {"missing type", "identity_providers:\n  g: {name: G, config: {}}\n",
       "idp.yaml:2:3: g has no type; it is one of azureAD, centrify, cloudflare, facebook, github, google, "
       "google-apps, linkedin, oidc, "
       "okta, onelogin, onetimepin, pingone, saml, yandex\n"},
      {"unknown type", "identity_providers:\n  g: {name: G, type: githubb, config: {}}\n",
       "idp.yaml:2:22: unknown type \"githubb\", did you mean \"github\"?\n"},
      {"required but null", "identity_providers:\n  g: {name: null, type: onetimepin, config: {}}\n",
       "idp.yaml:2:13: name must not be empty\n"},
      {"required but empty", "identity_providers:\n  g: {name: '', type: onetimepin, config: {}}\n",
       "idp.yaml:2:13: name must not be empty\n"},
      {"no entry", "identity_providers:\n  g: text\n",
       "idp.yaml:2:3: g must be a mapping with name, type and config\n"},
      {"a list of entries", "identity_providers: [a]\n",
       "idp.yaml:1:21: identity_providers must be a mapping, not a list\n"},
      {"a list of documents", "- a\n", "idp.yaml:1:1: the document must be a mapping, not a list\n"},
      {"an empty mapping", "{}\n", "idp.yaml:1:1: identity_providers is missing\n"},
      {"empty", "# nothing\n", "idp.yaml: warning: the file is empty\n"},
      {"a second document", pingone() + "---\na: b\n",
       "idp.yaml:10:1: a second document in the file; one file holds one\n"},
      {"not YAML", "identity_providers: [a\nb: c\n", ""},
      {"SCIM on a one-time PIN",
       "identity_providers:\n  p: {name: P, type: onetimepin, config: {}, scim_config: {enabled: true}}\n",
       "idp.yaml:2:46: unknown key \"scim_config\" in the document; a field that type onetimepin does not "
       "have\n"},
      {"a key that is no handle", "identity_providers:\n  a b: {name: P, type: onetimepin, config: {}}\n",
       "idp.yaml:2:3: the key \"a b\" of identity_providers must match ^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$\n"},
      {"the same key twice",
       "identity_providers:\n  p: {name: P, type: onetimepin, config: {}}\n  p: {name: C, type: cloudflare, "
       "config: {}}\n",
       "idp.yaml:3:3: identity_providers.p is given twice, first in line 2\n"},
      {"the same name twice",
       "identity_providers:\n  p: {name: P, type: onetimepin, config: {}}\n  c: {name: P, type: cloudflare, "
       "config: {}}\n",
       "idp.yaml:2:13: the name \"P\" is taken by idp.yaml:3:3\n"},
      {"a second singleton",
       "identity_providers:\n  p: {name: P, type: onetimepin, config: {}}\n  q: {name: Q, type: onetimepin, "
       "config: {}}\n",
       "idp.yaml:3:3: the type onetimepin, of which an account has one, is taken by idp.yaml:2:3\n"},
      {"one live id for two",
       "identity_providers:\n  p: {name: P, type: onetimepin, config: {}, options: {adopt_id: x}}\n  q: "
       "{name: Q, type: cloudflare, config: "
       "{}, options: {adopt_id: x}}\n",
       "idp.yaml:3:66: this adopt_id is taken by idp.yaml:2:3\n"},
      {"an unknown account", "account: produktion\n" + pingone(),
       "idp.yaml:1:10: the settings have no account \"produktion\", did you mean \"production\"?\n"},
      {"set by the server", pingone("redirect_url: https://x.example.com/"),
       "idp.yaml:9:7: warning: config.redirect_url is set by the server; it is ignored here\n"},
      {"a secret of the server", pingone("", "scim_config: {secret: x}"),
       "idp.yaml:9:27: warning: scim_config.secret is set by the server; it is ignored here\n"},
      {"a member of a set twice", pingone("claims: [a, b, a]"),
       "idp.yaml:9:22: warning: config.claims names \"a\" twice, first in line 9\n"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.what);
    if (row.expected.empty()) {
      EXPECT_THAT(said(row.text), testing::StartsWith("idp.yaml:"));
    } else {
      EXPECT_EQ(said(row.text), row.expected) << row.text;
    }
  }
}

TEST(Diagnostics, OfSecretsNeverRepeatThem) {
  const auto entry = [](const std::string& secret) {
    return "identity_providers:\n  g: {name: G, type: github, config: {client_id: c, client_secret: " +
           secret + "}}\n";
  };
  EXPECT_EQ(said(entry("s3cret")),
            "idp.yaml:2:68: warning: config.client_secret holds a secret in clear; write a reference such as "
            "${credential:g}\n");
  EXPECT_EQ(said(entry("'****'")),
            "idp.yaml:2:68: config.client_secret holds only asterisks, which is how the API hides a secret; "
            "write a reference such as "
            "${credential:NAME}\n");
  EXPECT_EQ(said(entry("''")),
            "idp.yaml:2:68: config.client_secret is empty; write a reference such as ${credential:NAME}\n");
  EXPECT_EQ(said(entry("null")), "idp.yaml:2:68: config.client_secret must not be empty\n");
  EXPECT_EQ(said(entry("[s3cret]")),
            "idp.yaml:2:68: config.client_secret must be a secret reference such as ${credential:NAME}, not "
            "a list\n");
  for (const char* text : {"'${vault:s3cret}'", "'${s3cret'", "'${s3cret}'", "'a${env:}s3cret'"}) {
    EXPECT_THAT(said(entry(text)), HasSubstr("idp.yaml:2:68: config.client_secret: ")) << text;
    EXPECT_THAT(said(entry(text)), Not(HasSubstr("s3cret"))) << text;
  }
}

TEST(Diagnostics, OfAnUnquotedReferenceInBracesSayWhatToDo) {
  const std::string entry =
      "identity_providers:\n  g: {name: G, type: github, config: {client_id: c, client_secret: ${env:S}}}\n";
  EXPECT_THAT(said(entry), HasSubstr("; within { } and [ ] a reference must be quoted: \"${...}\"\n"));
  EXPECT_THAT(said("a: [b\nc: ${env:S}\n"), Not(HasSubstr("quoted")));
}

TEST(Diagnostics, UnderStrictAWarningIsAnError) {
  for (const std::string& text : {pingone("redirect_url: https://x.example.com/"), std::string("# nothing\n"),
                                  std::string("identity_providers:\n  g: {name: G, type: github, config: "
                                              "{client_id: c, client_secret: x}}\n")}) {
    LoadOptions options{.accounts = {"production"}, .default_account = "production"};
    EXPECT_TRUE(load({{"idp.yaml", text}}, options).ok()) << text;
    options.strict = true;
    const Desired desired = load({{"idp.yaml", text}}, options);
    EXPECT_FALSE(desired.ok()) << text;
    EXPECT_THAT(text_of(desired.diagnostics), Not(HasSubstr("warning")));
  }
}

TEST(Diagnostics, OfAManyTimesBrokenFileComeInTime) {
  std::string text = "identity_providers:\n  w:\n    name: n\n    type: pingone\n    config:\n";
  for (int i = 0; i < 30'000; ++i) text += "      client_idd" + std::to_string(i) + ": x\n";
  const Desired desired = load(text);
  EXPECT_FALSE(desired.ok());
  EXPECT_GE(desired.diagnostics.size(), 1000u);
}

}  // namespace
}  // namespace idpd::config
