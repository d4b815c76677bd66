// The way to the outside that every pass needs: a client for each account with its token resolved afresh and
// the request budget of its rate group, what the files may read of secrets. Made for one command, or for one
// generation of the daemon's settings; outlives the coroutines that use it.
#pragma once

#include <asio/io_context.hpp>
#include <map>
#include <memory>
#include <string>

#include "base/clock.h"
#include "cloudflare/client.h"
#include "config/settings.h"
#include "http/budget.h"
#include "http/curl_transport.h"
#include "plan/planner.h"
#include "secrets/resolver.h"

namespace idpd::service {

class Connections {
 public:
  struct Outside {
    asio::io_context& io;
    base::Clock& clock;
    base::Random& random;
    http::Transport& transport;
    http::Budgets& budgets;
    secrets::Resolver::Environment environment;
  };
  // `requests_per_5m` is what the settings do not say.
  Connections(Outside outside, const config::Settings& settings, int requests_per_5m);

  // Through another transport than the common one, which outlives it then. Error: its token cannot be
  // resolved.
  base::Result<std::unique_ptr<cloudflare::Client>> client(const config::Account& account,
                                                           http::Transport* through = nullptr);
  http::Transport& transport() { return outside_.transport; }
  http::Budget& budget(const config::Account& account);
  int requests_per_5m() const { return requests_per_5m_; }

  // For the files with the identity providers: never what the settings use, by whatever way.
  const secrets::Resolver& for_files() const { return for_files_; }
  // For the settings' own references.
  const secrets::Resolver& for_settings() const { return for_settings_; }

 private:
  Outside outside_;
  const config::Settings& settings_;
  int requests_per_5m_;
  secrets::Resolver for_files_;
  secrets::Resolver for_settings_;
};

// What the files with identity providers may read of secrets: never what the settings use themselves.
secrets::Policy policy_for_files(const config::Settings& settings);

// Of the transport to the API.
http::CurlOptions transport_options(const config::Settings& settings);

// The account's settings, as they bind every command.
plan::Policy policy_of(const config::Account& account);

}  // namespace idpd::service
