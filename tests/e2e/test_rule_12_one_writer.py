"""Design §7, rule 12: one writer an account, by a kernel lock."""

import time
import unittest

from harness import Managed, github, outcomes, pingone


class OneWriter(Managed):
    def setUp(self):
        super().setUp()
        self.managed(stays=github())
        self.write("workforce", pingone())
        self.sim.clear_requests()

    def hold(self, seconds=60):
        """An apply that hangs in its listing and so holds the lock."""
        self.sim.fault(method="GET", path="/identity_providers$", action="delay", delay_ms=int(seconds * 1000))
        process = self.start("apply", "--auto-approve")
        self.wait_for_request("GET")
        return process

    def assert_locked(self, result, process, command="idpd apply"):
        self.assertEqual(result.code, 1, result)
        text = result.out + result.err
        self.assertIn(f"pid {process.pid}", text)
        self.assertIn(command, text)

    def test_a_second_apply_waits_its_time_and_then_names_the_holder(self):
        process = self.hold()
        begin = time.monotonic()
        result = self.idpd("apply", "--auto-approve", "--lock-timeout", "400ms")
        self.assertGreaterEqual(time.monotonic() - begin, 0.4)
        self.assert_locked(result, process)
        self.assertEqual(len(self.sim.requests()), 1)  # the holder's

    def test_the_time_may_come_from_the_environment_and_may_be_none(self):
        process = self.hold()
        begin = time.monotonic()
        self.assert_locked(self.idpd("apply", "--auto-approve", IDPD_LOCK_TIMEOUT="0s"), process)
        self.assertLess(time.monotonic() - begin, 10)

    def test_a_second_apply_goes_on_when_the_first_has_ended_and_knows_what_it_did(self):
        process = self.hold(seconds=0.7)
        self.assertEqual(self.applied(), [])  # there was nothing left to do
        self.assertEqual(process.wait(), 0)
        self.assertEqual(len(self.sim.requests("POST")), 1)

    def test_kill_9_releases_it(self):
        process = self.hold()
        process.kill()
        process.wait()
        self.assertEqual(outcomes(self.applied("--lock-timeout", "0s")), {"workforce": "done"})

    def test_a_plan_needs_no_lock(self):
        self.hold()
        self.assertEqual([change["key"] for change in self.changes()], ["workforce"])

    def test_forget_needs_it(self):
        self.write("stays", None)
        process = self.hold()
        self.assert_locked(self.idpd("forget", "stays", IDPD_LOCK_TIMEOUT="0s"), process)

    def test_import_adopt_needs_it(self):
        process = self.hold()
        self.assert_locked(self.idpd("import", "--adopt", "--out", str(self.folder / "other"), IDPD_LOCK_TIMEOUT="0s"), process)

    def test_it_is_one_an_account_by_its_id(self):
        self.hold()
        locks = sorted(path.name for path in (self.folder / ".idpd/locks").iterdir())
        self.assertEqual(locks, ["0123456789abcdef0123456789abcdef"])

    def test_the_json_of_the_second_names_the_account_as_unknown(self):
        self.hold()
        document = self.apply("--lock-timeout", "0s", code=1)
        account, = document["accounts"]
        self.assertEqual((account["status"], account["changes"]), ("unknown", []))
        self.assertIn("pid ", account["error"])


if __name__ == "__main__":
    unittest.main()
