// The API as a coroutine client: paths, token, envelope, pagination, retries and the rate budget. One a
// account; it outlives its coroutines and uses the transport, budget, clock and random that main owns.
// No answer's text reaches an error beyond the API's own error messages (bodies may hold secrets).
// Source of all facts: Cloudflare's API schemas; see README.md.
#pragma once

#include <asio/awaitable.hpp>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/json.h"
#include "base/result.h"
#include "cloudflare/audit_log.h"
#include "cloudflare/envelope.h"
#include "cloudflare/token_trial.h"
#include "http/budget.h"
#include "http/retry.h"
#include "http/transport.h"

namespace idpd::cloudflare {

struct Options {
  std::string base_url;  // https://api.cloudflare.com/client/v4, no slash at the end
  std::string account_id;
  std::string token;  // wiped by the client's destructor
  http::RetryPolicy retry;
};

class Client {
 public:
  Client(http::Transport& transport, http::Budget& budget, base::Clock& clock, base::Random& random,
         Options options);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // Identity providers of the account, raw. One request per thousand.
  asio::awaitable<base::Result<base::Json::Array>> list_identity_providers();
  asio::awaitable<base::Result<base::Json>> get_identity_provider(std::string id);  // not_found on 404
  // Never repeated blindly: network and unavailable mean "unknown", anything else "not done". The answer's
  // `result` as it came, which may hold a new SCIM secret. `body` is the JSON text; it is wiped.
  asio::awaitable<base::Result<base::Json>> create_identity_provider(std::string body);
  asio::awaitable<base::Result<base::Json>> update_identity_provider(std::string id, std::string body);
  // A 404 counts as done.
  asio::awaitable<base::Result<void>> delete_identity_provider(std::string id);

  // Every place in Access that may refer to an identity provider, as raw JSON with a name for people
  // (`Access app "Wiki"`). An error where any of them could not be read.
  struct Referrer {
    std::string title;
    base::Json body;
  };
  asio::awaitable<base::Result<std::vector<Referrer>>> list_referrers();

  // What the audit log says of one identity provider, newest first: two requests at most, none repeated. Any
  // failure means "unknown" and is given again for an hour without asking.
  asio::awaitable<base::Result<std::vector<AuditEntry>>> list_audit_entries(AuditQuery query);
  // The id (not the secret) of the token in use; asked once. Empty where it could not be found out, which is
  // asked again after an hour.
  asio::awaitable<std::string> token_id();

  // What the token is good for, asked by reading: nothing is repeated, so that an answer comes soon also
  // where there is no network. Error: nobody answered, or not in a way that tells.
  asio::awaitable<base::Result<TokenVerdict>> try_token();
  asio::awaitable<base::Result<VisibleAccounts>> list_accounts();
  // Everything that idpd reads of the account, in the order of its weight. Once nobody answers, the rest is
  // not tried.
  asio::awaitable<std::vector<Trial>> try_reads();

 private:
  // One request, repeated by the policy where that is safe for its method.
  asio::awaitable<base::Result<Envelope>> call(http::Method method, std::string path, std::string body,
                                               http::Priority priority);
  asio::awaitable<base::Result<Envelope>> once(http::Method method, const std::string& path,
                                               const std::string& body, http::Priority priority);
  asio::awaitable<base::Result<base::Json::Array>> list(std::string path, int per_page);
  asio::awaitable<base::Result<base::Json::Array>> list_once(const std::string& path, int per_page);
  asio::awaitable<base::Result<void>> add_referrers(std::vector<Referrer>& referrers, std::string path,
                                                    std::string kind, std::string zone);
  asio::awaitable<TokenVerdict> verify_token();
  asio::awaitable<TokenVerdict> ask_verdict(std::string path);
  std::string account_path(std::string_view below) const;

  http::Transport& transport_;
  http::Budget& budget_;
  base::Clock& clock_;
  base::Random& random_;
  Options options_;
  TokenVerdict verdict_ = TokenVerdict::unknown;
  std::optional<std::chrono::steady_clock::time_point> verdict_at_;
  base::Error audit_failure_;
  std::optional<std::chrono::steady_clock::time_point> audit_failure_at_;
  std::string token_id_;
  std::optional<std::chrono::steady_clock::time_point> token_id_at_;
};

// Pure: for each id, who refers to it: the id as any string value or object key, anywhere in the body.
std::map<std::string, std::vector<std::string>> referrers_of(const std::vector<std::string>& ids,
                                                             const std::vector<Client::Referrer>& referrers);

}  // namespace idpd::cloudflare
