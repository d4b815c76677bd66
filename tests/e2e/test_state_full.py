"""A state directory that cannot be written: on a disk that is full or a file system that is read-only, before a pass
and in the middle of one. What has to be on the disk first is not sent (rules 7 and 11), what was sent is found again.
"""

import contextlib
import os
import subprocess
import unittest

import mounts
from harness import Managed, RunCase, github, okta, outcomes, pingone

SCIM = {"scim_config": {"enabled": True, "user_deprovision": True}}
FULL = "make room on that file system"
READ_ONLY = "read-only"
LIST = r"/identity_providers$"
SIZE = 1 << 20


class Mounted:
    """The state directory on a small file system of its own; tests that may not mount are skipped."""

    @classmethod
    def setUpClass(cls):
        try:
            mounts.enter_private_namespace()
        except OSError as error:
            raise unittest.SkipTest(f"no mount namespace here: {error}") from None
        super().setUpClass()

    def setUp(self):
        super().setUp()
        self.state = self.folder / ".idpd"
        self.state.mkdir(mode=0o700)
        mounts.mount_small(self.state, SIZE)
        self.addCleanup(mounts.unmount, self.state)

    def fill(self):
        """To the last byte: not even a block of an empty file's content fits."""
        with contextlib.suppress(OSError), open(self.state / "filler", "wb", buffering=0) as file:
            while file.write(bytes(4096)):
                pass

    def make_room(self):
        (self.state / "filler").unlink()

    @contextlib.contextmanager
    def without_room(self):
        self.fill()
        try:
            yield
        finally:
            self.make_room()

    @contextlib.contextmanager
    def read_only(self):
        mounts.make_read_only(self.state)
        try:
            yield
        finally:
            mounts.make_read_only(self.state, False)

    def assert_nothing_sent(self, *words):
        self.sim.clear_requests()
        result = self.idpd("apply", "--auto-approve")
        self.assertEqual(result.code, 1, result)
        self.assertEqual(self.sim.writes(), [])
        for word in words:
            self.assertIn(word, result.out + result.err)

    def during(self, break_it, method="GET", path=LIST, when="before"):
        """Applies, with `break_it` done while this request waits; how it ended."""
        self.sim.clear_requests()
        self.sim.fault(method=method, path=path, action="delay", when=when, delay_ms=700)
        process = self.start("apply", "--auto-approve")
        self.wait_for(lambda: any(one["method"] == method and one["fault"] for one in self.sim.requests()))
        self.addCleanup(process.kill)
        if when == "after":
            self.wait_for(lambda: len(self.ids()) > 0)
        break_it()
        out, err = process.communicate(timeout=60)
        return process.returncode, out + err


class Before(Mounted, Managed):
    def test_a_full_disk_without_a_store_is_refused_with_the_way_out(self):
        self.write("workforce", pingone())
        with self.without_room():
            self.assert_nothing_sent(FULL)
        self.assertEqual(outcomes(self.applied()), {"workforce": "done"})
        self.assert_in_sync()

    def test_a_full_disk_with_a_store_stops_the_create(self):
        self.managed(github=github())
        self.write("workforce", pingone())
        with self.without_room():
            self.assert_nothing_sent(str(self.state))
        self.assertEqual(outcomes(self.applied()), {"workforce": "done"})
        self.assertEqual(len(self.ids()), 2)

    def test_a_read_only_directory_is_refused_with_the_way_out(self):
        self.write("workforce", pingone())
        with self.read_only():
            self.assert_nothing_sent(READ_ONLY)
        self.managed(github=github())
        self.write("okta", okta())
        with self.read_only():
            self.assert_nothing_sent(str(self.state))
        self.assertEqual(outcomes(self.applied()), {"okta": "done"})

    def test_a_plan_needs_no_room_and_no_writing(self):
        self.managed(github=github())
        self.write("workforce", pingone())
        for broken in (self.without_room, self.read_only):
            with self.subTest(broken.__name__), broken():
                self.assertEqual([change["action"] for change in self.changes()], ["create"])

    def test_a_directory_of_another_user_is_refused_with_the_way_out(self):
        if os.geteuid() != 0:
            self.skipTest("needs root, to be somebody else")
        self.managed(github=github())
        self.write("okta", okta())
        self.sim.clear_requests()
        for path in (self.folder, self.files, *self.files.iterdir(), self.folder / "idpd.yaml"):
            path.chmod(0o755)
        command = [self.program, "--config", str(self.folder / "idpd.yaml"), "apply", "--auto-approve"]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=60, env=self.environment, user=65534,
                                  group=65534, extra_groups=[], cwd=self.folder)
        except PermissionError:
            self.skipTest("the program lies where nobody else may run it")
        self.assertEqual(done.returncode, 1, done)
        self.assertIn("run as the user that owns the state directory", done.stdout + done.stderr)
        self.assertEqual(self.sim.writes(), [])


class InTheMiddle(Mounted, Managed):
    def test_an_intent_that_cannot_be_saved_stops_the_create(self):
        self.managed(github=github())
        self.write("workforce", pingone())
        code, said = self.during(self.fill)
        self.assertEqual(code, 1, said)
        self.assertEqual(self.sim.writes(), [])
        self.assertIn(FULL, said)
        self.make_room()
        self.assertEqual(outcomes(self.applied()), {"workforce": "done"})

    def test_a_scim_place_that_cannot_be_written_stops_the_request_that_enables(self):
        self.managed(workforce=pingone())
        self.write("workforce", {**pingone(), **SCIM})
        code, said = self.during(self.fill)
        self.assertEqual(code, 1, said)
        self.assertEqual(self.sim.writes(), [])
        self.assertIn("it could not be kept", said)
        self.assertIn(FULL, said)
        self.make_room()
        self.apply()
        place, = self.state.glob("scim/*/workforce")
        self.assertEqual(place.read_text(), self.sim.provider("PingOne Workforce")["scim_config"]["secret"])
        self.assertEqual([path.name for path in place.parent.iterdir()], ["workforce"])

    def test_what_was_created_and_could_not_be_recorded_is_adopted_by_its_intent(self):
        self.managed(github=github())
        self.write("workforce", pingone())
        before = self.ids()
        code, said = self.during(self.fill, method="POST", path="", when="after")
        self.assertEqual(len(self.ids()), 2)
        self.assertEqual((code, "could not be noted in the store" in said), (1, True), said)
        self.assertIn(FULL, said)
        self.make_room()
        self.apply()
        self.assertEqual(len(self.ids()), 2)
        self.assertLess(before, self.ids())
        self.assert_in_sync()
        self.write("workforce", None)  # it is known to be ours
        self.grow()
        self.assertEqual(self.ids(), before)


class Daemon(Mounted, RunCase):
    def test_goes_on_when_there_is_room_again(self):
        self.run_settings(interval="1s")
        self.write("github", github())
        daemon = self.started()
        self.wait_for(lambda: self.ids())
        self.fill()
        self.sim.clear_requests()
        self.write("workforce", pingone())
        daemon.wait_for_line(FULL)
        self.assertEqual([one for one in self.sim.writes() if one["method"] == "POST"], [])
        self.make_room()
        self.wait_for(lambda: len(self.ids()) == 2, 40)
        daemon.wait_status("2 in sync")
        self.assertEqual(daemon.stop(), 0)
        self.assert_in_sync()

    def test_does_not_start_on_a_read_only_directory_and_says_why(self):
        self.write("github", github())
        self.apply()
        self.write("workforce", pingone())
        self.sim.clear_requests()
        with self.read_only():
            result = self.idpd("run")
        self.assertEqual(result.code, 1)
        self.assertIn("idpd.db cannot be opened for writing", result.err)
        self.assertEqual(self.sim.requests(), [])

    def test_does_not_start_on_a_full_disk_and_says_why(self):
        self.write("github", github())
        with self.without_room():
            result = self.idpd("run")
        self.assertEqual(result.code, 1)
        self.assertIn(FULL, result.err)
        self.assertEqual(self.sim.writes(), [])


class Import(Mounted, Managed):
    def test_a_file_that_cannot_be_written_whole_is_not_there_and_the_next_import_makes_it(self):
        self.sim.create(github())
        out = self.folder / "imported"
        out.mkdir()
        mounts.mount_small(out, 1 << 16)
        self.addCleanup(mounts.unmount, out)
        with contextlib.suppress(OSError), open(out / "filler", "wb", buffering=0) as file:
            while file.write(bytes(4096)):
                pass
        result = self.idpd("import", "--out", str(out))
        self.assertEqual(result.code, 1, result)
        self.assertIn("github.yaml: cannot be written", result.err)
        self.assertEqual([path.name for path in out.iterdir()], ["filler"])
        (out / "filler").unlink()
        self.assertEqual(self.idpd("import", "--out", str(out)).code, 0)
        self.assertEqual([path.name for path in out.iterdir()], ["github.yaml"])


if __name__ == "__main__":
    unittest.main()
