#include "cloudflare/token_trial.h"

#include <fmt/format.h>

#include "base/clock.h"
#include "base/text.h"
#include "cloudflare/client.h"
#include "cloudflare/paths.h"

namespace idpd::cloudflare {

using base::Code;
using base::Error;
using base::Json;
using base::Result;
using http::Method;
using http::Priority;

namespace {

constexpr int accounts_a_page = 50;  // the API gives no more
constexpr std::size_t account_id_digits = 32;

constexpr const char* nothing_works =
    "nothing works: no plan, no import, no apply (an account id that is not the token's looks the same)";
constexpr const char* no_deletes = "every delete is withheld, and a replace leaves the old one in place";

struct Read {
  const char* what;
  const char* path;  // `{}` is the account's id
  const char* without;
};
constexpr Read reads[] = {
    {"identity providers", "/accounts/{}/access/identity_providers?page=1&per_page=1", nothing_works},
    {"Access apps", "/accounts/{}/access/apps?page=1&per_page=1", no_deletes},
    {"Access policies", "/accounts/{}/access/policies?page=1&per_page=1", no_deletes},
    {"Access groups", "/accounts/{}/access/groups?page=1&per_page=1", no_deletes},
    {"federation grants", "/accounts/{}/access/idp_federation_grants?page=1&per_page=1", no_deletes},
    {"risk scoring integrations", "/accounts/{}/zt_risk_scoring/integrations?page=1&per_page=1", no_deletes},
    {"zones", "/zones?account.id={}&page=1&per_page=5", no_deletes},
};
constexpr const char* without_audit_log = "who changed something stays unknown";

std::optional<std::size_t> total_of(const Json& result_info) {
  const Json* total = result_info.find("total_count");
  if (!total || !total->is_integer() || total->integer() < 0) return std::nullopt;
  return static_cast<std::size_t>(total->integer());
}

bool is_account(std::string_view id) {
  return id.size() == account_id_digits && id.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

}  // namespace

asio::awaitable<Result<TokenVerdict>> Client::try_token() {
  std::vector<std::string> paths{"/user/tokens/verify"};
  if (!options_.account_id.empty()) paths.push_back(account_path("/tokens/verify"));  // owned by the account
  for (const std::string& path : paths) {
    auto answer = co_await once(Method::get, path, {}, Priority::read);
    if (!answer && answer.error().code != Code::unauthorized) co_return answer.error();
    if (answer && answer->result.text("status") == "active") co_return TokenVerdict::valid;
  }
  // Without an account's id only one of the two could be asked.
  co_return options_.account_id.empty() ? TokenVerdict::unknown : TokenVerdict::invalid;
}

asio::awaitable<Result<VisibleAccounts>> Client::list_accounts() {
  const std::string path = fmt::format("/accounts?page=1&per_page={}", accounts_a_page);
  auto answer = co_await once(Method::get, path, {}, Priority::read);
  if (!answer) co_return answer.error();
  if (!answer->result.is_array())
    co_return Error{Code::unavailable, "the answer holds no accounts", where_of(Method::get, path), true};
  VisibleAccounts out;
  const auto& items = answer->result.array();
  for (const Json& item : items) {
    VisibleAccount account;
    account.id = item.text("id");
    account.name = base::printable(item.text("name"));
    if (is_account(account.id)) out.first.push_back(std::move(account));
  }
  out.complete = total_of(answer->result_info).value_or(items.size()) <= items.size();
  co_return std::move(out);
}

asio::awaitable<std::vector<Trial>> Client::try_reads() {
  struct Wanted {
    std::string what, path, without;
  };
  std::vector<Wanted> all;
  for (const Read& read : reads)
    all.push_back(
        {read.what, fmt::format(fmt::runtime(read.path), path_segment(options_.account_id)), read.without});
  const auto now = clock_.now();
  all.push_back({"the audit log",
                 account_path(fmt::format("/logs/audit?since={}&before={}&direction=desc&limit=1",
                                          path_segment(base::timestamp(now - std::chrono::hours(1))),
                                          path_segment(base::timestamp(now)))),
                 without_audit_log});
  std::vector<Trial> trials;
  bool answered = true;
  for (const Wanted& wanted : all) {
    Trial trial;
    trial.what = wanted.what;
    trial.permission = permission_for(Method::get, wanted.path);
    trial.without = wanted.without;
    if (answered) {
      auto answer = co_await once(Method::get, wanted.path, {}, Priority::read);
      if (answer) {
        trial.outcome = Trial::Outcome::readable;
        trial.count = total_of(answer->result_info);
      } else {
        const bool refused = answer.error().code == Code::unauthorized;
        trial.outcome = refused ? Trial::Outcome::refused : Trial::Outcome::unknown;
        trial.error = answer.error();
        answered = answer.error().code != Code::network && answer.error().code != Code::rate_limited;
      }
    }
    trials.push_back(std::move(trial));
  }
  co_return trials;
}

}  // namespace idpd::cloudflare
