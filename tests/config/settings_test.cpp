#include "config/settings.h"

#include <filesystem>

#include "config/decode.h"
#include "config/loading.h"

namespace idpd::config {
namespace {

using base::Json;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr const char* id = "0123456789abcdef0123456789abcdef";

std::string minimal(const std::string& account = "", const std::string& rest = "desired: {path: idps}\n") {
  return "accounts:\n  production:\n    id: " + std::string(id) + "\n    token: ${credential:t}\n" +
         (account.empty() ? "" : "    " + account + "\n") + rest;
}

struct Parsed {
  std::optional<Settings> settings;
  std::string said;
};

Parsed parsed(const std::string& text, const std::string& file = "/srv/idpd/idpd.yaml",
              const std::string& state = "") {
  std::vector<model::Diagnostic> diagnostics;
  Parsed out;
  out.settings = parse_settings(file, text, catalog(), state, diagnostics);
  out.said = text_of(diagnostics);
  return out;
}

std::string error_of(const std::string& text) {
  const Parsed out = parsed(text, "idpd.yaml");
  EXPECT_EQ(out.settings.has_value(), out.said.empty()) << out.said;
  return out.said;
}

TEST(Settings, AreReadAsWritten) {
  const Parsed out = parsed(R"(accounts:
  staging: {id: "11111111111111111111111111111111", token: "${env:T}${file:/t}", mode: enforce, deletes: allow, max_deletes: 3,
    unmanaged: delete, rate_group: us}
  production: {id: 0123456789abcdef0123456789abcdef, token: "${credential:cf}", unmanaged: ignore}
desired: {path: idps}
secrets: {files: [secrets, /etc/idpd/secrets]}
api: {base_url: "http://127.0.0.1:8080/client/v4/", requests_per_5m: 100, ca_file: ca.pem, connect_timeout: 1s, stall_timeout: 250ms,
  timeout: 1m}
state: {path: state}
notify: [{webhook: "${credential:slack}", format: slack, on: [drift]}]
admin: {listen: [unix:/run/idpd/admin.sock, 127.0.0.1:9180]}
)");
  ASSERT_TRUE(out.settings.has_value()) << out.said;
  const Settings& settings = *out.settings;
  EXPECT_THAT(settings.aliases(), ElementsAre("production", "staging"));
  const Account& staging = *settings.find("staging");
  EXPECT_EQ(staging.id, "11111111111111111111111111111111");
  EXPECT_EQ(staging.token, "${env:T}${file:/t}");
  EXPECT_TRUE(staging.enforce && staging.allow_deletes);
  EXPECT_EQ(staging.max_deletes, 3u);
  EXPECT_EQ(staging.unmanaged, Unmanaged::remove);
  EXPECT_EQ(staging.rate_group, "us");
  EXPECT_EQ(settings.find("production")->unmanaged, Unmanaged::ignore);
  EXPECT_EQ(settings.find("nobody"), nullptr);
  EXPECT_EQ(settings.desired_path, "/srv/idpd/idps");
  EXPECT_THAT(settings.secret_files, ElementsAre("/srv/idpd/secrets", "/etc/idpd/secrets"));
  EXPECT_EQ(settings.state_path, "/srv/idpd/state");
  EXPECT_EQ(settings.api.base_url, "http://127.0.0.1:8080/client/v4");
  EXPECT_EQ(settings.api.requests_per_5m, 100);
  EXPECT_EQ(settings.api.ca_file, "/srv/idpd/ca.pem");
  EXPECT_EQ(settings.api.connect_timeout, std::chrono::seconds(1));
  EXPECT_EQ(settings.api.stall_timeout, std::chrono::milliseconds(250));
  EXPECT_EQ(settings.api.timeout, std::chrono::minutes(1));
  EXPECT_EQ(settings.own_references.size(), 4u)
      << "token parts and webhook: none of them for the other files";
}

TEST(Settings, SayWhomToTellWhat) {
  const Parsed out = parsed(minimal() + R"(notify:
  - {webhook: "${credential:slack}", format: slack, on: [drift, resolved], remind: 7d}
  - {webhook: "http://127.0.0.1:9000/hook"}
  - {webhook: "https://hooks.example.com/${env:HOOK}"}
)");
  ASSERT_TRUE(out.settings.has_value()) << out.said;
  ASSERT_EQ(out.settings->notify.size(), 3u);
  const Receiver& slack = out.settings->notify[0];
  EXPECT_EQ(slack.webhook, "${credential:slack}");
  EXPECT_TRUE(slack.slack);
  EXPECT_THAT(slack.on, ElementsAre("drift", "resolved"));
  EXPECT_EQ(slack.remind, std::chrono::hours(24 * 7));
  const Receiver& plain = out.settings->notify[1];
  EXPECT_FALSE(plain.slack);
  EXPECT_TRUE(plain.on.empty());
  EXPECT_EQ(plain.remind, std::chrono::hours(24));
}

TEST(Settings, DefaultsAreThoseOfTheSchema) {
  const Parsed out = parsed(minimal());
  ASSERT_TRUE(out.settings.has_value()) << out.said;
  const Json& schema = *catalog().document("settings.json");
  const auto field = [&](const char* path) -> const Json& {
    const Json* at = &schema;
    for (std::string_view rest = path; !rest.empty();) {
      const std::size_t dot = rest.find('.');
      const std::string_view word = rest.substr(0, dot);
      if (const Json* shapes = at->find("oneOf")) at = &shapes->array()[0];
      at = word == "*" ? at->find("additionalProperties") : at->find("properties")->find(word);
      rest = dot == std::string_view::npos ? "" : rest.substr(dot + 1);
    }
    return *at->find("default");
  };
  const Account& account = out.settings->accounts[0];
  EXPECT_EQ(field("accounts.*.mode"), Json(account.enforce ? "enforce" : "report"));
  EXPECT_EQ(field("accounts.*.deletes"), Json(account.allow_deletes ? "allow" : "withhold"));
  EXPECT_EQ(field("accounts.*.max_deletes"), Json(account.max_deletes));
  EXPECT_EQ(field("accounts.*.unmanaged"), Json("report"));
  EXPECT_EQ(account.unmanaged, Unmanaged::report);
  EXPECT_EQ(account.rate_group, "production");
  const Api& api = out.settings->api;
  EXPECT_EQ(field("api.base_url"), Json(api.base_url));
  EXPECT_EQ(duration_ms(field("api.connect_timeout").string()), api.connect_timeout.count());
  EXPECT_EQ(duration_ms(field("api.stall_timeout").string()), api.stall_timeout.count());
  EXPECT_EQ(duration_ms(field("api.timeout").string()), api.timeout.count());
  EXPECT_FALSE(api.requests_per_5m.has_value());
  // And those of a Settings that no file has made.
  const Account none;
  EXPECT_FALSE(none.enforce || none.allow_deletes);
  EXPECT_EQ(none.max_deletes, account.max_deletes);
  EXPECT_EQ(none.unmanaged, account.unmanaged);
  EXPECT_EQ(Api{}.base_url, api.base_url);
  EXPECT_EQ(Api{}.timeout, api.timeout);
}

TEST(Settings, EachErrorStandsWhereItIs) {
  const std::pair<std::string, std::string> rows[] = {
      {"", "idpd.yaml:1:1: accounts is missing\nidpd.yaml:1:1: desired is missing\n"},
      {"[]", "idpd.yaml:1:1: the document must be a mapping, not a list\n"},
      {"accounts:\ndesired: {path: x}\n", "idpd.yaml:1:1: accounts must not be empty\n"},
      {"accounts: {}\ndesired: {path: x}\n", "idpd.yaml:1:11: accounts must not be empty\n"},
      {"accounts: {a: }\ndesired: {path: x}\n",
       "idpd.yaml:1:15: accounts.a.id is missing\nidpd.yaml:1:15: accounts.a.token is missing\n"},
      {minimal("", "desired: {}\n"), "idpd.yaml:5:10: desired must not be empty\n"},
      {minimal("", ""), "idpd.yaml:1:1: desired is missing\n"},
      {minimal("", "desired: {path: x, git: {url: y}}\n"),
       "idpd.yaml:5:10: desired takes a path or a git repository, not both\n"},
      {minimal("", "desired: {git: {}}\n"), "idpd.yaml:5:16: desired.git.url is missing\n"},
      {minimal("mode: enforced"),
       "idpd.yaml:5:11: accounts.production.mode must be one of report, enforce, not \"enforced\", did you "
       "mean \"enforce\"?\n"},
      {minimal("deletes: true"),
       "idpd.yaml:5:14: accounts.production.deletes must be one of withhold, allow, not \"true\"\n"},
      {minimal("max_deletes: -1"), "idpd.yaml:5:18: accounts.production.max_deletes must be at least 0\n"},
      {minimal("max_deletes: many"),
       "idpd.yaml:5:18: accounts.production.max_deletes must be a whole number, not \"many\"\n"},
      {minimal("max_deletes: 99999999999999999999"),
       "idpd.yaml:5:18: accounts.production.max_deletes must be a whole number, not "
       "\"99999999999999999999\"\n"},
      {minimal("unmanged: report"),
       "idpd.yaml:5:5: unknown key \"unmanged\" in accounts.production, did you mean \"unmanaged\"?\n"},
      {minimal("rate_group: ''"), "idpd.yaml:5:17: accounts.production.rate_group must not be empty\n"},
      {minimal("token: ${credential:u}"),
       "idpd.yaml:5:5: accounts.production.token is given twice, first in line 4\n"},
      {minimal() + "api: {base_url: http://api.example.com}\n",
       "idpd.yaml:6:17: api.base_url must begin with https:// (http only to 127.0.0.1, localhost or [::1]); "
       "it carries the token\n"},
      {minimal() + "api: {requests_per_5m: 5}\n",
       "idpd.yaml:6:24: api.requests_per_5m must be at least 10\n"},
      {minimal() + "api: {requests_per_5m: 1201}\n",
       "idpd.yaml:6:24: api.requests_per_5m must be at most 1200\n"},
      {minimal() + "api: {timeout: 5}\n",
       "idpd.yaml:6:16: api.timeout must be a duration such as 30s, 5m, 12h or 30d\n"},
      {minimal() + "api: {timeout: '${env:T}'}\n",
       "idpd.yaml:6:16: api.timeout holds a reference, which is allowed only in a secret field; write a "
       "literal ${ as $${\n"},
      {minimal() + "reconcile: {concurrency: 65}\n",
       "idpd.yaml:6:26: reconcile.concurrency must be at most 64\n"},
      {minimal() + "notify: [{}]\n", "idpd.yaml:6:10: notify[0].webhook is missing\n"},
      {minimal() + "notify: [{webhook: null}]\n", "idpd.yaml:6:20: notify[0].webhook must not be empty\n"},
      {minimal() + "notify: [{webhook: '${env:W}'}, {webhook: 'http://hooks.example.com/T0P-s3cret'}]\n",
       "idpd.yaml:6:43: notify[1].webhook must begin with https:// (http only to 127.0.0.1, localhost or "
       "[::1])\n"},
      {minimal() + "notify: [{webhook: '${env:W}', on: [drfit]}]\n",
       "idpd.yaml:6:37: notify[0].on[0] must be one of drift, failure, withheld, expiry, check, resolved, "
       "not \"drfit\", did you mean \"drift\"?\n"},
      {minimal() + "admin: {listen: []}\n", "idpd.yaml:6:17: admin.listen needs at least 1 entry\n"},
      {minimal() + "admin: {}\n", "idpd.yaml:6:8: admin.listen is missing\n"},
      {minimal() + "acounts: {}\n",
       "idpd.yaml:6:1: unknown key \"acounts\" in the document, did you mean \"accounts\"?\n"},
      {minimal() + "---\n{}\n", "idpd.yaml:7:1: a second document in the file; one file holds one\n"},
  };
  for (const auto& [text, expected] : rows) EXPECT_EQ(error_of(text), expected) << text;
}

TEST(Settings, AllErrorsComeAtOnce) {
  const std::string said = error_of(
      "accounts: {a: {id: x, token: '', mode: on}, b c: {}}\ndesired: {pth: x}\napi: {timeout: x}\n");
  for (const char* part :
       {":1:20: accounts.a.id must match", ":1:30: accounts.a.token", ":1:40: accounts.a.mode",
        ":1:45: the key \"b c\"", ":2:11: unknown key \"pth\"", ":3:16: api.timeout"}) {
    EXPECT_THAT(said, HasSubstr(part));
  }
}

TEST(Settings, AnAccountIdIs32HexadecimalDigits) {
  for (const char* bad : {"0123456789ABCDEF0123456789ABCDEF", "0123456789abcdef0123456789abcde",
                          "0123456789abcdef0123456789abcdef0", "g123456789abcdef0123456789abcdef",
                          "\"0123456789abcdef0123456789abcdef\\n\""}) {
    EXPECT_THAT(
        error_of("accounts: {a: {id: " + std::string(bad) + ", token: '${env:T}'}}\ndesired: {path: x}\n"),
        HasSubstr("accounts.a.id must match"))
        << bad;
    EXPECT_FALSE(is_account_id(bad));
  }
  EXPECT_TRUE(is_account_id(id));
  EXPECT_EQ(
      error_of(
          "accounts: {a: {id: 00000000000000000000000000000012, token: '${env:T}'}}\ndesired: {path: x}\n"),
      "");
}

TEST(Settings, TwoAliasesOfOneIdAreAnError) {
  EXPECT_EQ(error_of("accounts:\n  a: {id: " + std::string(id) + ", token: '${env:T}'}\n  b: {id: " + id +
                     ", token: '${env:U}'}\ndesired: {path: x}\n"),
            "idpd.yaml:3:11: accounts.a and accounts.b have the same id\n");
}

TEST(Settings, ATokenIsNeverRepeated) {
  for (const char* token : {"'${vault:s3cret}'", "'${s3cret'", "[s3cret]", "{s3cret: s3cret}"}) {
    const std::string said =
        error_of("accounts: {a: {id: " + std::string(id) + ", token: " + token + "}}\ndesired: {path: x}\n");
    EXPECT_THAT(said, HasSubstr("accounts.a.token"));
    EXPECT_THAT(said, testing::Not(HasSubstr("s3cret")));
  }
}

TEST(Settings, TheTokenGoesOverHttpsOrStaysOnThisMachine) {
  for (const char* good : {"https://api.cloudflare.com/client/v4", "https://proxy.example.com:8443/x",
                           "http://127.0.0.1", "http://127.0.0.1:8080", "http://localhost/client/v4",
                           "http://localhost:1/x", "http://[::1]:8080/x", "http://[::1]"}) {
    EXPECT_EQ(base_url_problem(good), std::nullopt) << good;
  }
  for (const char* bad :
       {"", "api.cloudflare.com", "http://", "http://api.cloudflare.com", "http://127.0.0.1.example.com",
        "http://localhost.example.com", "http://localhostx", "http://127.0.0.1@example.com/",
        "http://127.0.0.1:80@example.com/", "http://localhost:x@example.com",
        "http://localhost:80.example.com", "http://127.0.0.1?@example.com", "http://127.0.0.1#@example.com",
        "HTTP://127.0.0.1", "ftp://127.0.0.1", "http:/127.0.0.1", "http://127.0.0.2", "http://0.0.0.0",
        "http://[::1].example.com"}) {
    EXPECT_NE(base_url_problem(bad), std::nullopt) << bad;
  }
}

TEST(Settings, TheStateLiesWhereTheyOrSystemdSayOrBesideThem) {
  const std::string with_path = minimal() + "state: {path: kept}\n";
  EXPECT_EQ(parsed(with_path, "/etc/idpd/idpd.yaml", "/var/lib/private/idpd").settings->state_path,
            "/etc/idpd/kept");
  EXPECT_EQ(parsed(minimal() + "state: {path: /abs/../kept}\n").settings->state_path, "/kept");
  EXPECT_EQ(parsed(minimal(), "/etc/idpd/idpd.yaml", "/var/lib/private/idpd").settings->state_path,
            "/var/lib/private/idpd");
  EXPECT_EQ(parsed(minimal(), "/etc/idpd/idpd.yaml").settings->state_path, "/var/lib/idpd");
  EXPECT_EQ(parsed(minimal(), "/etc/idpd/sub/idpd.yaml").settings->state_path, "/etc/idpd/sub/.idpd");
  EXPECT_EQ(parsed(minimal(), "/srv/idpd.yaml").settings->state_path, "/srv/.idpd");
  EXPECT_EQ(parsed(minimal(), "idpd.yaml").settings->state_path,
            (std::filesystem::current_path() / ".idpd").string());
}

TEST(Settings, NullIsAsLeftOut) {
  const Parsed out = parsed(minimal("mode: null\n    deletes: ~\n    max_deletes:") +
                            "api:\nnotify:\nstate: {path: null}\nsecrets: {files: }\n");
  ASSERT_TRUE(out.settings.has_value()) << out.said;
  EXPECT_FALSE(out.settings->accounts[0].enforce);
  EXPECT_EQ(out.settings->accounts[0].max_deletes, 1u);
  EXPECT_EQ(out.settings->state_path, "/srv/idpd/.idpd");
}

}  // namespace
}  // namespace idpd::config
