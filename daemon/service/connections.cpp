#include "service/connections.h"

namespace idpd::service {

using base::Error;
using base::Result;

secrets::Policy policy_for_files(const config::Settings& settings) {
  secrets::Policy out{.files = settings.secret_files};
  for (const base::Reference& own : settings.own_references) {
    switch (own.kind) {
      case base::Reference::Kind::credential:
        out.refused_credentials.insert(own.name);
        break;
      case base::Reference::Kind::file:
        out.refused_files.insert(own.name);
        break;
      case base::Reference::Kind::env:
        out.refused_variables.insert(own.name);
        break;
    }
  }
  return out;
}

Connections::Connections(Outside outside, const config::Settings& settings, int requests_per_5m)
    : outside_(std::move(outside)),
      settings_(settings),
      requests_per_5m_(settings.api.requests_per_5m.value_or(requests_per_5m)),
      for_files_(outside_.environment, policy_for_files(settings)),
      for_settings_(outside_.environment, {.settings = true}) {
  for (const config::Account& account : settings.accounts) budget(account).set_limit(requests_per_5m_);
}

http::Budget& Connections::budget(const config::Account& account) {
  auto& found = outside_.budgets[account.rate_group];
  if (!found) found = std::make_unique<http::Budget>(outside_.io, outside_.clock, requests_per_5m_);
  return *found;
}

Result<std::unique_ptr<cloudflare::Client>> Connections::client(const config::Account& account,
                                                                http::Transport* through) {
  auto token = for_settings_.resolve(account.token);
  if (!token) return Error{token.error().code, "the account's token cannot be had: " + token.error().text()};
  cloudflare::Options options{
      .base_url = settings_.api.base_url, .account_id = account.id, .token = std::string(token->reveal())};
  return std::make_unique<cloudflare::Client>(through ? *through : outside_.transport, budget(account),
                                              outside_.clock, outside_.random, std::move(options));
}

http::CurlOptions transport_options(const config::Settings& settings) {
  http::CurlOptions out{.ca_file = settings.api.ca_file,
                        .connect_timeout = settings.api.connect_timeout,
                        .stall_timeout = settings.api.stall_timeout,
                        .total_timeout = settings.api.timeout};
  // As long as the shortest write lasts: nothing that was sent in time arrives when the lease is another's.
  if (settings.cluster) out.unacknowledged = settings.cluster->lease / 4;
  return out;
}

plan::Policy policy_of(const config::Account& account) {
  plan::Policy out;
  out.allow_deletes = account.allow_deletes;
  out.max_deletes = account.max_deletes;
  out.unmanaged = account.unmanaged == config::Unmanaged::remove   ? plan::Unwanted::remove
                  : account.unmanaged == config::Unmanaged::ignore ? plan::Unwanted::ignore
                                                                   : plan::Unwanted::report;
  return out;
}

}  // namespace idpd::service
