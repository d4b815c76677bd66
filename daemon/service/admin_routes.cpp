#include "service/admin_routes.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "base/text.h"
#include "config/listen.h"
#include "service/metrics.h"

namespace idpd::service {

namespace {

using base::Code;
using base::Json;

constexpr const char* json_type = "application/json";
constexpr const char* text_type = "text/plain; charset=utf-8";
constexpr const char* nothing_loads = "default-src 'none'; frame-ancestors 'none'";

AdminResponse response(int status, const char* content_type, std::string body,
                       const std::string& policy = nothing_loads) {
  return {status,
          content_type,
          std::move(body),
          {{"Content-Security-Policy", policy},
           {"X-Content-Type-Options", "nosniff"},
           {"Cache-Control", "no-store"},
           {"Referrer-Policy", "no-referrer"}}};
}

AdminResponse document(int status, const Json& json) {
  return response(status, json_type, base::dump_json_pretty(json) + '\n');
}

AdminResponse of(const base::Result<Json>& result) {
  if (result) return document(http_status::accepted, *result);
  const auto status = [&] {
    switch (result.error().code) {
      case Code::invalid:
        return http_status::bad_request;
      case Code::not_found:
        return http_status::not_found;
      case Code::refused:
      case Code::conflict:
      case Code::locked:
        return http_status::conflict;
      case Code::unavailable:
        return http_status::unavailable;
      default:
        return http_status::internal_error;
    }
  };
  return admin_error(status(), result.error().text());
}

// The body as an object that has no members but `member`, which is text where it is there. An empty body is
// {}.
base::Result<std::optional<std::string>> only_member(const std::string& body, std::string_view member) {
  const auto invalid = [](std::string message) { return base::Error{Code::invalid, std::move(message)}; };
  if (body.empty()) return std::optional<std::string>();
  const auto json = base::parse_json(body);
  if (!json) return invalid("the body is not JSON: " + json.error().text());
  if (!json->is_object()) return invalid("the body must be a JSON object");
  std::optional<std::string> found;
  for (const auto& [name, value] : json->object()) {
    if (name != member)
      return invalid(
          fmt::format("\"{}\" is not known here; the body takes \"{}\"", base::printable(name), member));
    if (found) return invalid(fmt::format("\"{}\" is there twice", member));
    if (value.is_null()) continue;
    if (!value.is_string()) return invalid(fmt::format("\"{}\" must be text", member));
    found = value.string();
  }
  return found;
}

AdminResponse reconcile(const AdminRequest& request, AdminBackend& backend) {
  const auto account = only_member(request.body, "account");
  if (!account) return admin_error(http_status::bad_request, account.error().text());
  return of(backend.reconcile(*account));
}

AdminResponse approve(const AdminRequest& request, AdminBackend& backend) {
  const auto fingerprint = only_member(request.body, "fingerprint");
  if (!fingerprint) return admin_error(http_status::bad_request, fingerprint.error().text());
  if (!*fingerprint || !is_fingerprint(**fingerprint))
    return admin_error(http_status::bad_request, "\"fingerprint\" must be sha256: and 64 hexadecimal digits");
  return of(backend.approve(**fingerprint));
}

AdminResponse healthz(const AdminRequest& /*request*/, AdminBackend& backend) {
  const bool healthy = backend.healthy();
  return response(healthy ? http_status::ok : http_status::unavailable, text_type,
                  healthy ? "ok\n" : "not healthy\n");
}

AdminResponse readyz(const AdminRequest& /*request*/, AdminBackend& backend) {
  const auto why = backend.not_ready();
  return response(why ? http_status::unavailable : http_status::ok, text_type,
                  why ? "not ready: " + *why + '\n' : "ready\n");
}

AdminResponse metrics(const AdminRequest& /*request*/, AdminBackend& backend) {
  return response(http_status::ok, metrics_content_type, backend.metrics());
}

AdminResponse status(const AdminRequest& /*request*/, AdminBackend& backend) {
  return document(http_status::ok, backend.status());
}

AdminResponse history(const AdminRequest& /*request*/, AdminBackend& backend) {
  return document(http_status::ok, backend.history());
}

AdminResponse page(const AdminRequest& /*request*/, AdminBackend& backend) {
  AdminPage shown = backend.page();
  return response(http_status::ok, "text/html; charset=utf-8", std::move(shown.html),
                  shown.content_security_policy);
}

struct Route {
  std::string_view path;
  bool changes;  // POST, and on the unix socket alone; else GET and HEAD
  AdminResponse (*handle)(const AdminRequest&, AdminBackend&);
};

constexpr std::array routes{
    Route{"/", false, page},
    Route{"/healthz", false, healthz},
    Route{"/readyz", false, readyz},
    Route{"/metrics", false, metrics},
    Route{"/api/v1/status", false, status},
    Route{"/api/v1/history", false, history},
    Route{"/api/v1/reconcile", true, reconcile},
    Route{"/api/v1/approve", true, approve},
};

// A page of another host whose name an attacker lets point to 127.0.0.1 must not read what stands here.
bool names_us(std::string host, std::uint16_t port) {
  constexpr std::uint16_t http_port = 80;
  std::transform(host.begin(), host.end(), host.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  auto named = config::parse_listen(host);
  if (!named && port == http_port) named = config::parse_listen(host + ":80");
  return named && !named->is_unix() && named->port == port;
}

}  // namespace

AdminResponse admin_error(int status, const std::string& message) {
  Json body;
  body["error"] = base::printable(message);
  return document(status, body);
}

bool is_fingerprint(std::string_view text) {
  constexpr std::string_view prefix = "sha256:";
  constexpr std::size_t digits = 64;
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return text.size() == digits && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

AdminResponse answer(const AdminRequest& request, AdminBackend& backend) {
  if (!request.over_unix_socket && !names_us(request.host.value_or(""), request.port)) {
    return admin_error(
        http_status::forbidden,
        fmt::format("the Host header must be localhost:{0}, 127.0.0.1:{0} or [::1]:{0}", request.port));
  }
  const auto* const route =
      std::find_if(routes.begin(), routes.end(), [&](const Route& one) { return one.path == request.path; });
  if (route == routes.end()) return admin_error(http_status::not_found, "there is nothing here");
  const bool reads = request.method == "GET" || request.method == "HEAD";
  if (route->changes ? request.method != "POST" : !reads) {
    AdminResponse refusal =
        admin_error(http_status::method_not_allowed, "this path does not take that method");
    refusal.headers.emplace_back("Allow", route->changes ? "POST" : "GET, HEAD");
    return refusal;
  }
  if (route->changes) {
    if (!request.over_unix_socket)
      return admin_error(http_status::forbidden,
                         "only the unix socket takes this (admin.listen: unix:/path)");
    const std::string site = request.fetch_site.value_or("none");
    if (request.origin || (site != "none" && site != "same-origin"))
      return admin_error(http_status::forbidden, "a web page may not ask for this");
  }
  return route->handle(request, backend);
}

}  // namespace idpd::service
