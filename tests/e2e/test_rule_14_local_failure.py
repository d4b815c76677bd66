"""Design §7, rule 14: failure is local, and the report says of each change what became of it."""

import unittest

from harness import ACCOUNT, OTHER_ACCOUNT, Managed, github, okta, outcomes, pingone, withheld


class OneOfSeveral(Managed):
    def test_a_create_that_fails_stops_no_other(self):
        self.write_all(a=pingone("A"), b=github("B"), c=okta("C"))
        self.sim.fault(method="POST", skip=1, status=400)
        changes = self.applied(code=1)
        self.assertEqual(outcomes(changes), {"a": "done", "b": "failed", "c": "done"})
        self.assertIn("HTTP 400", changes[1]["error"])
        self.assertEqual([changes[0]["error"], changes[2]["error"]], [None, None])
        self.assertEqual({one["name"] for one in self.sim.providers()}, {"A", "C"})

    def test_a_create_that_fails_is_made_by_the_next_apply(self):
        self.write_all(a=pingone("A"), b=github("B"))
        self.sim.fault(method="POST", status=400)
        self.apply(code=1)
        self.assertEqual(outcomes(self.applied()), {"a": "done"})
        self.assert_in_sync()

    def test_each_kind_of_outcome_stands_beside_the_others(self):
        ids = self.managed(updated=pingone("Updated"), failing=pingone("Failing"), deleted=github("Deleted"), kept=github("Kept"))
        self.write_all(updated=pingone("Updated 2"), failing=pingone("Failing 2"), unknown=okta("Unknown"),
                       unresolved=pingone("Unresolved", client_secret="${env:NOT_THERE}"))
        self.write("deleted", None)
        self.sim.fault(method="PUT", path=ids["failing"], status=400)
        self.sim.fault(method="POST", action="close")
        document = self.apply(code=1)
        self.assertEqual(outcomes(document["accounts"][0]["changes"]), {
            "unknown": "unknown", "unresolved": "withheld", "updated": "done", "failing": "failed", "deleted": "done"})
        self.assertEqual({change["key"] for change in document["accounts"][0]["changes"] if change["error"]}, {"unknown", "failing"})

    def test_the_text_tells_the_same(self):
        self.write_all(a=pingone("A"), b=github("B"))
        self.sim.fault(method="POST", status=400)
        result = self.idpd("apply", "--auto-approve")
        self.assertEqual(result.code, 1)
        self.assertIn("1 created", result.out)
        self.assertIn("1 failed", result.out)
        self.assertIn("Simulated fault", result.out)

    def test_one_that_cannot_be_matched_stops_no_other(self):
        for _ in range(2):
            self.sim.create(pingone("Twice"))
        self.write_all(a=pingone("Twice"), b=github("B"))
        document = self.apply(code=1)
        self.assertEqual(outcomes(document["accounts"][0]["changes"]), {"b": "done"})
        self.assertTrue(any(one["severity"] == "error" and "a:" in one["message"] for one in document["diagnostics"]), document)

    def test_a_store_that_cannot_be_opened_is_an_error_before_anything_is_done(self):
        (self.folder / ".idpd").write_text("in the way")
        self.write("a", pingone())
        result = self.idpd("apply", "--auto-approve")
        self.assertEqual(result.code, 1)
        self.assertIn(".idpd", result.out + result.err)
        self.assertEqual(self.sim.writes(), [])


class SeveralAccounts(Managed):
    def setUp(self):
        super().setUp()
        (self.folder / "idpd.yaml").write_text(
            f'accounts:\n  first: {{id: "{ACCOUNT}", token: "${{env:FIRST}}", deletes: allow}}\n'
            f'  second: {{id: "{OTHER_ACCOUNT}", token: "${{env:SECOND}}", deletes: allow}}\n'
            f'desired: {{path: identity-providers}}\napi: {{base_url: "{self.sim.api}"}}\n')
        self.environment.update(FIRST="sim-write", SECOND="sim-write")
        for account in ("first", "second"):
            (self.files / f"{account}.yaml").write_text(
                f"account: {account}\nidentity_providers:\n  workforce:\n    name: PingOne {account}\n    type: pingone\n"
                "    config: {client_id: a, client_secret: '${env:PINGONE_SECRET}', ping_env_id: b}\n")

    def assert_second_alone(self, first_error):
        document = self.apply(code=1)
        first, second = document["accounts"]
        self.assertEqual((first["status"], first["changes"]), ("unknown", []))
        self.assertIn(first_error, first["error"])
        self.assertEqual(outcomes(second["changes"]), {"workforce": "done"})
        self.assertEqual(self.sim.providers(), [])
        self.assertEqual(len(self.sim.providers(OTHER_ACCOUNT)), 1)

    def test_the_same_key_in_each_is_two_identity_providers(self):
        document = self.apply()
        self.assertEqual([outcomes(one["changes"]) for one in document["accounts"]], [{"workforce": "done"}] * 2)
        self.assertEqual([one["name"] for one in self.sim.providers(OTHER_ACCOUNT)], ["PingOne second"])

    def test_one_with_an_expired_token_stops_no_other(self):
        self.environment["FIRST"] = "sim-expired"
        self.assert_second_alone("token")

    def test_one_whose_token_cannot_be_resolved_stops_no_other(self):
        self.environment.pop("FIRST")
        self.assert_second_alone("FIRST")

    def test_one_that_cannot_be_listed_stops_no_other(self):
        self.sim.fault(method="GET", path=f"/accounts/{ACCOUNT}/", status=400, times=-1)
        self.assert_second_alone("HTTP 400")

    def test_one_that_is_locked_stops_no_other(self):
        self.sim.fault(method="GET", path=f"/accounts/{ACCOUNT}/access/identity_providers$", action="stall")
        process = self.start("apply", "--auto-approve", "--account", "first")
        self.wait_for_request("GET")
        document = self.apply("--lock-timeout", "0s", code=1)
        self.assertIn(f"pid {process.pid}", document["accounts"][0]["error"])
        self.assertEqual(outcomes(document["accounts"][1]["changes"]), {"workforce": "done"})

    def test_account_narrows_the_plan_and_the_apply(self):
        self.assertEqual([one["account"] for one in self.plan("--account", "second")["accounts"]], ["second"])
        self.apply("--account", "second")
        self.assertEqual(self.sim.providers(), [])

    def test_an_unknown_account_is_an_error_that_guesses(self):
        result = self.idpd("plan", "--account", "secnod")
        self.assertEqual(result.code, 1)
        self.assertIn("second", result.out + result.err)


if __name__ == "__main__":
    unittest.main()
