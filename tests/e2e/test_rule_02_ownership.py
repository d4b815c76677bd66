"""Design §7, rule 2: only what idpd created or adopted is deleted."""

import unittest

from harness import ACCOUNT, Managed, github, onetimepin, pingone, withheld


class Ownership(Managed):
    def test_what_was_created_and_is_no_longer_named_is_deleted(self):
        ids = self.managed(stays=github(), goes=pingone())
        self.write("goes", None)
        change, = self.applied()
        self.assertEqual((change["action"], change["key"], change["outcome"]), ("delete", "goes", "done"))
        self.assertEqual(self.ids(), {ids["stays"]})
        self.assert_in_sync()

    def test_what_was_adopted_by_name_and_is_no_longer_named_is_deleted(self):
        adopted = self.sim.create(pingone())["id"]
        ids = self.managed(stays=github(), goes=pingone())
        self.assertEqual(ids["goes"], adopted)
        self.write("goes", None)
        self.apply()
        self.assertEqual(self.ids(), {ids["stays"]})

    def test_what_idpd_never_had_stays(self):
        foreign = self.sim.create(pingone("Made in the dashboard"))["id"]
        self.managed(stays=github())
        document = self.plan()
        self.assertEqual([one["id"] for one in document["accounts"][0]["unmanaged"]], [foreign])
        self.assertEqual(document["summary"]["unmanaged"], 1)
        self.sim.clear_requests()
        self.apply("--allow-deletes", "--max-deletes", "9", "--allow-empty")
        self.assertEqual(self.sim.writes(), [])

    def test_a_twin_made_in_the_dashboard_later_stays(self):
        ids = self.managed(workforce=pingone())
        twin = self.sim.create(pingone())["id"]
        self.write("workforce", None)
        self.write("github", github())
        self.apply("--allow-empty")
        self.assertIn(twin, self.ids())
        self.assertNotIn(ids["workforce"], self.ids())

    def test_when_key_and_live_one_are_both_gone_the_record_is_forgotten(self):
        ids = self.managed(stays=github(), goes=pingone())
        self.grow()
        self.sim.delete(ids["goes"])
        self.write("goes", None)
        self.assertEqual(self.changes(), [])
        self.assertEqual(self.applied(), [])
        self.sim.create({**pingone(), "id": ids["goes"]})  # whoever makes it: it is not ours any more
        self.assertEqual(self.changes(), [])
        self.apply()
        self.assertIn(ids["goes"], self.ids())

    def test_the_key_of_a_forgotten_one_can_be_used_anew(self):
        ids = self.managed(stays=github(), goes=pingone())
        self.grow()
        self.sim.delete(ids["goes"])
        self.write("goes", None)
        self.apply()
        self.write("goes", pingone())
        change, = self.applied()
        self.assertEqual((change["action"], change["origin"]), ("create", "config"))


class GivenAnew(Managed):
    """The id of a managed one belongs to something else now."""

    def setUp(self):
        super().setUp()
        self.identifier = self.managed(mine=pingone(), stays=github())["mine"]
        self.foreign = {**github("Of somebody else"), "id": self.identifier}

    def assert_untouched(self):
        self.assertEqual(self.live(self.identifier), self.theirs)
        self.assertEqual([one for one in self.sim.writes() if one["path"].endswith(self.identifier)], [])

    def give_anew(self):
        self.sim.delete(self.identifier)
        self.theirs = self.sim.create(self.foreign)
        self.sim.clear_requests()

    def test_is_not_deleted_with_its_key(self):
        self.give_anew()
        self.write("mine", None)
        self.assertEqual(self.applied(), [])
        self.assert_untouched()
        self.assert_in_sync()

    def test_is_not_replaced_and_the_key_is_made_anew(self):
        self.give_anew()
        change, = self.applied()
        self.assertEqual((change["action"], change["outcome"]), ("create", "done"))
        self.assert_untouched()
        self.assert_in_sync()

    def test_is_not_deleted_when_its_key_adopts_another(self):
        self.give_anew()
        self.sim.create(pingone())
        self.apply()
        self.apply()
        self.assert_untouched()
        self.assert_in_sync()

    def test_is_not_deleted_when_that_happened_before_the_read_back(self):
        self.write("mine", pingone(pkce_enabled=True))
        item = f"/identity_providers/{self.identifier}$"
        for patch in ({"delete": True, "id": self.identifier}, {"create": self.foreign}):
            self.sim.hook(method="GET", path=item, skip=1, patch={"account": ACCOUNT, **patch})
        self.applied()
        self.theirs = self.live(self.identifier)
        self.assertEqual(self.theirs["name"], "Of somebody else")
        self.sim.clear_requests()
        self.grow()
        self.assert_untouched()
        self.assertEqual(len(self.sim.providers()), 3)
        self.assert_in_sync()


class ReadOnly(Managed):
    def setUp(self):
        super().setUp()
        self.settings(unmanaged="delete", max_deletes=9)

    def assert_untouched(self, identifier, before):
        self.assertEqual(self.live(identifier), before)
        self.assertEqual([one for one in self.sim.writes() if one["path"].endswith(identifier)], [])

    def test_that_is_not_managed_is_never_deleted(self):
        shared = self.sim.create({**pingone("Shared"), "read_only": True})
        self.grow()
        self.assert_untouched(shared["id"], shared)
        unmanaged, = self.plan()["accounts"][0]["unmanaged"]
        self.assertEqual((unmanaged["id"], unmanaged["read_only"]), (shared["id"], True))

    def test_that_became_so_is_not_updated(self):
        identifier = self.managed(workforce=pingone())["workforce"]
        self.sim.patch(identifier, {"read_only": True})
        self.sim.clear_requests()
        before = self.live(identifier)
        self.write("workforce", pingone(pkce_enabled=True))
        self.assertEqual(withheld(self.applied(code=1)), {"workforce": "read_only"})
        self.assert_untouched(identifier, before)

    def test_that_became_so_is_not_deleted(self):
        ids = self.managed(stays=github(), goes=pingone())
        self.sim.patch(ids["goes"], {"read_only": True})
        self.sim.clear_requests()
        before = self.live(ids["goes"])
        self.write("goes", None)
        self.assertEqual(withheld(self.applied(code=1)), {"goes": "read_only"})
        self.assert_untouched(ids["goes"], before)

    def test_that_became_so_is_not_replaced(self):
        identifier = self.managed(workforce=pingone())["workforce"]
        self.sim.patch(identifier, {"read_only": True})
        self.sim.clear_requests()
        before = self.live(identifier)
        self.write("workforce", github())
        self.assertEqual(withheld(self.applied(code=1)), {"workforce": "read_only"})
        self.assert_untouched(identifier, before)
        self.assertEqual(self.sim.writes(), [])


class Unmanaged(Managed):
    """`unmanaged:` of an account, and what withholds it."""

    def with_foreign(self, unmanaged, passes=1, **settings):
        self.settings(unmanaged=unmanaged, **settings)
        self.write("stays", github())
        self.grow(passes)
        self.foreign = self.sim.create(pingone("Foreign"))["id"]

    def test_report_lists_and_leaves_them(self):
        self.with_foreign("report")
        self.assertEqual(self.changes(), [])
        self.assertIn("Foreign", self.idpd("plan").out)
        self.apply()
        self.assertIn(self.foreign, self.ids())

    def test_ignore_does_not_even_list_them(self):
        self.with_foreign("ignore")
        self.assertEqual(self.plan()["accounts"][0]["unmanaged"], [])
        self.assertNotIn("Foreign", self.idpd("plan").out)
        self.apply()
        self.assertIn(self.foreign, self.ids())

    def test_delete_deletes_them(self):
        self.with_foreign("delete")
        change, = self.applied()
        self.assertEqual((change["action"], change["id"], change["key"], change["outcome"]), ("delete", self.foreign, None, "done"))
        self.assertNotIn(self.foreign, self.ids())

    def test_delete_needs_deletes_to_be_allowed_as_well(self):
        self.with_foreign("delete", deletes="withhold")
        self.assertEqual(withheld(self.applied()), {None: "deletes_setting"})
        self.assertIn(self.foreign, self.ids())

    def test_delete_is_withheld_while_a_key_is_unmatched(self):
        self.with_foreign("delete")
        self.write("new", pingone("New"))
        self.assertEqual(withheld(self.applied(code=1)), {"new": None, None: "unmanaged_unsafe"})
        self.assertIn(self.foreign, self.ids())
        self.apply()  # now every key is matched
        self.assertNotIn(self.foreign, self.ids())

    def test_delete_is_withheld_while_a_key_is_ambiguous(self):
        self.with_foreign("delete")
        self.sim.create(pingone("Foreign"))
        self.write("new", pingone("Foreign"))
        before = self.ids()
        self.assertEqual(set(withheld(self.applied("--max-deletes", "9", code=1)).values()), {"unmanaged_unsafe"})
        self.assertEqual(self.ids(), before)

    def test_delete_is_withheld_in_the_first_pass_of_a_new_store(self):
        self.sim.create(github())
        self.with_foreign("delete", passes=0)
        self.assertEqual(withheld(self.changes()), {None: "unmanaged_unsafe"})
        self.assertEqual(withheld(self.applied(code=1)), {None: "unmanaged_unsafe"})
        self.assertIn(self.foreign, self.ids())
        self.apply()
        self.assertNotIn(self.foreign, self.ids())

    def test_delete_is_withheld_under_only(self):
        self.with_foreign("delete")
        self.assertEqual(withheld(self.applied("--only", "stays", code=1)), {None: "unmanaged_unsafe"})
        self.assertIn(self.foreign, self.ids())

    def test_delete_counts_towards_max_deletes(self):
        self.with_foreign("delete")
        self.sim.create(pingone("Foreign too"))
        before = self.ids()
        self.assertEqual([change["withheld"]["code"] for change in self.applied(code=1)], ["max_deletes"] * 2)
        self.assertEqual(self.ids(), before)

    def test_delete_looks_for_references_first(self):
        self.with_foreign("delete")
        self.sim.put("apps", [{"id": "a1", "name": "Wiki", "allowed_idps": [self.foreign]}])
        self.assertEqual(withheld(self.applied(code=1)), {None: "references"})
        self.assertIn(self.foreign, self.ids())

    def test_delete_never_deletes_a_protected_type(self):
        self.with_foreign("delete", max_deletes=9)
        pin = self.sim.create(onetimepin())["id"]
        own = self.sim.create({"name": "Cloudflare", "type": "cloudflare", "config": {}})["id"]
        change, = self.applied()
        self.assertEqual(change["id"], self.foreign)
        self.assertLessEqual({pin, own}, self.ids())
        self.assertEqual({one["id"] for one in self.plan()["accounts"][0]["unmanaged"]}, {pin, own})

    def test_delete_never_deletes_a_type_that_idpd_does_not_know(self):
        self.with_foreign("delete", max_deletes=9)
        self.sim.control("POST", "/types", {"name": "madeup", "fields": {"client_id": "string"}, "required": []})
        unknown = self.sim.create({"name": "Made up", "type": "madeup", "config": {"client_id": "x"}})["id"]
        self.apply()
        self.assertEqual([one["id"] for one in self.plan()["accounts"][0]["unmanaged"]], [unknown])
        self.assertIn(unknown, self.ids())

    def test_delete_of_what_a_failed_pass_could_not_list_is_not_even_planned(self):
        self.with_foreign("delete")
        self.sim.behave(short_list=True)
        self.apply(code=1)
        self.assertIn(self.foreign, self.ids())


class Forget(Managed):
    def test_stops_managing_without_deleting(self):
        ids = self.managed(stays=github(), goes=pingone())
        self.write("goes", None)
        self.sim.clear_requests()
        result = self.idpd("forget", "goes")
        self.assertEqual(result.code, 0, result)
        self.assertIn("goes", result.out)
        self.assertEqual(self.sim.requests(), [])
        self.assertEqual(self.changes(), [])
        self.apply()
        self.assertIn(ids["goes"], self.ids())

    def test_of_a_key_that_the_files_still_name_is_refused(self):
        self.managed(stays=github())
        result = self.idpd("forget", "stays")
        self.assertEqual(result.code, 1, result)
        self.assertIn("take it out first", result.err)
        self.write("stays", github("Renamed"))
        self.assertEqual([change["action"] for change in self.changes()], ["update"])  # still managed

    def test_of_an_unknown_key_is_an_error_that_guesses(self):
        self.managed(stays=github(), workforce=pingone())
        self.write("workforce", None)
        result = self.idpd("forget", "workfroce")
        self.assertEqual(result.code, 1, result)
        self.assertIn("workforce", result.err)

    def test_releases_what_prevent_delete_held(self):
        self.managed(stays=github(), goes={**pingone(), "options": {"prevent_delete": True}})
        self.write("goes", None)
        self.assertEqual(withheld(self.changes()), {"goes": "prevent_delete"})
        self.assertEqual(self.idpd("forget", "goes").code, 0)
        self.assertEqual(self.changes(), [])


if __name__ == "__main__":
    unittest.main()
