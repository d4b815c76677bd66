#include "service/acceptance.h"

#include <fmt/format.h>

#include <algorithm>

#include "service/subject.h"

namespace idpd::service {

namespace {

// Long enough that nobody's log fills, short enough that what is mended at the identity provider is seen.
constexpr std::chrono::hours remembered{1};

}  // namespace

reconcile::Accepts Acceptance::of(const config::Account& account) {
  if (!settings_.check.before_apply) return {};
  return [this, &account](const model::DesiredProvider& provider, const reconcile::SecretValues& secrets) {
    return ask(account, provider, secrets);
  };
}

asio::awaitable<std::optional<std::string>> Acceptance::ask(const config::Account& account,
                                                            const model::DesiredProvider& provider,
                                                            const reconcile::SecretValues& secrets) {
  const check::Subject subject = subject_of(account.alias, account.team_domain, provider, secrets);
  if (!subject.secret) co_return std::nullopt;
  const std::string question =
      question_of(subject, secrets.fingerprint(provider.key, std::string(check::client_secret_path)));
  const auto known = refusals_.find(question);
  if (known != refusals_.end() && clock_.monotonic() < known->second.until) co_return known->second.message;
  const check::Tools tools{.catalog = catalog_,
                           .transport = transport_,
                           .allowed_hosts = settings_.check.allowed_hosts,
                           .now = std::chrono::floor<std::chrono::seconds>(clock_.now())};
  const check::Outcome outcome = co_await check::probe(tools, subject, check::Extent::credentials);
  const auto bad = std::find_if(outcome.probes.begin(), outcome.probes.end(),
                                [](const check::Probe& one) { return one.verdict == check::Verdict::bad; });
  if (bad == outcome.probes.end()) {
    refusals_.erase(question);
    co_return std::nullopt;
  }
  Refusal refusal{"the identity provider does not take it: " + sentence_of(*bad),
                  clock_.monotonic() + remembered};
  refusals_.insert_or_assign(question, refusal);
  co_return refusal.message;
}

}  // namespace idpd::service
