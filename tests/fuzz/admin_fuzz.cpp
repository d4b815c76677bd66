// Requests to the admin endpoint, past libmicrohttpd: line 1 method and path, 2 Host, 3 Origin, 4
// Sec-Fetch-Site (each may be empty: not there), 5 `unix` or a port, then the body. Nobody but the unix
// socket changes anything.
#include <charconv>

#include "fuzz.h"
#include "service/admin_routes.h"

using namespace idpd;

namespace {

class Backend final : public service::AdminBackend {
 public:
  int changes = 0;

  bool healthy() override { return true; }
  std::optional<std::string> not_ready() override { return std::nullopt; }
  std::string metrics() override { return "metrics\n"; }
  base::Json status() override { return base::Json::Object{}; }
  base::Json history() override { return base::Json::Object{}; }
  service::AdminPage page() override { return {"<html/>", "default-src 'none'"}; }
  base::Result<base::Json> reconcile(const std::optional<std::string>& account) override {
    ++changes;
    if (account == "unknown") return base::Error{base::Code::not_found, "no account " + *account};
    return base::Json();
  }
  base::Result<base::Json> approve(const std::string& fingerprint) override {
    ++changes;
    fuzz::require(service::is_fingerprint(fingerprint), "only a fingerprint is approved", fingerprint);
    return base::Json();
  }
};

std::optional<std::string> header(std::string line) {
  return line.empty() ? std::nullopt : std::optional(std::move(line));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view rest = fuzz::text_of(data, size);
  service::AdminRequest request;
  const std::string first = fuzz::take_line(rest);
  const std::size_t space = std::min(first.find(' '), first.size());
  request.method = first.substr(0, space);
  request.path = first.substr(std::min(space + 1, first.size()));
  request.host = header(fuzz::take_line(rest));
  request.origin = header(fuzz::take_line(rest));
  request.fetch_site = header(fuzz::take_line(rest));
  const std::string where = fuzz::take_line(rest);
  request.over_unix_socket = where == "unix";
  std::from_chars(where.data(), where.data() + where.size(), request.port);
  request.body = rest;

  Backend backend;
  const service::AdminResponse answer = service::answer(request, backend);
  const bool refused = answer.status >= 400;
  fuzz::require(answer.status >= 200 && answer.status < 600, "there is an answer");
  fuzz::require(
      backend.changes == 0 || (request.over_unix_socket && request.method == "POST" && !request.origin),
      "only a POST on the unix socket, from no web page, changes anything");
  if (!request.over_unix_socket) {
    const std::string host = request.host.value_or("");
    fuzz::require(refused || (!host.empty() && host.find_first_of("/@ ") == std::string::npos),
                  "the Host is checked", host);
  }
  if (answer.content_type == "application/json")
    fuzz::require(base::parse_json(answer.body).ok(), "what says that it is JSON is", answer.body);
  for (const auto& [name, value] : answer.headers) fuzz::require_printable(name + value);
  return 0;
}
