#include "cloudflare/envelope.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "base/text.h"
#include "cloudflare/paths.h"
#include "http/budget.h"

namespace idpd::cloudflare {

using base::Code;
using base::Error;
using base::Json;

namespace {

constexpr std::size_t longest_message = 300;

namespace status {
constexpr int ok = 200, redirect = 300, bad_request = 400, unauthorized = 401, forbidden = 403,
              not_found = 404, timeout = 408, too_many_requests = 429, server_error = 500,
              not_implemented = 501;
}  // namespace status

namespace api_code {
constexpr std::int64_t invalid_token = 1000, bad_headers = 6003, no_route = 7000, no_such_object = 7003,
                       no_credentials = 9106, bad_token = 9109, authentication = 10000;
}  // namespace api_code

std::string shortened(const std::string& text) {
  return text.size() <= longest_message ? text : std::string(base::beginning(text, longest_message)) + "…";
}

struct Failure {
  std::vector<std::int64_t> codes;
  std::string text;       // for people; empty when the API says nothing
  bool from_api = false;  // it has the API's form, and is not some proxy's page

  bool has(std::int64_t code) const { return std::find(codes.begin(), codes.end(), code) != codes.end(); }
};

// `message (code 12130, at /config/client_id)`
std::string one_message(const Json& error) {
  std::string text = error.text("message");
  std::vector<std::string> notes;
  const Json* code = error.find("code");
  if (code && code->is_integer()) notes.push_back(fmt::format("code {}", code->integer()));
  if (const Json* source = error.find("source")) {
    if (const std::string pointer = source->text("pointer"); !pointer.empty())
      notes.push_back("at " + pointer);
  }
  if (!notes.empty()) text += fmt::format("{}({})", text.empty() ? "" : " ", base::join(notes, ", "));
  return text;
}

Failure read_failure(const Json& body) {
  Failure failure;
  const Json* success = body.find("success");
  failure.from_api = success && success->is_bool();
  std::vector<std::string> texts;
  const auto take = [&](const Json& error) {
    if (const Json* code = error.find("code"); code && code->is_integer())
      failure.codes.push_back(code->integer());
    if (std::string text = one_message(error); !text.empty()) texts.push_back(std::move(text));
  };
  const auto take_chain = [&](const Json& owner) {
    const Json* chain = owner.find("error_chain");
    if (chain && chain->is_array()) std::for_each(chain->array().begin(), chain->array().end(), take);
  };
  if (const Json* errors = body.find("errors"); errors && errors->is_array()) {
    for (const Json& error : errors->array()) {
      take(error);
      take_chain(error);
    }
  }
  take_chain(body);
  failure.text = shortened(base::printable(base::join(texts, "; ")));
  return failure;
}

bool names_object(std::string_view path) {
  constexpr std::string_view collection = "/access/identity_providers/";
  return path.find(collection) != std::string_view::npos;
}

// The API's words behind ours.
std::string with(std::string ours, const Failure& failure) {
  return failure.text.empty() ? ours : fmt::format("{}; Cloudflare says: {}", ours, failure.text);
}

// A read that is refused leaves no doubt about the world.
std::string_view not_done(http::Method method) {
  return method == http::Method::get ? "" : "; the request was not carried out";
}

void take_retry_after(Error& error, const http::Response& response) {
  error.retryable = true;
  const double asked = http::parse_retry_after(response.header("retry-after"));
  if (asked >= 0) error.retry_after_seconds = asked;
}

void say_not_found(Error& error, http::Method method, std::string_view path, const Failure& failure) {
  if (!failure.from_api) {
    // Taken for "gone", a proxy's page would have the identity provider created anew.
    error.code = Code::unavailable;
    error.retryable = true;
    error.message =
        fmt::format("the answer is not what the API sends (HTTP 404): check api.base_url and any proxy, {}",
                    after_no_answer(method));
    return;
  }
  error.code = Code::not_found;
  error.message =
      names_object(path)
          ? "there is no identity provider with this id (HTTP 404), any more or yet; plan again"
          : with(fmt::format(
                     "Cloudflare finds nothing there (HTTP 404): check the account id in the settings{}",
                     not_done(method)),
                 failure);
}

Error from_failure(http::Method method, std::string_view path, const http::Response& response,
                   const Failure& failure) {
  const int code = response.status;
  Error error{Code::refused, {}, where_of(method, path)};
  if (code == status::too_many_requests) {
    error.code = Code::rate_limited;
    take_retry_after(error, response);
    error.message =
        with(fmt::format("the token's user has made too many requests, by idpd, the dashboard and other "
                         "tools together, and Cloudflare refuses them for up to five minutes (HTTP 429){}; "
                         "try again later",
                         not_done(method)),
             failure);
  } else if (code >= status::server_error || code == status::timeout) {
    error.code = Code::unavailable;
    take_retry_after(error, response);
    // 501 is an answer about the request and not about the moment; it stays "unknown" for a write.
    error.retryable = code != status::not_implemented;
    error.message = with(
        fmt::format("Cloudflare could not answer (HTTP {}), {}", code, after_no_answer(method)), failure);
  } else if (failure.has(api_code::no_route) || failure.has(api_code::no_such_object)) {
    error.code = Code::invalid;
    error.message = with(fmt::format("Cloudflare knows no such account: check the account id in the settings "
                                     "(32 hexadecimal digits){}",
                                     not_done(method)),
                         failure);
  } else if (failure.has(api_code::no_credentials) || failure.has(api_code::bad_headers)) {
    error.code = Code::unauthorized;
    error.message = with(
        fmt::format(
            "Cloudflare saw no usable token: check the token that the settings refer to, which is one line "
            "without blanks{}",
            not_done(method)),
        failure);
  } else if (code != status::not_found &&
             (failure.has(api_code::invalid_token) ||
              (code == status::unauthorized && failure.has(api_code::bad_token)))) {
    error.code = Code::unauthorized;
    error.message = with(refusal_text(TokenVerdict::invalid, method, path), failure);
  } else if (code == status::unauthorized ||
             (code == status::forbidden && (failure.codes.empty() || failure.has(api_code::authentication) ||
                                            failure.has(api_code::bad_token)))) {
    error.code = Code::unauthorized;
    error.message = with(refusal_text(TokenVerdict::unknown, method, path), failure);
  } else if (code == status::not_found) {
    say_not_found(error, method, path, failure);
  } else if (code < status::redirect) {
    // A "no" under a status of success is no clear refusal: what became of a write is looked up.
    error.code = Code::unavailable;
    error.message =
        with(fmt::format("Cloudflare says that the request failed, under a status of success (HTTP {}), {}",
                         code, after_no_answer(method)),
             failure);
  } else if (code < status::bad_request) {
    error.code = Code::unavailable;  // whoever answered in the API's place may have passed the request on
    error.message = fmt::format(
        "a redirect (HTTP {}) came instead of an answer, and is not followed: check api.base_url and any "
        "proxy, {}",
        code, after_no_answer(method));
  } else {
    error.message =
        with(fmt::format("Cloudflare refuses the request and has changed nothing (HTTP {})", code), failure);
  }
  return error;
}

}  // namespace

std::string_view after_no_answer(http::Method method) {
  return method == http::Method::get
             ? "which changes nothing; try again, and see https://www.cloudflarestatus.com if it lasts"
             : "and may have carried the request out or not; the next pass looks, and goes on from what it "
               "finds";
}

std::string refusal_text(TokenVerdict verdict, http::Method method, std::string_view path) {
  const std::string_view permission = permission_for(method, path);
  const std::string_view scope = path.starts_with("/zones") ? "all zones of this account" : "this account";
  switch (verdict) {
    case TokenVerdict::invalid:
      return fmt::format(
          "the API token is invalid or expired: make a new one in the Cloudflare dashboard, and put it "
          "where `token` in the settings points to{}",
          not_done(method));
    case TokenVerdict::valid:
      return fmt::format(
          "the API token is valid, but lacks the permission \"{}\" for {}: add it to the token in the "
          "Cloudflare dashboard, or correct the account id in the settings if it is not the token's{}",
          permission, scope, not_done(method));
    case TokenVerdict::unknown:
      break;
  }
  return fmt::format(
      "the API token lacks the permission \"{}\" for {}, or has expired, or the account id in the settings "
      "is not the token's: see to the token in the Cloudflare dashboard{}",
      permission, scope, not_done(method));
}

bool is_open_refusal(const Error& error, http::Method method, std::string_view path) {
  return error.code == Code::unauthorized &&
         error.message.starts_with(refusal_text(TokenVerdict::unknown, method, path));
}

void settle_refusal(Error& error, TokenVerdict verdict, http::Method method, std::string_view path) {
  const std::string open = refusal_text(TokenVerdict::unknown, method, path);
  if (!error.message.starts_with(open)) return;
  error.message.replace(0, open.size(), refusal_text(verdict, method, path));
}

base::Result<Envelope> read_envelope(http::Method method, std::string_view path,
                                     const http::Response& response) {
  const bool fine = response.status >= status::ok && response.status < status::redirect;
  auto body = base::parse_json(response.body);
  const Json* success = body ? body->find("success") : nullptr;
  if (!fine || (success && success->is_bool() && !success->boolean())) {
    return from_failure(method, path, response, body ? read_failure(*body) : Failure{});
  }
  if (!success || !success->is_bool()) {
    // A delete has nothing to tell beyond its status.
    const bool empty = response.body.find_first_not_of(" \t\r\n") == std::string::npos;
    if (method == http::Method::remove && (empty || (body && body->is_object()))) return Envelope{};
    return Error{
        Code::unavailable,
        fmt::format(
            "the answer is not what the API sends (HTTP {}, {}): check api.base_url and any proxy, {}",
            response.status, body ? "JSON without \"success\"" : body.error().message,
            after_no_answer(method)),
        where_of(method, path), true};
  }
  Envelope envelope;
  if (Json* result = body->find("result")) envelope.result = std::move(*result);
  if (Json* info = body->find("result_info")) envelope.result_info = std::move(*info);
  return envelope;
}

}  // namespace idpd::cloudflare
