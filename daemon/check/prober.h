// Probes one identity provider from outside, without a login: what its endpoints answer to requests that
// prove something and change nothing (shared rules of conduct: no redirect is followed, the secret goes to
// the configured token endpoint alone and over https, one made-up token request a check, no repetition but
// the one that schema/checks names). Made for one check; the objects that it refers to outlive the coroutine,
// which may be destroyed between two requests.
#pragma once

#include <asio/awaitable.hpp>
#include <chrono>
#include <string>
#include <vector>

#include "check/catalog.h"
#include "check/outcome.h"
#include "config/settings.h"
#include "http/curl_transport.h"
#include "model/desired.h"
#include "secrets/secret.h"

namespace idpd::check {

struct Tools {
  const Catalog& catalog;
  http::Transport& transport;
  std::vector<std::string> allowed_hosts;  // empty: any
  std::chrono::sys_seconds now;
  std::chrono::milliseconds warn_before_expiry{0};
};

struct Subject {
  std::string account;
  const model::DesiredProvider& provider;
  std::string team_domain;  // where the file does not say it; may be empty
  const secrets::Secret* secret =
      nullptr;                 // the client's; null when it could not be resolved, or there is none
  std::string secret_problem;  // why
};

// The field that holds the client's secret.
inline constexpr std::string_view client_secret_path = "config.client_secret";

enum class Extent {
  all,
  control,      // and a request with a wrong secret, where that tells more
  credentials,  // these alone
};

// How identity providers are reached: an answer is small, and one that does not come is not waited for.
http::CurlOptions transport_options(const config::Check& settings);

asio::awaitable<Outcome> probe(const Tools& tools, const Subject& subject, Extent extent);

}  // namespace idpd::check
