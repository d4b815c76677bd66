"""What `idpd run` tells: incidents with who did it, webhooks, approvals, the admin endpoint, `status`, `history`."""

import unittest

from harness import ACCOUNT, RunCase, github, okta, onetimepin


class Tells(RunCase):
    def drifted(self, actor="mallory@example.com"):
        self.sim.patch(self.sim.provider("GitHub")["id"], {"config": {"client_id": "by-hand"}}, actor=actor)

    def incidents(self, daemon):
        return daemon.admin("GET", "/api/v1/history").json["incidents"]


class Drift(Tells):
    def test_says_what_changed_who_did_it_and_how_it_ended(self):
        self.write("gh", github())
        self.run_settings(interval="300ms")
        daemon = self.started()
        daemon.wait_status("1 in sync")
        self.drifted()
        drift = daemon.wait_until(lambda: self.incidents(daemon))[0]
        self.assertEqual((drift["kind"], drift["key"], drift["ending"]), ("drift", "gh", "healed"))
        self.assertEqual([(one["path"], one["live"], one["desired"]) for one in drift["fields"]],
                         [("config.client_id", "by-hand", "gh-1")])
        self.assertEqual(drift["changed_by"]["actor"], "mallory@example.com")
        self.assertEqual(drift["changed_by"]["interface"], "dashboard")

    def test_where_the_audit_log_may_not_be_read_it_is_unknown_and_no_failure(self):
        self.sim.behave(audit_log="refused")
        self.write("gh", github())
        self.run_settings(interval="300ms")
        daemon = self.started()
        daemon.wait_status("1 in sync")
        self.drifted()
        drift = daemon.wait_until(lambda: self.incidents(daemon))[0]
        self.assertIsNone(drift["changed_by"])
        self.assertEqual([one["kind"] for one in self.incidents(daemon)], ["drift"])

    def test_its_own_writes_are_nobodys_drift(self):
        self.write("gh", github())
        self.run_settings(interval="200ms")
        daemon = self.started()
        self.wait_config("GitHub", client_id="gh-1")
        self.write("gh", github(client_id="gh-2"))
        self.wait_config("GitHub", client_id="gh-2")
        self.sim.clear_requests()
        self.wait_for(lambda: self.lists() >= 3)
        self.assertEqual(self.incidents(daemon), [])

    def test_an_account_that_cannot_be_read_is_unknown_not_drifted(self):
        self.managed(gh=github())
        self.run_settings(interval="300ms", mode="report")
        self.sim.fault(method="GET", path="identity_providers", times=-1, status=403)
        daemon = self.started()
        daemon.wait_status("1 unknown")
        self.assertEqual([one["kind"] for one in self.incidents(daemon)], ["failure"])


class Webhooks(Tells):
    def test_drift_is_told_once_and_not_with_every_pass(self):
        self.managed(gh=github())
        self.run_settings(interval="200ms", mode="report", webhooks={"team": {}})
        self.drifted()
        daemon = self.started()
        self.wait_for(lambda: self.sim.webhooks("team"))
        self.sim.clear_requests()
        self.wait_for(lambda: self.lists() >= 5)
        told = self.sim.webhooks("team")
        self.assertEqual(len(told), 1, told)
        self.assertEqual(daemon.stop(), 0)

    def test_a_restart_tells_nothing_again_and_the_end_is_told(self):
        self.managed(gh=github())
        self.run_settings(interval="200ms", mode="report", webhooks={"team": {}})
        self.drifted()
        daemon = self.started()
        self.wait_for(lambda: self.sim.webhooks("team"))
        self.assertEqual(daemon.stop(), 0)
        daemon = self.started()
        self.sim.clear_requests()
        self.wait_for(lambda: self.lists() >= 3)
        self.assertEqual(len(self.sim.webhooks("team")), 1)
        self.sim.patch(self.sim.provider("GitHub")["id"], {"config": {"client_id": "gh-1"}})
        self.wait_for(lambda: len(self.sim.webhooks("team")) == 2)

    def test_what_a_webhook_could_not_take_is_told_when_it_can_also_after_a_kill(self):
        self.managed(gh=github())
        self.run_settings(mode="report", webhooks={"team": {}})
        self.sim.webhook_answers("team", status=503, times=-1)
        self.drifted()
        daemon = self.started()
        daemon.wait_status("1 drifted")
        self.wait_for(lambda: self.sim.webhooks("team"))
        daemon.kill()
        self.sim.clear_webhook("team")
        self.started()
        self.wait_for(lambda: self.sim.webhooks("team"))

    def test_no_output_holds_the_webhooks_address(self):
        self.managed(gh=github())
        self.run_settings(mode="report", webhooks={"a-secret-place": {}})
        self.sim.webhook_answers("a-secret-place", status=404, times=-1)
        self.drifted()
        daemon = self.started(IDPD_LOG_LEVEL="trace")
        daemon.wait_for_line("notify[0]")
        self.assertEqual(daemon.stop(), 0)
        self.assertNotIn("a-secret-place", daemon.stderr)
        self.assertNotIn(self.environment["TOKEN"], daemon.stderr)
        store = b"".join(path.read_bytes() for path in (self.folder / ".idpd").rglob("*") if path.is_file())
        self.assertNotIn(b"a-secret-place", store)
        self.assertNotIn(b"s3cret-of-github", store)

    def test_a_withheld_delete_comes_with_the_command_that_approves_it(self):
        self.run_settings(deletes="withhold", webhooks={"team": {"on": ["withheld"], "format": "slack"}})
        self.managed(gh=github(), pin=onetimepin())
        self.grow()
        self.started()
        self.write("gh", None)
        told = self.wait_for(lambda: self.sim.webhooks("team"))
        self.assertIn("idpd approve sha256:", str(told))


class Approval(Tells):
    def setUp(self):
        super().setUp()
        self.run_settings(deletes="withhold")
        self.managed(gh=github(), pin=onetimepin())
        self.grow()
        self.daemon = self.started()
        self.daemon.wait_status("2 in sync")
        self.write("gh", None)
        self.daemon.wait_status("1 withheld")
        self.fingerprint = self.idpd("status", "--output", "json").json["accounts"][0]["fingerprint"]

    def test_carries_out_exactly_the_plan_that_is_shown(self):
        result = self.idpd("approve", self.fingerprint)
        self.assertEqual(result.code, 0, result)
        self.wait_for(lambda: len(self.sim.providers()) == 1)
        self.daemon.wait_status("0 withheld")

    def test_is_for_once(self):
        self.idpd("approve", self.fingerprint)
        self.wait_for(lambda: len(self.sim.providers()) == 1)
        self.assertEqual(self.idpd("approve", self.fingerprint).code, 1)

    def test_of_another_plan_does_nothing(self):
        result = self.idpd("approve", "sha256:" + "0" * 64)
        self.assertEqual(result.code, 1)
        self.assertIn("idpd status", result.err)
        self.assertEqual(len(self.sim.providers()), 2)

    def test_does_nothing_when_the_account_has_changed_since(self):
        pin = [one for one in self.sim.providers() if one["type"] == "onetimepin"][0]
        self.sim.patch(pin["id"], {"name": "By hand"})
        self.idpd("approve", self.fingerprint)
        self.daemon.wait_for_line("not carried out")
        self.assertEqual(len(self.sim.providers()), 2)

    def test_overrides_no_safety(self):
        identifier = self.sim.provider("GitHub")["id"]
        self.sim.put("apps", [{"id": "a1", "name": "Wiki", "allowed_idps": [identifier]}])
        self.idpd("approve", self.fingerprint)
        self.wait_for(lambda: "references" in str(self.idpd("status", "--output", "json").json["accounts"][0]["changes"]))
        self.assertEqual(len(self.sim.providers()), 2)

    def test_the_text_of_the_status_and_the_page_show_it(self):
        command = "idpd approve " + self.fingerprint
        self.assertIn(command, self.idpd("status").out)
        page = self.daemon.admin("GET", "/")
        self.assertIn(command, page.text)
        self.assertIn("default-src 'none'", page.headers["Content-Security-Policy"])


class Endpoint(Tells):
    def test_answers_what_a_monitor_asks(self):
        self.write_all(gh=github(), ok=okta())
        daemon = self.started()
        daemon.wait_status("2 in sync")
        self.assertEqual(daemon.admin("GET", "/healthz").status, 200)
        self.assertEqual(daemon.admin("GET", "/readyz").status, 200)
        metrics = daemon.admin("GET", "/metrics").text
        for line in ('idpd_drifted_identity_providers{account="production"} 0', 'idpd_api_requests_total{method="POST",status="201"} 2',
                     'idpd_changes_total{account="production",action="create",result="done"} 2', "idpd_notifications_pending 0"):
            self.assertIn(line, metrics)
        status = daemon.admin("GET", "/api/v1/status").json
        self.assertEqual([one["state"] for one in status["accounts"][0]["identity_providers"]], ["in_sync"] * 2)
        self.assertEqual(self.idpd("status", "--output", "json").json["accounts"], status["accounts"])

    def test_says_that_it_is_not_ready_while_no_files_are_in_force(self):
        (self.files / "gh.yaml").write_text("identity_providers: [")
        daemon = self.started()
        answer = daemon.admin("GET", "/readyz")
        self.assertEqual(answer.status, 503)
        self.assertIn("gh.yaml", answer.text)

    def test_a_pass_can_be_asked_for(self):
        self.write("gh", github())
        daemon = self.started()
        daemon.wait_status("1 in sync")
        self.drifted()
        self.assertEqual(daemon.admin("POST", "/api/v1/reconcile", {"account": "production"}).status, 202)
        self.wait_config("GitHub", client_id="gh-1")
        self.assertIn(daemon.admin("POST", "/api/v1/reconcile", {"account": "nobody"}).status, (400, 404))

    def test_stays_through_a_reload(self):
        self.write("gh", github())
        daemon = self.started()
        before = daemon.admin("GET", "/api/v1/status").json["started"]
        daemon.reload()
        self.assertEqual(daemon.admin("GET", "/api/v1/status").json["started"], before)


class History(Tells):
    def test_of_passes_and_incidents_can_be_read_after_the_daemon_has_ended(self):
        self.write("gh", github())
        self.run_settings(interval="300ms")
        daemon = self.started()
        daemon.wait_status("1 in sync")
        self.drifted()
        daemon.wait_until(lambda: self.incidents(daemon))
        self.assertEqual(daemon.stop(), 0)
        document = self.idpd("history", "--output", "json").json
        self.assertEqual(document["incidents"][0]["key"], "gh")
        self.assertEqual(document["passes"][-1]["trigger"], "start")
        self.assertIn("gh", self.idpd("history").out)


class Expiry(Tells):
    def test_of_a_secret_is_told_before_it_comes(self):
        self.run_settings(webhooks={"team": {"on": ["expiry"]}})
        self.write("gh", {**github(), "options": {"secret_expires": "2020-01-01"}})
        daemon = self.started()
        told = self.wait_for(lambda: self.sim.webhooks("team"))
        self.assertIn("2020-01-01", str(told))
        self.assertIn('idpd_expiry_timestamp_seconds{account="production",key="gh"}', daemon.admin("GET", "/metrics").text)


if __name__ == "__main__":
    unittest.main()
