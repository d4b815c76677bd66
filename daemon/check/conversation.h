// The requests of one check: to hosts that are allowed and over https alone, with everything that could be
// the secret taken out of what comes back before anybody shows it. Lives as long as the check.
#pragma once

#include <asio/awaitable.hpp>
#include <string>
#include <vector>

#include "check/answer.h"
#include "check/outcome.h"
#include "check/prober.h"
#include "check/values.h"
#include "http/transport.h"

namespace idpd::check {

class Conversation {
 public:
  Conversation(http::Transport& transport, const std::vector<std::string>& allowed_hosts,
               const Subject& subject)
      : transport_(transport), allowed_hosts_(allowed_hosts), subject_(subject) {}

  // Errors: invalid when nothing was sent, network when no whole answer came.
  asio::awaitable<base::Result<Answer>> send(http::Request request, const std::string& callback = {});
  asio::awaitable<base::Result<Answer>> get(const std::string& url, const std::string& callback = {});

  // `Basic …`, as the secret is sent in a header (RFC 6749, section 2.3.1: both are escaped first).
  static std::string basic(const std::string& client_id, std::string_view secret);

  // Text from outside as it may be shown: without the secret, printable, not too long.
  std::string quoted(std::string text) const;
  // Its error and description, in brackets; empty when it has none.
  std::string error_of(const Answer& answer) const;

 private:
  http::Transport& transport_;
  const std::vector<std::string>& allowed_hosts_;
  const Subject& subject_;
};

// No answer: that says nothing of the settings.
void no_answer(const base::Error& error, Probe& out);
// What a rule makes of an answer: a hint decides nothing. `explanation` has better words; both may be null.
// Without a rule the answer could not be told.
void apply(const Rule* rule, const Rule* explanation, const Answer& answer, const Conversation& talk,
           const Values& values, Probe& out);

}  // namespace idpd::check
