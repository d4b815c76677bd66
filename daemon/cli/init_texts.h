// What `idpd init` writes, as text. Pure.
#pragma once

#include <string>
#include <string_view>

namespace idpd::cli {

struct InitAnswers {
  std::string alias;
  std::string account_id;  // empty: not known yet
  std::string base_url;    // empty: Cloudflare's own
};

// A settings file that loads as it is.
std::string init_settings(const InitAnswers& answers);
// A first identity provider, under a name that idpd does not read until it is renamed.
std::string_view init_example();
std::string_view init_gitignore();

}  // namespace idpd::cli
