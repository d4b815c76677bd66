"""`idpd status` and `idpd history` read what the daemon left in its store, and nothing else (design §6)."""

import json
import sqlite3
import unittest

from harness import Managed, pingone

SOURCE = {"title": "folder identity-providers"}
PRODUCTION = {"account": "production", "mode": "enforce", "status": "in_sync",
              "identity_providers": [{"key": "workforce", "name": "PingOne", "type": "pingone", "state": "in_sync"}]}


class Status(Managed):
    def setUp(self):
        super().setUp()
        self.sim.clear_requests()

    def told(self):
        """A store with what a daemon leaves in it: a document of its own and one for each account."""
        self.write("workforce", pingone())
        self.apply()
        store, = self.folder.rglob("idpd.db")
        with sqlite3.connect(store) as database:
            for name, document in (("daemon", {"source": SOURCE}), ("account/1", PRODUCTION)):
                database.execute("REPLACE INTO documents (name, body) VALUES (?, ?)", [name, json.dumps(document)])
        database.close()
        self.sim.clear_requests()

    def test_says_that_the_daemon_has_not_run_here(self):
        for command in ("status", "history"):
            result = self.idpd(command)
            self.assertEqual(result.code, 1, result)
            self.assertIn("`idpd run` has not run here yet", result.err)
            self.assertIn(str(self.folder / "idpd.yaml"), result.err)

    def test_makes_no_store(self):
        before = sorted(self.folder.rglob("*"))
        self.idpd("status")
        self.idpd("history")
        self.assertEqual(sorted(self.folder.rglob("*")), before)

    def test_of_a_store_that_apply_alone_has_used_says_so(self):
        self.write("workforce", pingone())
        self.apply()
        self.assertIn("`idpd run` has not run here yet", self.idpd("status").err)

    def test_says_first_whether_all_is_well(self):
        self.told()
        result = self.idpd("status")
        self.assertEqual(result.code, 0, result)
        self.assertTrue(result.out.startswith("● The one identity provider of 1 account matches the files."), result)
        self.assertEqual(self.sim.requests(), [])

    def test_as_json_is_the_document(self):
        self.told()
        document = self.idpd("status", "--output", "json").json
        self.assertEqual((document["format_version"], document["source"], document["accounts"], document["incidents"]),
                         (1, SOURCE, [PRODUCTION], []))
        self.assertEqual(self.idpd("history", "--output", "json").json, {"format_version": 1, "incidents": [], "passes": []})

    def test_has_no_markdown(self):
        result = self.idpd("status", "--output", "markdown")
        self.assertEqual(result.code, 1, result)
        self.assertEqual(result.out, "")

    def test_needs_settings(self):
        result = self.idpd("status", config=False)
        self.assertEqual(result.code, 1, result)
        self.assertIn("--config", result.err)


if __name__ == "__main__":
    unittest.main()
