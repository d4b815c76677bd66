"""`idpd validate --output github-actions|gitlab-ci`: every diagnostic at its line, as each forge reads it."""

import json
import re
import subprocess
import unittest

from harness import Case

BROKEN = """identity_providers:
  one:
    name: One
    type: pingone
    config:
      client_id: a
      client_sercet: ${env:A}
      ping_env_id: b
  two: {name: "100%, at: once", type: pinggone, config: {}}
"""
IN_CLEAR = """identity_providers:
  clear: {name: Clear, type: github, config: {client_id: a, client_secret: in-clear}}
"""


def workflow_commands(text):
    """As GitHub's runner reads them: the severity, its properties and the message of each."""
    found = []
    for line in text.splitlines():
        severity, properties, message = re.fullmatch(r"::(error|warning) ([^:]*)::(.*)", line).groups()
        pairs = dict(pair.split("=", 1) for pair in properties.split(","))
        for escaped, plain in (("%3A", ":"), ("%2C", ","), ("%25", "%")):
            pairs = {name: value.replace(escaped, plain) for name, value in pairs.items()}
        found.append((severity, pairs, message.replace("%25", "%")))
    return found


class Annotations(Case):
    def setUp(self):
        super().setUp()
        subprocess.run(["git", "init", "-q", str(self.folder)], check=True)

    def validate(self, form, *arguments, code=1, **environment):
        result = self.idpd("validate", "--output", form, *(arguments or [str(self.files)]), config=False, **environment)
        self.assertEqual(result.code, code, result)
        return result

    def code_quality(self, *arguments, code=1, **environment):
        """Checked as GitLab does: what it wants of each issue."""
        issues = self.validate("gitlab-ci", *arguments, code=code, **environment).json
        for issue in issues:
            self.assertEqual(set(issue), {"description", "check_name", "fingerprint", "severity", "location"})
            self.assertIn(issue["severity"], {"info", "minor", "major", "critical", "blocker"})
            self.assertRegex(issue["fingerprint"], r"^[0-9a-f]{64}$")
            self.assertIs(type(issue["location"]["lines"]["begin"]), int)
            self.assertGreater(issue["location"]["lines"]["begin"], 0)
            self.assertFalse(issue["location"]["path"].startswith(("/", "./", "..")), issue)
            self.assertTrue(issue["description"] and issue["check_name"])
        self.assertEqual(len({issue["fingerprint"] for issue in issues}), len(issues))
        return issues

    def test_github_shows_each_at_its_line(self):
        (self.files / "broken.yaml").write_text(BROKEN)
        result = self.validate("github-actions")
        commands = workflow_commands(result.out)
        self.assertEqual([(severity, at["file"], at["line"], at["col"]) for severity, at, _ in commands],
                         [("error", "identity-providers/broken.yaml", line, column) for line, column in (("6", "7"), ("7", "7"), ("9", "39"))])
        self.assertIn('did you mean "client_secret"?', commands[1][2])
        self.assertIn("broken.yaml:7:7: ", result.err)  # for who reads the log

    def test_gitlab_shows_each_at_its_line(self):
        (self.files / "broken.yaml").write_text(BROKEN)
        issues = self.code_quality()
        self.assertEqual([issue["location"] for issue in issues],
                         [{"path": "identity-providers/broken.yaml", "lines": {"begin": line}} for line in (6, 7, 9)])
        self.assertEqual({issue["severity"] for issue in issues}, {"major"})
        self.assertIn('did you mean "client_secret"?', issues[1]["description"])

    def test_a_warning_is_one_and_with_strict_an_error(self):
        (self.files / "clear.yaml").write_text(IN_CLEAR)
        for form, arguments, severity in (("github-actions", [], "warning"), ("github-actions", ["--strict"], "error"), ("gitlab-ci", [], "minor"), ("gitlab-ci", ["--strict"], "major")):
            with self.subTest(form=form, arguments=arguments):
                result = self.validate(form, *arguments, str(self.files), code=1 if arguments else 0)
                found = [one for one, _, _ in workflow_commands(result.out)] if form == "github-actions" else [one["severity"] for one in result.json]
                self.assertEqual(found, [severity])
                self.assertNotIn("in-clear", result.out + result.err)

    def test_what_is_right_leaves_nothing_behind(self):
        (self.files / "pin.yaml").write_text("identity_providers: {pin: {name: PIN, type: onetimepin, config: {}}}")
        result = self.validate("github-actions", code=0)
        self.assertEqual((result.out, result.err), ("", "Valid: 1 identity provider in 1 file.\n"))
        self.assertEqual(self.code_quality(code=0), [])

    def test_paths_are_those_of_the_repository(self):
        below = self.folder / "team" / "access"
        below.mkdir(parents=True)
        (below / "broken.yaml").write_text(BROKEN)
        done = subprocess.run([self.program, "validate", "--output", "github-actions", "../access"], cwd=below, env=self.environment, capture_output=True, text=True)
        self.assertEqual({at["file"] for _, at, _ in workflow_commands(done.stdout)}, {"team/access/broken.yaml"})
        # A forge may check out without git.
        (self.folder / ".git").rename(self.folder / "git")
        for name in ("GITHUB_WORKSPACE", "CI_PROJECT_DIR"):
            paths = {issue["location"]["path"] for issue in self.code_quality(str(below), **{name: str(self.folder / "team")})}
            self.assertEqual(paths, {"access/broken.yaml"})

    def test_the_settings_are_checked_too(self):
        (self.folder / "idpd.yaml").write_text("accounts: {}\nmistake: 1\n")
        result = self.idpd("validate", "--output", "github-actions")
        self.assertIn(("idpd.yaml", "2"), [(at["file"], at["line"]) for _, at, _ in workflow_commands(result.out)])

    def test_what_is_about_no_file_is_told(self):
        (severity, at, message), = workflow_commands(self.validate("github-actions", str(self.folder / "nowhere")).out)
        self.assertEqual((severity, at["file"]), ("error", "nowhere"))
        issue, = self.code_quality(str(self.folder / "nowhere"))
        self.assertEqual(issue["location"], {"path": "nowhere", "lines": {"begin": 1}})
        self.assertTrue(message and issue["description"])

    def test_a_fingerprint_stays_when_the_line_moves(self):
        (self.files / "broken.yaml").write_text(BROKEN)
        before = [issue["fingerprint"] for issue in self.code_quality()]
        (self.files / "broken.yaml").write_text("# A line more.\n" + BROKEN)
        self.assertEqual([issue["fingerprint"] for issue in self.code_quality()], before)

    def test_the_tenth_counts_what_github_would_drop(self):
        many = {f"k{number:02}": {"name": f"N{number}", "type": "nonsense", "config": {}} for number in range(25)}
        (self.files / "many.yaml").write_text(json.dumps({"identity_providers": many}))
        commands = workflow_commands(self.validate("github-actions").out)
        self.assertEqual(len(commands), 10)
        self.assertEqual(commands[9], ("error", {"title": "idpd"}, "and 16 more, in the log of this step"))
        self.assertEqual(len(self.code_quality()), 25)

    def test_no_name_ends_a_command_or_begins_one(self):
        file = self.files / "a,line=1::b%0A%25\n::error::c.yaml"
        file.write_text('identity_providers: {"x\\n::warning::y": {name: "%0A::error::", type: "no::such\\n::error::%type", config: {}}}')
        result = self.validate("github-actions")
        self.assertNotRegex(result.err, r"(?m)^\s*::")  # the runner reads both streams
        for severity, at, _ in workflow_commands(result.out):
            self.assertEqual((severity, set(at)), ("error", {"title", "file", "line", "col"}))
            self.assertEqual(at["file"], "identity-providers/a,line=1::b%0A%25\\x0a::error::c.yaml")
        self.code_quality()


if __name__ == "__main__":
    unittest.main()
