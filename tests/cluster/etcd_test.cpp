#include "cluster/etcd.h"

#include <deque>

#include "base/digest.h"
#include "cluster/loop.h"

namespace idpd::cluster {
namespace {

using base::Code;
using base::Error;
using base::Result;

struct Asked {
  std::string url;
  std::string authorization;
  std::string body;
};

// Answers from a script, and keeps what it was asked.
class Scripted final : public http::Transport {
 public:
  asio::awaitable<Result<http::Response>> send(http::Request request) override {
    Asked& one = asked.emplace_back();
    one.url = request.url;
    one.body = request.body;
    for (const auto& [name, value] : request.headers) {
      if (name == "Authorization") one.authorization = value;
    }
    if (answers.empty()) co_return Error{Code::network, "nobody answers"};
    auto next = std::move(answers.front());
    answers.pop_front();
    co_return next;
  }
  void answer(int status, std::string body) {
    answers.emplace_back(http::Response{status, {}, std::move(body)});
  }
  void silence() { answers.emplace_back(Error{Code::network, "nobody answers"}); }

  std::deque<Result<http::Response>> answers;
  std::vector<Asked> asked;
};

class EtcdTest : public test::LoopTest {
 protected:
  Scripted wire;
  Etcd plain{wire, {.endpoints = {"https://one", "https://two"}}};
  Etcd guarded{wire, {.endpoints = {"https://one"}, .user = "hosts", .password = [] {
                        return Result<std::string>(std::string("s3cret"));
                      }}};
};

TEST_F(EtcdTest, ALeaseThatIsOverIsNoError) {
  wire.answer(200, R"({"result":{"header":{},"ID":"77"}})");
  const auto kept = wait(plain.keep_alive(77));
  ASSERT_TRUE(kept);
  EXPECT_EQ(kept->seconds, 0);
}

TEST_F(EtcdTest, ALeaseIdLosesNoDigit) {
  wire.answer(200, R"({"ID":"9223372036854775807","TTL":"30"})");
  const auto granted = wait(plain.grant(30));
  ASSERT_TRUE(granted);
  EXPECT_EQ(granted->id, 9223372036854775807);
  wire.answer(200, R"({"result":{"ID":"9223372036854775807","TTL":"30"}})");
  ASSERT_TRUE(wait(plain.keep_alive(granted->id)));
  EXPECT_EQ(wire.asked.back().body, R"({"ID":"9223372036854775807"})");
}

TEST_F(EtcdTest, AsksTheNextMemberWhenOneDoesNotAnswerAndStaysWithIt) {
  wire.silence();
  wire.answer(200, R"({"ID":"1","TTL":"30"})");
  wire.answer(200, R"({"ID":"2","TTL":"30"})");
  EXPECT_TRUE(wait(plain.grant(30)));
  EXPECT_TRUE(wait(plain.grant(30)));
  ASSERT_EQ(wire.asked.size(), 3U);
  EXPECT_EQ(wire.asked[1].url, "https://two/v3/lease/grant");
  EXPECT_EQ(wire.asked[2].url, "https://two/v3/lease/grant");
}

TEST_F(EtcdTest, AMemberWithoutALeaderIsLeftForTheNext) {
  wire.answer(503, R"({"error":"etcdserver: no leader","code":14})");
  wire.answer(200, R"({"ID":"1","TTL":"30"})");
  EXPECT_TRUE(wait(plain.grant(30)));
}

TEST_F(EtcdTest, LogsInAnewOnceItsTokenIsRefused) {
  wire.answer(200, R"({"token":"first"})");
  wire.answer(200, R"({"ID":"1","TTL":"30"})");
  EXPECT_TRUE(wait(guarded.grant(30)));
  wire.answer(401, R"({"error":"etcdserver: invalid auth token","code":16})");
  wire.answer(200, R"({"token":"second"})");
  wire.answer(200, R"({"ID":"2","TTL":"30"})");
  EXPECT_TRUE(wait(guarded.grant(30)));
  EXPECT_EQ(wire.asked.back().authorization, "second");
}

TEST_F(EtcdTest, AWrongPasswordIsSaidAndNotShown) {
  wire.answer(400, R"({"error":"etcdserver: authentication failed, invalid user ID or password","code":3})");
  const auto granted = wait(guarded.grant(30));
  ASSERT_FALSE(granted);
  EXPECT_NE(granted.error().text().find("check cluster.user and cluster.password"), std::string::npos);
  EXPECT_EQ(granted.error().text().find("s3cret"), std::string::npos);
}

TEST_F(EtcdTest, ReadsARangeInPagesAsOfOneRevision) {
  const std::string a = base::base64("/p/a");
  const std::string b = base::base64("/p/b");
  wire.answer(200, R"({"header":{"revision":"9"},"kvs":[{"key":")" + a +
                       R"(","value":"","mod_revision":"3"}],"more":true})");
  wire.answer(200, R"({"header":{"revision":"12"},"kvs":[{"key":")" + b + R"(","mod_revision":"4"}]})");
  const auto keys = wait(plain.range("/p/"));
  ASSERT_TRUE(keys);
  ASSERT_EQ(keys->size(), 2U);
  EXPECT_EQ((*keys)[1].key, "/p/b");
  const auto second = base::parse_json(wire.asked[1].body);
  ASSERT_TRUE(second);
  EXPECT_EQ(second->text("revision"), "9");
  EXPECT_EQ(base::from_base64(second->text("key")).ok(), true);
  EXPECT_EQ(*base::from_base64(second->text("key")), std::string("/p/a\0", 5));
}

TEST_F(EtcdTest, SaysWhetherTheConditionsHeld) {
  wire.answer(200, R"({"header":{"revision":"5"},"succeeded":true})");
  const auto held = wait(plain.transact({{.key = "k"}}, {{.key = "k", .value = "v", .lease = 7}}));
  ASSERT_TRUE(held);
  EXPECT_TRUE(held->succeeded);
  EXPECT_EQ(held->revision, 5);
  EXPECT_EQ(
      wire.asked[0].body,
      R"({"compare":[{"key":"aw==","target":"CREATE","create_revision":"0"}],"success":[{"request_put":)"
      R"({"key":"aw==","value":"dg==","lease":"7"}}]})");
  wire.answer(200, R"({"header":{"revision":"6"}})");
  const auto failed = wait(plain.transact({{.key = "k"}}, {}));
  ASSERT_TRUE(failed);
  EXPECT_FALSE(failed->succeeded);
}

}  // namespace
}  // namespace idpd::cluster
