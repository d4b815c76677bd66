"""Design §7, rule 5: a PUT replaces the whole object, so it carries all that is to stay."""

import json
import unittest

import schemas
from harness import Managed, github, okta, outcomes, pingone, withheld


def kept(entry, **options):
    """The entry without its secret and with keep_secret."""
    config = {name: value for name, value in entry["config"].items() if name != "client_secret"}
    return {**entry, "config": config, "options": {"keep_secret": True, **options}}


class Put(Managed):
    def body(self):
        """What the one PUT carried."""
        request, = self.sim.requests("PUT")
        return request["body"] if isinstance(request["body"], dict) else json.loads(request["body"])

    def create(self, entry, secret="held by Cloudflare"):
        """As in the dashboard, with a real secret."""
        return self.sim.create({**entry, "config": {**entry["config"], "client_secret": secret}})["id"]


class WhatStays(Put):
    def test_fields_that_nobody_knows_survive_an_update(self):
        identifier = self.managed(workforce=pingone())["workforce"]
        self.sim.patch(identifier, {"config": {"from_the_future": {"deep": [1, {"er": None}]}, "flag": True},
                                    "scim_config": {"enabled": False, "also_new": "x"}})
        before = self.live(identifier)
        self.write("workforce", pingone(claims=["department"]))
        self.apply()
        after = self.live(identifier)
        self.assertEqual(after["config"].pop("claims"), ["department"])
        self.assertEqual(after["config"], before["config"])
        self.assertEqual({**after["scim_config"], **before["scim_config"]}, after["scim_config"])

    def test_fields_that_the_file_does_not_name_survive_an_update(self):
        identifier = self.managed(workforce=pingone())["workforce"]
        self.sim.patch(identifier, {"config": {"claims": ["b", "a"], "email_claim_name": "mail"},
                                    "scim_config": {"enabled": True, "user_deprovision": True}})
        before = self.live(identifier)
        self.write("workforce", pingone(pkce_enabled=True))
        self.apply()
        after = self.live(identifier)
        self.assertEqual({**before["config"], "pkce_enabled": True}, after["config"])
        self.assertEqual({**after["scim_config"], **before["scim_config"]}, after["scim_config"])

    def test_the_saml_certificate_set_survives_an_update(self):
        saml = {one.name: one for one in schemas.all_types()}["saml"].entry(name="SAML")
        identifier = self.managed(saml=saml)["saml"]
        self.sim.patch(identifier, {"saml_certificate_set_id": "set-1"})
        self.write("saml", {**saml, "config": {**saml["config"], "sign_request": True}})
        self.apply()
        self.assertEqual(self.body()["saml_certificate_set_id"], "set-1")
        self.assertEqual(self.live(identifier)["saml_certificate_set_id"], "set-1")

    def test_the_real_secret_goes_with_every_update(self):
        for redaction in ("asterisks", "absent", "empty"):
            with self.behaviours(redaction=redaction, omitted_secret="cleared"):
                self.write("workforce", pingone(claims=[redaction]))
                self.apply()
                self.assertEqual(self.sim.provider("PingOne Workforce")["config"]["client_secret"], "s3cret-of-pingone")

    def test_the_name_and_the_type_are_always_in_it(self):
        self.managed(workforce=pingone())
        self.write("workforce", pingone(pkce_enabled=True))
        self.apply()
        body = self.body()
        self.assertEqual((body["name"], body["type"], body["config"]["client_id"]), ("PingOne Workforce", "pingone", "4f1c"))

    def test_the_scim_settings_stay_when_only_the_name_changes(self):
        scim = {"scim_config": {"enabled": True, "user_deprovision": True}}
        identifier = self.managed(workforce={**pingone(), **scim})["workforce"]
        secret = self.live(identifier)["scim_config"]["secret"]
        self.write("workforce", {**pingone("Renamed"), **scim})
        self.apply()
        after = self.live(identifier)["scim_config"]
        self.assertEqual((after["enabled"], after["user_deprovision"], after["secret"]), (True, True, secret))


class WhatIsNeverSent(Put):
    def test_a_masked_secret(self):
        identifier = self.managed(workforce={**pingone(), "scim_config": {"enabled": True}})["workforce"]
        self.write("workforce", {**pingone("Renamed"), "scim_config": {"enabled": True}})
        self.apply()
        self.assertNotIn("***", json.dumps(self.body()))
        self.assertEqual(self.sim.state()["masked_writes"], 0)
        self.assertNotIn("secret", self.body()["scim_config"])
        self.assertEqual(self.live(identifier)["config"]["client_secret"], "s3cret-of-pingone")

    def test_a_masked_value_in_a_field_that_nobody_knows(self):
        self.managed(workforce=pingone())
        self.sim.behave(extra_fields={"future_token": "**********"})
        self.write("workforce", pingone(pkce_enabled=True))
        self.sim.clear_requests()
        change, = self.applied(code=1)
        self.assertEqual(change["withheld"]["code"], "secret_unknown")
        self.assertIn("future_token", change["withheld"]["message"])
        self.assertEqual(self.sim.writes(), [])

    def test_a_field_that_the_server_sets(self):
        identifier = self.managed(workforce={**pingone(), "scim_config": {"enabled": True}})["workforce"]
        self.sim.patch(identifier, {"config": {"redirect_url": "https://example.cloudflareaccess.com/cdn-cgi/access/callback"},
                                    "scim_config": {"group_member_deprovision": True}, "version": "abc", "uid": identifier})
        self.write("workforce", {**pingone("Renamed"), "scim_config": {"enabled": True}})
        self.apply()
        body = self.body()
        self.assertLessEqual(set(body), {"name", "type", "config", "scim_config", "saml_certificate_set_id"})
        self.assertNotIn("redirect_url", body["config"])
        self.assertEqual(set(body["scim_config"]) & {"secret", "scim_base_url", "group_member_deprovision"}, set())
        self.assertEqual(self.sim.state()["readonly_writes"], 0)


class UnknownSecrets(Put):
    """Okta's `api_token` is optional: Cloudflare may hold one that the file does not name."""

    def setUp(self):
        super().setUp()
        self.identifier = self.managed(okta=okta())["okta"]
        self.sim.patch(self.identifier, {"config": {"api_token": "typed in the dashboard"}})
        self.sim.clear_requests()

    def test_withhold_the_update(self):
        self.write("okta", okta(claims=["groups"]))
        change, = self.applied(code=1)
        self.assertEqual(change["withheld"]["code"], "secret_unknown")
        self.assertIn("config.api_token", change["withheld"]["message"])
        self.assertIn("keep_secret", change["withheld"]["message"])
        self.assertEqual(self.sim.writes(), [])
        self.assertEqual(self.live(self.identifier)["config"]["api_token"], "typed in the dashboard")

    def test_are_no_change_by_themselves(self):
        self.assert_in_sync()

    def test_are_shown_as_withheld_in_the_plan_already(self):
        self.write("okta", okta(claims=["groups"]))
        self.assertEqual(withheld(self.changes()), {"okta": "secret_unknown"})

    def test_that_the_file_names_now_are_sent(self):
        self.write("okta", okta(claims=["groups"], api_token="${env:PINGONE_SECRET}"))
        self.apply()
        self.assertEqual(self.live(self.identifier)["config"]["api_token"], "s3cret-of-pingone")

    def test_that_null_takes_away_do_not_withhold(self):
        self.write("okta", okta(api_token=None))
        self.apply()
        self.assertNotIn("api_token", self.live(self.identifier)["config"])

    def test_that_were_ours_and_that_null_takes_away_are_gone_whatever_the_api_shows(self):
        for redaction in ("asterisks", "absent", "empty"):
            with self.behaviours(redaction=redaction):
                self.write("okta", okta(api_token="${env:PINGONE_SECRET}"))
                self.apply("--resend-secrets")
                self.assertEqual(self.live(self.identifier)["config"]["api_token"], "s3cret-of-pingone")
                self.write("okta", okta(api_token=None))
                self.apply()
                self.assertNotIn("api_token", self.live(self.identifier)["config"])
                self.assert_in_sync()

    def test_with_keep_secret_are_left_to_the_api(self):
        self.write("okta", {**okta(claims=["groups"]), "options": {"keep_secret": True}})
        self.assertEqual(outcomes(self.applied()), {"okta": "done"})
        self.assertNotIn("api_token", self.body()["config"])
        self.assertEqual(self.live(self.identifier)["config"]["api_token"], "typed in the dashboard")
        self.assertEqual(self.live(self.identifier)["config"]["client_secret"], "s3cret-of-okta")

    def test_of_another_one_hold_up_nothing(self):
        self.write("okta", okta(claims=["groups"]))
        self.write("github", github())
        self.assertEqual(outcomes(self.applied(code=1)), {"okta": "withheld", "github": "done"})


class KeepSecret(Put):
    def setUp(self):
        super().setUp()
        self.sim.behave(omitted_secret="kept")
        self.identifier = self.create(pingone())

    def secret(self):
        return self.live(self.identifier)["config"]["client_secret"]

    def test_lets_a_required_secret_be_absent_from_the_file(self):
        self.write("workforce", kept(pingone()))
        self.assertEqual(self.idpd("validate").code, 0)
        self.assert_in_sync()

    def test_without_it_a_required_secret_must_be_in_the_file(self):
        self.write("workforce", {**kept(pingone()), "options": {}})
        result = self.idpd("validate")
        self.assertEqual(result.code, 1)
        self.assertIn("client_secret", result.err)

    def test_updates_without_sending_a_secret(self):
        for redaction in ("asterisks", "absent", "empty"):
            with self.behaviours(redaction=redaction):
                self.sim.clear_requests()
                self.write("workforce", kept(pingone(claims=[redaction])))
                self.assertEqual(outcomes(self.applied()), {"workforce": "done"})
                self.assertNotIn("client_secret", self.body()["config"])
                self.assertEqual(self.secret(), "held by Cloudflare")

    def test_cannot_create(self):
        self.write("other", kept(pingone("Other")))
        change, = self.applied(code=1)
        self.assertEqual((change["action"], change["withheld"]["code"]), ("create", "secret_unknown"))
        self.assertIn("config.client_secret", change["withheld"]["message"])
        self.assertEqual(self.sim.requests("POST"), [])

    def assert_target(self, entry, path):
        self.write("workforce", entry)
        self.sim.clear_requests()
        change, = self.applied(code=1)
        self.assertEqual(change["withheld"]["code"], "secret_target")
        self.assertIn(path, change["withheld"]["message"])
        self.assertEqual(self.sim.writes(), [])

    def test_withholds_an_update_of_the_client_id(self):
        self.assert_target(kept(pingone(client_id="another")), "config.client_id")

    def test_withholds_an_update_of_the_environment(self):
        self.assert_target(kept(pingone(ping_env_id="another")), "config.ping_env_id")

    def test_withholds_an_update_of_a_url(self):
        self.sim.create({"name": "OIDC", "type": "oidc", "config": {
            "client_id": "a", "client_secret": "held", "auth_url": "https://a.example.com/auth",
            "token_url": "https://a.example.com/token", "certs_url": "https://a.example.com/certs"}})
        config = {"client_id": "a", "auth_url": "https://a.example.com/auth", "certs_url": "https://a.example.com/certs"}
        self.assert_target(kept({"name": "OIDC", "type": "oidc", "config": {**config, "token_url": "https://evil.example.com/token"}}),
                           "config.token_url")

    def test_withholds_an_update_of_a_host(self):
        self.create(okta())
        self.assert_target(kept(okta(okta_account="https://evil.okta.com")), "config.okta_account")

    def test_that_names_a_secret_sends_it(self):
        self.write("workforce", {**pingone(client_id="another"), "options": {"keep_secret": True}})
        self.assertEqual(outcomes(self.applied()), {"workforce": "done"})
        self.assertEqual(self.secret(), "s3cret-of-pingone")
        self.assert_in_sync()

    def test_that_stops_naming_a_secret_hands_it_over(self):
        self.write("workforce", {**pingone(), "options": {"keep_secret": True}})
        self.apply()
        self.write("workforce", kept(pingone()))
        self.assert_in_sync()

    def test_that_is_switched_on_is_not_a_change(self):
        self.write("workforce", pingone())
        self.apply()
        self.write("workforce", {**pingone(), "options": {"keep_secret": True}})
        self.assert_in_sync()


if __name__ == "__main__":
    unittest.main()
