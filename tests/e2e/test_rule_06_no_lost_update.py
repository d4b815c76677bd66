"""Design §7, rule 6: just before a write the object is read again; what someone did in between is never overwritten unseen."""

import unittest

from harness import ACCOUNT, Managed, github, outcomes, pingone


class InBetween(Managed):
    """Something happens between the listing and the moment before the write."""

    def meanwhile(self, identifier, merge=None, times=1):
        patch = {"account": ACCOUNT, "id": identifier, **({"merge": merge} if merge else {"delete": True})}
        self.sim.hook(method="GET", path=f"/identity_providers/{identifier}$", times=times, patch=patch)

    def saved(self):
        """Exactly the plan as it is now, or nothing: it is not planned anew."""
        plan = self.folder / "plan.json"
        self.plan("--out", str(plan))
        return lambda: self.idpd("apply", "--output", "json", str(plan))


class BeforeAnUpdate(InBetween):
    def setUp(self):
        super().setUp()
        self.identifier = self.managed(workforce=pingone(), other=github())["workforce"]
        self.write("workforce", pingone(pkce_enabled=True))
        self.sim.clear_requests()

    def test_a_change_in_between_stops_the_update_and_loses_nothing(self):
        apply = self.saved()
        self.meanwhile(self.identifier, {"config": {"claims": ["made in the dashboard"]}})
        result = apply()
        self.assertEqual(result.code, 1, result)
        change, = result.json["accounts"][0]["changes"]
        self.assertEqual(change["outcome"], "skipped")
        self.assertIn("changed in Cloudflare", change["error"])
        self.assertEqual(self.sim.writes(), [])
        self.assertEqual(self.live(self.identifier)["config"]["claims"], ["made in the dashboard"])

    def test_a_change_in_between_is_said_in_the_text(self):
        plan = self.folder / "plan.json"
        self.plan("--out", str(plan))
        self.meanwhile(self.identifier, {"config": {"claims": ["x"]}})
        result = self.idpd("apply", str(plan))
        self.assertEqual(result.code, 1, result)
        self.assertIn("changed", result.out)

    def test_with_auto_approve_it_is_planned_anew_and_what_was_done_in_between_stays(self):
        self.meanwhile(self.identifier, {"config": {"claims": ["made in the dashboard"]}})
        self.assertEqual(outcomes(self.applied()), {"workforce": "done"})
        config = self.live(self.identifier)["config"]
        self.assertEqual((config["claims"], config["pkce_enabled"]), (["made in the dashboard"], True))

    def test_with_auto_approve_a_managed_field_that_was_changed_in_between_is_seen_in_the_new_plan(self):
        self.meanwhile(self.identifier, {"config": {"ping_env_id": "moved"}})
        change, = self.applied()
        self.assertEqual([field["path"] for field in change["fields"]], ["config.ping_env_id", "config.pkce_enabled"])
        self.assertEqual(self.live(self.identifier)["config"]["ping_env_id"], "9a2b")

    def test_a_field_that_nobody_knows_is_not_lost_either(self):
        apply = self.saved()
        self.meanwhile(self.identifier, {"config": {"from_the_future": 1}})
        apply()
        self.assertEqual(self.live(self.identifier)["config"]["from_the_future"], 1)

    def test_one_that_was_deleted_in_between_is_not_written(self):
        self.grow()
        self.sim.clear_requests()
        self.write("workforce", pingone(claims=["department"]))
        apply = self.saved()
        self.meanwhile(self.identifier)
        result = apply()
        self.assertEqual(result.code, 1, result)
        change, = result.json["accounts"][0]["changes"]
        self.assertEqual(change["outcome"], "skipped")
        self.assertIn("deleted in Cloudflare", change["error"])
        self.assertEqual(self.sim.writes(), [])

    def test_one_that_was_deleted_in_between_is_made_anew_with_auto_approve(self):
        self.grow()
        self.write("workforce", pingone(claims=["department"]))
        self.meanwhile(self.identifier)
        change, = self.applied()
        self.assertEqual((change["action"], change["outcome"]), ("create", "done"))

    def test_the_other_changes_go_on(self):
        self.write("other", github("Renamed"))
        apply = self.saved()
        self.meanwhile(self.identifier, {"config": {"claims": ["x"]}})
        self.assertEqual(outcomes(apply().json["accounts"][0]["changes"]), {"workforce": "skipped", "other": "done"})

    def test_what_was_done_before_it_was_planned_anew_is_in_the_report(self):
        self.write("new", pingone("New"))
        self.meanwhile(self.identifier, {"config": {"claims": ["x"]}})
        self.assertEqual(outcomes(self.applied()), {"new": "done", "workforce": "done"})

    def test_a_change_of_another_one_does_not_matter(self):
        other = self.sim.provider("GitHub")["id"]
        self.sim.hook(method="GET", path=f"/identity_providers/{self.identifier}$", patch={
            "account": ACCOUNT, "id": other, "merge": {"name": "Renamed"}})
        self.assertEqual(outcomes(self.applied()), {"workforce": "done"})

    def test_a_field_that_the_server_sets_does_not_matter(self):
        apply = self.saved()
        self.meanwhile(self.identifier, {"version": "next", "config": {"redirect_url": "https://other.example.com"}})
        self.assertEqual(apply().code, 0)

    def test_masks_of_another_length_and_sets_in_another_order_do_not_matter(self):
        self.write("workforce", pingone(claims=["a", "b", "c"]))
        self.apply()
        self.sim.behave(order="shuffled")
        self.write("workforce", pingone("Renamed", claims=["a", "b", "c"]))
        self.assertEqual(self.saved()().code, 0)


class BeforeADelete(InBetween):
    def setUp(self):
        super().setUp()
        self.identifier = self.managed(goes=pingone(), stays=github())["goes"]
        self.write("goes", None)
        self.sim.clear_requests()

    def test_a_change_in_between_stops_the_delete(self):
        apply = self.saved()
        self.meanwhile(self.identifier, {"name": "Somebody needs it"})
        result = apply()
        self.assertEqual(result.code, 1, result)
        self.assertEqual(outcomes(result.json["accounts"][0]["changes"]), {"goes": "skipped"})
        self.assertEqual(self.live(self.identifier)["name"], "Somebody needs it")
        self.assertEqual(self.sim.writes(), [])

    def test_it_is_planned_anew_next_time(self):
        apply = self.saved()
        self.meanwhile(self.identifier, {"name": "Somebody needs it"})
        apply()
        change, = self.applied()
        self.assertEqual((change["action"], change["name"], change["outcome"]), ("delete", "Somebody needs it", "done"))

    def test_one_that_is_gone_already_needs_no_delete_next_time(self):
        apply = self.saved()
        self.meanwhile(self.identifier)
        apply()
        self.assertEqual(self.sim.writes(), [])
        self.grow()
        self.assert_in_sync()


if __name__ == "__main__":
    unittest.main()
