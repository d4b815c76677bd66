"""The life of an identity provider: strict writes, replacement, secrets, the dashboard."""

from case import ACCOUNT, IDPS, STARS, SimulatorCase


class ObjectsTest(SimulatorCase):
    def test_create_get_put_delete(self):
        idp = self.made()
        self.assertEqual(idp["uid"], idp["id"])
        self.assertIn("redirect_url", idp["config"])
        self.assertRegex(idp["config"]["client_secret"], STARS)
        self.assertNotIn("scim_config", idp)
        self.assertEqual(self.api("GET", f"{IDPS}/{idp['id']}").status, 200)
        updated = self.api("PUT", f"{IDPS}/{idp['id']}", self.okta("New", claims=["a"]))
        self.assertEqual((updated.status, updated.result["name"]), (200, "New"))
        self.assertNotEqual(updated.result["version"], idp["version"])
        # A replacement: what is not sent is gone.
        self.assertNotIn("claims", self.api("PUT", f"{IDPS}/{idp['id']}", self.okta()).result["config"])
        gone = self.api("DELETE", f"{IDPS}/{idp['id']}")
        self.assertEqual((gone.status, gone.result), (202, {"id": idp["id"]}))
        self.assertEqual(self.api("GET", f"{IDPS}/{idp['id']}").status, 404)
        self.assertEqual(self.api("PATCH", f"{IDPS}/{idp['id']}", {}).status, 405)

    def test_every_type_can_be_made(self):
        names = ("onetimepin azureAD saml centrify facebook github google-apps google linkedin oidc "
                 "okta onelogin pingone yandex cloudflare").split()
        for name in names:
            self.control("POST", "/bulk", {"account": ACCOUNT, "type": name, "count": 1, "prefix": name})
        for idp in self.control("GET", "/state")["accounts"][ACCOUNT]["identity_providers"]:
            body = {key: idp[key] for key in ("name", "type")}
            body["config"] = {key: value for key, value in idp["config"].items() if key != "redirect_url"}
            self.assertEqual(self.api("POST", IDPS, body).status, 201, body)
            for key in body["config"]:
                less = {**body, "config": {k: v for k, v in body["config"].items() if k != key}}
                self.assertEqual(self.api("POST", IDPS, less).status, 400, less)

    def test_strictness(self):
        good = self.okta()
        bad = [
            [], {**good, "name": ""}, {**good, "name": 1}, {**good, "type": "Okta"}, {**good, "type": "ping"},
            {"name": "x", "type": "onetimepin"}, {**good, "config": []},
            self.okta(client_secret=""), self.okta(claims="a"), self.okta(claims=[1]),
            self.okta(pkce_enabled="true"), self.okta(scim={"enabled": 1}),
            self.okta(scim={"seat_deprovision": True}), self.okta(scim={"identity_update_behavior": "x"}),
            {"name": "p", "type": "onetimepin", "config": {}, "scim_config": {"enabled": True}},
        ]
        for body in bad:
            answer = self.api("POST", IDPS, body)
            self.assertEqual((answer.status, answer.code), (400, 12130), body)
            self.assertIsNone(answer.result)
        for raw in (b"{", b'{"name":"a","name":"b"}', b"NaN"):
            self.assertEqual(self.api("POST", IDPS, raw).status, 400)
        self.assertEqual(self.api("POST", IDPS, b"{}", headers={"Content-Type": "text/plain"}).code, 9207)
        self.assertEqual(self.listed().result, [])
        idp = self.made()
        changed = {"name": "x", "type": "github", "config": {"client_id": "a", "client_secret": "b"}}
        self.assertEqual(self.api("PUT", f"{IDPS}/{idp['id']}", changed).status, 400)

    def test_unknown_and_readonly_fields_are_dropped_and_counted(self):
        idp = self.made({**self.okta(bogus=1, redirect_url="x", ping_env_id="y"), "id": "mine", "other": 1})
        self.assertFalse({"bogus", "ping_env_id"} & idp["config"].keys())
        self.assertNotEqual(idp["id"], "mine")
        self.assertNotEqual(idp["config"]["redirect_url"], "x")
        state = self.control("GET", "/state")
        self.assertEqual(state["readonly_writes"], 2)
        self.assertEqual(state["dropped_fields"], {"config.bogus": 1, "config.ping_env_id": 1, "other": 1})

    def test_a_masked_secret_destroys_the_real_one(self):
        idp = self.made()
        self.api("PUT", f"{IDPS}/{idp['id']}", self.okta(client_secret="*****"))
        self.assertEqual(self.stored(idp["id"])["config"]["client_secret"], "*****")
        self.assertEqual(self.control("GET", "/state")["masked_writes"], 1)

    def test_scim_secret_comes_once(self):
        idp = self.made(self.okta(scim={"enabled": False}))
        self.assertNotIn("secret", idp["scim_config"])
        path = f"{IDPS}/{idp['id']}"
        enabled = self.api("PUT", path, self.okta(scim={"enabled": True})).result["scim_config"]
        secret = enabled["secret"]
        self.assertTrue(secret.startswith("scim-"))
        self.assertIn("scim_base_url", enabled)
        self.assertRegex(self.api("GET", path).result["scim_config"]["secret"], STARS)
        again = self.api("PUT", path, self.okta(scim={"enabled": True})).result["scim_config"]
        self.assertRegex(again["secret"], STARS)
        self.assertEqual(self.stored(idp["id"])["scim_config"]["secret"], secret)
        fresh = self.api("POST", path + "/refresh_scim_secret").result["secret"]
        self.assertNotEqual(fresh, secret)
        self.assertNotIn("scim_config", self.api("PUT", path, self.okta()).result)
        self.assertEqual(len(self.listed("?scim_enabled=true").result), 0)

    def test_dashboard_objects(self):
        idp = self.dashboard({"id": "own-id", "name": "Future", "type": "future", "config": {"odd": {"deep": [1]}}})
        self.assertEqual(self.api("GET", f"{IDPS}/own-id").result["config"]["odd"], {"deep": [1]})
        fixed = self.dashboard({**self.okta(), "read_only": True})
        for method, body in (("PUT", self.okta()), ("DELETE", None)):
            self.assertEqual(self.api(method, f"{IDPS}/{fixed['id']}", body).status, 403)
        path = f"/accounts/{ACCOUNT}/identity_providers/{idp['id']}"
        patched = self.control("PATCH", path, {"name": "B", "config": {"odd": None, "x": 1}})
        self.assertEqual((patched["name"], "odd" in patched["config"], patched["config"]["x"]), ("B", False, 1))
        self.control("DELETE", path)
        self.control("DELETE", path, status=404)

    def test_unknown_field_survives_only_if_sent_back(self):
        idp = self.dashboard(self.okta(novel="n"))
        path = f"{IDPS}/{idp['id']}"
        self.assertEqual(self.api("PUT", path, self.okta(novel="n")).result["config"]["novel"], "n")
        self.assertNotIn("novel", self.api("PUT", path, self.okta()).result["config"])
        self.behave(extra_stored={"later": 1}, extra_fields={"shown": 2})
        made = self.made()
        self.assertEqual((made["config"]["later"], made["config"]["shown"]), (1, 2))
        self.assertNotIn("later", self.api("PUT", f"{IDPS}/{made['id']}", self.okta()).result["config"])

    def test_saml_certificate_set(self):
        body = {"name": "S", "type": "saml", "config": {
            "issuer_url": "i", "sso_target_url": "s", "idp_public_certs": ["TUlJ"], "enable_encryption": True}}
        idp = self.made(body)
        uid = idp["saml_certificate_set"]["uid"]
        kept = self.api("PUT", f"{IDPS}/{idp['id']}", {**body, "saml_certificate_set_id": uid}).result
        self.assertEqual(kept["saml_certificate_set"], idp["saml_certificate_set"])
        self.assertNotEqual(self.api("PUT", f"{IDPS}/{idp['id']}", body).result["saml_certificate_set"]["uid"], uid)
