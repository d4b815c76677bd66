#include "check/conversation.h"

#include <fmt/format.h>

#include "base/digest.h"
#include "base/text.h"

namespace idpd::check {

namespace {

using base::Code;
using base::Error;
using base::Result;

constexpr std::size_t longest_quote = 300;
constexpr std::string_view basic_scheme = "Basic ";

// The answer in words, where no rule knows it.
std::string described(const Answer& answer) {
  if (answer.status == too_many_requests) return "the identity provider asks to wait (HTTP 429)";
  if (answer.status >= first_server_error)
    return fmt::format("the identity provider is in trouble (HTTP {})", answer.status);
  if (!answer.redirect.empty())
    return fmt::format("the answer is a redirect (HTTP {}), which is not followed", answer.status);
  if (answer.body.is_null())
    return fmt::format("the answer cannot be read (HTTP {}, no JSON)", answer.status);
  return fmt::format("the answer says nothing of it (HTTP {})", answer.status);
}

}  // namespace

asio::awaitable<Result<Answer>> Conversation::send(http::Request request, const std::string& callback) {
  const auto host = https_host(request.url);
  if (!host) {
    co_return Error{Code::invalid, fmt::format("{} is no https address that is safe to use; nothing was sent",
                                               quoted(without_query(request.url)))};
  }
  if (!allowed_hosts_.empty() && !is_allowed(*host, allowed_hosts_)) {
    co_return Error{
        Code::invalid,
        fmt::format("{} is not among check.allowed_hosts of the settings; nothing was sent", quoted(*host))};
  }
  request.headers.emplace_back("Accept", "application/json");
  auto response = co_await transport_.send(std::move(request));
  if (!response) {
    Error error = std::move(response).error();
    error.message = quoted(std::move(error.message));
    error.where.clear();
    co_return error;
  }
  co_return read_answer(*response, callback);
}

asio::awaitable<Result<Answer>> Conversation::get(const std::string& url, const std::string& callback) {
  http::Request request;
  request.url = url;
  co_return co_await send(std::move(request), callback);
}

std::string Conversation::basic(const std::string& client_id, std::string_view secret) {
  std::string pair = escaped(client_id) + ':' + escaped(secret);
  std::string out = std::string(basic_scheme) + base::base64(pair);
  base::wipe(pair);
  return out;
}

std::string Conversation::quoted(std::string text) const {
  if (subject_.secret) {
    const std::string_view secret = subject_.secret->reveal();
    const auto client = subject_.provider.fields.find("config.client_id");
    const bool named = client != subject_.provider.fields.end() && client->second.is_string();
    base::hide(text, basic(named ? client->second.string() : "", secret).substr(basic_scheme.size()));
    base::hide(text, escaped(secret));
    base::hide(text, secret);
  }
  const bool cut = text.size() > longest_quote;
  return base::printable(base::valid_utf8(base::beginning(text, longest_quote))) + (cut ? "…" : "");
}

std::string Conversation::error_of(const Answer& answer) const {
  if (answer.error.empty() && answer.description.empty()) return {};
  const bool both = !answer.error.empty() && !answer.description.empty();
  return fmt::format(" ({}{}{})", quoted(answer.error), both ? ": " : "", quoted(answer.description));
}

void no_answer(const Error& error, Probe& out) {
  out.verdict = Verdict::unknown;
  out.grade.reset();
  const bool sent = error.code != Code::invalid;
  out.message = error.message;
  if (sent)
    out.advice = "check again later; if it lasts, see that the address is right and reachable from here";
}

void apply(const Rule* rule, const Rule* explanation, const Answer& answer, const Conversation& talk,
           const Values& values, Probe& out) {
  if (!rule) {
    out.verdict = Verdict::unknown;
    out.grade.reset();
    out.message = described(answer) + talk.error_of(answer);
    out.advice = "check again later";
    return;
  }
  out.grade = rule->grade;
  out.verdict = decides(rule->grade) ? rule->means : Verdict::unknown;
  const Rule& words = explanation ? *explanation : *rule;
  out.message = values.sentence(words.says);
  out.advice = values.sentence(words.advice);
  if (rule->means != Verdict::ok || out.verdict == Verdict::unknown) out.message += talk.error_of(answer);
}

}  // namespace idpd::check
