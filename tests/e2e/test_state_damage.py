"""A store that is damaged, emptied or of a newer idpd: refused with a clear message and a way forward that works;
nothing is written to Cloudflare, and the file stays as it is.
"""

import shutil
import sqlite3
import unittest

from harness import Managed, RunCase, github, okta, outcomes, pingone

PAGE = 4096


class Damage(Managed):
    """Two are managed and a third is wanted, so that a pass would write."""

    def setUp(self):
        super().setUp()
        self.state = self.folder / ".idpd"
        self.database = self.state / "idpd.db"
        self.managed(workforce=pingone(), github=github())
        self.before = self.ids()
        self.write("okta", okta())
        self.sim.clear_requests()

    def put(self, content):
        self.database.write_bytes(content)

    def said(self, result):
        self.assertEqual(result.code, 1, result)
        return result.out + result.err

    def assert_refused(self, *words):
        """By whatever would write, with these words; the file is untouched and nothing is sent."""
        content = self.database.read_bytes()
        for command in (["apply", "--auto-approve"], ["import", "--adopt", "--out", str(self.folder / "imported")],
                        ["forget", "nobody"], ["run"]):
            said = self.said(self.idpd(*command))
            for word in (str(self.database), *words):
                self.assertIn(word, said, command)
        self.assertEqual(self.sim.writes(), [])
        self.assertEqual(self.database.read_bytes(), content)
        self.assertEqual([path.name for path in self.state.glob("idpd.db-*") if path.stat().st_size], [])

    def assert_plan_warns(self, *words):
        result = self.idpd("plan")
        for word in ("warning", str(self.database), *words):
            self.assertIn(word, result.err + result.out, result)

    def assert_moving_it_away_helps(self):
        """As the message says: by name, without a twin, and what was wanted is made."""
        away = self.folder / "away"
        away.mkdir()
        for path in self.state.glob("idpd.db*"):
            shutil.move(path, away)
        self.assertEqual(outcomes(self.applied()), {"okta": "done"})
        self.assertLess(self.before, self.ids())
        self.assertEqual(len(self.ids()), 3)
        self.assert_in_sync()


class Damaged(Damage):
    WAY_OUT = ("is damaged", "move it away", "adopts by name")

    def test_a_file_that_is_no_database(self):
        self.put(b"not a database at all\n" * 1000)
        self.assert_refused(*self.WAY_OUT)
        self.assert_plan_warns(*self.WAY_OUT)
        self.assert_moving_it_away_helps()

    def test_a_file_full_of_zeros(self):
        self.put(bytes(len(self.database.read_bytes())))
        self.assert_refused(*self.WAY_OUT)

    def test_a_file_cut_in_the_middle(self):
        whole = self.database.read_bytes()
        for size in (len(whole) // 2, len(whole) // 2 + 100, PAGE, 100):
            with self.subTest(size=size):
                self.put(whole[:size])
                self.assert_refused(*self.WAY_OUT)
        self.assert_moving_it_away_helps()

    def test_garbage_in_any_page(self):
        whole = self.database.read_bytes()
        for page in range(len(whole) // PAGE):
            with self.subTest(page=page):
                self.put(whole[:page * PAGE] + b"\x5a" * PAGE + whole[(page + 1) * PAGE:])
                said = self.said(self.idpd("apply", "--auto-approve"))
                for word in (str(self.database), *self.WAY_OUT):
                    self.assertIn(word, said)
                self.assertEqual(self.sim.writes(), [])
        self.assert_moving_it_away_helps()

    def test_a_folder_in_its_place(self):
        self.database.unlink()
        self.database.mkdir()
        said = self.said(self.idpd("apply", "--auto-approve"))
        self.assertIn(str(self.database), said)
        self.assertEqual(self.sim.writes(), [])

    def test_a_record_that_cannot_be_read_makes_the_account_unknown(self):
        with sqlite3.connect(self.database) as connection:
            connection.execute("UPDATE records SET body = '{' WHERE key = 'github'")
        connection.close()
        result = self.idpd("apply", "--auto-approve")
        for word in ("github", *self.WAY_OUT):
            self.assertIn(word, self.said(result))
        self.assertEqual(self.sim.writes(), [])
        self.assert_moving_it_away_helps()


class Emptied(Damage):
    WAY_OUT = ("holds nothing", "has been in use", "move it away", "adopts by name")

    def test_a_store_of_no_length_is_not_begun_anew(self):
        self.put(b"")
        self.assert_refused(*self.WAY_OUT)
        self.assert_plan_warns(*self.WAY_OUT)
        self.assert_moving_it_away_helps()

    def test_a_database_without_tables_is_not_begun_anew(self):
        self.database.unlink()
        connection = sqlite3.connect(self.database)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.close()
        self.assert_refused(*self.WAY_OUT)
        self.assert_moving_it_away_helps()

    def test_one_whose_first_making_was_interrupted_is_made_now(self):
        shutil.rmtree(self.state)
        self.state.mkdir(mode=0o700)
        self.put(b"")
        self.assertEqual(outcomes(self.applied()), {"okta": "done"})


class Vanished(Damage):
    def test_what_was_managed_is_adopted_by_name_and_that_is_said(self):
        self.database.unlink()
        result = self.idpd("apply", "--auto-approve")
        self.assertEqual(result.code, 0, result)
        self.assertIn("was gone, although this state directory has been in use", result.err)
        self.assertLess(self.before, self.ids())
        self.assertEqual(len(self.ids()), 3)
        self.assertNotIn("was gone", self.idpd("apply", "--auto-approve").err)

    def test_in_the_first_pass_nobody_else_s_is_deleted(self):
        """`unmanaged: delete` waits until what the files name has been adopted."""
        stranger = self.sim.create(okta("Stranger"))["id"]
        self.settings(unmanaged="delete", max_deletes=5)
        self.database.unlink()
        self.apply(code=1)
        self.assertIsNotNone(self.live(stranger))
        self.assertLess(self.before, self.ids())

    def test_its_journal_alone_is_the_state_as_of_the_last_checkpoint_and_makes_no_twin(self):
        """A -wal that somebody lost takes the newest commits with it, and nothing can tell."""
        process = self.start("apply", "--auto-approve")
        self.sim.fault(method="GET", path="/identity_providers/[^/]+$", action="stall")  # the read back
        self.wait_for_request("POST")
        self.wait_for(lambda: len(self.ids()) == 3)
        process.kill()
        process.wait()
        self.sim.control("DELETE", "/faults")
        (self.state / "idpd.db-wal").unlink()
        self.apply()
        self.assertEqual(len(self.ids()), 3)
        self.assert_in_sync()


class Newer(Damage):
    def setUp(self):
        super().setUp()
        connection = sqlite3.connect(self.database)
        connection.execute("PRAGMA user_version = 99")
        connection.close()

    def test_a_store_of_a_newer_idpd_is_refused_untouched(self):
        self.assert_refused("newer idpd", "schema 99", "use that idpd", "move the file away")
        self.assert_plan_warns("newer idpd")
        for command in ("status", "history"):
            self.assertIn("newer idpd", self.said(self.idpd(command)))
        self.assert_moving_it_away_helps()


class Key(Damage):
    """`fingerprint.key`, which tells that a secret changed."""

    def test_a_damaged_one_is_refused_and_moving_it_away_is_no_wave_of_updates(self):
        key = self.state / "fingerprint.key"
        good = key.read_text()
        for text in ("", "xyz", good[:10], good + good):
            with self.subTest(text=len(text)):
                key.write_text(text)
                said = self.said(self.idpd("apply", "--auto-approve"))
                for word in (str(key), "is damaged" if len(text) <= len(good) else "larger", "move it away"):
                    self.assertIn(word, said)
                self.assertEqual(key.read_text(), text)
                self.assertEqual(self.sim.writes(), [])
        key.unlink()
        self.assertEqual(outcomes(self.applied()), {"okta": "done"})
        self.assertEqual([one["method"] for one in self.sim.writes()], ["POST"])


class WhileItRuns(RunCase):
    """The daemon keeps its store open: what happens to the file's name is not seen before the next start."""

    def test_a_store_that_is_removed_under_it_makes_no_twin(self):
        self.write_all(workforce=pingone(), github=github())
        daemon = self.started()
        self.wait_for(lambda: len(self.ids()) == 2)
        before = self.ids()
        for path in (self.folder / ".idpd").glob("idpd.db*"):
            path.unlink()
        self.write("okta", okta())
        self.wait_for(lambda: len(self.ids()) == 3)
        daemon.kill()
        self.started()
        self.wait_for(lambda: self.idpd("plan", "--detailed-exitcode").code == 0)
        self.assertEqual(len(self.ids()), 3)
        self.assertLess(before, self.ids())


if __name__ == "__main__":
    unittest.main()
