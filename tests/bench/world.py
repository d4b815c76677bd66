"""What is measured against: identity providers as Cloudflare's API lists them, and the YAML and settings that say the
same, so that a check of them finds nothing to do. Made anew by each run, the same in each.
"""

import json
import pathlib
import shutil
import uuid

TOKEN = "bench-token"  # known to nobody but the server here, which takes any
TOKENS = 100  # of as many users, so that the API's limit does not bound a daemon whose passes are counted
SECRET = "bench-secret"  # its value does not matter: no API shows it
A_PAGE = 1000  # the most that Cloudflare lists in one answer
A_FILE = 50  # identity providers in one YAML file
CONCURRENCY = 8  # of every contender

TYPES = (
    ("github", {"client_id": "gh-{n}"}),
    ("okta", {"client_id": "ok-{n}", "okta_account": "https://company-{n}.okta.com", "claims": ["department", "role"]}),
    ("pingone", {"client_id": "4f1c27d0-53a8-4e6b-9d14-{n:012}", "ping_env_id": "9a2b1c3d-4e5f-4061-8273-{n:012}",
                 "pkce_enabled": True, "claims": ["department", "employee_id"]}),
    ("oidc", {"client_id": "oidc-{n}", "auth_url": "https://login-{n}.example.com/oauth2/authorize",
              "token_url": "https://login-{n}.example.com/oauth2/token",
              "certs_url": "https://login-{n}.example.com/oauth2/keys", "scopes": ["openid", "email", "profile"]}),
)


def filled(value, number):
    return value.format(n=number) if isinstance(value, str) else value


def provider(number):
    """Type, name and configuration without the secret."""
    kind, config = TYPES[number % len(TYPES)]
    return kind, f"Login {number}", {name: filled(value, number) for name, value in config.items()}


def live(number):
    """As the API lists it."""
    kind, name, config = provider(number)
    identifier = str(uuid.UUID(int=(0xb << 124) + number))
    return {"id": identifier, "uid": identifier, "version": f"{number:032x}", "name": name, "type": kind,
            "config": {**config, "client_secret": "*" * 16,
                       "redirect_url": "https://example.cloudflareaccess.com/cdn-cgi/access/callback"},
            "scim_config": {"enabled": False, "user_deprovision": False, "seat_deprovision": False,
                            "identity_update_behavior": "no_action"}}


def yaml_entry(number):
    """As a person would write it."""
    kind, name, config = provider(number)
    lines = [f"  idp-{number}:", f"    name: {name}", f"    type: {kind}", "    config:",
             "      client_secret: ${env:BENCH_SECRET}"]
    for field, value in config.items():
        shown = f"[{', '.join(value)}]" if isinstance(value, list) else json.dumps(value).strip('"')
        lines.append(f"      {field}: {shown}")
    return "\n".join(lines) + "\n"


def page_text(numbers, page, total):
    return json.dumps({"success": True, "errors": [], "messages": [], "result": [live(number) for number in numbers],
                       "result_info": {"page": page, "per_page": A_PAGE, "count": len(numbers), "total_count": total,
                                       "total_pages": -(-total // A_PAGE)}})


class World:
    """`accounts` of `each` identity providers below `folder`: lists/, identity-providers/, one idpd.yaml for each API."""

    def __init__(self, folder, accounts, each, a_file=A_FILE):
        self.folder, self.accounts, self.each, self.a_file = pathlib.Path(folder), accounts, each, a_file
        self.lists, self.files = self.folder / "lists", self.folder / "identity-providers"
        self.ids = [f"{number + 1:032x}" for number in range(accounts)]
        shutil.rmtree(self.folder, ignore_errors=True)
        self.files.mkdir(parents=True)
        for number, account in enumerate(self.ids):
            self._account(number, account)

    def _account(self, number, account):
        folder = self.lists / account
        folder.mkdir(parents=True)
        numbers = range(number * self.each, (number + 1) * self.each)
        for page, at in enumerate(range(0, self.each, A_PAGE), 1):
            (folder / f"{page}.json").write_text(page_text(numbers[at:at + A_PAGE], page, self.each))
        for at in range(0, self.each, self.a_file):
            entries = "".join(yaml_entry(one) for one in numbers[at:at + self.a_file])
            (self.files / f"{self.alias(number)}-{at // self.a_file:04}.yaml").write_text(
                f"account: {self.alias(number)}\nidentity_providers:\n{entries}")

    @staticmethod
    def alias(number):
        return f"account-{number:04}"

    @property
    def total(self):
        return self.accounts * self.each

    @property
    def requests(self):
        """No check can do with fewer: each account's list, a page for each thousand."""
        return self.accounts * -(-self.each // A_PAGE)

    def settings(self, api, name, more=None, tokens=1):
        """The path of a settings file for this API. Each token (TOKENS) has a request budget of its own."""
        path = self.folder / f"{name}.yaml"
        accounts = {self.alias(number): {"id": account, "token": f"${{env:BENCH_TOKEN_{number % tokens}}}"}
                    for number, account in enumerate(self.ids)}
        path.write_text(json.dumps({
            "accounts": accounts, "desired": {"path": "identity-providers"}, "state": {"path": f"{self.folder}/state"},
            "reconcile": {"concurrency": CONCURRENCY, "interval": "24h"},
            **(more or {}), "api": {"base_url": api, "requests_per_5m": 1200, **((more or {}).get("api") or {})}}))
        return path
