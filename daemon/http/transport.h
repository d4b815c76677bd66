// One HTTP exchange as an interface: the outside world of the program. A Transport outlives every
// coroutine that uses it; destroying an awaiting coroutine's io_context abandons the exchange. Nothing
// throws for a failed exchange, because callers race it against deadlines.
#pragma once

#include <asio/awaitable.hpp>
#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/digest.h"
#include "base/result.h"

namespace idpd::http {

enum class Method { get, post, put, remove };

std::string_view name_of(Method method);

struct Request {
  Method method = Method::get;
  std::string url;                                           // may be a secret itself (a webhook): wiped
  std::vector<std::pair<std::string, std::string>> headers;  // may hold a token: never logged
  std::string body;                                          // may hold secrets: never logged, wiped
  // From here on nothing of it may leave, and no answer is waited for: whoever sends it has no right to do so
  // any more. Nothing: only the transport's own limits.
  std::optional<base::BootClock::time_point> deadline = {};

  Request() = default;
  Request(Request&&) = default;
  Request& operator=(Request&&) = default;
  Request(const Request&) = delete;
  Request& operator=(const Request&) = delete;
  ~Request() {
    base::wipe(url);
    base::wipe(body);
    for (auto& [name, value] : headers) base::wipe(value);
  }
};

struct Response {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers;  // names in lower case
  std::string body;

  // The first value, empty when there is none.
  std::string header(std::string_view lower_case_name) const;
};

class Transport {
 public:
  virtual ~Transport() = default;
  // Error codes: network (no answer or not a whole one; the request may have been carried out), invalid
  // (it was never sent: a bad URL, a method that this transport refuses).
  virtual asio::awaitable<base::Result<Response>> send(Request request) = 0;
};

// Refuses every method but GET, so that a plan process cannot write whatever the code above does.
class ReadOnlyTransport final : public Transport {
 public:
  explicit ReadOnlyTransport(Transport& inner) : inner_(inner) {}
  asio::awaitable<base::Result<Response>> send(Request request) override;

 private:
  Transport& inner_;
};

}  // namespace idpd::http
