// What the admin endpoint answers to what, without a socket: who may ask, which path is which, errors as
// JSON. Pure but for what the backend does, which is called at once and must not block; nothing here waits.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace idpd::service {

// The statuses that it answers with.
namespace http_status {
inline constexpr int ok = 200;
inline constexpr int accepted = 202;
inline constexpr int bad_request = 400;
inline constexpr int forbidden = 403;
inline constexpr int not_found = 404;
inline constexpr int method_not_allowed = 405;
inline constexpr int conflict = 409;
inline constexpr int too_large = 413;
inline constexpr int internal_error = 500;
inline constexpr int unavailable = 503;
}  // namespace http_status

struct AdminRequest {
  std::string
      method;        // as it came; HEAD is answered as GET, and whoever sends the answer leaves the body out
  std::string path;  // without the query, not decoded
  std::string body = {};
  bool over_unix_socket = false;
  std::uint16_t port = 0;  // ours, of TCP
  // Headers; nothing where there is none.
  std::optional<std::string> host = {};
  std::optional<std::string> origin = {};
  std::optional<std::string> fetch_site = {};  // Sec-Fetch-Site
};

struct AdminResponse {
  int status = 0;
  std::string content_type;
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
};

struct AdminPage {
  std::string html;
  std::string content_security_policy;
};

// What the daemon knows and does. Called on the loop's thread; none of these may block, throw or stop the
// server.
class AdminBackend {
 public:
  virtual ~AdminBackend() = default;
  virtual bool healthy() = 0;                          // the loop turns and passes go on
  virtual std::optional<std::string> not_ready() = 0;  // why; nothing: ready
  virtual std::string metrics() = 0;                   // the text form of Prometheus
  virtual base::Json status() = 0;
  virtual base::Json history() = 0;
  virtual AdminPage page() = 0;
  // Accepts or refuses; what becomes of it is seen in the status. Errors: invalid, not_found, conflict,
  // refused.
  virtual base::Result<base::Json> reconcile(const std::optional<std::string>& account) = 0;
  virtual base::Result<base::Json> approve(const std::string& fingerprint) = 0;
};

AdminResponse answer(const AdminRequest& request, AdminBackend& backend);

// {"error": message}, with the headers that every answer has.
AdminResponse admin_error(int status, const std::string& message);

// `sha256:` and 64 lower-case hexadecimal digits.
bool is_fingerprint(std::string_view text);

}  // namespace idpd::service
