"""Design §7, rule 1: which live identity provider stands for which key."""

import shutil
import unittest

from harness import Managed, github, onetimepin, outcomes, pingone, withheld

LIST = r"/identity_providers$"


class ByRecord(Managed):
    def test_the_id_holds_after_a_rename_on_both_sides(self):
        before = self.managed(workforce=pingone())["workforce"]
        self.sim.patch(before, {"name": "Renamed in the dashboard"})
        self.write("workforce", pingone("Renamed in the file"))
        change, = self.changes()
        self.assertEqual((change["action"], change["id"], change["origin"]), ("update", before, "both"))
        self.apply()
        self.assertEqual(self.ids(), {before})
        self.assertEqual(self.live(before)["name"], "Renamed in the file")

    def test_the_id_holds_although_another_one_has_the_name_now(self):
        before = self.managed(workforce=pingone("A"))["workforce"]
        self.sim.patch(before, {"name": "B"})
        other = self.sim.create(pingone("A"))["id"]
        change, = self.changes()
        self.assertEqual((change["action"], change["id"]), ("update", before))
        self.apply()
        self.assertEqual(self.ids(), {before, other})

    def test_what_a_record_claims_is_not_adopted_by_its_name_under_another_key(self):
        before = self.managed(first=pingone("A"))["first"]
        self.write("first", pingone("B"))
        self.write("second", pingone("A"))
        self.assertEqual({change["key"]: change["action"] for change in self.changes()}, {"first": "update", "second": "create"})
        self.apply()
        self.assertEqual(self.sim.provider("B")["id"], before)
        self.assertEqual(len(self.ids()), 2)


class ByAdoptId(Managed):
    def adopting(self, identifier, name="PingOne Workforce"):
        return {**pingone(name), "options": {"adopt_id": identifier}}

    def assert_refused(self, *words):
        """An error with its place, in the plan and in the apply, and nothing is done."""
        for result in (self.idpd("plan"), self.idpd("apply", "--auto-approve")):
            self.assertEqual(result.code, 1, result)
            for word in ("adopt_id", "workforce.yaml:", *words):
                self.assertIn(word, result.out + result.err)
        self.assertEqual(self.sim.writes(), [])

    def test_takes_the_one_that_is_meant_whatever_its_name(self):
        identifier = self.sim.create(pingone("Old name"))["id"]
        self.write("workforce", self.adopting(identifier))
        change, = self.changes(code=0)
        self.assertEqual((change["action"], change["id"]), ("update", identifier))  # no store yet: like any update
        change, = self.applied()
        self.assertEqual((change["action"], change["outcome"]), ("adopt", "done"))
        self.assertEqual([one["name"] for one in self.sim.providers()], ["PingOne Workforce"])
        self.assert_in_sync()

    def test_without_a_difference_is_no_change_and_makes_it_ours(self):
        kept = self.sim.create(github("Kept"))["id"]
        identifier = self.sim.create(pingone())["id"]
        self.write("workforce", self.adopting(identifier))
        self.write("kept", github("Kept"))
        self.assert_in_sync()
        self.sim.clear_requests()
        self.apply()
        self.assertEqual(self.sim.writes(), [])
        self.write("workforce", None)
        self.applied()
        self.assertEqual(self.ids(), {kept})  # it was ours, so it went

    def test_decides_between_two_of_one_name(self):
        first, second = (self.sim.create(pingone())["id"] for _ in range(2))
        self.write("workforce", self.adopting(second))
        self.assert_in_sync()
        self.apply()
        self.sim.patch(second, {"config": {"ping_env_id": "moved"}})
        change, = self.changes()
        self.assertEqual(change["id"], second)
        self.assertEqual(self.ids(), {first, second})

    def test_that_is_not_live_is_an_error(self):
        self.write("workforce", self.adopting("00000000-0000-0000-0000-000000000000"))
        self.assert_refused("no identity provider has the id 00000000-0000-0000-0000-000000000000")

    def test_of_another_type_is_an_error(self):
        self.write("workforce", self.adopting(self.sim.create(github())["id"]))
        self.assert_refused("github", "pingone")

    def test_of_a_read_only_one_is_an_error(self):
        self.write("workforce", self.adopting(self.sim.create({**pingone(), "read_only": True})["id"]))
        self.assert_refused("read-only")

    def test_that_another_key_has_is_an_error(self):
        claimed = self.managed(other=pingone("Other"))["other"]
        self.write("workforce", self.adopting(claimed))
        self.sim.clear_requests()
        self.assert_refused(claimed, "another key")

    def test_that_two_keys_ask_for_is_an_error_and_nothing_is_written(self):
        identifier = self.sim.create(pingone("Old name"))["id"]
        self.write("workforce", self.adopting(identifier, "A"))
        self.write("zweite", self.adopting(identifier, "B"))
        self.assertEqual(self.idpd("apply", "--auto-approve").code, 1)
        self.assertLessEqual(len(self.sim.writes()), 1)  # the one or the other, never both
        self.assertEqual(self.ids(), {identifier})

    def test_an_error_of_one_key_does_not_stop_the_others(self):
        self.write("workforce", self.adopting("00000000-0000-0000-0000-000000000000"))
        self.write("github", github())
        self.assertEqual(outcomes(self.applied(code=1)), {"github": "done"})
        self.assertEqual(self.sim.provider("GitHub")["type"], "github")

    def test_an_adopted_one_that_was_deleted_is_made_anew(self):
        identifier = self.sim.create(pingone())["id"]
        self.write("workforce", self.adopting(identifier))
        self.grow()
        self.sim.delete(identifier)
        change, = self.applied()
        self.assertEqual((change["action"], change["outcome"]), ("create", "done"))
        self.assert_in_sync()


class ByInterruptedCreate(Managed):
    def lose_the_answer(self):
        """The POST is carried out, its answer is lost, and the list cannot be read either."""
        self.sim.fault(method="POST", path=LIST, when="after", action="close")
        self.sim.fault(method="GET", path=LIST, skip=1, status=403, times=1)
        change, = self.applied(code=1)
        self.assertEqual(change["outcome"], "unknown")
        self.assertEqual(len(self.ids()), 1)
        return self.sim.providers()[0]["id"]

    def test_the_new_one_is_adopted(self):
        self.write("workforce", pingone())
        made = self.lose_the_answer()
        self.apply()
        self.assertEqual(self.ids(), {made})
        self.assert_in_sync()
        self.assertEqual(len(self.sim.requests("POST")), 1)

    def test_the_new_one_is_updated_where_the_file_has_moved_on(self):
        self.write("workforce", pingone())
        made = self.lose_the_answer()
        self.write("workforce", pingone(pkce_enabled=True))
        self.apply()
        self.assertEqual(self.ids(), {made})
        self.assertIs(self.live(made)["config"]["pkce_enabled"], True)

    def test_several_new_ones_are_an_error_that_lists_them(self):
        self.write("workforce", pingone())
        made = self.lose_the_answer()
        twin = self.sim.create(pingone())["id"]
        self.sim.clear_requests()
        result = self.idpd("apply", "--auto-approve")
        self.assertEqual(result.code, 1, result)
        self.assertIn(made, result.out)
        self.assertIn(twin, result.out)
        self.assertIn("answer was lost", result.out)
        self.assertEqual(self.sim.writes(), [])

    def test_one_that_was_there_before_is_not_taken_for_it(self):
        first = self.managed(first=pingone("A"))["first"]
        self.write("first", pingone("B"))  # renamed after the create of the second
        self.write("second", pingone("A"))
        self.sim.fault(method="POST", path=LIST, when="after", action="close")
        changes = self.applied()
        self.assertEqual(outcomes(changes), {"first": "done", "second": "done"})
        self.assertEqual(self.sim.provider("B")["id"], first)
        self.assertNotEqual(self.sim.provider("A")["id"], first)
        self.assert_in_sync()

    def test_a_process_killed_while_the_answer_is_awaited_leaves_no_twin(self):
        self.write("workforce", pingone())
        self.sim.fault(method="POST", path=LIST, when="after", action="stall")
        process = self.start("apply", "--auto-approve")
        self.wait_for(self.sim.providers)
        process.kill()
        process.wait()
        made = self.sim.providers()[0]["id"]
        self.apply()
        self.assertEqual(self.ids(), {made})
        self.assert_in_sync()


class ByMove(Managed):
    def move(self, **entry):
        self.write("workforce", None)
        self.write("employees", pingone(**entry))

    def test_a_new_key_takes_the_record_and_nothing_is_written(self):
        before = self.managed(workforce=pingone())["workforce"]
        self.move()
        change, = self.changes()
        self.assertEqual((change["action"], change["key"], change["previous_key"], change["id"], change["fields"]),
                         ("move", "employees", "workforce", before, []))
        self.sim.clear_requests()
        self.assertEqual(outcomes(self.applied()), {"employees": "done"})
        self.assertEqual(self.sim.writes(), [])
        self.assert_in_sync()

    def test_is_shown_by_its_sign_and_counted(self):
        self.managed(workforce=pingone())
        self.move()
        out = self.idpd("plan").out
        self.assertRegex(out, r"(?m)^\s*-> employees .*was workforce")
        self.assertIn("1 to move", out)

    def test_with_a_change_moves_and_updates_the_same_one(self):
        before = self.managed(workforce=pingone())["workforce"]
        self.move(pkce_enabled=True)
        self.assertEqual([change["action"] for change in self.changes()], ["move", "update"])
        self.apply()
        self.assertEqual(self.ids(), {before})
        self.assertIs(self.live(before)["config"]["pkce_enabled"], True)
        self.assert_in_sync()

    def test_the_secrets_fingerprint_moves_along(self):
        self.managed(workforce=pingone())
        self.move()
        self.apply()
        self.assertEqual([change["action"] for change in self.changes(PINGONE_SECRET="rotated")], ["update"])

    def test_a_new_key_with_a_new_name_is_another_one(self):
        self.managed(workforce=pingone())
        self.move(name="Employees")
        self.assertEqual({change["key"]: change["action"] for change in self.changes()}, {"employees": "create", "workforce": "delete"})

    def test_without_a_settings_that_allows_deletes_it_is_still_no_delete(self):
        self.managed(workforce=pingone())
        self.settings(deletes="withhold")
        self.move()
        self.assertEqual(withheld(self.changes()), {"employees": None})


class ByName(Managed):
    def test_the_one_of_equal_type_and_name_is_adopted_without_a_write(self):
        identifier = self.sim.create(pingone())["id"]
        self.write("workforce", pingone())
        self.assert_in_sync()
        self.sim.clear_requests()
        self.apply()
        self.assertEqual(self.sim.writes(), [])
        self.sim.patch(identifier, {"name": "Renamed"})
        change, = self.changes()  # by its id from now on
        self.assertEqual((change["action"], change["id"], change["origin"]), ("update", identifier, "drift"))

    def test_that_needs_an_update_is_shown_as_adoption_and_done_when_confirmed(self):
        identifier = self.sim.create(pingone())["id"]
        self.managed(github=github())  # there is a store
        self.write("workforce", pingone(pkce_enabled=True))
        change, = self.changes()
        self.assertEqual((change["action"], change["id"], change["withheld"]), ("adopt", identifier, None))
        self.assertRegex(self.idpd("plan").out, rf"(?m)^\s*<= workforce .*{identifier}")
        self.apply()
        self.assertIs(self.live(identifier)["config"]["pkce_enabled"], True)
        self.assertEqual(self.live(identifier)["config"]["client_secret"], "s3cret-of-pingone")

    def test_one_of_another_type_is_not_it(self):
        self.sim.create(github("PingOne Workforce"))
        self.write("workforce", pingone())
        self.assertEqual([change["action"] for change in self.changes()], ["create"])

    def test_several_are_an_error_that_lists_their_ids_and_nothing_is_written(self):
        first, second = (self.sim.create(pingone())["id"] for _ in range(2))
        self.write("workforce", pingone())
        for command in (["plan"], ["apply", "--auto-approve"]):
            result = self.idpd(*command)
            self.assertEqual(result.code, 1, result)
            for word in (first, second, "adopt_id", "workforce.yaml:"):
                self.assertIn(word, result.out + result.err)
        self.assertEqual(self.sim.writes(), [])

    def test_a_read_only_one_is_not_adopted(self):
        identifier = self.sim.create({**pingone(), "read_only": True})["id"]
        self.write("workforce", pingone())
        self.assertEqual([change["action"] for change in self.changes()], ["create"])
        self.apply()
        self.assertNotIn(identifier, [one["path"].rpartition("/")[2] for one in self.sim.writes()])

    def test_the_one_time_pin_is_taken_whatever_its_name_since_there_is_only_one(self):
        identifier = self.sim.create(onetimepin("Codes by mail"))["id"]
        self.write("pin", onetimepin())
        self.apply()
        self.assertEqual([(one["id"], one["name"]) for one in self.sim.providers()], [(identifier, "One-time PIN")])


class WithoutAStore(Managed):
    def test_a_diagnostic_says_what_cannot_be_seen(self):
        document = self.plan()
        text = " ".join(one["message"] for one in document["diagnostics"])
        self.assertIn("no store", text)
        self.assertIn("removed", text)
        self.assertIn("rotated", text)
        self.assertFalse((self.folder / ".idpd").exists())  # and the plan makes none

    def test_with_one_it_is_not_said(self):
        self.managed(workforce=pingone())
        self.assertEqual(self.plan()["diagnostics"], [])

    def test_the_origin_of_a_difference_is_unknown(self):
        self.managed(workforce=pingone())
        shutil.rmtree(self.folder / ".idpd")
        self.write("workforce", pingone(pkce_enabled=True))
        change, = self.changes()
        self.assertEqual(change["origin"], "unknown")


if __name__ == "__main__":
    unittest.main()
