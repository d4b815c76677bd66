"""Design §7, rule 11: the SCIM secret comes once, so it is kept before anything else happens."""

import unittest

from harness import ACCOUNT, Managed, RunCase, github, outcomes, pingone, withheld

SCIM = {"scim_config": {"enabled": True, "user_deprovision": True}}
REFRESH = "dashboard"


class ScimSecret(Managed):
    def setUp(self):
        super().setUp()
        self.place = self.folder / ".idpd/scim" / ACCOUNT / "workforce"

    def live_secret(self):
        return self.sim.provider("PingOne Workforce")["scim_config"]["secret"]

    def assert_kept(self):
        self.assertEqual(self.place.read_text(), self.live_secret())
        self.assertEqual(self.place.stat().st_mode & 0o777, 0o600)
        for folder in (self.place.parent, self.place.parent.parent):
            self.assertEqual(folder.stat().st_mode & 0o777, 0o700)
        self.assertEqual([path.name for path in self.place.parent.iterdir()], ["workforce"])  # no probe is left
        self.assertEqual(list((self.folder / ".idpd/scim-awaited" / ACCOUNT).iterdir()), [])


class Kept(ScimSecret):
    def test_from_the_answer_to_a_create(self):
        self.write("workforce", {**pingone(), **SCIM})
        change, = self.applied()
        self.assertTrue(any(str(self.place) in note for note in change["notes"]), change)
        self.assert_kept()
        self.assert_in_sync()

    def test_from_the_answer_to_an_update(self):
        self.managed(workforce=pingone())
        self.assertFalse(self.place.exists())
        self.write("workforce", {**pingone(), **SCIM})
        self.apply()
        self.assert_kept()
        self.assert_in_sync()

    def test_from_the_answer_to_a_replace(self):
        self.managed(workforce=github("PingOne Workforce"))
        self.write("workforce", {**pingone(), **SCIM})
        self.apply()
        self.assert_kept()

    def test_anew_when_it_is_switched_off_and_on(self):
        self.managed(workforce={**pingone(), **SCIM})
        first = self.place.read_text()
        self.write("workforce", {**pingone(), "scim_config": {"enabled": False}})
        self.apply()
        self.write("workforce", {**pingone(), **SCIM})
        self.apply()
        self.assertNotEqual(self.place.read_text(), first)
        self.assert_kept()

    def test_and_not_overwritten_by_the_mask_in_later_answers(self):
        for redaction in ("asterisks", "absent", "empty"):
            with self.behaviours(redaction=redaction):
                self.write("workforce", {**pingone(claims=[redaction]), **SCIM})
                self.apply()
                self.assert_kept()

    def test_and_shown_nowhere(self):
        self.write("workforce", {**pingone(), **SCIM})
        result = self.idpd("--log-level", "trace", "apply", "--auto-approve")
        self.assertNotIn(self.live_secret(), result.out + result.err)
        self.assertIn(str(self.place), result.out)

    def test_before_anything_else_happens(self):
        self.write("workforce", {**pingone(), **SCIM})
        self.sim.fault(method="GET", path="/identity_providers/[^/]+$", action="stall")  # the read back
        process = self.start("apply", "--auto-approve")
        self.wait_for_request("GET", "/identity_providers/")
        process.kill()
        process.wait()
        self.assert_kept()
        self.apply()
        self.assert_in_sync()


class UnwritablePlace(ScimSecret):
    def assert_not_sent(self):
        self.sim.clear_requests()
        change, = self.applied(code=1)
        self.assertEqual((change["outcome"], change["withheld"]["code"]), ("withheld", "scim_storage"))
        self.assertIn("scim", change["withheld"]["message"])
        self.assertEqual(self.sim.writes(), [])

    def test_a_file_in_the_way_of_the_folder_withholds_a_create(self):
        self.apply()  # makes the state folder
        (self.folder / ".idpd/scim").write_text("in the way")
        self.write("workforce", {**pingone(), **SCIM})
        self.assert_not_sent()

    def test_a_file_in_the_way_of_the_folder_withholds_an_update(self):
        self.managed(workforce=pingone())
        (self.folder / ".idpd/scim").write_text("in the way")
        self.write("workforce", {**pingone(), **SCIM})
        self.assert_not_sent()

    def test_a_folder_in_the_way_of_the_file_withholds_too(self):
        self.managed(workforce=pingone())
        self.place.mkdir(parents=True)
        self.write("workforce", {**pingone(), **SCIM})
        self.assert_not_sent()

    def test_withholds_that_one_alone_and_goes_on_when_it_is_gone(self):
        self.managed(workforce=pingone())
        (self.folder / ".idpd/scim").write_text("in the way")
        self.write("workforce", {**pingone(), **SCIM})
        self.write("github", github())
        self.assertEqual(withheld(self.applied(code=1)), {"workforce": "scim_storage", "github": None})
        (self.folder / ".idpd/scim").unlink()
        self.assertEqual(outcomes(self.applied()), {"workforce": "done"})
        self.assert_kept()

    def test_does_not_matter_to_an_update_that_does_not_enable(self):
        self.managed(workforce={**pingone(), **SCIM})
        self.place.unlink()
        self.place.parent.rmdir()
        self.place.parent.parent.rmdir()
        self.place.parent.parent.write_text("in the way")
        self.write("workforce", {**pingone(claims=["x"]), **SCIM})
        self.assertEqual(outcomes(self.applied()), {"workforce": "done"})


class LostAnswer(ScimSecret):
    def assert_said(self):
        change, = self.applied()
        self.assertTrue(any("lost" in note and REFRESH in note for note in change["notes"]), change)
        self.assertFalse(self.place.exists())
        self.assert_open()

    def open_incidents(self):
        return self.idpd("status", "--output", "json").json["incidents"]

    def assert_open(self):
        """An incident says it until somebody has put a new secret there, and so does every plan."""
        incident, = self.open_incidents()
        self.assertEqual((incident["kind"], incident["matter"], incident["key"]), ("failure", "scim_secret", "workforce"))
        for text in (REFRESH, str(self.place)):
            self.assertIn(text, incident["message"])
        self.apply()
        self.assertEqual([one["number"] for one in self.open_incidents()], [incident["number"]])
        warning, = self.plan()["diagnostics"]
        self.assertIn(str(self.place), warning["message"])
        self.place.write_text("a-new-one")
        self.assertEqual(self.plan()["diagnostics"], [])
        self.apply()
        ended, = self.idpd("history", "--output", "json").json["incidents"]
        self.assertEqual((ended["number"], ended["ending"]), (incident["number"], "resolved"))

    def test_to_a_create_is_said_with_where_to_refresh_it(self):
        self.write("workforce", {**pingone(), **SCIM})
        self.sim.fault(method="POST", when="after", action="close")
        self.assert_said()

    def test_to_an_update_is_said_with_where_to_refresh_it(self):
        self.managed(workforce=pingone())
        self.write("workforce", {**pingone(), **SCIM})
        self.sim.fault(method="PUT", when="after", action="truncate")
        self.assert_said()

    def test_without_the_secret_is_said_too(self):
        self.managed(workforce=pingone())
        identifier = self.sim.provider("PingOne Workforce")["id"]
        self.write("workforce", {**pingone(), **SCIM})
        body = {"success": True, "errors": [], "messages": [], "result": {"id": identifier, "name": "x", "type": "pingone", "config": {}}}
        self.sim.fault(method="PUT", when="after", status=200, body=body)
        change, = self.applied()
        self.assertTrue(any("no SCIM secret" in note and REFRESH in note for note in change["notes"]), change)

    def test_that_was_found_only_by_the_next_pass_is_said_then(self):
        self.write("workforce", {**pingone(), **SCIM})
        self.sim.fault(method="POST", when="after", action="close")
        self.sim.fault(method="GET", path="/identity_providers$", skip=1, status=403)
        self.assertEqual(outcomes(self.applied(code=1)), {"workforce": "unknown"})
        result = self.idpd("apply", "--auto-approve")
        self.assertIn("SCIM secret", result.out)
        self.assertIn(REFRESH, result.out)
        self.assert_open()

    def test_that_was_refused_loses_nothing(self):
        self.managed(workforce=pingone())
        self.write("workforce", {**pingone(), **SCIM})
        self.sim.fault(method="PUT", status=400)
        self.assertEqual(outcomes(self.applied(code=1)), {"workforce": "failed"})
        self.sim.patch(self.sim.provider("PingOne Workforce")["id"], SCIM)
        self.assert_in_sync()  # somebody has switched it on, and has its secret
        self.assertEqual(self.plan()["diagnostics"], [])

    def test_that_was_cut_short_by_a_crash_is_an_open_incident_too(self):
        self.managed(workforce=pingone())
        self.write("workforce", {**pingone(), **SCIM})
        self.sim.fault(method="PUT", when="after", action="stall")
        process = self.start("apply", "--auto-approve")
        self.wait_for_request("PUT")
        self.wait_for(lambda: self.sim.provider("PingOne Workforce").get("scim_config", {}).get("enabled"))
        process.kill()
        process.wait()
        self.apply()
        self.assert_open()


class Renamed(ScimSecret):
    def test_the_secret_follows_the_key(self):
        self.managed(workforce={**pingone(), **SCIM})
        self.write("workforce", None)
        self.write("staff", {**pingone(), **SCIM})
        self.assertEqual(outcomes(self.applied()), {"staff": "done"})
        self.assertFalse(self.place.exists())
        self.assertEqual((self.place.parent / "staff").read_text(), self.live_secret())


class Daemon(RunCase):
    def test_tells_of_a_lost_secret_until_there_is_a_new_one(self):
        self.run_settings(interval="1s", webhooks={"all": {}})
        self.write("workforce", {**pingone(), **SCIM})
        self.sim.fault(method="POST", when="after", action="close")
        daemon = self.started()
        self.wait_for(lambda: [one for one in self.sim.webhooks("all") if one["body"]["event"] == "failure"])
        incident, = daemon.admin("GET", "/api/v1/status").json["incidents"]
        self.assertEqual((incident["matter"], incident["key"]), ("scim_secret", "workforce"))
        (self.folder / ".idpd/scim" / ACCOUNT / "workforce").write_text("a-new-one")
        self.wait_for(lambda: [one for one in self.sim.webhooks("all") if one["body"]["event"] == "resolved"])
        self.assertEqual(daemon.admin("GET", "/api/v1/status").json["incidents"], [])


if __name__ == "__main__":
    unittest.main()
