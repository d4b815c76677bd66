// The single probes, each a step of prober.cpp; what one finds out, the discovery document and a region, the
// next ones use. One Scene a check.
#pragma once

#include <asio/awaitable.hpp>
#include <optional>

#include "check/conversation.h"
#include "check/prober.h"

namespace idpd::check {

struct Scene {
  const Tools& tools;
  const Subject& subject;
  const Knowledge& knowledge;
  std::string callback;  // our redirect URI; empty when the team domain is not known
  Values values;
  Conversation talk;
  base::Json document = {};  // of the discovery; null when there is none

  // What is wanted of each login: config.scopes, else what Access asks for.
  std::vector<std::string> scopes() const;
  bool pkce() const;
};

// Nothing where there is nothing to probe it with.
asio::awaitable<std::optional<Probe>> probe_discovery(Scene& scene);
asio::awaitable<std::optional<Probe>> probe_keys(Scene& scene);
asio::awaitable<std::optional<Probe>> probe_authorize(Scene& scene);
asio::awaitable<std::optional<Probe>> probe_credentials(Scene& scene, bool control);
std::optional<Probe> probe_certificates(const Scene& scene);
asio::awaitable<std::optional<Probe>> probe_metadata(Scene& scene);

// What stands in each made-up request, so that whoever reads a log at the identity provider knows its source.
inline constexpr const char* made_up = "idpd-connection-check";
// RFC 7636, section 4.1: 43 to 128 characters.
inline constexpr const char* made_up_verifier = "idpd-connection-check-idpd-connection-check";

}  // namespace idpd::check
