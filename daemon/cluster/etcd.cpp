#include "cluster/etcd.h"

#include <fmt/format.h>

#include <charconv>
#include <utility>

#include "base/digest.h"
#include "base/text.h"

namespace idpd::cluster {

using base::Code;
using base::Error;
using base::Json;
using base::Result;

namespace {

constexpr int unauthenticated = 16;  // a gRPC status
constexpr int invalid_argument = 3;
constexpr int permission_denied = 7;
constexpr int not_found = 5;
constexpr std::int64_t keys_a_page = 500;

// The gateway writes 64-bit numbers as strings and leaves out what is zero.
std::int64_t number(const Json* object, std::string_view name) {
  const Json* value = object ? object->find(name) : nullptr;
  if (!value) return 0;
  if (value->is_integer()) return value->integer();
  std::int64_t out = 0;
  if (value->is_string()) {
    const std::string& text = value->string();
    std::from_chars(text.data(), text.data() + text.size(), out);
  }
  return out;
}

Json text_of(std::int64_t value) {
  return std::to_string(value);
}

// The first key that no longer begins with the prefix.
std::string end_of(std::string prefix) {
  while (!prefix.empty() && static_cast<unsigned char>(prefix.back()) == 0xff) prefix.pop_back();
  if (!prefix.empty()) prefix.back() = static_cast<char>(prefix.back() + 1);
  return prefix;
}

Result<KeyValue> key_value(const Json& one) {
  auto key = base::from_base64(one.text("key"));
  auto value = base::from_base64(one.text("value"));
  if (!key || !value)
    return Error{Code::unavailable, "etcd's answer cannot be read: a key or value is not base64"};
  return KeyValue{*std::move(key), *std::move(value), number(&one, "create_revision"),
                  number(&one, "mod_revision"), number(&one, "lease")};
}

Json compare_json(const Compare& one) {
  const bool created = one.what == Compare::What::created;
  Json out = Json::Object{{"key", base::base64(one.key)}, {"target", created ? "CREATE" : "MOD"}};
  out[created ? "create_revision" : "mod_revision"] = text_of(one.revision);
  return out;
}

Json operation_json(const Operation& one) {
  Json body = Json::Object{{"key", base::base64(one.key)}};
  if (!one.value) return Json::Object{{"request_delete_range", std::move(body)}};
  body["value"] = base::base64(*one.value);
  if (one.lease != 0) body["lease"] = text_of(one.lease);
  return Json::Object{{"request_put", std::move(body)}};
}

// What etcd says of itself: only its own fixed sentences begin so, and hold nothing that was sent.
Error refusal(const http::Response& response, const std::string& endpoint) {
  const auto body = base::parse_json(response.body);
  const Json* code = body ? body->find("code") : nullptr;
  const std::int64_t number = code && code->is_integer() ? code->integer() : -1;
  const std::string words = body ? base::printable(base::beginning(body->text("error"), 200)) : "no JSON";
  Error error{Code::unavailable, fmt::format("etcd at {} answers {}: {}", endpoint, response.status, words)};
  error.retryable = true;
  if (number == unauthenticated) error.code = Code::unauthorized;
  if (number == permission_denied) {
    error.code = Code::refused;
    error.message += "; cluster.user needs a role that reads and writes all below cluster.prefix";
  }
  if (number == not_found) error.code = Code::not_found;
  if (number == invalid_argument) error.code = Code::invalid;
  return error;
}

// Another member would say the same.
bool is_final(const Error& error) {
  return error.code == Code::not_found || error.code == Code::refused || error.code == Code::invalid ||
         error.code == Code::unauthorized;
}

}  // namespace

Etcd::Etcd(http::Transport& transport, Options options)
    : transport_(transport), options_(std::move(options)) {}

Etcd::~Etcd() {
  base::wipe(token_);
}

asio::awaitable<Result<Json>> Etcd::once(std::string endpoint, std::string path, std::string body) {
  http::Request request;
  request.method = http::Method::post;
  request.url = endpoint + path;
  request.headers.emplace_back("Content-Type", "application/json");
  if (!token_.empty()) request.headers.emplace_back("Authorization", token_);
  request.body = std::move(body);
  ++requests_;
  auto response = co_await transport_.send(std::move(request));
  if (!response) co_return response.error();
  if (response->status != 200) co_return refusal(*response, endpoint);
  auto answer = base::parse_json(response->body);
  base::wipe(response->body);
  if (!answer || !answer->is_object())
    co_return Error{Code::unavailable,
                    fmt::format("{} answers what etcd does not; check cluster.etcd", endpoint)};
  co_return answer;
}

asio::awaitable<Result<void>> Etcd::log_in(std::string endpoint) {
  base::wipe(token_);
  token_.clear();
  auto password = options_.password();
  if (!password)
    co_return Error{password.error().code, "etcd's password cannot be had: " + password.error().text()};
  Json credentials = Json::Object{{"name", options_.user}, {"password", *password}};
  base::wipe(*password);
  std::string body = base::dump_json(credentials);
  base::wipe(credentials["password"].string());
  auto answer = co_await once(endpoint, "/v3/auth/authenticate", std::move(body));
  if (!answer) {
    Error error = answer.error();
    if (error.code == Code::invalid || error.code == Code::unauthorized)
      error.message += "; check cluster.user and cluster.password";
    co_return error;
  }
  token_ = answer->text("token");
  co_return Result<void>();
}

// A token lives for minutes: once it is refused there is a new one.
asio::awaitable<Result<Json>> Etcd::ask(std::string endpoint, std::string path, std::string body) {
  const bool fresh = token_.empty() && !options_.user.empty();
  if (fresh) {
    auto in = co_await log_in(endpoint);
    if (!in) co_return in.error();
  }
  auto answer = co_await once(endpoint, path, body);
  if (answer || options_.user.empty() || fresh || answer.error().code != Code::unauthorized) co_return answer;
  auto in = co_await log_in(endpoint);
  if (!in) co_return in.error();
  co_return co_await once(std::move(endpoint), std::move(path), std::move(body));
}

asio::awaitable<Result<Json>> Etcd::call(std::string path, Json body) {
  const std::string text = base::dump_json(body);
  Error last{Code::network, "etcd was not asked: idpd is stopping"};
  for (std::size_t tried = 0; tried < options_.endpoints.size() && !given_up_; ++tried) {
    const std::string endpoint = options_.endpoints[current_];
    auto answer = co_await ask(endpoint, path, text);
    if (answer || is_final(answer.error())) co_return answer;
    last = answer.error();
    current_ = (current_ + 1) % options_.endpoints.size();
  }
  co_return last;
}

asio::awaitable<Result<Etcd::Lease>> Etcd::grant(std::int64_t seconds) {
  Json body = Json::Object{{"TTL", text_of(seconds)}};
  const auto answer = co_await call("/v3/lease/grant", std::move(body));
  if (!answer) co_return answer.error();
  co_return Lease{number(&*answer, "ID"), number(&*answer, "TTL")};
}

asio::awaitable<Result<Etcd::Lease>> Etcd::keep_alive(std::int64_t lease) {
  Json body = Json::Object{{"ID", text_of(lease)}};
  const auto answer = co_await call("/v3/lease/keepalive", std::move(body));
  if (!answer) co_return answer.error();
  const Json* result = answer->find("result");  // the first and only one of a stream
  if (!result) co_return Error{Code::unavailable, "etcd does not say what became of the lease"};
  co_return Lease{lease, number(result, "TTL")};
}

asio::awaitable<Result<void>> Etcd::revoke(std::int64_t lease) {
  Json body = Json::Object{{"ID", text_of(lease)}};
  const auto answer = co_await call("/v3/lease/revoke", std::move(body));
  if (!answer && answer.error().code != Code::not_found) co_return answer.error();
  co_return Result<void>();
}

asio::awaitable<Result<std::vector<KeyValue>>> Etcd::range(std::string prefix) {
  std::vector<KeyValue> out;
  std::string from = prefix;
  const std::string end = base::base64(end_of(std::move(prefix)));
  std::int64_t revision = 0;
  for (;;) {
    Json body = Json::Object{{"key", base::base64(from)},
                             {"range_end", end},
                             {"limit", text_of(keys_a_page)},
                             {"revision", text_of(revision)}};
    const auto answer = co_await call("/v3/kv/range", std::move(body));
    if (!answer) co_return answer.error();
    if (const Json* keys = answer->find("kvs"); keys && keys->is_array()) {
      for (const Json& one : keys->array()) {
        auto read = key_value(one);
        if (!read) co_return read.error();
        out.push_back(*std::move(read));
      }
    }
    if (!answer->flag("more") || out.empty()) co_return out;
    if (revision == 0) revision = number(answer->find("header"), "revision");
    from = out.back().key + '\0';
  }
}

asio::awaitable<Result<Outcome>> Etcd::transact(std::vector<Compare> conditions,
                                                std::vector<Operation> operations) {
  Json::Array compares;
  for (const Compare& one : conditions) compares.push_back(compare_json(one));
  Json::Array requests;
  for (const Operation& one : operations) requests.push_back(operation_json(one));
  Json body = Json::Object{{"compare", std::move(compares)}, {"success", std::move(requests)}};
  const auto answer = co_await call("/v3/kv/txn", std::move(body));
  if (!answer) co_return answer.error();
  co_return Outcome{answer->flag("succeeded"), number(answer->find("header"), "revision")};
}

}  // namespace idpd::cluster
