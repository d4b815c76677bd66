// Many accounts: from files of their own, with what they have in common said once, and files about many of
// them.
#include <fmt/format.h>

#include "config/loading.h"

namespace idpd::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;
using testing::Pointee;
using testing::UnorderedElementsAre;

std::string id_of(int number) {
  return fmt::format("{:032x}", number);
}

struct Parsed {
  std::optional<Settings> settings;
  std::string said;
};

Parsed parsed(const std::string& text, const std::vector<SourceFile>& files) {
  std::vector<model::Diagnostic> diagnostics;
  Parsed out;
  out.settings =
      parse_settings("/srv/idpd.yaml", text + "desired: {path: idps}\n", catalog(), "", diagnostics,
                     [&](const std::string& path) -> base::Result<std::vector<SourceFile>> {
                       if (path != "/srv/accounts")
                         return base::Error{base::Code::io, "there is no such file or folder", path};
                       return files;
                     });
  out.said = text_of(diagnostics);
  EXPECT_EQ(out.settings.has_value(), out.said.empty()) << out.said;
  return out;
}

TEST(AccountFiles, HoldTheMapOfTheSettings) {
  const auto out =
      parsed("accounts: accounts\n",
             {{"a.yaml", "one: {id: '" + id_of(1) + "', token: '${credential:a}', mode: enforce}\n"},
              {"b.yaml", "two: {id: '" + id_of(2) + "', token: '${credential:b}'}\n"}});
  ASSERT_TRUE(out.settings.has_value());
  EXPECT_EQ(out.settings->accounts_path, "/srv/accounts");
  EXPECT_THAT(out.settings->aliases(), ElementsAre("one", "two"));
  EXPECT_TRUE(out.settings->find("one")->enforce);
  EXPECT_FALSE(out.settings->find("two")->enforce);
  EXPECT_EQ(out.settings->own_references.size(), 2u) << "no file with identity providers may read these";
}

TEST(AccountFiles, TellEveryMistakeWhereItIs) {
  const std::string good = ", token: '${credential:a}'}\n";
  EXPECT_EQ(parsed("accounts: accounts\n",
                   {{"a.yaml", "one: {id: x" + good + "two: {mod: enforce}\n"}, {"b.yaml", "- a\n"}})
                .said,
            "a.yaml:1:11: one.id must match ^[0-9a-f]{32}$\n"
            "a.yaml:2:7: unknown key \"mod\" in two, did you mean \"mode\"?\n"
            "a.yaml:2:6: two.id is missing\n"
            "a.yaml:2:6: two.token is missing\n"
            "b.yaml:1:1: accounts must be a mapping, not a list\n");
  EXPECT_EQ(parsed("accounts: accounts\n", {{"a.yaml", "one: {id: '" + id_of(1) + "'" + good},
                                            {"b.yaml", "one: {id: '" + id_of(2) + "'" + good + "two: {id: '" +
                                                           id_of(1) + "'" + good}})
                .said,
            "b.yaml:1:6: the account one stands already in a.yaml:1:6\n"
            "b.yaml:2:11: accounts.one and accounts.two have the same id\n");
  EXPECT_EQ(parsed("accounts: nowhere\n", {}).said,
            "/srv/idpd.yaml:1:11: accounts: /srv/nowhere: there is no such file or folder\n");
  EXPECT_EQ(parsed("accounts: accounts\n", {}).said,
            "/srv/idpd.yaml:1:11: accounts names a folder without a .yaml file\n");
}

TEST(AccountDefaults, AreWhatAnAccountDoesNotSayItself) {
  const auto out = parsed(
      "account_defaults: {token: '${credential:all}', mode: enforce, deletes: allow, max_deletes: 3, "
      "unmanaged: ignore,"
      " variables: {tenant: common, region: eu}}\n"
      "accounts:\n"
      "  one: {id: '" +
          id_of(1) +
          "'}\n"
          "  two: {id: '" +
          id_of(2) +
          "', token: '${credential:own}', mode: report, max_deletes: 0, variables: {tenant: own}}\n",
      {});
  ASSERT_TRUE(out.settings.has_value());
  const Account& one = *out.settings->find("one");
  EXPECT_EQ(one.token, "${credential:all}");
  EXPECT_TRUE(one.enforce && one.allow_deletes);
  EXPECT_EQ(one.max_deletes, 3u);
  EXPECT_EQ(one.unmanaged, Unmanaged::ignore);
  EXPECT_THAT(one.variables, UnorderedElementsAre(Pair("account", "one"), Pair("account_id", id_of(1)),
                                                  Pair("tenant", "common"), Pair("region", "eu")));
  const Account& two = *out.settings->find("two");
  EXPECT_EQ(two.token, "${credential:own}");
  EXPECT_FALSE(two.enforce);
  EXPECT_EQ(two.max_deletes, 0u);
  EXPECT_EQ(two.variables.at("tenant"), "own");
  EXPECT_EQ(two.variables.at("region"), "eu");
}

TEST(AccountDefaults, MayNameATokenForEachAccount) {
  const std::string defaults = "account_defaults: {token: '${credential:cloudflare-${var:account}}'}\n";
  const auto out =
      parsed(defaults + "accounts:\n  one: {id: '" + id_of(1) + "'}\n  two: {id: '" + id_of(2) + "'}\n", {});
  ASSERT_TRUE(out.settings.has_value());
  EXPECT_EQ(out.settings->find("one")->token, "${credential:cloudflare-one}");
  EXPECT_EQ(out.settings->find("two")->token, "${credential:cloudflare-two}");
  EXPECT_EQ(out.settings->find("two")->rate_group, "two") << "a token of its own is a budget of its own";
  EXPECT_THAT(out.settings->own_references,
              ElementsAre(base::Reference{base::Reference::Kind::credential, "cloudflare-one"},
                          base::Reference{base::Reference::Kind::credential, "cloudflare-two"}))
      << "which no file with identity providers may read";
  EXPECT_EQ(parsed("account_defaults: {token: '${credential:${var:tenant}}'}\naccounts: {one: {id: '" +
                       id_of(1) + "'}}\n",
                   {})
                .said,
            "/srv/idpd.yaml:1:27: there is no variable \"tenant\" for account one; say it under its "
            "`variables`, or under "
            "account_defaults\n");
  EXPECT_THAT(parsed("notify: [{webhook: '${credential:${var:account}}'}]\naccounts: {one: {id: '" +
                         id_of(1) + "', token: '${credential:a}'}}\n",
                     {})
                  .said,
              HasSubstr("notify[0].webhook holds a variable, which belongs to an account"));
}

TEST(AccountVariables, ArePlainTextThatNeverBecomesAReference) {
  for (const char* value : {"${credential:x}", "$${env:X}", "a}b", "$"}) {
    const auto out = parsed(
        fmt::format("accounts: {{one: {{id: '{}', token: '${{credential:t}}', variables: {{v: '{}'}}}}}}\n",
                    id_of(1), value),
        {});
    EXPECT_THAT(out.said, HasSubstr("accounts.one.variables.v")) << value;
  }
  EXPECT_THAT(parsed("accounts: {one: {id: '" + id_of(1) +
                         "', token: '${credential:t}', variables: {account: other}}}\n",
                     {})
                  .said,
              HasSubstr("the variable account is given and cannot be another"));
}

TEST(RateGroups, AccountsOfOneTokenShareABudgetWithoutSayingSo) {
  const auto out = parsed("accounts:\n  a: {id: '" + id_of(1) + "', token: '${credential:x}'}\n" +
                              "  b: {id: '" + id_of(2) + "', token: '${credential:x}'}\n" + "  c: {id: '" +
                              id_of(3) + "', token: '${credential:y}'}\n" + "  d: {id: '" + id_of(4) +
                              "', token: '${credential:y}', rate_group: team}\n" + "  e: {id: '" + id_of(5) +
                              "', token: '${credential:z}'}\n",
                          {});
  ASSERT_TRUE(out.settings.has_value());
  const auto group = [&](const char* alias) { return out.settings->find(alias)->rate_group; };
  EXPECT_EQ(group("a"), "a");
  EXPECT_EQ(group("b"), "a");
  EXPECT_EQ(group("c"), "team");
  EXPECT_EQ(group("d"), "team");
  EXPECT_EQ(group("e"), "e");
}

// Three customers and one other, with a variable each.
class Template : public testing::Test {
 protected:
  std::map<std::string, Variables> variables = {
      {"customer-1", {{"account", "customer-1"}, {"account_id", id_of(1)}, {"tenant", "t1"}, {"on", "true"}}},
      {"customer-2",
       {{"account", "customer-2"}, {"account_id", id_of(2)}, {"tenant", "t2"}, {"on", "false"}}},
      {"customer-3", {{"account", "customer-3"}, {"account_id", id_of(3)}, {"tenant", "t3"}, {"on", "true"}}},
      {"other", {{"account", "other"}, {"account_id", id_of(4)}}}};

  LoadOptions options() const {
    LoadOptions out;
    for (const auto& [alias, its] : variables) out.accounts.push_back(alias);
    out.variables = [this](const std::string& alias) { return &variables.at(alias); };
    return out;
  }
  Desired loaded(const std::string& text) const { return load({{"idp.yaml", text}}, options()); }
  std::vector<std::string> takers(const std::string& accounts) const {
    const Desired desired = loaded("accounts: " + accounts + "\n" + pingone());
    std::vector<std::string> out;
    for (const auto& [alias, state] : desired.accounts) {
      if (!state.providers.empty()) out.push_back(alias);
    }
    return out;
  }
};

TEST_F(Template, IsForTheAccountsThatItNames) {
  EXPECT_THAT(takers("all"), ElementsAre("customer-1", "customer-2", "customer-3", "other"));
  EXPECT_THAT(takers("['customer-*']"), ElementsAre("customer-1", "customer-2", "customer-3"));
  EXPECT_THAT(takers("'customer-[12]'"), ElementsAre("customer-1", "customer-2"));
  EXPECT_THAT(takers("[other, customer-2]"), ElementsAre("customer-2", "other"));
  EXPECT_THAT(takers("['customer-*', '!customer-2']"), ElementsAre("customer-1", "customer-3"));
  EXPECT_THAT(takers("['!customer-*']"), ElementsAre("other"));
}

TEST_F(Template, PutsTheAccountsVariablesIntoAnyValue) {
  const Desired desired = loaded(R"yaml(accounts: ["customer-*"]
identity_providers:
  workforce:
    name: "PingOne ${var:tenant} of ${var:account} ($${var:tenant})"
    type: pingone
    config:
      client_id: ${var:account_id}
      client_secret: ${credential:pingone-${var:tenant}}
      ping_env_id: ${var:tenant}
      pkce_enabled: ${var:on}
      claims: [sub, "${var:tenant}"]
    options: {adopt_id: "${var:account_id}"}
)yaml");
  EXPECT_EQ(text_of(desired.diagnostics), "");
  for (int number = 1; number <= 3; ++number) {
    const auto& one = desired.accounts.at(fmt::format("customer-{}", number)).providers.at(0);
    EXPECT_EQ(one.name(), fmt::format("PingOne t{0} of customer-{0} (${{var:tenant}})", number));
    EXPECT_EQ(one.fields.at("config.client_id"), base::Json(id_of(number)));
    EXPECT_EQ(one.fields.at("config.pkce_enabled"), base::Json(number != 2));
    EXPECT_EQ(base::dump_json(one.fields.at("config.claims")), fmt::format("[\"sub\",\"t{}\"]", number));
    EXPECT_EQ(one.secrets.at("config.client_secret").text,
              fmt::format("${{credential:pingone-t{}}}", number));
    EXPECT_EQ(one.options.adopt_id, id_of(number));
  }
  EXPECT_TRUE(desired.accounts.at("other").providers.empty());
}

TEST_F(Template, OfASecretFileHasTheAccountInItsPath) {
  std::string text = "accounts: all\n" + pingone();
  text.replace(text.find("${credential:c}"), 15, "${file:/etc/secrets/${var:account}/pingone}");
  const Desired desired = loaded(text);
  EXPECT_EQ(desired.accounts.at("other").providers.at(0).secrets.at("config.client_secret").text,
            "${file:/etc/secrets/other/pingone}");
}

TEST_F(Template, AReferenceOutsideOfASecretStaysAnErrorHoweverItIsPutTogether) {
  EXPECT_THAT(
      text_of(loaded("accounts: all\n" + pingone("tenant_name: ${credential:${var:account}}")).diagnostics),
      HasSubstr("unknown key"));
  std::string text = "accounts: all\n" + pingone();
  text.replace(text.find("PingOne Workforce"), 17, "${credential:${var:account}}");
  EXPECT_THAT(text_of(loaded(text).diagnostics), HasSubstr("name holds a reference"));
}

TEST_F(Template, AVariableThatAnAccountLacksIsSaidOnceWithTheWayOut) {
  std::string text = "accounts: all\n" + pingone();
  text.replace(text.find("ping_env_id: e"), 14, "ping_env_id: ${var:tenant}");
  EXPECT_EQ(text_of(loaded(text).diagnostics),
            "idp.yaml:9:20: there is no variable \"tenant\"; say it under the account's `variables` in the "
            "settings, or "
            "under account_defaults (account other)\n");
  text.replace(text.find("${var:tenant}"), 13, "${var:tenent}");
  const std::string said = text_of(loaded(text).diagnostics);
  EXPECT_THAT(said, HasSubstr("did you mean \"tenant\"?"));
}

TEST_F(Template, AMistakeOfManyAccountsIsOneMessage) {
  EXPECT_EQ(
      text_of(
          loaded("accounts: all\nidentity_providers:\n  a: {name: '${var:account}', type: github, config: "
                 "{client_id: a, client_secret: '${credential:c}', prompt: x}}\n")
              .diagnostics),
      "idp.yaml:3:102: unknown key \"prompt\" in config; a field of type azureAD, not of github (accounts "
      "customer-1, customer-2, customer-3 and 1 more)\n");
}

TEST_F(Template, AGlobWithoutAnAccountIsAWarningAndAnAliasWithoutOneAnError) {
  const Desired desired = loaded("accounts: ['client-*', customer-9]\n" + pingone());
  EXPECT_EQ(text_of(desired.diagnostics),
            "idp.yaml:1:12: warning: no account matches \"client-*\"\n"
            "idp.yaml:1:24: the settings have no account \"customer-9\", did you mean \"customer-1\"?\n");
  EXPECT_THAT(text_of(loaded("account: other\naccounts: all\n" + pingone()).diagnostics),
              HasSubstr("either account or accounts"));
}

TEST_F(Template, AKeyThatAnAccountHasItselfIsAnErrorThatNamesBothPlacesAndTheWayOut) {
  const Desired desired =
      load({{"all.yaml", "accounts: all\n" + pingone()}, {"own.yaml", "account: customer-2\n" + pingone()}},
           options());
  EXPECT_THAT(
      text_of(desired.diagnostics),
      HasSubstr(
          "own.yaml:3:3: the key \"workforce\" is taken by all.yaml:3:3; a file takes an account out with "
          "\"!ALIAS\" in its accounts (account customer-2)\n"));
  const Desired apart = load({{"all.yaml", "accounts: [all, '!customer-2']\n" + pingone()},
                              {"own.yaml", "account: customer-2\n" + pingone()}},
                             options());
  EXPECT_EQ(text_of(apart.diagnostics), "");
}

TEST_F(Template, IsCheckedWithoutSettingsAsFarAsItCanBe) {
  const std::string text =
      "accounts: ['customer-*']\n" + pingone("pkce_enabled: ${var:on}", "scim_config: {enbled: true}");
  LoadOptions offline;
  offline.default_account = "default";
  offline.any_variable = true;
  EXPECT_EQ(text_of(load({{"idp.yaml", text}}, offline).diagnostics),
            "idp.yaml:11:19: unknown key \"enbled\" in scim_config, did you mean \"enabled\"?\n");
}

TEST_F(Template, OfAStateThatIsKeptIsWhatLoadingGives) {
  const std::string text =
      "accounts: all\n" + pingone("", "check: {team_domain: '${var:account}.cloudflareaccess.com'}");
  const std::vector<SourceFile> files{{"idp.yaml", text}};
  const SharedDesired kept(files, catalog(), options());
  const Desired desired = loaded(text);
  EXPECT_TRUE(kept.ok());
  for (const auto& [alias, state] : desired.accounts) {
    const model::DesiredState again = kept.of(alias);
    ASSERT_EQ(again.providers.size(), 1u);
    EXPECT_EQ(again.providers[0].fields, state.providers[0].fields);
    EXPECT_EQ(again.providers[0].check, state.providers[0].check);
    EXPECT_NE(kept.signature(alias), kept.signature("nobody"));
    EXPECT_EQ(again.providers[0].check.text("team_domain"), alias + ".cloudflareaccess.com");
  }
  EXPECT_TRUE(kept.of("nobody").providers.empty());
}

}  // namespace
}  // namespace idpd::config
