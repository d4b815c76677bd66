"""Design §7, rule 8: what was applied and what was observed are two things; a rewrite is neither drift nor a change."""

import unittest

from harness import ACCOUNT, Managed, outcomes, pingone


class ReadBack(Managed):
    def test_after_a_create_the_object_is_read(self):
        self.write("workforce", pingone())
        self.apply()
        identifier = self.sim.provider("PingOne Workforce")["id"]
        methods = [(one["method"], one["path"].rpartition("/")[2]) for one in self.sim.requests()]
        self.assertEqual(methods[-2:], [("POST", "identity_providers"), ("GET", identifier)])

    def test_before_and_after_an_update_the_object_is_read(self):
        identifier = self.managed(workforce=pingone())["workforce"]
        self.sim.clear_requests()
        self.write("workforce", pingone(pkce_enabled=True))
        self.apply()
        self.assertEqual([one["method"] for one in self.sim.requests() if one["path"].endswith(identifier)], ["GET", "PUT", "GET"])

    def test_one_that_fails_is_said_and_does_not_fail_the_write(self):
        self.managed(workforce=pingone())
        self.write("workforce", pingone(pkce_enabled=True))
        self.sim.fault(method="GET", path="/identity_providers/[^/]+$", skip=1, status=403)
        change, = self.applied()
        self.assertEqual(change["outcome"], "done")
        self.assertTrue(any("read back" in note for note in change["notes"]), change)
        self.assert_in_sync()


class ChangedInBetween(Managed):
    """By hand, after the write and before the read back."""

    def by_hand_before_read_back(self, identifier, skip):
        self.sim.hook(method="GET", path=f"/identity_providers/{identifier}$", skip=skip,
                      patch={"account": ACCOUNT, "id": identifier, "merge": {"config": {"client_id": "by-hand"}}})

    def test_after_an_update_is_drift_and_undone(self):
        identifier = self.managed(workforce=pingone())["workforce"]
        self.write("workforce", pingone(pkce_enabled=True))
        self.by_hand_before_read_back(identifier, skip=1)
        self.assertEqual(outcomes(self.applied()), {"workforce": "done"})
        change, = self.changes()
        self.assertEqual([(one["path"], one["origin"]) for one in change["fields"]], [("config.client_id", "drift")])
        self.apply()
        self.assertEqual(self.live(identifier)["config"]["client_id"], "4f1c")
        self.assert_in_sync()


class Rewritten(Managed):
    def setUp(self):
        super().setUp()
        self.sim.behave(rewrite={"pingone.ping_env_id": "lowercase"})
        self.identifier = self.managed(workforce=pingone(ping_env_id="ENV"))["workforce"]
        self.assertEqual(self.live(self.identifier)["config"]["ping_env_id"], "env")

    def test_by_the_server_is_no_change(self):
        self.assert_in_sync()
        self.sim.clear_requests()
        self.assertEqual(self.applied(), [])
        self.assertEqual(self.sim.writes(), [])

    def test_by_the_server_stays_no_change_after_an_update_of_something_else(self):
        self.write("workforce", pingone(ping_env_id="ENV", pkce_enabled=True))
        change, = self.changes()
        self.assertEqual([field["path"] for field in change["fields"]], ["config.pkce_enabled"])
        change, = self.applied()
        self.assertEqual(change.get("notes", []), [])
        self.assert_in_sync()

    def test_by_the_server_and_changed_by_a_person_is_drift(self):
        self.sim.patch(self.identifier, {"config": {"ping_env_id": "other"}})
        change, = self.changes()
        self.assertEqual([(field["path"], field["origin"]) for field in change["fields"]], [("config.ping_env_id", "drift")])
        self.apply()
        self.assertEqual(self.live(self.identifier)["config"]["ping_env_id"], "env")
        self.assert_in_sync()

    def test_by_the_server_and_changed_in_the_file_is_config(self):
        self.write("workforce", pingone(ping_env_id="NEXT"))
        change, = self.changes()
        self.assertEqual([(field["path"], field["origin"]) for field in change["fields"]], [("config.ping_env_id", "config")])
        self.apply()
        self.assertEqual(self.live(self.identifier)["config"]["ping_env_id"], "next")
        self.assert_in_sync()

    def test_by_the_server_and_changed_on_both_sides_is_both(self):
        self.write("workforce", pingone(ping_env_id="NEXT"))
        self.sim.patch(self.identifier, {"config": {"ping_env_id": "other"}})
        change, = self.changes()
        self.assertEqual(change["origin"], "both")

    def test_name_is_no_change(self):
        self.sim.behave(rewrite={"name": "strip"})
        self.write("workforce", pingone("  Padded  ", ping_env_id="ENV"))
        self.apply()
        self.assert_in_sync()

    def test_value_that_is_always_the_servers_own_is_no_change(self):
        self.sim.behave(rewrite={"*.email_claim_name": "email"})
        self.write("workforce", pingone(ping_env_id="env", email_claim_name="mail"))
        self.apply()
        self.assert_in_sync()


class Stuck(Managed):
    """The server takes the write and keeps the old value."""

    def setUp(self):
        super().setUp()
        self.identifier = self.managed(workforce=pingone())["workforce"]
        self.sim.behave(ignore_fields=["config.pkce_enabled"])
        self.write("workforce", pingone(pkce_enabled=True))

    def assert_warned(self, document):
        messages = [(one["severity"], one["message"]) for one in document["diagnostics"]]
        self.assertTrue(any(severity == "warning" and "config.pkce_enabled" in message and "did not keep" in message
                            for severity, message in messages), messages)

    def test_is_reported_by_the_apply(self):
        change, = self.applied()
        self.assertTrue(any("config.pkce_enabled" in note and "did not keep" in note for note in change["notes"]), change)

    def test_is_a_warning_and_no_change_in_the_next_plan(self):
        self.apply()
        document = self.plan("--detailed-exitcode")
        self.assertEqual(document["accounts"][0]["changes"], [])
        self.assert_warned(document)

    def test_the_warning_has_its_place_in_the_file(self):
        self.apply()
        self.assertIn("workforce.yaml:", self.idpd("plan").out)

    def test_is_tried_again_by_apply(self):
        self.apply()
        self.sim.clear_requests()
        self.apply()
        self.assertEqual([one["method"] for one in self.sim.writes()], ["PUT"])

    def test_is_over_when_the_server_keeps_it(self):
        self.apply()
        self.sim.behave(ignore_fields=[])
        self.apply()
        self.assertIs(self.live(self.identifier)["config"]["pkce_enabled"], True)
        self.assertEqual(self.assert_in_sync()["diagnostics"], [])

    def test_is_planned_again_when_the_file_moves(self):
        self.apply()
        self.write("workforce", pingone(pkce_enabled=None))
        self.assertEqual(self.plan()["diagnostics"], [])  # as it is, so the file is content
        self.apply()
        self.write("workforce", pingone(pkce_enabled=True))
        self.assertEqual([change["action"] for change in self.changes()], ["update"])

    def test_is_planned_again_when_the_live_object_moves(self):
        self.write("workforce", pingone(email_claim_name="mail"))
        self.apply()
        self.sim.behave(ignore_fields=["config.email_claim_name"])
        self.write("workforce", pingone(email_claim_name="upn"))
        self.apply()
        self.assertEqual(self.changes(), [])
        self.sim.patch(self.identifier, {"config": {"email_claim_name": "by hand"}})
        change, = self.changes()
        self.assertEqual((change["action"], change["origin"]), ("update", "drift"))

    def test_does_not_hold_up_what_else_changes(self):
        self.apply()
        self.write("workforce", pingone("Renamed", pkce_enabled=True))
        change, = self.changes()
        self.assertEqual([field["path"] for field in change["fields"]], ["name"])
        self.assertEqual(outcomes(self.applied()), {"workforce": "done"})
        self.assertEqual(self.live(self.identifier)["name"], "Renamed")

    def test_on_a_create_is_stuck_too(self):
        self.write("second", pingone("Second", pkce_enabled=True))
        change = [one for one in self.applied() if one["key"] == "second"][0]
        self.assertTrue(any("did not keep" in note for note in change["notes"]), change)
        self.assertEqual(self.changes(), [])


if __name__ == "__main__":
    unittest.main()
