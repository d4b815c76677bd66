#!/usr/bin/env python3
"""selftest.py: the stand-ins answer as the reference says that the real ones do, and notice what no check may send.

The first two classes have the table of answers that was measured of oidc-provider, and PingOne's own forms. Ends with 77
where npm's registry cannot be reached.
"""

import base64
import json
import pathlib
import ssl
import sys
import tempfile
import unittest
import urllib.error
import urllib.parse
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from stand_in import StandIn, install, npm  # noqa: E402

ENVIRONMENT = "9a2b1c3d-4e5f-4061-8273-8495a6b7c8d9"
PLAIN = "https://login.example.test/tenant/as"
PINGONE = f"https://auth.pingone.eu/{ENVIRONMENT}/as"
CUSTOM = "https://id.example.test/as"
CALLBACK = "https://example.cloudflareaccess.com/cdn-cgi/access/callback"
OTHER_CALLBACK = "https://other.cloudflareaccess.com/cdn-cgi/access/callback"
CHECK = "idpd-connection-check"
CLIENTS = [
    {"id": "app", "secret": "right/secret+1", "redirect_uris": [CALLBACK]},
    {"id": "post", "secret": "right-secret-2", "redirect_uris": [CALLBACK], "method": "client_secret_post"},
    {"id": "pkce", "secret": "right-secret-3", "redirect_uris": [CALLBACK], "pkce_required": True},
    {"id": "narrow", "secret": "right-secret-4", "redirect_uris": [CALLBACK], "scope": "openid profile"},
]
WORLD = {
    "openid": [
        {"style": "plain", "issuer": PLAIN, "places": [{"host": "login.example.test", "path": "/tenant/as"}], "clients": CLIENTS},
        {"style": "pingone", "issuer": CUSTOM, "clients": CLIENTS,
         "places": [{"host": "auth.pingone.eu", "path": f"/{ENVIRONMENT}/as"}, {"host": "id.example.test", "path": "/as"}]},
        {"style": "pingone", "issuer": "https://auth.pingone.ca/e/as", "errors": "redirect", "clients": CLIENTS,
         "places": [{"host": "auth.pingone.ca", "path": "/e/as"}]},
    ],
    "answers": {"broken.example.test/503": {"status": 503, "headers": {"retry-after": "1"}, "body": "<p>down"}, "broken.example.test/reset": "reset",
                "broken.example.test/hang": "hang"},
}


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_arguments):
        return None


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def location(self):
        """(address without its query, the query)"""
        address, _, query = self.headers["location"].partition("?")
        return address, dict(urllib.parse.parse_qsl(query))


def setUpModule():
    """One for all of them: they only look at what they have asked themselves."""
    folder = tempfile.TemporaryDirectory(prefix="idpd-stand-in-")
    unittest.addModuleCleanup(folder.cleanup)
    Case.there = StandIn(folder.name, WORLD)
    unittest.addModuleCleanup(Case.there.stop)
    context = ssl.create_default_context(cafile=Case.there.certificate_authority)
    Case.opener = urllib.request.build_opener(urllib.request.ProxyHandler({"https": Case.there.proxy.url}),
                                              urllib.request.HTTPSHandler(context=context), NoRedirect)


class Case(unittest.TestCase):
    def setUp(self):
        self.there.begin(token_requests=10)
        self.expected_violations = []
        self.addCleanup(lambda: self.assertEqual(self.there.violations(), self.expected_violations))

    def ask(self, url, form=None, timeout=20, **headers):
        data = None if form is None else urllib.parse.urlencode(form).encode()
        request = urllib.request.Request(url, data, {"Accept": "application/json", **headers})
        try:
            with self.opener.open(request, timeout=timeout) as answer:
                return Answer(answer.status, answer.headers, answer.read().decode())
        except urllib.error.HTTPError as answer:
            with answer:
                return Answer(answer.code, answer.headers, answer.read().decode())

    def authorize(self, base, client="app", **more):
        return self.ask(base + "/authorize?" + urllib.parse.urlencode({
            "response_type": "code", "client_id": client, "redirect_uri": CALLBACK, "scope": "openid email profile", "state": CHECK,
            "nonce": CHECK, **more}))

    def token(self, url, client="app", secret="right/secret+1", method="basic", **more):
        form = {"grant_type": "authorization_code", "code": CHECK, "redirect_uri": CALLBACK, **more}
        headers = {}
        if method in ("basic", "both"):
            pair = ":".join(urllib.parse.quote(one, safe="") for one in (client, secret))
            headers["Authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
        if method in ("post", "both"):
            form.update(client_id=client, client_secret=secret)
        return self.ask(url, {name: value for name, value in form.items() if value is not None}, **headers)


class RealProvider(Case):
    """Section 4 of the reference: what oidc-provider answers."""

    def test_credentials(self):
        for case, status, error in (({}, 400, "invalid_grant"), ({"code_verifier": "v" * 43}, 400, "invalid_grant"),
                                    ({"method": "post"}, 400, "invalid_grant"), ({"secret": "wrong"}, 401, "invalid_client"),
                                    ({"client": "nobody"}, 401, "invalid_client"), ({"method": "post", "secret": "wrong"}, 401, "invalid_client")):
            with self.subTest(**case):
                answer = self.token(PLAIN + "/token", **case)
                self.assertEqual((answer.status, answer.json["error"]), (status, error))
                asked_by_header = status == 401 and case.get("method") != "post"
                self.assertEqual(answer.headers.get("www-authenticate", "").partition(",")[0],
                                 f'Basic realm="{PLAIN}"' if asked_by_header else "")

    def test_what_no_check_sends_is_answered_as_measured_and_noticed(self):
        for case, error in (({"method": "both"}, "invalid_request"), ({"grant_type": "password"}, "unsupported_grant_type"),
                            ({"redirect_uri": None}, "invalid_grant")):
            with self.subTest(**case):
                self.there.begin()
                answer = self.token(PLAIN + "/token", **case)
                self.assertEqual((answer.status, answer.json["error"]), (400, error))
                self.expected_violations = self.there.violations()
                self.assertTrue(self.expected_violations)

    def test_introspection(self):
        for secret, status, body in (("right/secret+1", 200, {"active": False}), ("wrong", 401, None)):
            form = {"token": CHECK, "client_id": "app", "client_secret": secret}
            answer = self.ask(PLAIN + "/introspect", form)
            self.assertEqual(answer.status, status)
            self.assertTrue(body is None or answer.json == body)
        self.expected_violations = ["POST login.example.test/tenant/as/introspect: this endpoint is never used"] * 2

    def test_the_login_request(self):
        good = self.authorize(PLAIN)
        self.assertEqual(good.status, 303)
        self.assertRegex(good.headers["location"], "^/signon/\\?flowId=")
        challenge = {"code_challenge": "c" * 43, "code_challenge_method": "S256"}
        self.assertEqual(self.authorize(PLAIN, "pkce", **challenge).status, 303)
        for case, error in ((("app", {"prompt": "none"}), "login_required"), (("pkce", {}), "invalid_request"),
                            (("narrow", {}), "invalid_scope")):
            with self.subTest(case):
                answer = self.authorize(PLAIN, case[0], **case[1])
                address, query = answer.location
                self.assertEqual((answer.status, address, query["error"], query["iss"]), (303, CALLBACK, error, PLAIN))
        self.assertEqual(self.authorize(PLAIN, scope="openid email profile unheard-of").status, 303)

    def test_errors_that_may_not_be_redirected_are_a_page(self):
        for client, callback, error in (("nobody", CALLBACK, "invalid_client"), ("app", OTHER_CALLBACK, "invalid_redirect_uri")):
            page = self.authorize(PLAIN, client, redirect_uri=callback)
            self.assertEqual((page.status, page.headers["content-type"]), (400, "text/html; charset=utf-8"))
            self.assertIn(error, page.body)

    def test_what_it_publishes(self):
        document = self.ask(PLAIN + "/.well-known/openid-configuration").json
        self.assertEqual((document["issuer"], document["token_endpoint"]), (PLAIN, PLAIN + "/token"))
        self.assertEqual(document["code_challenge_methods_supported"], ["S256"])
        key, = self.ask(document["jwks_uri"]).json["keys"]
        self.assertEqual((key["kty"], key["use"], "d" in key), ("RSA", "sig", False))


class PingOne(Case):
    """Its own forms, as section 1 has them from documentation and reports."""

    def test_discovery_knows_a_custom_domain(self):
        for base in (PINGONE, CUSTOM):
            document = self.ask(base + "/.well-known/openid-configuration").json
            self.assertEqual((document["issuer"], document["authorization_endpoint"]), (CUSTOM, base + "/authorize"))
            self.assertEqual(document["code_challenge_methods_supported"], ["plain", "S256"])
        answer = self.ask("https://auth.pingone.com/nowhere/as/.well-known/openid-configuration")
        self.assertEqual((answer.status, answer.json["code"]), (404, "NOT_FOUND"))

    def test_a_client_has_one_authentication_method(self):
        post = {"client": "post", "secret": "right-secret-2"}
        for case, status, error, text in (
                ({}, 400, "invalid_grant", "grant request is invalid"),
                ({"method": "post"}, 401, "invalid_client", "Request denied: Unsupported authentication method (Correlation ID: "),
                ({**post, "method": "post"}, 400, "invalid_grant", "grant request is invalid"),
                (post, 401, "invalid_client", "Request denied: Unsupported authentication method (Correlation ID: "),
                ({"secret": "wrong"}, 401, "invalid_client", "Request denied: Invalid client credentials (Correlation ID: "),
                ({"client": "nobody"}, 401, "invalid_client", "Request denied: Invalid client credentials (Correlation ID: ")):
            with self.subTest(**case):
                answer = self.token(PINGONE + "/token", **case)
                self.assertEqual((answer.status, answer.json["error"]), (status, error))
                self.assertTrue(answer.json["error_description"].startswith(text))

    def test_the_login_request(self):
        good = self.authorize(PINGONE)
        address, query = good.location
        self.assertEqual((good.status, address, list(query)),
                         (302, f"https://apps.pingone.eu/{ENVIRONMENT}/signon/", ["flowId"]))
        answer = self.authorize(PINGONE, "pkce")
        self.assertEqual((answer.status, answer.location[0], answer.location[1]["error"]), (302, CALLBACK, "invalid_request"))

    def test_its_errors_are_objects_or_a_page_of_its_own(self):
        ca = "https://auth.pingone.ca/e/as"
        unknown, mismatch = self.authorize(PINGONE, "nobody"), self.authorize(PINGONE, redirect_uri=OTHER_CALLBACK)
        self.assertEqual((unknown.status, unknown.json["code"]), (404, "NOT_FOUND"))
        self.assertEqual((mismatch.status, mismatch.json["code"]), (400, "INVALID_DATA"))
        self.assertEqual(mismatch.json["details"][0]["target"], "redirect_uri")
        for client, callback, code in (("nobody", CALLBACK, "NOT_FOUND"), ("app", OTHER_CALLBACK, "INVALID_DATA")):
            answer = self.authorize(ca, client, redirect_uri=callback)
            self.assertEqual((answer.status, answer.location[0], answer.location[1]["code"]), (302, "https://apps.pingone.com/error", code))


class Strict(Case):
    """What it remembers, and what it minds."""

    def minded(self, words):
        self.expected_violations = self.there.violations()
        self.assertEqual(len(self.expected_violations), 1, self.expected_violations)
        self.assertIn(words, self.expected_violations[0])

    def test_a_secret_is_remembered_as_right_or_wrong_only(self):
        self.token(PINGONE + "/token")
        self.token(PINGONE + "/token", secret="another-one", method="post")
        kept = [(one["host"], one["path"], one["status"], one["authentication"], one["client_id"], one["secret"]) for one in self.there.requests()]
        self.assertEqual(kept, [("auth.pingone.eu", f"/{ENVIRONMENT}/as/token", 400, "client_secret_basic", "app", "right"),
                                ("auth.pingone.eu", f"/{ENVIRONMENT}/as/token", 401, "client_secret_post", "app", "wrong")])
        self.assertEqual(self.there.proxy.connects, [("auth.pingone.eu", "443", True)] * 2)

    def test_a_second_secret_in_one_check(self):
        self.there.begin()
        self.token(PINGONE + "/token")
        self.token(PINGONE + "/token")
        self.minded("secret number 2 of client app")

    def test_a_secret_in_an_address(self):
        self.ask(PLAIN + "/jwks?x=right%2Fsecret%2B1")
        self.expected_violations = self.there.violations()
        self.assertIn("a secret is in the address", self.expected_violations[0])

    def test_a_secret_where_no_token_is_asked_for(self):
        self.ask(PLAIN + "/jwks", Authorization="Basic YXBwOng=")
        self.minded("a secret was sent with it")

    def test_a_parameter_too_many(self):
        self.authorize(PLAIN, login_hint="someone")
        self.minded("the parameter login_hint is not expected")

    def test_hosts_that_nobody_plays_are_not_reached(self):
        with self.assertRaises(urllib.error.URLError):
            self.ask("https://elsewhere.test/")
        self.assertEqual(self.there.proxy.connects, [("elsewhere.test", "443", False)])

    def test_a_certificate_of_an_unknown_authority(self):
        with self.assertRaisesRegex(urllib.error.URLError, "CERTIFICATE_VERIFY_FAILED"):
            self.ask("https://stranger.test/")

    def test_broken_ones(self):
        self.assertEqual(self.ask("https://broken.example.test/503").status, 503)
        with self.assertRaises(ConnectionError):
            self.ask("https://broken.example.test/reset")
        with self.assertRaises(TimeoutError):
            self.ask("https://broken.example.test/hang", timeout=0.3)
        self.assertEqual([one["status"] for one in self.there.requests()], [503, "reset", "hang"])


if __name__ == "__main__":
    try:
        install()
    except npm.Unavailable as why:
        npm.skip(why)
    unittest.main()
