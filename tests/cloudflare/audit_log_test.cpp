#include "cloudflare/audit_log.h"

#include <gmock/gmock.h>

#include "cloudflare/fake_api.h"

namespace idpd::cloudflare {
namespace {

using base::Code;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;
using namespace std::chrono_literals;

const std::string id = "aaaa";
const std::string own_token = "0wn";
const std::chrono::system_clock::time_point noon = std::chrono::sys_days(2026y / 5 / 1) + 12h;

AuditQuery query() {
  return {id, noon - 1h, noon + 1h};
}

AuditEntry entry_at(std::chrono::system_clock::time_point at, const std::string& email) {
  AuditEntry entry;
  entry.resource_id = id;
  entry.action = "update";
  entry.at = at;
  entry.email = email;
  entry.actor_type = "user";
  entry.context = "dash";
  return entry;
}

AuditEntry token_entry(const std::string& token_id) {
  AuditEntry entry = entry_at(noon, "jane@example.com");
  entry.context = "api_token";
  entry.token_id = token_id;
  entry.token_name = "ci";
  return entry;
}

// One entry as the API has it, with a secret where the log has one.
std::string raw_entry(const std::string& time, const std::string& email) {
  return R"({"id":"e1","action":{"result":"success","time":")" + time +
         R"(","type":"update"},"actor":{"context":"dash","email":")" + email +
         R"(","type":"user"},"raw":{"method":"PUT","status_code":200,"uri":"/x"},"resource":{"id":"aaaa",)"
         R"("request":{"config":{"client_secret":"s3cret"}}}})";
}

std::string asked(const std::string& filter) {
  return "GET /accounts/" + account +
         "/logs/"
         "audit?since=2026-05-01T11%3A00%3A00Z&before=2026-05-01T13%3A00%3A01Z&direction=desc&limit=100" +
         filter;
}

TEST(LastChange, IsTheNewestOneByAPerson) {
  const std::vector<AuditEntry> entries = {entry_at(noon - 5min, "old@example.com"),
                                           entry_at(noon, "jane@example.com"),
                                           entry_at(noon - 9min, "older@example.com")};
  const LastChange expected{"jane@example.com", "dashboard", "2026-05-01T12:00:00Z"};
  EXPECT_EQ(last_change_by_others(entries, query(), own_token), expected);
}

TEST(LastChange, IsNeverOurOwnWrite) {
  EXPECT_FALSE(last_change_by_others({token_entry(own_token)}, query(), own_token));
  const auto other = last_change_by_others({token_entry("other")}, query(), own_token);
  ASSERT_TRUE(other);
  EXPECT_EQ(other->actor, "jane@example.com (token \"ci\")");
  EXPECT_EQ(other->interface, "API");
}

TEST(LastChange, BlamesNoTokenWhileOurOwnIsNotKnown) {
  EXPECT_FALSE(last_change_by_others({token_entry("other")}, query(), ""));
  EXPECT_FALSE(last_change_by_others({token_entry("")}, query(), own_token));
  EXPECT_TRUE(last_change_by_others({entry_at(noon, "jane@example.com")}, query(), ""));
}

TEST(LastChange, LooksOnlyAtChangesOfThisOneWithinTheTime) {
  std::vector<AuditEntry> entries(6, entry_at(noon, "jane@example.com"));
  entries[0].action = "view";
  entries[1].resource_id = "bbbb";
  entries[2].succeeded = false;
  entries[3].at = noon - 2h;
  entries[4].at = noon + 2h;
  entries[5].resource_id = "";
  entries[5].uri = "/client/v4/accounts/x/access/identity_providers/aaaab";
  EXPECT_FALSE(last_change_by_others(entries, query(), own_token));
}

TEST(LastChange, KnowsTheResourceByItsPathToo) {
  AuditEntry entry = entry_at(noon, "jane@example.com");
  entry.resource_id = "";
  entry.uri = "/client/v4/accounts/x/access/identity_providers/aaaa?x=1";
  EXPECT_TRUE(last_change_by_others({entry}, query(), own_token));
}

TEST(LastChange, NamesCloudflareAndTerraform) {
  AuditEntry entry = entry_at(noon, "");
  entry.actor_type = "system";
  EXPECT_EQ(last_change_by_others({entry}, query(), own_token)->actor, "Cloudflare");
  entry = token_entry("other");
  entry.user_agent = "Terraform/1.9 terraform-provider-cloudflare/5";
  EXPECT_EQ(last_change_by_others({entry}, query(), own_token)->interface, "Terraform");
}

TEST(LastChange, IsPrintableAndShort) {
  const auto change =
      last_change_by_others({entry_at(noon, "a\x1b[31m" + std::string(999, 'x'))}, query(), "");
  ASSERT_TRUE(change);
  EXPECT_THAT(change->actor, Not(HasSubstr("\x1b")));
  EXPECT_LT(change->actor.size(), 300U);
}

TEST(AuditEntry, ReadsTheFormsOfTime) {
  const auto read = [](const std::string& time) {
    const auto json = base::parse_json(raw_entry(time, "jane@example.com"));
    const auto entry = read_audit_entry(*json);
    return entry ? base::timestamp(entry->at) : "none";
  };
  EXPECT_EQ(read("2026-05-01T12:00:00Z"), "2026-05-01T12:00:00Z");
  EXPECT_EQ(read("2026-05-01T12:00:00.987654321Z"), "2026-05-01T12:00:00Z");
  EXPECT_EQ(read("2026-05-01T12:00:00+02:30"), "2026-05-01T09:30:00Z");
  EXPECT_EQ(read("2026-05-01T12:00:00-01:00"), "2026-05-01T13:00:00Z");
  for (const char* broken : {"", "2026-05-01", "2026-13-01T12:00:00Z", "2026-05-01T12:00:00",
                             "2026-05-01T12:00:00+x", "yesterday, at noon!!",
                             // what the clock cannot count
                             "8637-05-01T12:00:00Z", "0000-05-01T12:00:00Z", "2262-05-01T12:00:00Z"}) {
    EXPECT_EQ(read(broken), "none") << broken;
  }
}

TEST(AuditEntry, SurvivesAnyShape) {
  for (const char* text :
       {"null", "[]", "\"x\"", "{}", R"({"action":[],"actor":3})", R"({"action":{"time":5}})"}) {
    EXPECT_FALSE(read_audit_entry(*base::parse_json(text))) << text;
  }
}

TEST_F(ClientTest, AsksTheAuditLogForOneIdentityProvider) {
  auto& api_client = client(
      [](const Call&) { return success("[" + raw_entry("2026-05-01T12:00:00Z", "jane@example.com") + "]"); });
  const AuditQuery wanted = query();
  const auto entries = run(api_client.list_audit_entries(wanted));
  ASSERT_TRUE(entries) << entries.error().text();
  EXPECT_THAT(api->lines(), ElementsAre(asked("&resource_id=aaaa")));
  EXPECT_EQ(last_change_by_others(*entries, wanted, own_token)->actor, "jane@example.com");
}

TEST_F(ClientTest, ReadsNoMoreThanTwoPagesOfTheAuditLog) {
  auto& api_client = client([](const Call&) {
    return success("[" + raw_entry("2026-05-01T12:00:00Z", "jane@example.com") + "]",
                   R"(,"result_info":{"cursor":"a+b"})");
  });
  const AuditQuery wanted = query();
  const auto entries = run(api_client.list_audit_entries(wanted));
  ASSERT_TRUE(entries) << entries.error().text();
  EXPECT_THAT(*entries, SizeIs(2));
  EXPECT_THAT(api->lines(), ElementsAre(asked("&resource_id=aaaa"), asked("&resource_id=aaaa&cursor=a%2Bb")));
}

TEST_F(ClientTest, AsksTheAuditLogByPathWhereItDoesNotKnowTheId) {
  auto& api_client = client([](const Call&) { return success("[]"); });
  const AuditQuery wanted = query();
  EXPECT_TRUE(run(api_client.list_audit_entries(wanted)));
  EXPECT_THAT(api->lines(), ElementsAre(asked("&resource_id=aaaa"),
                                        asked("&raw_uri=%2Fclient%2Fv4%2Faccounts%2F" + account +
                                              "%2Faccess%2Fidentity_providers%2Faaaa")));
}

TEST_F(ClientTest, AnAuditLogOutOfReachIsNotAskedForAgainSoon) {
  for (const int status : {403, 404, 500}) {
    auto& api_client = client([&](const Call&) { return failure(status, 10000, "Authentication error"); });
    const AuditQuery wanted = query();
    const auto first = run(api_client.list_audit_entries(wanted));
    const auto second = run(api_client.list_audit_entries(wanted));
    ASSERT_FALSE(first);
    ASSERT_FALSE(second);
    EXPECT_EQ(first.error(), second.error());
    EXPECT_THAT(api->calls, SizeIs(1)) << status;
    if (status == 403) {
      EXPECT_THAT(first.error().message, HasSubstr("Account Settings Read"));
    }
  }
}

TEST_F(ClientTest, AnUnreadableAuditLogIsUnknown) {
  auto& api_client = client([](const Call&) { return success("{}"); });
  const AuditQuery wanted = query();
  const auto entries = run(api_client.list_audit_entries(wanted));
  ASSERT_FALSE(entries);
  EXPECT_EQ(entries.error().code, Code::unavailable);
}

asio::awaitable<base::Result<std::string>> own_id(Client& asked_client) {
  const std::string found = co_await asked_client.token_id();
  co_return found;
}

TEST_F(ClientTest, FindsOutItsTokensIdOnceWhoeverOwnsIt) {
  auto& api_client = client([](const Call& call) {
    const bool of_user = call.line.find("/user/") != std::string::npos;
    return of_user ? failure(401, 1000, "Invalid API Token") : success(R"({"id":"0wn","status":"active"})");
  });
  EXPECT_EQ(*run(own_id(api_client)), own_token);
  EXPECT_EQ(*run(own_id(api_client)), own_token);
  EXPECT_THAT(api->lines(),
              ElementsAre("GET /user/tokens/verify", "GET /accounts/" + account + "/tokens/verify"));
}

TEST_F(ClientTest, AnUnknownTokenIdIsNotAskedForAgainSoon) {
  auto& api_client = client([](const Call&) { return failure(500, 1, "no"); });
  EXPECT_EQ(*run(own_id(api_client)), "");
  EXPECT_EQ(*run(own_id(api_client)), "");
  EXPECT_THAT(api->calls, SizeIs(2));
}

}  // namespace
}  // namespace idpd::cloudflare
