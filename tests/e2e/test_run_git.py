"""`idpd run` on a git repository: what is applied is always one whole commit."""

import json
import subprocess
import unittest

from harness import RunCase, github, okta


class Git(RunCase):
    def setUp(self):
        super().setUp()
        self.repository = self.folder / "access"
        self.repository.mkdir()
        self.git("init", "-q", "-b", "main")
        self.settings(mode="enforce", more=f"admin: {{listen: ['unix:{self.folder}/admin.sock']}}\n")
        text = (self.folder / "idpd.yaml").read_text()
        (self.folder / "idpd.yaml").write_text(text.replace(
            "desired: {path: identity-providers}",
            f"desired: {{git: {{url: '{self.repository}', branch: main, path: idps, interval: 200ms}}}}"))

    def git(self, *arguments):
        identity = {"GIT_AUTHOR_NAME": "Ada", "GIT_AUTHOR_EMAIL": "ada@example.com", "GIT_COMMITTER_NAME": "Ada",
                    "GIT_COMMITTER_EMAIL": "ada@example.com", "GIT_CONFIG_GLOBAL": "/dev/null"}
        done = subprocess.run(["git", *arguments], cwd=self.repository, check=True, capture_output=True, text=True,
                              env={**self.environment, **identity})
        return done.stdout.strip()

    def commit(self, subject, **entries):
        folder = self.repository / "idps"
        folder.mkdir(exist_ok=True)
        for key, entry in entries.items():
            (folder / f"{key}.yaml").write_text(json.dumps({"identity_providers": {key: entry}}))
        self.git("add", "-A")
        self.git("commit", "-q", "-m", subject)
        return self.git("rev-parse", "HEAD")

    def revision(self, daemon):
        return daemon.admin("GET", "/api/v1/status").json["source"]["revision"]

    def test_a_push_is_applied_and_reported_with_its_commit_author_and_subject(self):
        self.commit("First", gh=github())
        daemon = self.started()
        self.wait_config("GitHub", client_id="gh-1")
        commit = self.commit("Another client", gh=github(client_id="gh-2"), ok=okta())
        self.wait_config("GitHub", client_id="gh-2")
        self.wait_config("Okta", client_id="ok-1")
        revision = self.revision(daemon)
        self.assertEqual((revision["commit"], revision["author"], revision["subject"]),
                         (commit, "Ada <ada@example.com>", "Another client"))
        passes = daemon.wait_until(lambda: [one for one in daemon.admin("GET", "/api/v1/history").json["passes"]
                                            if one["commit"] == commit])
        self.assertEqual(passes[-1]["trigger"], "files")

    def test_a_commit_that_is_broken_leaves_the_one_before_in_force(self):
        first = self.commit("First", gh=github())
        daemon = self.started()
        self.wait_config("GitHub", client_id="gh-1")
        (self.repository / "idps" / "broken.yaml").write_text("identity_providers: [")
        self.commit("Broken", gh=github(client_id="gh-2"))
        daemon.wait_status("the last good ones are in force")
        self.assertEqual(self.sim.provider("GitHub")["config"]["client_id"], "gh-1", "none of it")
        self.assertEqual(self.revision(daemon)["commit"], first)

    def test_a_remote_that_is_away_is_said_and_the_last_commit_stays_in_force(self):
        self.commit("First", gh=github())
        daemon = self.started()
        daemon.wait_status("1 in sync")
        self.repository.rename(self.folder / "away")
        daemon.wait_status("files")
        self.sim.patch(self.sim.provider("GitHub")["id"], {"config": {"client_id": "by-hand"}})
        daemon.admin("POST", "/api/v1/reconcile", {})
        self.wait_config("GitHub", client_id="gh-1")

    def test_a_rewritten_branch_is_taken_and_said(self):
        self.commit("First", gh=github())
        daemon = self.started()
        self.wait_config("GitHub", client_id="gh-1")
        (self.repository / "idps" / "gh.yaml").write_text(json.dumps({"identity_providers": {"gh": github(client_id="gh-3")}}))
        self.git("commit", "-qa", "--amend", "-m", "Rewritten")
        self.wait_config("GitHub", client_id="gh-3")
        daemon.wait_for_line("was rewritten")


if __name__ == "__main__":
    unittest.main()
