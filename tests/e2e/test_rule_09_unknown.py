"""Design §7, rule 9: unknown is not empty. What could not be read is neither created nor deleted."""

import unittest

from harness import ACCOUNT, Case, Managed, github, outcomes, pingone, withheld

LIST = r"/identity_providers$"
ONE = r"/identity_providers/[^/]+$"
EMPTY = {"success": True, "errors": [], "messages": [], "result": [],
         "result_info": {"count": 0, "page": 1, "per_page": 1000, "total_count": 0, "total_pages": 1}}


class UnknownAccount(Managed):
    """One is managed; a new one, a changed one and a removed one wait in the files."""

    def setUp(self):
        super().setUp()
        self.managed(changes=pingone("Changes"), goes=github("Goes"), stays=github("Stays"))
        self.before = self.sim.providers()
        self.write_all(new=pingone("New"), changes=pingone("Changed"))
        self.write("goes", None)
        self.sim.clear_requests()

    def assert_unknown(self, *words):
        document = self.plan("--detailed-exitcode", code=1)
        account, = document["accounts"]
        self.assertEqual((account["status"], account["changes"]), ("unknown", []))
        self.assertEqual(document["summary"]["unknown"], 1)
        for word in words:
            self.assertIn(word, account["error"])
        account, = self.apply("--allow-deletes", "--max-deletes", "9", "--allow-empty", code=1)["accounts"]
        self.assertEqual((account["status"], account["changes"]), ("unknown", []))
        self.assertEqual(self.sim.writes(), [])
        self.assertEqual(self.sim.providers(), self.before)

    def test_a_list_that_is_short_of_its_total(self):
        self.sim.behave(short_list=True)
        self.assert_unknown("identity_providers")

    def test_a_list_that_fails(self):
        self.sim.fault(method="GET", path=LIST, status=403, times=-1)
        self.assert_unknown("HTTP 403")

    def test_a_list_that_gets_500s(self):
        self.sim.fault(method="GET", path=LIST, status=500, times=-1)
        self.assert_unknown("HTTP 500")

    def test_a_list_that_breaks_off(self):
        self.sim.fault(method="GET", path=LIST, action="truncate", times=-1)
        self.assert_unknown()

    def test_a_list_that_is_not_json(self):
        self.sim.fault(method="GET", path=LIST, status=200, body="<html>Sign in</html>", times=-1)
        self.assert_unknown()

    def test_a_list_without_a_result(self):
        self.sim.fault(method="GET", path=LIST, status=200, body={"success": True, "errors": [], "messages": []}, times=-1)
        self.assert_unknown()

    def test_a_list_that_says_that_it_failed_under_a_200(self):
        self.sim.fault(method="GET", path=LIST, status=200, times=-1, body={**EMPTY, "success": False, "errors": [{"code": 10001, "message": "no"}]})
        self.assert_unknown()

    def test_a_list_with_an_object_that_has_no_id(self):
        body = {**EMPTY, "result": [{"name": "x", "type": "github", "config": {}}],
                "result_info": {"count": 1, "page": 1, "per_page": 1000, "total_count": 1, "total_pages": 1}}
        self.sim.fault(method="GET", path=LIST, status=200, body=body, times=-1)
        self.assert_unknown()

    def test_a_list_that_lacks_a_recorded_one_which_exists(self):
        self.grow_old()
        self.sim.fault(method="GET", path=LIST, status=200, body=EMPTY, times=-1)
        self.assert_unknown("cannot be trusted")

    def grow_old(self):
        """The records, without what waits in the files."""
        self.write_all(changes=pingone("Changes"), goes=github("Goes"))
        self.write("new", None)
        self.grow()
        self.write_all(new=pingone("New"), changes=pingone("Changed"))
        self.write("goes", None)
        self.sim.clear_requests()

    def test_a_list_that_lacks_a_recorded_one_which_cannot_be_read(self):
        self.grow_old()
        self.sim.fault(method="GET", path=LIST, status=200, body=EMPTY, times=-1)
        self.sim.fault(method="GET", path=ONE, status=403, times=-1)
        self.assert_unknown("HTTP 403")

    def test_a_404_that_the_api_did_not_send_is_not_gone(self):
        self.grow_old()
        self.sim.fault(method="GET", path=LIST, status=200, body=EMPTY, times=-1)
        self.sim.fault(method="GET", path=ONE, status=404, body="<html>no such page</html>", times=-1)
        self.assert_unknown("404")


class LeftBehind(Managed):
    def test_by_a_replace_and_not_listed_is_not_forgotten(self):
        old = self.managed(workforce=github("Workforce"))["workforce"]
        self.write("workforce", pingone("Workforce"))
        self.sim.fault(method="DELETE", status=500)
        self.apply(code=1)
        self.sim.fault(method="GET", path=LIST, action="edit", edit="empty_without_info")
        self.assertIn("cannot be trusted", self.apply(code=1)["accounts"][0]["error"])
        self.apply()
        self.assertIsNone(self.live(old))
        self.assert_in_sync()


class UnknownPage(Managed):
    def test_a_later_page_that_fails(self):
        self.sim.control("POST", "/bulk", {"account": ACCOUNT, "type": "github", "count": 1001, "prefix": "GitHub"})
        self.write("workforce", pingone("GitHub 1001"))
        self.sim.fault(method="GET", path=LIST, query=r"(^|&)page=2(&|$)", status=400, times=-1)
        account, = self.plan(code=1)["accounts"]
        self.assertEqual((account["status"], account["changes"]), ("unknown", []))
        self.apply(code=1)
        self.assertEqual(self.sim.writes(), [])


class Transient(Managed):
    def test_a_list_that_is_short_only_once_is_read_again(self):
        self.managed(workforce=pingone())
        short = {**EMPTY, "result_info": {**EMPTY["result_info"], "total_count": 1}}
        self.sim.fault(method="GET", path=LIST, status=200, body=short)
        self.assert_in_sync()

    def test_a_list_that_gets_one_500_is_read_again(self):
        self.managed(workforce=pingone())
        self.sim.fault(method="GET", path=LIST, status=500)
        self.assert_in_sync()


class Gone(Managed):
    def setUp(self):
        super().setUp()
        self.identifier = self.managed(workforce=pingone(), other=github())["workforce"]
        self.grow()

    def test_a_recorded_one_that_is_a_404_is_made_anew(self):
        self.sim.delete(self.identifier)
        change, = self.changes()
        self.assertEqual((change["action"], change["origin"]), ("create", "drift"))
        self.assertIn(self.identifier, change["explanation"])
        self.assertEqual(outcomes(self.applied()), {"workforce": "done"})
        self.assert_in_sync()

    def test_is_looked_for_by_its_id_before_it_is_believed(self):
        self.sim.delete(self.identifier)
        self.sim.clear_requests()
        self.plan()
        self.assertEqual([one["path"].rpartition("/")[2] for one in self.sim.requests()], ["identity_providers", self.identifier])

    def test_two_at_once_are_made_anew_by_a_confirmed_apply(self):
        for one in self.sim.providers():
            self.sim.delete(one["id"])
        self.assertEqual(outcomes(self.applied()), {"workforce": "done", "other": "done"})


class Files(Managed):
    """They load all or nothing."""

    def assert_nothing(self, *words):
        for command in (["plan"], ["apply", "--auto-approve"]):
            result = self.idpd(*command)
            self.assertEqual(result.code, 1, result)
            for word in words:
                self.assertIn(word, result.out + result.err)
        self.assertEqual(self.sim.requests(), [])  # not even asked

    def test_one_that_is_broken_stops_all(self):
        self.write("good", pingone())
        (self.files / "broken.yaml").write_text("identity_providers:\n  x: [1, 2\n")
        self.assert_nothing("broken.yaml:")

    def test_one_that_cannot_be_decoded_stops_all(self):
        self.write("good", pingone())
        self.write("bad", {"name": "Bad", "type": "pingnoe", "config": {}})
        self.assert_nothing("bad.yaml:", "pingone")

    def test_one_that_breaks_does_not_make_the_others_look_removed(self):
        ids = self.managed(first=pingone("First"), second=github("Second"))
        (self.files / "first.yaml").write_text("identity_providers: {first: {name: First, type: pingone")
        self.sim.clear_requests()
        self.assert_nothing("first.yaml:")
        self.assertEqual(self.ids(), set(ids.values()))

    def test_a_folder_that_is_gone_is_an_error(self):
        self.managed(first=pingone("First"))
        self.sim.clear_requests()
        self.files.rename(self.folder / "elsewhere")
        self.assert_nothing("identity-providers")


class FilesThatNameNone(Managed):
    def setUp(self):
        super().setUp()
        self.settings(max_deletes=9)
        self.sim.create(pingone("Not ours"))
        self.managed(one=github("One"), two=github("Two"))
        for key in ("one", "two"):
            self.write(key, None)
        self.sim.clear_requests()

    def test_are_withheld(self):
        changes = self.applied(code=1)
        self.assertEqual(withheld(changes), {"one": "files_empty", "two": "files_empty"})
        self.assertIn("--allow-empty", changes[0]["withheld"]["message"])
        self.assertEqual(self.sim.writes(), [])

    def test_are_withheld_although_they_name_new_ones(self):
        self.write("new", github("New"))
        self.assertEqual(withheld(self.applied(code=1)), {"new": None, "one": "files_empty", "two": "files_empty"})
        self.assertEqual([one["method"] for one in self.sim.writes()], ["POST"])

    def test_are_believed_with_allow_empty(self):
        self.assertEqual(outcomes(self.applied("--allow-empty")), {"one": "done", "two": "done"})
        self.assertEqual([one["name"] for one in self.sim.providers()], ["Not ours"])

    def test_allow_empty_has_no_environment_form(self):
        self.assertEqual(set(withheld(self.applied(code=1, IDPD_ALLOW_EMPTY="1")).values()), {"files_empty"})

    def test_in_another_folder_than_before_are_withheld_too(self):
        other = self.folder / "wrong"
        other.mkdir()
        (other / "x.yaml").write_text("identity_providers: {}\n")
        path = self.folder / "idpd.yaml"
        path.write_text(path.read_text().replace("path: identity-providers", "path: wrong"))
        self.assertEqual(set(withheld(self.applied(code=1)).values()), {"files_empty"})

    def test_that_are_only_renamed_keys_are_a_move_and_not_empty(self):
        self.write("uno", github("One"))
        self.write("due", github("Two"))
        self.assertEqual({change["action"] for change in self.applied()}, {"move"})


class WithoutRecords(Case):
    def test_files_that_name_none_are_no_matter(self):
        (self.files / "empty.yaml").write_text("identity_providers: {}\n")
        self.assertEqual(self.applied(), [])


if __name__ == "__main__":
    unittest.main()
