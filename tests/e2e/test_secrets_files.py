"""What idpd writes is its owner's alone, whatever the umask says, and it says so where others could read or change what
it keeps or what it reads."""

import os
import stat
import unittest

from harness import ACCOUNT, RunCase, github, outcomes, pingone

SCIM = {"scim_config": {"enabled": True}}


class WideUmask(RunCase):
    def setUp(self):
        super().setUp()
        self.addCleanup(os.umask, os.umask(0))

    def modes(self, folder):
        return {str(path.relative_to(self.folder)): oct(path.lstat().st_mode & 0o777)
                for path in [folder, *folder.rglob("*")]}

    def assert_own(self, *more):
        """All that lies in the state directory, and these."""
        state = self.folder / ".idpd"
        wrong = {name: mode for path in (state, *more) for name, mode in self.modes(path).items()
                 if mode != ("0o700" if (self.folder / name).is_dir() else "0o600")}
        self.assertEqual(wrong, {})

    def test_state_saved_plan_and_scim_secret_are_the_owner_s_alone(self):
        self.write("workforce", {**pingone(), **SCIM})
        plan = self.folder / "plan.json"
        self.plan("--out", str(plan))
        self.apply()
        self.assertTrue((self.folder / ".idpd/scim" / ACCOUNT / "workforce").exists())
        self.assertTrue((self.folder / ".idpd/locks" / ACCOUNT).exists())
        self.assert_own(plan)

    def test_also_while_the_daemon_runs_and_when_it_is_killed(self):
        self.write("workforce", {**pingone(), **SCIM})
        daemon = self.started()
        daemon.wait_status("1 in sync")
        self.assertIn(".idpd/idpd.db-wal", self.modes(self.folder / ".idpd"))
        self.assert_own()
        self.assertEqual(stat.S_IMODE(daemon.admin_socket.stat().st_mode) & 0o007, 0)
        daemon.kill()
        self.assert_own()

    def test_the_admin_socket_is_for_its_owner_and_the_group_idpd(self):
        socket = self.started().admin_socket.stat()
        self.assertIn(stat.S_IMODE(socket.st_mode), (0o600, 0o660))


class SharedStateDirectory(RunCase):
    def test_that_others_may_write_to_is_refused(self):
        self.write("workforce", pingone())
        self.apply()
        for mode in (0o770, 0o707, 0o1777):
            with self.subTest(mode=oct(mode)):
                (self.folder / ".idpd").chmod(mode)
                result = self.idpd("apply", "--auto-approve")
                self.assertEqual(result.code, 1, result)
                self.assertIn("chmod go-w", result.err)
                self.assertIn("chmod go-w", self.idpd("status").err)
                self.assertEqual(self.run_daemon().process.wait(20), 1)
        (self.folder / ".idpd").chmod(0o700)
        self.assert_in_sync()

    def test_counts_as_none_in_a_plan_which_says_so(self):
        self.write("workforce", pingone())
        self.apply()
        (self.folder / ".idpd").chmod(0o777)
        warnings = [one["message"] for one in self.plan()["diagnostics"]]
        self.assertTrue(any("chmod go-w" in one for one in warnings), warnings)

    def test_that_others_may_list_is_warned_of_and_holds_nothing_that_they_can_read(self):
        self.write("workforce", {**pingone(), **SCIM})
        (self.folder / ".idpd").mkdir(mode=0o755)
        self.assertIn("chmod o-rwx", self.idpd("apply", "--auto-approve").err)
        found = [path for path in (self.folder / ".idpd").iterdir() if path.stat().st_mode & 0o077]
        self.assertEqual(found, [])


class PublicSecret(RunCase):
    """A secret's file that every user of the machine may read."""

    def setUp(self):
        super().setUp()
        self.secrets = self.folder / "secrets"
        self.secrets.mkdir()
        self.file = self.secrets / "pingone"
        self.file.write_text("s3cret-of-pingone\n")
        self.run_settings(more=f"secrets: {{files: [{self.secrets}]}}\n")
        self.write("workforce", pingone(client_secret=f"${{file:{self.file}}}"))

    def log(self):
        result = self.idpd("plan")
        self.assertEqual(result.code, 0, result)
        return result.err

    def test_is_used_and_said_with_the_way_out(self):
        for folder in (self.folder, self.secrets):
            folder.chmod(0o755)
        self.file.chmod(0o644)
        self.assertIn(f"may read the secret in {self.file}; chmod o-r", self.log())
        self.assertEqual(outcomes(self.applied()), {"workforce": "done"})

    def test_is_not_said_of_one_that_is_not_or_that_a_folder_protects(self):
        for folder, file in ((0o755, 0o640), (0o750, 0o644)):
            with self.subTest(folder=oct(folder), file=oct(file)):
                self.folder.chmod(0o755)
                self.secrets.chmod(folder)
                self.file.chmod(file)
                self.assertNotIn("may read the secret", self.log())

    def test_is_said_once_by_the_daemon_and_not_each_pass(self):
        for folder in (self.folder, self.secrets):
            folder.chmod(0o755)
        self.write("github", github(client_secret=f"${{file:{self.file}}}"))
        daemon = self.started()
        daemon.wait_status("2 in sync")
        for _ in range(2):
            before = self.lists()
            daemon.admin("POST", "/api/v1/reconcile", {"account": "production"})
            self.wait_for(lambda passes=before: self.lists() > passes)
        daemon.stop()
        self.assertEqual(daemon.stderr.count("may read the secret"), 1, daemon.stderr)


if __name__ == "__main__":
    unittest.main()
