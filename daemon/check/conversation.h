// The requests of one check: to hosts that are allowed and over https alone, with everything that could be
// the secret taken out of what comes back before anybody shows it. Lives as long as the check.
#pragma once

#include <asio/awaitable.hpp>
#include <string>
#include <vector>

#include "check/answer.h"
#include "check/outcome.h"
#include "check/values.h"
#include "http/transport.h"
#include "secrets/secret.h"

namespace idpd::check {

class Conversation {
 public:
  Conversation(http::Transport& transport, const std::vector<std::string>& allowed_hosts,
               const secrets::Secret* secret)
      : transport_(transport), allowed_hosts_(allowed_hosts), secret_(secret) {}

  // Errors: invalid when nothing was sent, network when no whole answer came.
  asio::awaitable<base::Result<Answer>> send(http::Request request, const std::string& callback = {});
  asio::awaitable<base::Result<Answer>> get(const std::string& url, const std::string& callback = {});

  // Text from outside as it may be shown: without the secret, printable, not too long.
  std::string quoted(std::string text) const;
  // Its error and description, in brackets; empty when it has none.
  std::string error_of(const Answer& answer) const;

 private:
  http::Transport& transport_;
  const std::vector<std::string>& allowed_hosts_;
  const secrets::Secret* secret_;
};

// No answer: that says nothing of the settings.
void no_answer(const base::Error& error, Probe& out);
// What a rule makes of an answer: a hint decides nothing. `explanation` has better words; both may be null.
// Without a rule the answer could not be told.
void apply(const Rule* rule, const Rule* explanation, const Answer& answer, const Conversation& talk,
           const Values& values, Probe& out);

}  // namespace idpd::check
