"""Design §7, rule 4: a change of type makes the new one first and deletes the old one under rule 3."""

import unittest

from harness import Managed, github, onetimepin, outcomes, pingone, withheld


class Replace(Managed):
    """`workforce` was of PingOne and is to be of GitHub, under the same name."""

    options = {}

    def setUp(self):
        super().setUp()
        self.old = self.managed(workforce={**pingone("Staff"), "options": self.options})["workforce"]
        self.write("workforce", {**github("Staff"), "options": self.options})
        self.sim.clear_requests()

    def replace(self, *arguments, code=0, **environment):
        change, = [one for one in self.applied(*arguments, code=code, **environment) if one["action"] == "replace"]
        return change

    def new(self):
        return [one for one in self.sim.providers() if one["type"] == "github"]

    def assert_nothing_was_done(self):
        self.assertEqual(self.sim.writes(), [])
        self.assertEqual(self.ids(), {self.old})


class InOrder(Replace):
    def test_is_planned_as_one_change_with_its_sign(self):
        change, = self.changes()
        self.assertEqual((change["action"], change["id"], change["type"], change["origin"]), ("replace", self.old, "github", "config"))
        out = self.idpd("plan").out
        self.assertRegex(out, r"(?m)^\s*-/\+ workforce ")
        self.assertIn("1 to replace", out)

    def test_the_new_one_is_made_first_and_the_old_one_deleted_then(self):
        change = self.replace()
        self.assertEqual(change["outcome"], "done")
        self.assertEqual([one["method"] for one in self.sim.writes()], ["POST", "DELETE"])
        self.assertTrue(self.sim.writes()[1]["path"].endswith(self.old))
        self.assertEqual([one["type"] for one in self.sim.providers()], ["github"])
        self.assertEqual(self.new()[0]["config"]["client_secret"], "s3cret-of-github")
        self.assert_in_sync()

    def test_afterwards_the_new_one_is_the_one_that_is_managed(self):
        self.replace()
        identifier = self.new()[0]["id"]
        self.sim.patch(identifier, {"config": {"client_id": "moved"}})
        change, = self.changes()
        self.assertEqual((change["action"], change["id"], change["origin"]), ("update", identifier, "drift"))

    def test_what_was_sent_is_of_the_new_type_alone(self):
        self.replace()
        self.assertEqual(self.new()[0]["config"].keys() - {"redirect_url"}, {"client_id", "client_secret"})
        self.assertEqual(self.sim.state()["dropped_writes"], 0)

    def test_a_create_that_is_refused_over_the_name_is_a_failure_and_nothing_is_deleted(self):
        self.sim.behave(duplicate_names="refused")
        change = self.replace(code=1)
        self.assertEqual(change["outcome"], "failed")
        self.assertIn("409", change["error"])
        self.assertEqual([one["method"] for one in self.sim.writes()], ["POST"])
        self.assertEqual(self.ids(), {self.old})

    def test_a_create_that_fails_keeps_the_old_one(self):
        self.sim.fault(method="POST", status=400)
        self.assertEqual(self.replace(code=1)["outcome"], "failed")
        self.assertEqual(self.ids(), {self.old})
        self.assertEqual(self.replace()["outcome"], "done")
        self.assertEqual([one["type"] for one in self.sim.providers()], ["github"])

    def test_a_create_whose_answer_is_lost_is_found_and_the_replace_goes_on(self):
        self.sim.fault(method="POST", when="after", action="close")
        self.assertEqual(self.replace()["outcome"], "done")
        self.assertEqual([one["type"] for one in self.sim.providers()], ["github"])

    def test_a_process_killed_after_the_create_leaves_no_twin_and_the_old_one_goes_with_the_next(self):
        self.sim.fault(method="POST", when="after", action="stall")
        process = self.start("apply", "--auto-approve")
        self.wait_for(self.new)
        process.kill()
        process.wait()
        made = self.new()[0]["id"]
        self.assertEqual(outcomes(self.applied()), {"workforce": "done"})
        self.assertEqual(self.ids(), {made})
        self.assert_in_sync()

    def test_a_process_killed_before_the_delete_leaves_the_old_one_to_the_next_pass(self):
        self.sim.fault(method="DELETE", when="before", action="stall")
        process = self.start("apply", "--auto-approve")
        self.wait_for_request("DELETE")
        process.kill()
        process.wait()
        made = self.new()[0]["id"]
        change, = self.changes()
        self.assertEqual((change["action"], change["id"], change["withheld"]), ("delete", self.old, None))
        self.apply()
        self.assertEqual(self.ids(), {made})

    def test_a_delete_that_is_refused_is_tried_again_by_the_next_pass(self):
        self.sim.fault(method="DELETE", status=403)
        self.idpd("apply", "--auto-approve")
        self.assertEqual(len(self.ids()), 2)
        change, = self.applied()
        self.assertEqual((change["action"], change["id"], change["outcome"]), ("delete", self.old, "done"))
        self.assertEqual([one["type"] for one in self.sim.providers()], ["github"])

    def test_a_delete_that_is_refused_is_not_reported_as_all_done(self):
        self.sim.fault(method="DELETE", status=403)
        self.assertEqual(self.idpd("apply", "--auto-approve").code, 1)


class WithheldAsAWhole(Replace):
    def test_by_deletes_withhold(self):
        self.settings(deletes="withhold")
        self.assertEqual(self.replace()["withheld"]["code"], "deletes_setting")
        self.assert_nothing_was_done()

    def test_by_max_deletes(self):
        self.assertEqual(self.replace("--max-deletes", "0", code=1)["withheld"]["code"], "max_deletes")
        self.assert_nothing_was_done()

    def test_by_an_unresolved_secret(self):
        self.environment.pop("GITHUB_SECRET")
        self.assertEqual(self.replace(code=1)["withheld"]["code"], "secret_unresolved")
        self.assert_nothing_was_done()


class WithheldByPreventDelete(Replace):
    options = {"prevent_delete": True}

    def test_as_a_whole(self):
        self.assertEqual(self.replace("--allow-deletes")["withheld"]["code"], "prevent_delete")
        self.assert_nothing_was_done()

    def test_as_a_whole_when_only_the_record_remembers_it(self):
        self.write("workforce", github("Staff"))
        self.assertEqual(self.replace("--allow-deletes")["withheld"]["code"], "prevent_delete")
        self.assert_nothing_was_done()


class WithheldByReferences(Replace):
    def setUp(self):
        super().setUp()
        self.sim.put("apps", [{"id": "a1", "name": "Wiki", "allowed_idps": [self.old]}])

    def superseded(self):
        """The new one is made, the old one stays."""
        change = self.replace(code=1)
        self.assertEqual((change["outcome"], change["withheld"]), ("done", None))
        self.assertEqual(change["delete_withheld"]["code"], "references")
        self.assertEqual([one["method"] for one in self.sim.writes()], ["POST"])
        self.assertEqual(self.ids(), {self.old, self.new()[0]["id"]})

    def test_the_plan_says_so_beforehand(self):
        change, = self.changes()
        self.assertEqual((change["action"], change["withheld"], change["delete_withheld"]["code"]), ("replace", None, "references"))
        self.assertIn('Access app "Wiki"', self.idpd("plan").out)

    def test_only_the_delete_and_the_new_one_is_made(self):
        self.superseded()

    def test_the_old_one_is_tried_each_pass_and_goes_with_the_last_reference(self):
        self.superseded()
        for _ in range(2):
            self.assertEqual(withheld(self.applied(code=1)), {"workforce": "references"})
        self.sim.put("apps", [])
        change, = self.applied()
        self.assertEqual((change["action"], change["id"], change["outcome"]), ("delete", self.old, "done"))
        self.assertEqual([one["type"] for one in self.sim.providers()], ["github"])
        self.assert_in_sync()

    def test_the_old_one_is_not_among_the_unmanaged(self):
        self.superseded()
        self.assertEqual(self.plan()["accounts"][0]["unmanaged"], [])

    def test_the_old_one_is_not_adopted_by_its_name(self):
        self.superseded()
        self.write("another", pingone("Another"))
        self.apply(code=1)
        self.write("another", pingone("Staff too"))
        self.sim.patch(self.old, {"name": "Staff too"})
        changes = {change["action"]: change for change in self.changes()}
        self.assertNotEqual(changes["update"]["id"], self.old)

    def test_the_old_one_counts_towards_max_deletes(self):
        self.superseded()
        self.assertEqual(withheld(self.applied("--max-deletes", "0", code=1)), {"workforce": "max_deletes"})

    def test_the_old_one_that_someone_else_deleted_is_forgotten(self):
        self.superseded()
        self.sim.delete(self.old)
        self.assert_in_sync()
        self.apply()
        self.sim.create({**pingone("Foreign"), "id": self.old})
        self.assertEqual(self.changes(), [])

    def test_permissions_that_are_missing_do_the_same(self):
        self.environment["TOKEN"] = "sim-idp-only"
        change = self.replace(code=1)
        self.assertEqual((change["outcome"], change["delete_withheld"]["code"]), ("done", "references_unknown"))
        self.assertEqual(len(self.ids()), 2)

    def test_removed_from_the_files_meanwhile_both_go_when_they_may(self):
        self.superseded()
        self.write("stays", pingone("Stays"))
        self.apply(code=1)
        self.write("workforce", None)
        self.sim.put("apps", [])
        self.assertEqual([change["outcome"] for change in self.applied("--max-deletes", "2")], ["done", "done"])
        self.assertEqual([one["name"] for one in self.sim.providers()], ["Stays"])


class Singletons(Managed):
    def assert_never(self, before, after):
        identifier = self.managed(workforce=before)["workforce"]
        self.write("workforce", after)
        self.sim.clear_requests()
        self.assertEqual(withheld(self.applied("--allow-deletes", code=1)), {"workforce": "singleton_replace"})
        self.assertEqual(self.sim.writes(), [])
        self.assertEqual(self.ids(), {identifier})

    def test_are_not_replaced_by_another_type(self):
        self.assert_never(onetimepin("Login"), pingone("Login"))

    def test_do_not_replace_another_type(self):
        self.assert_never(pingone("Login"), onetimepin("Login"))

    def test_do_not_hold_up_the_other_changes(self):
        self.managed(workforce=onetimepin("Login"))
        self.write("workforce", pingone("Login"))
        self.write("github", github())
        self.assertEqual(outcomes(self.applied(code=1)), {"workforce": "withheld", "github": "done"})


if __name__ == "__main__":
    unittest.main()
