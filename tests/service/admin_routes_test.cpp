#include "service/admin_routes.h"

#include <gmock/gmock.h>

#include "service/fake_backend.h"

namespace idpd::service {
namespace {

using test::a_fingerprint;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::uint16_t port = 9180;

AdminRequest get(const std::string& path) {
  return {.method = "GET", .path = path, .port = port, .host = "127.0.0.1:9180"};
}
AdminRequest post(const std::string& path, const std::string& body) {
  return {.method = "POST", .path = path, .body = body, .over_unix_socket = true, .host = "idpd"};
}
std::string header(const AdminResponse& response, const std::string& name) {
  std::string all;
  for (const auto& [one, value] : response.headers) {
    if (one == name) all += (all.empty() ? "" : " AND ") + value;
  }
  return all;
}
std::string error_of(const AdminResponse& response) {
  const auto json = base::parse_json(response.body);
  return json ? json->text("error") : "no JSON: " + response.body;
}

class AdminRoutes : public testing::Test {
 protected:
  AdminResponse ask(const AdminRequest& request) { return answer(request, backend_); }
  test::FakeBackend backend_;
};

TEST_F(AdminRoutes, TellWhetherItIsHealthyAndReady) {
  EXPECT_EQ(ask(get("/healthz")).status, 200);
  EXPECT_EQ(ask(get("/readyz")).status, 200);
  backend_.is_healthy = false;
  backend_.why_not_ready = "no pass over production has ended yet";
  EXPECT_EQ(ask(get("/healthz")).status, 503);
  const AdminResponse not_ready = ask(get("/readyz"));
  EXPECT_EQ(not_ready.status, 503);
  EXPECT_EQ(not_ready.body, "not ready: no pass over production has ended yet\n");
}

TEST_F(AdminRoutes, GiveMetricsDocumentsAndThePage) {
  const AdminResponse metrics = ask(get("/metrics"));
  EXPECT_EQ(metrics.content_type, "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_EQ(metrics.body, "idpd_build_info 1\n");
  const AdminResponse status = ask(get("/api/v1/status"));
  EXPECT_EQ(status.content_type, "application/json");
  EXPECT_EQ(base::parse_json(status.body)->find("format_version")->integer(), 1);
  EXPECT_TRUE(base::parse_json(ask(get("/api/v1/history")).body)->find("passes"));
  const AdminResponse page = ask(get("/"));
  EXPECT_EQ(page.content_type, "text/html; charset=utf-8");
  EXPECT_THAT(page.body, HasSubstr("<title>idpd"));
}

TEST_F(AdminRoutes, EveryAnswerHasTheSecurityHeaders) {
  EXPECT_EQ(header(ask(get("/")), "Content-Security-Policy"), "default-src 'none'; style-src 'sha256-x'");
  for (const AdminRequest& request :
       {get("/healthz"), get("/nowhere"), get("/api/v1/status"), get("/api/v1/approve"), post("/", ""),
        post("/api/v1/approve", "{"), AdminRequest{.method = "GET", .path = "/", .port = port}}) {
    const AdminResponse response = ask(request);
    EXPECT_EQ(header(response, "Content-Security-Policy"), "default-src 'none'; frame-ancestors 'none'");
    EXPECT_EQ(header(response, "X-Content-Type-Options"), "nosniff");
    EXPECT_EQ(header(response, "Cache-Control"), "no-store");
    EXPECT_EQ(header(response, "Referrer-Policy"), "no-referrer");
  }
}

TEST_F(AdminRoutes, PassApprovalAndReconcileOn) {
  EXPECT_EQ(ask(post("/api/v1/approve", "{\"fingerprint\": \"" + a_fingerprint + "\"}")).status, 202);
  EXPECT_EQ(ask(post("/api/v1/reconcile", "{\"account\": \"production\"}")).status, 202);
  EXPECT_EQ(ask(post("/api/v1/reconcile", "{\"account\": null}")).status, 202);
  EXPECT_EQ(ask(post("/api/v1/reconcile", "{}")).status, 202);
  EXPECT_EQ(ask(post("/api/v1/reconcile", "")).status, 202);
  EXPECT_THAT(backend_.asked, ElementsAre("approve " + a_fingerprint, "reconcile production", "reconcile all",
                                          "reconcile all", "reconcile all"));
}

TEST_F(AdminRoutes, SayWhyTheDaemonRefuses) {
  const std::vector<std::pair<base::Code, int>> statuses{
      {base::Code::conflict, 409}, {base::Code::refused, 409},     {base::Code::locked, 409},
      {base::Code::invalid, 400},  {base::Code::not_found, 404},   {base::Code::unavailable, 503},
      {base::Code::io, 500},       {base::Code::rate_limited, 500}};
  for (const auto& [code, status] : statuses) {
    backend_.refusal = base::Error{code, "no plan of that fingerprint\x1b[31m"};
    const AdminResponse response =
        ask(post("/api/v1/approve", "{\"fingerprint\": \"" + a_fingerprint + "\"}"));
    EXPECT_EQ(response.status, status);
    EXPECT_EQ(error_of(response), "no plan of that fingerprint\\x1b[31m");
  }
}

TEST_F(AdminRoutes, TakeChangesOverTheUnixSocketOnly) {
  for (const std::string path : {"/api/v1/approve", "/api/v1/reconcile"}) {
    AdminRequest request = post(path, "{\"fingerprint\": \"" + a_fingerprint + "\"}");
    request.over_unix_socket = false;
    request.port = port;
    request.host = "127.0.0.1:9180";
    const AdminResponse response = ask(request);
    EXPECT_EQ(response.status, 403);
    EXPECT_THAT(error_of(response), HasSubstr("unix socket"));
  }
  EXPECT_THAT(backend_.asked, IsEmpty());
}

TEST_F(AdminRoutes, TakeNoChangesFromAWebPage) {
  const std::string body = "{\"fingerprint\": \"" + a_fingerprint + "\"}";
  AdminRequest request = post("/api/v1/approve", body);
  request.origin = "null";
  EXPECT_EQ(ask(request).status, 403);
  for (const std::string site : {"cross-site", "same-site", "", "garbage"}) {
    request = post("/api/v1/approve", body);
    request.fetch_site = site;
    EXPECT_EQ(ask(request).status, 403) << site;
  }
  EXPECT_THAT(backend_.asked, IsEmpty());
  for (const std::string site : {"none", "same-origin"}) {
    request.fetch_site = site;
    EXPECT_EQ(ask(request).status, 202) << site;
  }
}

TEST_F(AdminRoutes, AnswerOnlyToNamesOfThisMachine) {
  for (const std::string host :
       {"localhost:9180", "LocalHost:9180", "127.0.0.1:9180", "127.1.2.3:9180", "[::1]:9180"}) {
    AdminRequest request = get("/healthz");
    request.host = host;
    EXPECT_EQ(ask(request).status, 200) << host;
  }
  for (const std::string host :
       {"", "localhost", "localhost:9181", "127.0.0.1", "evil.example:9180", "localhost.evil.example:9180",
        "127.0.0.1.evil.example:9180", "evil.example", "[::1]", "unix:/x", "localhost:9180.evil.example",
        "localhost:9180, evil.example", "user@localhost:9180"}) {
    AdminRequest request = get("/healthz");
    request.host = host;
    EXPECT_EQ(ask(request).status, 403) << host;
  }
  AdminRequest without = get("/healthz");
  without.host.reset();
  EXPECT_EQ(ask(without).status, 403);
  without.over_unix_socket = true;
  EXPECT_EQ(ask(without).status, 200);
}

TEST_F(AdminRoutes, OnPortEightyTheHostNeedsNoPort) {
  AdminRequest request = get("/healthz");
  request.port = 80;
  for (const std::string host : {"localhost", "[::1]", "localhost:80"}) {
    request.host = host;
    EXPECT_EQ(ask(request).status, 200) << host;
  }
  request.host = "evil.example";
  EXPECT_EQ(ask(request).status, 403);
}

TEST_F(AdminRoutes, KnowTheirMethodsAndPaths) {
  for (const std::string method : {"POST", "PUT", "DELETE", "OPTIONS", "get", "TRACE"}) {
    AdminRequest request = get("/metrics");
    request.method = method;
    const AdminResponse response = ask(request);
    EXPECT_EQ(response.status, 405) << method;
    EXPECT_EQ(header(response, "Allow"), "GET, HEAD") << method;
  }
  const AdminResponse read = ask(get("/api/v1/approve"));
  EXPECT_EQ(read.status, 405);
  EXPECT_EQ(header(read, "Allow"), "POST");
  for (const std::string path :
       {"", "//", "/metrics/", "/METRICS", "/api", "/api/v1/status/..", "/%6detrics", "/../etc/passwd", "*"})
    EXPECT_EQ(ask(get(path)).status, 404) << path;
  AdminRequest head = get("/metrics");
  head.method = "HEAD";
  EXPECT_EQ(ask(head).status, 200);
}

TEST_F(AdminRoutes, RefuseABodyThatTheyDoNotUnderstand) {
  for (const std::string body :
       {"{", "[]", "null", "\"sha256:\"", "{}", "", "{\"fingerprint\": 1}", "{\"fingerprint\": \"\"}",
        "{\"fingerprint\": \"sha256:abc\"}", "{\"finger\": \"x\"}", "{\"fingerprint\": null}"}) {
    EXPECT_EQ(ask(post("/api/v1/approve", body)).status, 400) << body;
  }
  const std::string twice = "\"fingerprint\": \"" + a_fingerprint + "\"";
  EXPECT_EQ(ask(post("/api/v1/approve", "{" + twice + "," + twice + "}")).status, 400);
  EXPECT_EQ(ask(post("/api/v1/reconcile", "{\"acount\": \"production\"}")).status, 400);
  EXPECT_EQ(ask(post("/api/v1/reconcile", std::string(5000, '['))).status, 400);
  EXPECT_THAT(backend_.asked, IsEmpty());
}

TEST(Fingerprint, IsSha256AndLowerCaseHexadecimal) {
  EXPECT_TRUE(is_fingerprint(a_fingerprint));
  for (const std::string& text :
       {std::string(), "sha256:" + std::string(63, 'a'), "sha256:" + std::string(64, 'A'),
        std::string(71, 'a'), a_fingerprint + " ", "SHA256:" + std::string(64, 'a')})
    EXPECT_FALSE(is_fingerprint(text)) << text;
}

}  // namespace
}  // namespace idpd::service
