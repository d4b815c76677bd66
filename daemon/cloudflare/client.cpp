#include "cloudflare/client.h"

#include <fmt/format.h>

#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>

#include "cloudflare/pagination.h"
#include "cloudflare/paths.h"

namespace idpd::cloudflare {

using base::Code;
using base::Error;
using base::Json;
using base::Result;
using http::Method;
using http::Priority;

namespace {

constexpr int identity_providers_a_page = 1000;

struct WipedAtEnd {
  std::string& text;
  explicit WipedAtEnd(std::string& secret) : text(secret) {}
  ~WipedAtEnd() { base::wipe(text); }
  WipedAtEnd(const WipedAtEnd&) = delete;
  WipedAtEnd& operator=(const WipedAtEnd&) = delete;
};

// A read may always be repeated. A write only after "not done": what became of the others its caller finds
// out by reading.
bool may_repeat(Method method, const Error& error) {
  return method == Method::get || error.code == Code::rate_limited;
}

http::Request request_for(const Options& options, Method method, const std::string& path,
                          const std::string& body) {
  http::Request request;
  request.method = method;
  request.url = options.base_url + path;
  std::string authorization;
  constexpr std::string_view scheme = "Bearer ";
  authorization.reserve(scheme.size() + options.token.size());
  authorization.append(scheme).append(options.token);
  request.headers.reserve(3);
  request.headers.emplace_back("Authorization", std::move(authorization));
  request.headers.emplace_back("Accept", "application/json");
  if (!body.empty()) request.headers.emplace_back("Content-Type", "application/json");
  request.body = body;
  return request;
}

Error no_id(Method method, std::string_view path) {
  return {Code::invalid, "an identity provider without an id cannot be asked for", where_of(method, path)};
}

}  // namespace

Client::Client(http::Transport& transport, http::Budget& budget, base::Clock& clock, base::Random& random,
               Options options)
    : transport_(transport), budget_(budget), clock_(clock), random_(random), options_(std::move(options)) {}

Client::~Client() {
  base::wipe(options_.token);
}

std::string Client::account_path(std::string_view below) const {
  return fmt::format("/accounts/{}{}", path_segment(options_.account_id), below);
}

asio::awaitable<Result<Json::Array>> Client::list_identity_providers() {
  return list(account_path("/access/identity_providers"), identity_providers_a_page);
}

// Asked for around a write, to look before it and to read back after it: it shares the writes' priority.
asio::awaitable<Result<Json>> Client::get_identity_provider(std::string id) {
  const std::string path = account_path("/access/identity_providers/" + path_segment(id));
  if (id.empty()) co_return no_id(Method::get, path);
  auto answer = co_await call(Method::get, path, {}, Priority::write);
  if (!answer) co_return answer.error();
  if (!answer->result.is_object()) {
    co_return Error{Code::unavailable,
                    "the answer holds no identity provider: check api.base_url and any proxy",
                    where_of(Method::get, path), true};
  }
  co_return std::move(answer->result);
}

asio::awaitable<Result<Json>> Client::create_identity_provider(std::string body) {
  const std::string path = account_path("/access/identity_providers");
  auto answer = co_await call(Method::post, path, std::move(body), Priority::write);
  if (!answer) co_return answer.error();
  if (answer->result.text("id").empty()) {
    co_return Error{
        Code::unavailable,
        "the answer to the create names no id, so that it is looked for in the list; check any proxy",
        where_of(Method::post, path), true};
  }
  co_return std::move(answer->result);
}

asio::awaitable<Result<Json>> Client::update_identity_provider(std::string id, std::string body) {
  const std::string path = account_path("/access/identity_providers/" + path_segment(id));
  if (id.empty()) co_return no_id(Method::put, path);
  auto answer = co_await call(Method::put, path, std::move(body), Priority::write);
  if (!answer) co_return answer.error();
  co_return std::move(answer->result);
}

asio::awaitable<Result<void>> Client::delete_identity_provider(std::string id) {
  const std::string path = account_path("/access/identity_providers/" + path_segment(id));
  if (id.empty()) co_return no_id(Method::remove, path);
  auto answer = co_await call(Method::remove, path, {}, Priority::write);
  if (!answer && answer.error().code != Code::not_found) co_return answer.error();
  co_return Result<void>();
}

asio::awaitable<Result<Envelope>> Client::call(Method method, std::string path, std::string body,
                                               Priority priority) {
  const WipedAtEnd wiped(body);
  for (int attempt = 1;; ++attempt) {
    auto answer = co_await once(method, path, body, priority);
    if (answer) co_return std::move(answer);
    Error error = answer.error();
    if (is_open_refusal(error, method, path)) {
      const TokenVerdict verdict = co_await verify_token();
      settle_refusal(error, verdict, method, path);
    }
    if (!may_repeat(method, error)) co_return error;
    const auto delay = http::delay_before_retry(options_.retry, attempt, error, random_.unit());
    if (!delay) co_return error;
    asio::steady_timer timer(co_await asio::this_coro::executor);
    timer.expires_after(*delay);
    std::error_code cancelled;
    co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
    if (cancelled) co_return error;
  }
}

asio::awaitable<Result<Envelope>> Client::once(Method method, const std::string& path,
                                               const std::string& body, Priority priority) {
  const bool granted = co_await budget_.acquire(priority, options_.account_id);
  if (!granted) co_return Error{Code::invalid, "cancelled before it was sent", where_of(method, path)};
  std::optional<http::Budget::InFlight> in_flight(std::in_place, budget_);
  http::Request request = request_for(options_, method, path, body);
  auto response = co_await transport_.send(std::move(request));
  in_flight.reset();
  if (!response) {
    Error error = response.error();
    if (error.where.empty()) error.where = where_of(method, path);
    if (method != Method::get && error.code == Code::network)
      error.message += fmt::format(", {}", after_no_answer(method));
    co_return error;
  }
  budget_.observe(*response);
  auto envelope = read_envelope(method, path, *response);
  base::wipe(response->body);  // may hold a new SCIM secret
  if (!envelope) {
    Error error = envelope.error();
    base::hide(error.message, options_.token);  // an answer may repeat what was sent
    co_return error;
  }
  co_return envelope;
}

asio::awaitable<TokenVerdict> Client::verify_token() {
  // Many requests fail together when a token expires: one answer does for all of them.
  constexpr std::chrono::minutes kept(1);
  if (verdict_at_ && clock_.monotonic() - *verdict_at_ < kept) co_return verdict_;
  TokenVerdict verdict = co_await ask_verdict("/user/tokens/verify");
  // A token that no user owns may be the account's.
  if (verdict == TokenVerdict::invalid) verdict = co_await ask_verdict(account_path("/tokens/verify"));
  verdict_ = verdict;
  verdict_at_ = clock_.monotonic();
  co_return verdict;
}

asio::awaitable<TokenVerdict> Client::ask_verdict(std::string path) {
  // It settles what a person is told, so it does not queue with the reads.
  auto answer = co_await once(Method::get, path, {}, Priority::write);
  if (answer) {
    const std::string status = answer->result.text("status");
    if (status.empty()) co_return TokenVerdict::unknown;
    co_return status == "active" ? TokenVerdict::valid : TokenVerdict::invalid;
  }
  const Error& error = answer.error();
  const bool clear = error.code == Code::unauthorized && !is_open_refusal(error, Method::get, path);
  co_return clear ? TokenVerdict::invalid : TokenVerdict::unknown;
}

asio::awaitable<Result<Json::Array>> Client::list(std::string path, int per_page) {
  auto items = co_await list_once(path, per_page);
  // Once more: it is usually someone else's change in the middle of it.
  if (!items && items.error().code == Code::incomplete) items = co_await list_once(path, per_page);
  co_return std::move(items);
}

asio::awaitable<Result<Json::Array>> Client::list_once(const std::string& path, int per_page) {
  Listing listing(where_of(Method::get, path), per_page);
  const char separator = path.find('?') == std::string::npos ? '?' : '&';
  while (true) {
    std::string page = fmt::format("{}{}page={}&per_page={}", path, separator, listing.next_page(), per_page);
    auto answer = co_await call(Method::get, std::move(page), {}, Priority::read);
    if (!answer) co_return answer.error();
    const auto complete = listing.add(*std::move(answer));
    if (!complete) co_return complete.error();
    if (*complete) co_return listing.take();
  }
}

}  // namespace idpd::cloudflare
