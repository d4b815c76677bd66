"""The thinnest whole path, as a user goes it."""

import unittest

from harness import Case, pingone


class Smoke(Case):
    def setUp(self):
        super().setUp()
        self.environment["PINGONE_SECRET"] = "s3cret-of-pingone"

    def test_a_file_becomes_an_identity_provider_and_then_nothing_is_to_do(self):
        self.write("workforce", pingone(pkce_enabled=True, claims=["department", "employee_id"]))
        self.assertEqual([change["action"] for change in self.changes()], ["create"])
        self.assertEqual([change["outcome"] for change in self.applied()], ["done"])
        self.assertEqual(self.sim.provider("PingOne Workforce")["config"]["client_secret"], "s3cret-of-pingone")
        self.assert_in_sync()

    def test_a_change_in_the_dashboard_is_found_as_drift_and_healed(self):
        self.write("workforce", pingone(pkce_enabled=True))
        self.apply()
        identifier = self.sim.provider("PingOne Workforce")["id"]
        self.sim.patch(identifier, {"config": {"pkce_enabled": False}})
        change, = self.changes()
        self.assertEqual((change["action"], change["origin"]), ("update", "drift"))
        self.assertEqual(change["fields"], [{"path": "config.pkce_enabled", "before": False, "after": True,
                                             "sensitive": False, "origin": "drift"}])
        self.apply()
        live = self.sim.provider("PingOne Workforce")
        self.assertIs(live["config"]["pkce_enabled"], True)
        self.assertEqual(live["config"]["client_secret"], "s3cret-of-pingone")
        self.assert_in_sync()


if __name__ == "__main__":
    unittest.main()
