"""How many requests a plan costs: one list request a thousand identity providers, none per identity provider."""

import unittest

from harness import ACCOUNT, Case, pingone

LIST = f"/accounts/{ACCOUNT}/access/identity_providers"


class Requests(Case):
    def setUp(self):
        super().setUp()
        self.environment["PINGONE_SECRET"] = "s"

    def asked(self):
        return [(one["method"], one["path"]) for one in self.sim.requests()]

    def test_a_plan_over_2500_identity_providers_is_three_list_requests_and_no_other(self):
        self.sim.control("POST", "/bulk", {"account": ACCOUNT, "type": "github", "count": 2500, "prefix": "GitHub"})
        self.sim.clear_requests()
        document = self.plan()
        self.assertEqual(document["summary"]["unmanaged"], 2500)
        self.assertEqual(self.asked(), [("GET", LIST)] * 3)
        self.assertTrue(all("per_page=1000" in one["query"] for one in self.sim.requests()), self.sim.requests())

    def test_a_plan_of_managed_ones_with_changes_asks_no_more(self):
        entries = {f"p{number}": pingone(f"PingOne {number}") for number in range(20)}
        for key, entry in entries.items():
            self.write(key, entry)
        self.apply()
        for one in self.sim.providers():
            self.sim.patch(one["id"], {"config": {"pkce_enabled": True, "ping_env_id": "moved"}})
        self.sim.clear_requests()
        self.assertEqual(len(self.changes()), 20)
        self.assertEqual(self.asked(), [("GET", LIST)])

    def test_a_planned_delete_adds_the_reference_scan_and_nothing_else(self):
        for number in range(3):
            self.write(f"p{number}", pingone(f"PingOne {number}"))
        self.apply()
        self.write("p0", None)
        self.sim.clear_requests()
        self.assertEqual([change["action"] for change in self.changes()], ["delete"])
        scan = ["access/apps", "access/policies", "access/groups", "access/idp_federation_grants", "zt_risk_scoring/integrations"]
        self.assertEqual(sorted(self.asked()), sorted([("GET", LIST), ("GET", "/zones")] +
                                                      [("GET", f"/accounts/{ACCOUNT}/{path}") for path in scan]))

    def test_a_delete_that_the_settings_withhold_costs_no_reference_scan(self):
        self.settings(deletes="withhold")
        for number in range(3):
            self.write(f"p{number}", pingone(f"PingOne {number}"))
        self.apply()
        self.write("p0", None)
        self.sim.clear_requests()
        self.assertEqual([change["withheld"]["code"] for change in self.changes()], ["deletes_setting"])
        self.assertEqual(self.asked(), [("GET", LIST)])


if __name__ == "__main__":
    unittest.main()
