"""`idpd run`: a service that a team leaves running (design §6, rules 9, 12 and 15)."""

import signal
import time
import unittest

from harness import ACCOUNT, OTHER_ACCOUNT, RunCase, github, okta, onetimepin


class Loop(RunCase):
    def test_what_the_files_say_is_created_and_an_edit_is_written(self):
        self.write("gh", github())
        self.started()
        self.wait_config("GitHub", client_id="gh-1")
        self.write("gh", github(client_id="gh-2"))
        self.wait_config("GitHub", client_id="gh-2")

    def test_a_thousand_edits_in_a_burst_are_a_few_passes_and_the_last_one_wins(self):
        self.write("gh", github())
        daemon = self.started()
        self.wait_config("GitHub", client_id="gh-1")
        self.sim.clear_requests()
        for number in range(1000):
            self.write("gh", github(client_id=f"edit-{number}"))
        self.wait_config("GitHub", client_id="edit-999")
        self.assertLess(self.lists(), 20)
        self.assertIsNone(daemon.process.poll())

    def test_it_looks_on_its_interval_and_asks_for_one_list_each_time(self):
        self.run_settings(interval="300ms")
        self.write("gh", github())
        self.started().wait_status("1 in sync")
        self.sim.clear_requests()
        self.wait_for(lambda: self.lists() >= 4)
        self.assertEqual(len(self.sim.requests()), self.lists(), "and for nothing else")

    def test_drift_is_healed(self):
        self.run_settings(interval="300ms")
        self.write("gh", github())
        self.started().wait_status("1 in sync")  # read back; what is changed before that is taken for the server's own
        self.sim.patch(self.sim.provider("GitHub")["id"], {"config": {"client_id": "by-hand"}})
        self.wait_config("GitHub", client_id="gh-1")

    def test_in_report_mode_it_never_writes(self):
        self.managed(gh=github())
        self.run_settings(mode="report", interval="300ms")
        self.sim.patch(self.sim.provider("GitHub")["id"], {"config": {"client_id": "by-hand"}})
        self.write("ok", okta())
        self.sim.clear_requests()
        daemon = self.started()
        daemon.wait_status("1 drifted, 1 pending")
        self.wait_for(lambda: self.lists() >= 3)
        self.assertEqual(self.sim.writes(), [])

    def test_a_hand_run_apply_and_the_daemon_share_the_account(self):
        self.run_settings(interval="200ms")
        self.write("gh", github())
        self.started()
        self.wait_config("GitHub", client_id="gh-1")
        for _ in range(5):
            self.apply()
        self.assertEqual(len(self.sim.providers()), 1)

    def test_without_a_settings_file_it_says_what_it_needs(self):
        result = self.idpd("run", config=False)
        self.assertEqual(result.code, 1)
        self.assertIn("--config", result.err)

    def test_settings_that_are_broken_at_the_start_end_it_with_every_error(self):
        self.run_settings(more="reconcle: {}\nnotifi: []\n")
        result = self.idpd("run")
        self.assertEqual(result.code, 1)
        self.assertIn('did you mean "reconcile"?', result.err)
        self.assertIn('did you mean "notify"?', result.err)


class Files(RunCase):
    def test_broken_files_change_nothing_and_are_said_and_mended_ones_count_at_once(self):
        self.write("gh", github())
        daemon = self.started()
        self.wait_config("GitHub", client_id="gh-1")
        self.sim.clear_requests()
        (self.files / "broken.yaml").write_text("identity_providers: [")
        daemon.wait_status("the last good ones are in force")
        self.assertEqual(self.sim.writes(), [])
        (self.files / "broken.yaml").unlink()
        self.write("gh", github(client_id="gh-2"))
        self.wait_config("GitHub", client_id="gh-2")

    def test_after_a_restart_with_broken_files_the_last_good_ones_are_in_force(self):
        self.write("gh", github())
        daemon = self.started()
        daemon.wait_status("1 in sync")
        self.assertEqual(daemon.stop(), 0)
        (self.files / "gh.yaml").write_text("identity_providers: [")
        self.sim.patch(self.sim.provider("GitHub")["id"], {"config": {"client_id": "by-hand"}})
        self.started()
        self.wait_config("GitHub", client_id="gh-1")

    def test_files_that_were_never_good_touch_nothing_until_they_are(self):
        (self.files / "gh.yaml").write_text("identity_providers: [")
        daemon = self.started()
        daemon.wait_status("no files are in force")
        self.assertEqual(self.sim.requests(), [])
        self.write("gh", github())
        self.wait_config("GitHub", client_id="gh-1")

    def test_an_emptied_folder_deletes_nothing(self):
        self.write("gh", github())
        daemon = self.started()
        self.wait_config("GitHub", client_id="gh-1")
        (self.files / "gh.yaml").unlink()
        daemon.wait_status("1 withheld")
        self.assertEqual(len(self.sim.providers()), 1)


class Reload(RunCase):
    def test_takes_new_settings_into_force(self):
        self.write("gh", github())
        self.run_settings(mode="report")
        daemon = self.started()
        daemon.wait_status("1 pending")
        self.run_settings(mode="enforce")
        daemon.reload()
        self.wait_config("GitHub", client_id="gh-1")
        self.assertEqual(daemon.count("RELOADING=1"), 1)

    def test_with_broken_settings_the_former_ones_stay_in_force_and_that_is_said(self):
        self.write("gh", github())
        daemon = self.started()
        self.wait_config("GitHub", client_id="gh-1")
        (self.folder / "idpd.yaml").write_text("accounts: {")
        daemon.reload()
        daemon.wait_status("the former ones stay in force")
        self.write("gh", github(client_id="gh-2"))
        self.wait_config("GitHub", client_id="gh-2")
        self.run_settings()
        daemon.reload()
        daemon.wait_until(lambda: "former" not in daemon.told("STATUS"))

    def test_makes_a_pass(self):
        self.write("gh", github())
        daemon = self.started()
        daemon.wait_status("1 in sync")
        self.sim.patch(self.sim.provider("GitHub")["id"], {"config": {"client_id": "by-hand"}})
        daemon.reload()
        self.wait_config("GitHub", client_id="gh-1")

    def test_adds_and_drops_accounts(self):
        self.write("gh", {**github()})
        daemon = self.started()
        self.wait_config("GitHub", client_id="gh-1")
        settings = (self.folder / "idpd.yaml").read_text()
        (self.folder / "idpd.yaml").write_text(settings.replace(
            "desired:", f'  staging:\n    id: "{OTHER_ACCOUNT}"\n    token: ${{env:TOKEN}}\n    mode: enforce\ndesired:'))
        (self.files / "gh.yaml").write_text('{"account": "staging", "identity_providers": {"pin": '
                                            '{"name": "PIN", "type": "onetimepin", "config": {}}}}')
        daemon.reload()
        self.wait_for(lambda: len(self.sim.providers(OTHER_ACCOUNT)) == 1)
        self.assertEqual(len(self.sim.providers(ACCOUNT)), 1, "what the files no longer name is withheld")


class Stop(RunCase):
    def test_a_change_in_hand_is_finished(self):
        self.write("gh", github())
        self.sim.fault(method="POST", delay_ms=1500, action="delay")
        daemon = self.started()
        self.wait_for_request("POST")
        self.assertEqual(daemon.stop(), 0)
        self.sim.clear_requests()
        self.assert_in_sync()
        self.assertEqual(len(self.sim.providers()), 1)

    def test_a_change_that_hangs_is_abandoned_and_the_next_start_makes_no_twin(self):
        self.write("gh", github())
        self.sim.fault(method="POST", when="after", action="stall", delay_ms=30000)
        daemon = self.started()
        self.wait_for(lambda: self.sim.providers())
        began = time.monotonic()
        self.assertEqual(daemon.stop(), 0)
        self.assertLess(time.monotonic() - began, 10, "systemd would kill it")
        self.sim.control("DELETE", "/faults")
        self.started().wait_status("1 in sync")
        self.assertEqual(len(self.sim.providers()), 1)

    def test_what_is_left_of_a_plan_waits_for_the_next_start(self):
        self.write_all(a=github(name="A"), b=github(name="B"), c=github(name="C"))
        self.sim.fault(method="POST", delay_ms=800, action="delay")
        daemon = self.started()
        self.wait_for_request("POST")
        self.assertEqual(daemon.stop(), 0)
        self.assertLess(len(self.sim.providers()), 3)
        self.sim.control("DELETE", "/faults")
        self.started().wait_status("3 in sync")
        self.assertEqual(len(self.sim.providers()), 3)

    def test_tells_its_service_manager(self):
        self.write("pin", onetimepin())
        daemon = self.started()
        daemon.wait_status("1 in sync")
        self.assertEqual(daemon.stop(), 0)
        self.assertEqual(daemon.count("STOPPING=1"), 1)

    def test_an_interrupt_from_the_keyboard_ends_it_too(self):
        daemon = self.started()
        self.assertEqual(daemon.stop(signal.SIGINT), 0)


class Watchdog(RunCase):
    def test_is_fed_at_half_its_interval(self):
        daemon = self.started(WATCHDOG_USEC="400000")
        self.wait_for(lambda: daemon.count("WATCHDOG=1") >= 4)


if __name__ == "__main__":
    unittest.main()
