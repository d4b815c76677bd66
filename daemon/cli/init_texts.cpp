#include "cli/init_texts.h"

#include <fmt/format.h>

#include "base/json.h"

namespace idpd::cli {

namespace {

constexpr std::string_view settings_text =
    R"(# The settings of idpd: what you need first. Every setting, with its default and its dangers, is in configs/idpd.yaml
# of idpd's repository, or in /usr/share/doc/idpd/examples/idpd.yaml where the Debian package is installed.
# Check this file and the identity providers, offline:  idpd --config idpd.yaml validate --strict

accounts:
  # An alias of yours; files say `account: {alias}`. What idpd remembers goes by the id, not by the alias.
  {alias}:
    # {id_comment}
    id: "{id}"

    # Where the API token is read from. The token itself is in no file: a settings file is shared and committed.
    # It needs "Access: Organizations, Identity Providers, and Groups Write"; Read is enough for plans. Before a delete
    # idpd also reads Access apps, policies and groups; what it may not read withholds the delete.
    token: ${{env:CLOUDFLARE_API_TOKEN}}

    # Of `idpd run` only. report: it looks and tells, and never writes. DANGEROUS: enforce. It makes the account what
    # the files say, and undoes what others change in the dashboard. `idpd apply` by hand writes under both.
    mode: report

    # withhold: an identity provider that leaves the files is shown as to be deleted, and stays. DANGEROUS: allow. It is
    # deleted, and one made anew gets another id, which policies, apps and SCIM do not know.
    deletes: withhold

    # When more deletes than this are planned at once, replaces included, all of them are withheld.
    max_deletes: 1

    # Your Access team domain, so that `idpd check` can ask whether the redirect URI is registered.
    # team_domain: your-team.cloudflareaccess.com

desired:
  # The folder with the identity providers, relative to this file: .yaml, .yml and .json, in all folders in it.
  # An example for each of the fifteen types is in configs/identity-providers/ of idpd's repository.
  path: identity-providers

# `idpd check` sends each client secret to the endpoint that its file names, and with this to no other host.
# check:
#   allowed_hosts: [auth.pingone.com]

# What idpd remembers (which identity providers it manages, SCIM secrets that Cloudflare shows only once) is kept in .idpd
# beside this file, or in /var/lib/idpd when this file lies in /etc/idpd. Keep it out of git and in your backup.
)";

constexpr std::string_view known_id =
    "The account's id. Cloudflare dashboard: account home > Copy account ID.";
constexpr std::string_view open_id =
    "REPLACE THIS by the account's id, 32 hexadecimal digits. Cloudflare dashboard: account home > Copy "
    "account ID.";
constexpr std::string_view no_id = "00000000000000000000000000000000";

constexpr std::string_view example_text = R"(# yaml-language-server: $schema=../identity-providers.schema.json
# An example. idpd does not read it under this name: copy it to workforce.yaml, and replace what it says.
identity_providers:
  workforce:                                  # the key: a handle that stays when the name changes
    name: PingOne Workforce                   # what people see on the login page
    type: pingone
    config:
      client_id: replace-me                   # PingOne: Configuration > General > Client ID
      client_secret: ${env:PINGONE_CLIENT_SECRET}
      ping_env_id: replace-me                 # the same page: Environment ID
      pkce_enabled: true
    options:
      prevent_delete: true                    # never delete or replace it, not even when this entry is gone
)";

constexpr std::string_view gitignore_text =
    R"(# What idpd remembers, SCIM secrets included: never in git, always in the backup.
.idpd/
# Plans that `idpd plan --out plan.json` saved, and files with secrets for the environment.
plan.json
.env
)";

}  // namespace

std::string init_settings(const InitAnswers& answers) {
  const bool known = !answers.account_id.empty();
  std::string text = fmt::format(fmt::runtime(settings_text), fmt::arg("alias", answers.alias),
                                 fmt::arg("id", known ? std::string_view(answers.account_id) : no_id),
                                 fmt::arg("id_comment", known ? known_id : open_id));
  if (!answers.base_url.empty()) {
    text += fmt::format(
        "\napi:\n  # Taken from CLOUDFLARE_BASE_URL, which a command with settings does not look at.\n"
        "  base_url: {}\n",
        base::dump_json(base::Json(answers.base_url)));
  }
  return text;
}

std::string_view init_example() {
  return example_text;
}

std::string_view init_gitignore() {
  return gitignore_text;
}

}  // namespace idpd::cli
