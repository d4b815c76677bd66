// Cloudflare's envelope around every answer, and its failures as errors that say what to do. Pure. Of an
// answer's text only the API's own error messages get into an error, cut short and without control
// characters: bodies may hold secrets.
#pragma once

#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"
#include "http/transport.h"

namespace idpd::cloudflare {

struct Envelope {
  base::Json result;       // null where the answer has none
  base::Json result_info;  // null where the answer has none
};

// `path` is the path below the base URL, with or without a query.
base::Result<Envelope> read_envelope(http::Method method, std::string_view path,
                                     const http::Response& response);

// The end of the sentence about a request without a good answer: what is known of the world, and what to do.
std::string_view after_no_answer(http::Method method);

// What the token endpoints said about a token that was refused elsewhere.
enum class TokenVerdict { unknown, valid, invalid };
// The first sentence of an `unauthorized` error. Where the refusal itself does not tell an expired token from
// a missing permission, it has to name both causes, until the verdict is known.
std::string refusal_text(TokenVerdict verdict, http::Method method, std::string_view path);
bool is_open_refusal(const base::Error& error, http::Method method, std::string_view path);
void settle_refusal(base::Error& error, TokenVerdict verdict, http::Method method, std::string_view path);

}  // namespace idpd::cloudflare
