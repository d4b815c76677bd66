"""The switches: forms of answers, what writes do, made-up types, the request limit."""

import time

from case import IDPS, STARS, SimulatorCase


class BehavioursTest(SimulatorCase):
    def test_forms(self):
        idp = self.made(self.okta(pkce_enabled=False, email_claim_name=""))
        path = f"{IDPS}/{idp['id']}"

        def config(**values):
            self.behave(**values)
            return self.api("GET", path).result["config"]

        self.assertIs(config()["pkce_enabled"], False)
        self.assertNotIn("pkce_enabled", config(false_form="absent"))
        self.assertNotIn("email_claim_name", config())
        empty = config(empty_form="empty")
        self.assertEqual((empty["email_claim_name"], empty["claims"]), ("", []))
        self.assertNotIn("client_secret", config(redaction="absent"))
        self.assertEqual(config(redaction="empty")["client_secret"], "")
        self.behave(false_form="false", echo_defaults=True)
        self.assertEqual(self.api("GET", path).result["scim_config"]["identity_update_behavior"], "no_action")
        ping = self.made({"name": "P", "type": "pingone", "config": {
            "client_id": "a", "client_secret": "b", "ping_env_id": "c"}, "scim_config": {"enabled": True}})
        self.behave(pingone_type="ping", scim_base_url_at="top")
        seen = self.api("GET", f"{IDPS}/{ping['id']}").result
        self.assertEqual(seen["type"], "ping")
        self.assertIn("scim_base_url", seen)
        self.assertNotIn("scim_base_url", seen["scim_config"])

    def test_certificate_forms(self):
        bare = "TUlJ" * 40
        idp = self.made({"name": "S", "type": "saml", "config": {
            "issuer_url": "i", "sso_target_url": "s", "idp_public_certs": [bare]}})

        def seen():
            return self.api("GET", f"{IDPS}/{idp['id']}").result["config"]

        self.behave(cert_form="pem")
        self.assertTrue(seen()["idp_public_certs"][0].startswith("-----BEGIN CERTIFICATE-----\nTUlJ"))
        self.behave(cert_form="wrapped")
        self.assertEqual(seen()["idp_public_certs"][0].replace("\n", ""), bare)
        self.behave(cert_form="base64", cert_alias=True)
        self.assertEqual(seen()["idp_public_cert"], bare)
        self.assertNotIn("idp_public_certs", seen())

    def test_write_switches(self):
        idp = self.made()
        path = f"{IDPS}/{idp['id']}"
        without = self.okta()
        del without["config"]["client_secret"]
        self.assertEqual(self.api("PUT", path, without).status, 200)
        self.assertEqual(self.stored(idp["id"])["config"]["client_secret"], "real")
        self.behave(omitted_secret="refused")
        self.assertEqual(self.api("PUT", path, without).status, 400)
        self.behave(omitted_secret="cleared")
        self.assertEqual(self.api("PUT", path, without).status, 200)
        self.assertNotIn("client_secret", self.stored(idp["id"])["config"])
        self.behave(duplicate_names="refused")
        self.assertEqual(self.api("POST", IDPS, self.okta()).status, 409)
        self.assertEqual(self.api("PUT", path, self.okta()).status, 200)
        self.behave(rewrite={"okta.okta_account": "lowercase", "okta.claims": ["fixed"]}, ignore_fields=["config.client_id"])
        config = self.api("PUT", path, self.okta(okta_account="HTTPS://X", claims=["a"], client_id="new")).result["config"]
        self.assertEqual((config["okta_account"], config["claims"], config["client_id"]), ("https://x", ["fixed"], "id"))

    def test_made_up_type(self):
        self.control("POST", "/types", {"name": "newco", "required": ["site", "key"], "scim": False,
                                        "fields": {"site": "string", "key": "secret", "tags": "array", "level": "integer"}})
        body = {"name": "N", "type": "newco", "config": {"site": "s", "key": "k", "level": 3}}
        self.assertRegex(self.made(body)["config"]["key"], STARS)
        self.assertEqual(self.api("POST", IDPS, {**body, "config": {"site": "s"}}).status, 400)
        self.assertEqual(self.api("POST", IDPS, {**body, "scim_config": {"enabled": True}}).status, 400)

    def test_behaviours_are_checked(self):
        self.assertEqual(self.behave()["redaction"], "asterisks")
        for values in ({"nonsense": 1}, {"redaction": "x"}, {"list_lag": -1}, {"echo_defaults": 1}):
            self.control("POST", "/behaviours", values, status=400)

    def test_rate_limit(self):
        self.assertIn("Ratelimit", self.listed().headers)
        self.behave(rate_limit={"requests": 2, "seconds": 0.3})
        self.assertEqual([self.listed().status for _ in range(3)], [200, 200, 429])
        refused = self.listed()
        self.assertEqual(refused.headers["Retry-After"], "1")
        self.assertRegex(refused.headers["Ratelimit"], r'"default";r=0;t=1')
        time.sleep(0.35)
        self.assertEqual(self.listed().status, 200)
