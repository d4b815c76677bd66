// The settings file. What is refused is refused with words; what is accepted keeps the rules that the daemon
// relies on: a token goes nowhere else, the endpoint is on this machine, numbers and durations are what the
// file says.
#include "config/settings.h"
#include "fuzz.h"

using namespace idpd;

namespace {

bool is_error(const model::Diagnostic& one) {
  return one.severity == model::Severity::error;
}

void check(const config::Settings& settings) {
  fuzz::require(!settings.accounts.empty(), "there is an account");
  for (const config::Account& account : settings.accounts) {
    fuzz::require(config::is_account_id(account.id), "an account's id is one", account.id);
    fuzz::require(account.max_deletes < 1'000'000'000, "max_deletes is a count");
    fuzz::require(settings.find(account.alias) != nullptr, "an account is found by its alias");
  }
  fuzz::require(!config::base_url_problem(settings.api.base_url), "the token is sent to no open place",
                settings.api.base_url);
  fuzz::require(settings.api.requests_per_5m.value_or(1) > 0, "the rate is a number of requests");
  for (const config::Listen& listen : settings.listen) {
    const auto again = config::parse_listen(config::shown(listen));
    fuzz::require(again && *again == listen, "a place to listen is written as it is read",
                  config::shown(listen));
  }
  const std::chrono::milliseconds durations[] = {settings.interval,
                                                 settings.warn_before_expiry,
                                                 settings.api.connect_timeout,
                                                 settings.api.stall_timeout,
                                                 settings.api.timeout,
                                                 settings.git ? settings.git->interval : settings.interval};
  for (const auto duration : durations) fuzz::require(duration.count() >= 0, "no duration is negative");
  for (const config::Receiver& one : settings.notify)
    fuzz::require(one.remind.count() >= 0, "nor is a reminder's");
  fuzz::require(
      settings.git.has_value() || settings.desired_path.empty() || settings.desired_path.front() == '/',
      "paths are absolute", settings.desired_path);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  std::vector<model::Diagnostic> diagnostics;
  const auto settings = config::parse_settings("/etc/idpd/idpd.yaml", text, fuzz::catalog(), "", diagnostics);
  for (const model::Diagnostic& one : diagnostics) fuzz::require_printable(one.text());
  const bool refused = std::any_of(diagnostics.begin(), diagnostics.end(), is_error);
  fuzz::require(settings.has_value() != refused, "settings are taken, or refused with words");
  if (settings) check(*settings);
  return 0;
}
