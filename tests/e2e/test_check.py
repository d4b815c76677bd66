"""`idpd check`: what is asked, of whom, and how it ends. The identity provider is a real one, of the type `oidc`."""

import base64
import json
import socket

from harness import onetimepin
from provider import OTHER_TEAM, TEAM, CheckCase, callback, client, provider, verdicts

HOST = "login.example.test"
BASE = f"https://{HOST}/tenant"
GOOD = {"discovery": "ok D", "keys": "ok D", "authorize": "ok D", "credentials": "ok D"}


def world(*clients, **more):
    return {"openid": [{"style": "plain", "issuer": BASE, "places": [{"host": HOST, "path": "/tenant"}],
                        "clients": list(clients) or [client("app")], **more}]}


def oidc(base=BASE, **more):
    urls = {"auth_url": base + "/authorize", "token_url": base + "/token", "certs_url": base + "/jwks"}
    return provider("oidc", **{**urls, **more})


class Check(CheckCase):
    def test_a_good_one_passes_with_one_request_a_probe_and_its_secret_goes_to_the_token_endpoint(self):
        self.there.become(world())
        self.write_all(login=oidc(check={"issuer": BASE}))
        login = self.check()["login"]
        self.assertEqual((login["verdict"], verdicts(login)), ("ok", GOOD))
        self.assertEqual([(one["method"], one["path"], one["authentication"], one["secret"]) for one in self.there.requests()],
                         [("GET", "/tenant/.well-known/openid-configuration", "none", None), ("GET", "/tenant/jwks", "none", None),
                          ("GET", "/tenant/authorize", "none", None), ("POST", "/tenant/token", "client_secret_basic", "right")])
        self.assertEqual(self.hosts_reached(), {HOST})
        self.assertEqual({one["probe"]: one["endpoint"] for one in login["probes"]}, {
            "discovery": BASE + "/.well-known/openid-configuration", "keys": BASE + "/jwks", "authorize": BASE + "/authorize",
            "credentials": BASE + "/token"})
        self.assertEqual((self.document["format_version"], self.document["control"], self.document["summary"]),
                         (1, False, {"ok": 1, "bad": 0, "unknown": 0, "none": 0}))

    def test_people_read_it_as_text_or_markdown(self):
        self.there.become(world())
        self.write_all(login=oidc(), broken=oidc(secret="WRONG_SECRET"), pin=onetimepin())
        for arguments, texts in (((), ["production/login  oidc", "ok       credentials", "bad      credentials", "→ ", "nothing to probe",
                                       "what Cloudflare has stored cannot be read"]),
                                 (("--output", "markdown"), ["**bad** `production/broken`", "- bad credentials: "])):
            result = self.run_check(*arguments, token_requests=2)
            self.assertEqual(result.code, 2)
            for text in [*texts, "1 ok, 1 bad, 0 unknown, 1 with nothing to probe."]:
                self.assertIn(text, result.out)

    def test_keys_choose_and_what_is_wrong_with_the_call_sends_nothing(self):
        self.there.become(world(client("app"), client("other")))
        self.write_all(login=oidc(), other=oidc(client_id="other"))
        self.assertEqual(list(self.check("other")), ["other"])
        self.assertEqual({one["client_id"] for one in self.there.requests()}, {None, "other"})
        for arguments, text in ((("logn",), 'did you mean "login"'), (("--account", "prodction"), 'did you mean "production"')):
            result = self.run_check(*arguments)
            self.assertEqual(result.code, 1, result)
            self.assertIn(text, result.err)
        self.write("broken", {"name": "Broken", "type": "nothing"})
        self.assertEqual(self.run_check().code, 1)
        self.assertEqual(self.hosts_reached(), set())

    def test_what_is_wrong_with_an_application_is_told_apart(self):
        places = [{"host": HOST, "path": path} for path in ("/tenant", "/alias")]
        self.there.become(world(client("app"), client("pkce", pkce_required=True), places=places, scopes=["openid", "email", "profile", "groups"]))
        self.write_all(secret=oidc(secret="WRONG_SECRET"), unknown=oidc(client_id="nobody"), redirect=oidc(check={"team_domain": OTHER_TEAM}),
                       scope=oidc(scopes=["openid", "groups"]), pkce=oidc(client_id="pkce"), pkce_on=oidc(client_id="pkce", pkce_enabled=True),
                       issuer=oidc(check={"issuer": f"https://{HOST}/alias"}), place=oidc(check={"issuer": f"https://{HOST}/other"}))
        found = self.check(token_requests=6)
        self.assert_says(found["secret"], "credentials", "bad D", "invalid_client")
        self.assertEqual(verdicts(found["secret"])["authorize"], "ok D")
        self.assert_says(found["unknown"], "credentials", "bad D", "invalid_client")
        self.assert_says(found["unknown"], "authorize", "bad D", "client id is not known, or the redirect URI")
        self.assert_says(found["redirect"], "authorize", "bad D", "or the redirect URI is not registered", callback(OTHER_TEAM))
        self.assertEqual(verdicts(found["redirect"])["credentials"], "ok D")
        self.assert_says(found["scope"], "authorize", "bad D", "a scope is refused", "invalid_scope")
        self.assert_says(found["pkce"], "authorize", "bad D", "config.pkce_enabled: true")
        self.assertEqual(verdicts(found["pkce_on"]), {name: "ok D" for name in ("keys", "authorize", "credentials")})
        self.assert_says(found["issuer"], "discovery", "bad D", f"names the issuer {BASE}, not https://{HOST}/alias")
        self.assert_says(found["place"], "discovery", "bad D", "no discovery document")

    def test_what_cannot_be_told_is_unknown_and_never_bad(self):
        with socket.create_server(("127.0.0.1", 0)) as closed:
            port = closed.getsockname()[1]
        answers = {"wait": {"status": 429, "headers": {"retry-after": "1"}, "body": "{}"}, "down": {"status": 503, "body": "{}"},
                   "page": {"status": 200, "headers": {"content-type": "text/html"}, "body": "<!doctype html>Please sign in"},
                   "moved": {"status": 307, "headers": {"location": "https://thief.example.test/take"}}, "reset": "reset"}
        self.there.become({"answers": {f"{name}.example.test": answer for name, answer in answers.items()}})
        hosts = {**{name: f"{name}.example.test" for name in answers}, "stranger": "stranger.test", "nowhere": "nowhere.test",
                 "refused": f"127.0.0.1:{port}"}
        self.write_all(**{name: oidc(f"https://{host}", check={"issuer": f"https://{host}"}) for name, host in hosts.items()})
        found = self.check(no_proxy="127.0.0.1")
        for name in hosts:
            with self.subTest(name):
                expected = {one: "unknown -" for one in GOOD}
                if name == "moved":  # to the page of a login, as far as one can tell
                    expected["authorize"] = "unknown I"
                self.assertEqual((found[name]["verdict"], verdicts(found[name])), ("unknown", expected))
        self.assertNotIn("thief.example.test", self.hosts_reached())
        self.assertNotIn("stranger.test", {one["host"] for one in self.there.requests()})
        sent = [host for host, _, _ in self.secrets_sent()]
        self.assertEqual(sorted(sent), sorted(f"{name}.example.test/token" for name in answers))

    def test_other_hosts_than_those_that_are_allowed_get_nothing(self):
        self.there.become(world())
        self.write_all(login=oidc(), elsewhere=oidc(token_url="https://thief.example.test/token"), plain=oidc(token_url="http://127.0.0.1:1/token"))
        self.check_settings(allowed_hosts=[HOST])
        found = self.check()
        self.assertEqual(found["login"]["verdict"], "ok")
        self.assert_says(found["elsewhere"], "credentials", "unknown -", "thief.example.test", "check.allowed_hosts", "nothing was sent")
        self.assert_says(found["plain"], "credentials", "unknown -", "https", "nothing was sent")
        self.assertEqual(self.hosts_reached(), {HOST})
        self.assertEqual(self.secrets_sent(), [(f"{HOST}/tenant/token", "client_secret_basic", "right")])
        self.check_settings(allowed_hosts=["*.okta.com"])
        self.assertEqual(self.check("login")["login"]["verdict"], "unknown")
        self.assertEqual(self.hosts_reached(), set())

    def test_a_control_sends_a_wrong_secret_as_well(self):
        self.there.become(world())
        self.write_all(login=oidc())
        self.assert_says(self.check("--control", token_requests=2)["login"], "credentials", "ok M", "a wrong secret is answered otherwise")
        self.assertIs(self.document["control"], True)
        self.assertEqual([how[1:] for how in self.secrets_sent()], [("client_secret_basic", "right"), ("client_secret_basic", "wrong")])

    def test_what_is_not_known_here_is_said_and_not_asked(self):
        self.there.become({**world(), "team": False})
        self.check_settings(team=None)
        self.write_all(login=oidc(), unresolved=oidc(secret="UNSET_SECRET"))
        found = self.check()
        self.assert_says(found["login"], "authorize", "unknown -", "team_domain", "nothing was sent")
        self.assert_says(found["unresolved"], "credentials", "unknown -", "UNSET_SECRET", "nothing was sent")
        self.assertNotIn("/tenant/authorize", {one["path"] for one in self.there.requests()})
        self.assertEqual(len(self.secrets_sent()), 1)

    def test_a_secret_with_any_character_is_sent_as_the_standard_has_it(self):
        secret = "p@ss+w/rd:%41 &=~\"<"
        self.there.become(world(client("app", secret=secret)))
        self.write_all(login=oidc())
        self.assert_says(self.check(SECRET=secret)["login"], "credentials", "ok D", "Access may write them otherwise")
        self.assertEqual(self.secrets_sent(), [(f"{HOST}/tenant/token", "client_secret_basic", "right")])

    def echoed(self, error, text):
        """What is said, and logged, when the token endpoint answers so; the harness looks for the secret in it."""
        body = json.dumps({"error": error, "error_description": text})
        self.there.become({**world(), "answers": {f"{HOST}/tenant/token": {"status": 400, "body": body}}})
        self.write_all(login=oidc())
        result = self.run_check(IDPD_LOG_LEVEL="debug")
        self.assertIn("/tenant/token", result.err)
        self.assertIn("credentials", result.out)
        return result.out

    def test_what_an_identity_provider_echoes_is_shown_without_the_secret(self):
        secret = self.environment["SECRET"]
        for error, text in (("invalid_client", f"app/{secret}/ is not known"), (secret, "the error"), ("server_error", secret * 30)):
            self.echoed(error, text)

    def test_an_authorization_header_that_is_echoed_is_not_shown(self):
        pair = base64.b64encode(f"app:{self.environment['SECRET']}".encode()).decode()
        self.assertNotIn(pair, self.echoed("invalid_client", f"cannot read: Authorization: Basic {pair}"))

    def test_an_untrusted_certificate_is_said_with_the_setting_of_the_checks_that_mends_it(self):
        self.write_all(stranger=oidc("https://stranger.test"))
        self.assert_says(self.check()["stranger"], "credentials", "unknown -", "check.ca_file")

    def test_an_issuer_is_compared_exactly_and_so_is_a_slash_at_its_end(self):
        document = {"authorization_endpoint": BASE + "/authorize", "token_endpoint": BASE + "/token", "jwks_uri": BASE + "/jwks"}
        for issuer in (BASE, BASE + "/"):  # some have one, and it is part of the name
            body = json.dumps({"issuer": issuer, **document})
            self.there.become({**world(), "answers": {f"{HOST}/tenant/.well-known/openid-configuration": {"status": 200, "body": body}}})
            for written in (BASE, BASE + "/"):
                with self.subTest(issuer=issuer, written=written):
                    self.write_all(login=oidc(check={"issuer": written}))
                    self.assertEqual(verdicts(self.check()["login"])["discovery"], "ok D" if written == issuer else "bad D")

    def test_an_identity_provider_in_trouble_says_nothing_of_the_secret_whatever_it_calls_its_error(self):
        for status in (429, 503):
            self.there.become({"answers": {f"{HOST}/tenant/token": {"status": status, "body": '{"error": "invalid_client"}'}}})
            self.write_all(login=oidc())
            self.assertEqual(verdicts(self.check()["login"])["credentials"], "unknown -")

    def test_the_advice_on_a_refused_scope_names_the_scopes(self):
        self.there.become(world(scopes=["openid", "email", "profile", "groups"]))
        self.write_all(scope=oidc(scopes=["openid", "groups"]))
        self.assert_says(self.check()["scope"], "authorize", "bad D", "allow the scopes openid groups")


class Team(CheckCase):
    def test_the_team_domain_is_the_accounts_unless_the_file_says_another(self):
        self.there.become(world(client("app"), client("other", redirect_uris=[callback(OTHER_TEAM)])))
        self.write_all(login=oidc(), other=oidc(client_id="other", check={"team_domain": OTHER_TEAM}))
        self.assertEqual({key: one["verdict"] for key, one in self.check().items()}, {"login": "ok", "other": "ok"})
        self.check_settings(team=OTHER_TEAM)
        self.write_all(login=oidc(check={"team_domain": TEAM}), other=oidc(client_id="other"))
        self.assertEqual({key: one["verdict"] for key, one in self.check().items()}, {"login": "ok", "other": "ok"})
