"""Design §7, rule 7: a POST is never repeated blindly, whatever becomes of its answer."""

import shutil
import unittest

from harness import ACCOUNT, Managed, github, outcomes, pingone, withheld

LIST = r"/identity_providers$"
SHORT = "  timeout: 500ms\n  stall_timeout: 500ms\n"  # of the `api` settings

# The request was carried out and no good answer came.
LOST = {
    "the connection breaks": {"action": "close"},
    "silence until the timeout": {"action": "stall"},
    "a 500": {"status": 500},
    "a 502 of a proxy": {"status": 502, "body": "<html>Bad Gateway</html>"},
    "a 408": {"status": 408},
    "a redirect": {"status": 307, "headers": {"Location": "https://example.com/login"}, "body": ""},
    "a 200 that says no": {"status": 200},
    "half a body": {"action": "truncate"},
    "an empty body": {"status": 201, "body": ""},
    "a page of HTML under a 200": {"status": 200, "body": "<html>welcome</html>"},
    "an envelope without a result": {"status": 201, "body": {"success": True, "errors": [], "messages": []}},
    "an object without an id": {"status": 201, "body": {"success": True, "errors": [], "messages": [], "result": {"name": "x"}}},
}


class LostAnswers(Managed):
    def setUp(self):
        super().setUp()
        self.settings(api=SHORT)

    def each(self, test, *names):
        """Each form of a lost answer (or those of these names), in a fresh account."""
        for name in names or LOST:
            with self.subTest(name):
                self.sim.control("POST", "/reset")
                shutil.rmtree(self.folder / ".idpd", ignore_errors=True)
                for path in self.files.iterdir():
                    path.unlink()
                test(LOST[name])

    def test_a_create_is_found_again_and_made_once(self):
        def walk(form):
            self.write("workforce", pingone())
            self.sim.fault(method="POST", when="after", **form)
            change, = self.applied()
            self.assertEqual(change["outcome"], "done")
            self.assertEqual(change["id"], self.sim.provider("PingOne Workforce")["id"])
            self.assertTrue(any("lost" in note for note in change["notes"]), change)
            self.assertEqual(len(self.sim.requests("POST")), 1)
            self.assert_in_sync()
        self.each(walk)

    def test_one_of_somebody_else_that_is_taken_for_ours_is_made_as_the_file_says(self):
        """It came while ours did not, has the same type and name, and nobody can tell."""
        self.write("workforce", pingone())
        self.sim.fault(method="POST", status=500)
        self.sim.hook(method="GET", path=LIST, skip=1, patch={"account": ACCOUNT, "create": {
            "name": "PingOne Workforce", "type": "pingone", "config": {"client_id": "by-hand", "ping_env_id": "9a2b"}}})
        self.applied()
        change, = self.applied()
        self.assertEqual((change["action"], [field["path"] for field in change["fields"]]), ("update", ["config.client_id"]))
        self.assertEqual(self.sim.provider("PingOne Workforce")["config"]["client_id"], "4f1c")
        self.assert_in_sync()

    def test_a_replace_that_any_of_several_may_be_is_never_made_again(self):
        """Somebody makes one of the same name at that moment: a person has to say which it is, however long it takes."""
        self.managed(workforce=github("PingOne Workforce"))
        self.write("workforce", pingone())
        self.sim.fault(method="POST", when="after", **LOST["the connection breaks"])
        self.sim.hook(method="POST", patch={"account": ACCOUNT, "create": {
            "name": "PingOne Workforce", "type": "pingone", "config": {"client_id": "by-hand", "ping_env_id": "e"}}})
        self.applied(code=1)
        for _ in range(5):
            self.assertEqual(self.applied(code=1), [])
        twins = [one["id"] for one in self.sim.providers() if one["type"] == "pingone"]
        self.assertEqual(len(twins), 2)
        result = self.idpd("apply", "--auto-approve")
        for identifier in twins:
            self.assertIn(identifier, result.err + result.out)
        self.sim.delete(next(one["id"] for one in self.sim.providers() if one["config"].get("client_id") == "by-hand"))
        self.apply()
        self.assert_in_sync()

    def test_an_update_is_found_to_have_arrived(self):
        def walk(form):
            identifier = self.managed(workforce=pingone())["workforce"]
            self.write("workforce", pingone(pkce_enabled=True))
            self.sim.fault(method="PUT", when="after", **form)
            self.sim.clear_requests()
            code = self.idpd("apply", "--auto-approve").code
            self.assertLessEqual(len(self.sim.requests("PUT")), 1)
            self.assertIs(self.live(identifier)["config"]["pkce_enabled"], True)
            self.assertEqual(code, 0)
            self.assert_in_sync()
        self.each(walk)

    def test_a_delete_is_found_to_have_been_made(self):
        def walk(form):
            identifier = self.managed(goes=pingone(), stays=github())["goes"]
            self.write("goes", None)
            self.sim.fault(method="DELETE", when="after", **form)
            self.assertEqual(outcomes(self.applied()), {"goes": "done"})
            self.assertIsNone(self.live(identifier))
            self.assertEqual(self.changes(), [])
        self.each(walk, "the connection breaks", "a 500", "half a body")

    def test_a_create_that_cannot_be_looked_for_is_unknown_and_found_by_the_next_pass(self):
        def walk(form):
            self.write("workforce", pingone())
            self.sim.fault(method="POST", when="after", **form)
            self.sim.fault(method="GET", path=LIST, skip=1, status=403)
            change, = self.applied(code=1)
            self.assertEqual(change["outcome"], "unknown")
            self.assertTrue(change["error"])
            made = self.ids()
            self.assertEqual(self.applied(), [])
            self.assertEqual(self.ids(), made)
        self.each(walk, "the connection breaks", "a 500")

    def test_a_create_that_was_not_carried_out_is_made_once_in_the_end(self):
        def walk(form):
            self.write("workforce", pingone())
            self.sim.fault(method="POST", when="before", **form)
            change, = self.applied(code=1)
            self.assertEqual(change["outcome"], "unknown")
            for _ in range(4):  # at first it may be a list that lags
                self.idpd("apply", "--auto-approve")
            self.assertEqual(len(self.sim.providers()), 1)
            self.assert_in_sync()
        self.each(walk, "the connection breaks", "a 500")

    def test_a_second_create_whose_answer_is_lost_is_not_mistaken_for_the_first(self):
        self.write("workforce", pingone())
        self.sim.fault(method="POST", when="before", action="close")
        self.applied(code=1)
        while self.changes()[0]["withheld"]:  # until the first one is given up
            self.applied(code=1)
        self.sim.fault(method="POST", when="after", action="close")
        self.sim.behave(list_lag=4)
        self.assertEqual(self.applied(code=1)[0]["outcome"], "unknown")
        for _ in range(4):
            self.idpd("apply", "--auto-approve")
        self.assertEqual(len(self.sim.providers()), 1)
        self.assert_in_sync()

    def test_an_update_that_was_not_carried_out_is_unknown_and_made_by_the_next_pass(self):
        identifier = self.managed(workforce=pingone())["workforce"]
        self.write("workforce", pingone(pkce_enabled=True))
        self.sim.fault(method="PUT", when="before", action="close")
        change, = self.applied(code=1)
        self.assertEqual(change["outcome"], "unknown")
        self.apply()
        self.assertIs(self.live(identifier)["config"]["pkce_enabled"], True)

    def test_a_delete_that_was_not_carried_out_is_unknown_and_made_by_the_next_pass(self):
        self.managed(goes=pingone(), stays=github())
        self.write("goes", None)
        self.sim.fault(method="DELETE", when="before", status=500)
        self.assertEqual(outcomes(self.applied(code=1)), {"goes": "unknown"})
        self.assertEqual(outcomes(self.applied()), {"goes": "done"})

    def test_a_secret_whose_update_was_lost_is_sent_again(self):
        identifier = self.managed(workforce=pingone())["workforce"]
        self.environment["PINGONE_SECRET"] = "rotated"
        self.sim.fault(method="PUT", when="before", action="close")
        self.assertEqual(outcomes(self.applied(code=1)), {"workforce": "unknown"})
        self.apply()
        self.assertEqual(self.live(identifier)["config"]["client_secret"], "rotated")


class ClearRefusals(Managed):
    def test_a_429_is_not_done_and_the_request_is_repeated_when_it_may(self):
        self.write("workforce", pingone())
        self.sim.fault(method="POST", status=429, headers={"Retry-After": "0"})
        self.assertEqual(outcomes(self.applied()), {"workforce": "done"})
        self.assertEqual(len(self.sim.providers()), 1)

    def test_a_4xx_is_failed_and_not_repeated(self):
        self.write("workforce", pingone())
        for status in (400, 403, 409, 422):
            with self.subTest(status=status):
                self.sim.clear_requests()
                self.sim.fault(method="POST", status=status)
                change, = self.applied(code=1)
                self.assertEqual(change["outcome"], "failed")
                self.assertIn(f"HTTP {status}", change["error"])
                self.assertEqual(len(self.sim.requests("POST")), 1)

    def test_after_a_clear_refusal_the_next_pass_creates_at_once(self):
        self.write("workforce", pingone())
        self.sim.fault(method="POST", status=400)
        self.apply(code=1)
        self.assertEqual(outcomes(self.applied()), {"workforce": "done"})

    def test_after_a_clear_refusal_one_made_by_hand_is_adopted_by_name_as_any_other(self):
        self.write("workforce", pingone())
        self.sim.fault(method="POST", status=400)
        self.apply(code=1)
        by_hand = self.sim.create(pingone())["id"]
        self.apply()
        self.assertEqual(self.ids(), {by_hand})


class Lag(Managed):
    """After a 201, a 404 or a list without it means lag, not absence."""

    def applied_until_in_sync(self, passes=8):
        for _ in range(passes):
            if self.idpd("apply", "--auto-approve").code == 0:
                return
        self.fail("it was never in sync")

    def test_of_the_list_makes_no_twin(self):
        self.sim.behave(list_lag=3)
        self.write("workforce", pingone())
        self.apply()
        for _ in range(2):
            self.assertEqual(self.applied(), [])
        self.assertEqual(len(self.sim.providers()), 1)

    def test_of_the_get_makes_no_twin(self):
        self.sim.behave(get_lag=2)
        self.write("workforce", pingone())
        self.applied_until_in_sync()
        self.applied_until_in_sync()
        self.assertEqual(len(self.sim.providers()), 1)

    def test_of_both_makes_no_twin_and_is_said(self):
        self.sim.behave(list_lag=3, get_lag=2)
        self.write("workforce", pingone())
        self.apply()
        change, = self.changes()
        self.assertEqual((change["action"], change["withheld"]["code"]), ("create", "lag"))
        self.applied_until_in_sync()
        self.assertEqual(len(self.sim.providers()), 1)
        self.assert_in_sync()

    def test_of_the_list_after_a_lost_answer_makes_no_twin(self):
        self.sim.behave(list_lag=3)
        self.write("workforce", pingone())
        self.sim.fault(method="POST", when="after", action="close")
        change, = self.applied(code=1)
        self.assertEqual(change["outcome"], "unknown")
        self.assertEqual(withheld(self.applied(code=1)), {"workforce": "lag"})
        self.applied_until_in_sync()
        self.assertEqual(len(self.sim.providers()), 1)
        self.assert_in_sync()

    def test_of_the_list_after_a_lost_answer_to_a_replace_makes_no_twin(self):
        self.managed(workforce=pingone("Staff"))
        self.sim.behave(list_lag=3)
        self.write("workforce", github("Staff"))
        self.sim.fault(method="POST", when="after", action="close")
        self.assertEqual(outcomes(self.applied(code=1)), {"workforce": "unknown"})
        self.applied_until_in_sync()
        self.apply()  # the old one, which the record of the new one remembers
        self.assertEqual([one["type"] for one in self.sim.providers()], ["github"])
        self.assert_in_sync()

    def test_of_the_list_after_a_lost_answer_to_a_create_anew_makes_no_twin(self):
        before = self.managed(workforce=pingone())["workforce"]
        self.grow()
        self.sim.delete(before)
        self.sim.behave(list_lag=3)
        self.sim.fault(method="POST", when="after", action="close")
        self.assertEqual(outcomes(self.applied(code=1)), {"workforce": "unknown"})
        self.applied_until_in_sync()
        self.assertEqual(len(self.sim.providers()), 1)

    def test_is_believed_to_be_absence_when_the_record_is_a_few_passes_old(self):
        before = self.managed(workforce=pingone())["workforce"]
        self.grow()
        self.sim.delete(before)
        change, = self.applied()
        self.assertEqual((change["action"], change["outcome"]), ("create", "done"))

    def test_of_a_young_one_that_is_really_gone_ends_after_a_few_passes(self):
        before = self.managed(workforce=pingone())["workforce"]
        self.sim.delete(before)
        self.assertEqual(withheld(self.applied(code=1)), {"workforce": "lag"})
        self.applied_until_in_sync()
        self.assertEqual(len(self.sim.providers()), 1)

    def test_of_the_answer_to_a_read_back_is_said_and_no_failure(self):
        self.sim.behave(get_lag=1)
        self.write("workforce", pingone())
        change, = self.applied()
        self.assertEqual(change["outcome"], "done")
        self.assertTrue(any("read back" in note for note in change["notes"]), change)


if __name__ == "__main__":
    unittest.main()
