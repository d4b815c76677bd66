"""Whoever may edit an identity provider, the audit log, a commit or the API's answers decides about text that others
read: in a terminal, a pull request, a browser, Slack, the journal. None of it steers, misleads or becomes markup."""

import html.parser
import json
import os
import subprocess
import unittest

from harness import RunCase, github
from hostile import NASTY, each_name, out_of_place, steering


class Tags(html.parser.HTMLParser):
    """The tags and the handlers of a page."""

    def __init__(self, text):
        super().__init__()
        self.seen = set()
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.seen.add(tag)
        self.seen |= {name for name, _ in attributes if name.startswith("on")}


class Hostile(RunCase):
    def put(self, nasty):
        """Into a file, live objects that are managed and not, their values, and the name of who did it."""
        self.managed(gh=github(name="Managed " + nasty))
        self.sim.create({"name": "Other " + nasty, "type": "okta", "config": {"client_id": nasty}})
        self.sim.create({"name": "Unknown", "type": "new" + nasty, "config": {}, "id": "id-" + nasty.replace("/", "")})
        self.drift(nasty)

    def drift(self, nasty):
        identifier = self.sim.provider("Managed " + nasty)["id"]
        self.sim.patch(identifier, {"config": {"client_id": nasty}}, actor=nasty + "@example.com")

    def people_read(self, what, text):
        self.assertEqual(steering(text), [], f"{what}:\n{text!r}")

    def programs_read(self, what, text):
        """Data keeps the name as it is, but a terminal that shows it is not steered."""
        self.people_read(what, text)
        return json.loads(text)

    def comment(self, text):
        self.people_read("Markdown", text)
        self.assertEqual(out_of_place(text), [], text)

    def forms(self, *command, code):
        """The command's results in every form, and what it says beside them."""
        for form in ("text", "json", "markdown"):
            result = self.idpd(*command, "--output", form)
            self.assertEqual(result.code, code, result)
            self.people_read(command, result.out + result.err)
            if form == "json":
                self.programs_read(command, result.out)
            if form == "markdown":
                self.comment(result.out)

    def page(self, daemon):
        text = daemon.admin("GET", "/").text
        self.people_read("page", text)
        self.assertFalse(Tags(text).seen & {"script", "img", "onerror"}, text)
        return text

    def told(self):
        for command in ("status", "history"):
            result = self.idpd(command)
            self.people_read(command, result.out + result.err)
            self.programs_read(command, self.idpd(command, "--output", "json").out)


class Commands(Hostile):
    @each_name()
    def test_no_command_shows_a_name_that_steers_or_becomes_markup(self, nasty):
        self.put(nasty)
        self.forms("plan", code=0)
        for command in (["import", "--out", str(self.folder / "out")], ["validate", "--strict"]):
            result = self.idpd(*command)
            self.assertEqual(result.code, 0, result)
            self.people_read(command, result.out + result.err)
        for form in ("text", "json", "markdown"):
            self.drift(nasty)
            result = self.idpd("apply", "--auto-approve", "--output", form)
            self.assertEqual(result.code, 0, result)
            self.people_read(form, result.out + result.err)
            if form == "markdown":
                self.comment(result.out)
        self.told()

    @each_name()
    def test_an_error_of_the_api_is_shown_without_what_steers(self, nasty):
        self.write("gh", github())
        self.sim.fault(status=400, times=-1, body={"success": False, "result": None, "messages": [],
                                                   "errors": [{"code": 1, "message": nasty}]})
        self.forms("plan", code=1)

    @each_name("long")
    def test_a_files_name_and_its_keys_are_shown_without_what_steers(self, nasty):
        stem = nasty.replace("/", "")
        entry = {"name": nasty, "type": nasty, nasty: nasty}
        bare = {"name": nasty, "type": "github", "config": {nasty: 1}}
        (self.files / f"{stem}.yaml").write_text(json.dumps(
            {"identity_providers": {nasty: entry}, nasty: nasty, "account": nasty}))
        (self.files / f"{stem} bare.json").write_text(json.dumps(bare))
        self.forms("plan", code=1)
        result = self.idpd("validate")
        self.people_read("validate", result.out + result.err)

    def test_arguments_are_shown_without_what_steers(self):
        commands = (["plan", "--only"], ["plan"], ["forget"], ["schema"], [], ["plan", "--account"],
                    ["plan", "--git-rev"], ["approve"], ["plan", "--output"], ["apply", "--max-deletes"],
                    ["--log-level"], ["apply"], ["--config"])
        for name in NASTY.keys() - {"long"}:
            for command in commands:
                with self.subTest(name, command=command):
                    last = ["plan"] if command and command[0].startswith("--") else []
                    result = self.idpd(*command, NASTY[name], *last)
                    self.assertEqual(result.code, 1)
                    self.people_read(command, result.out + result.err)


class Service(Hostile):
    def slack(self, value):
        """It mentions nobody and links nowhere."""
        if isinstance(value, (dict, list)):
            for one in value.values() if isinstance(value, dict) else value:
                self.slack(one)
        elif isinstance(value, str):
            self.people_read("Slack", value)
            for bad in ("<", "@everyone"):
                self.assertNotIn(bad, value)

    @each_name()
    def test_nothing_that_the_daemon_tells_steers_or_becomes_markup(self, nasty):
        self.put(nasty)
        self.run_settings(mode="report", webhooks={"plain": {}, "slack": {"format": "slack"}})
        for log_format in ("text", "json"):
            daemon = self.started(IDPD_LOG_LEVEL="trace", IDPD_LOG_FORMAT=log_format)
            daemon.wait_status("1 drifted")
            self.wait_for(lambda: self.sim.webhooks("plain") and self.sim.webhooks("slack"))
            self.page(daemon)
            status = self.programs_read("status", daemon.admin("GET", "/api/v1/status").text)
            self.assertEqual(status["accounts"][0]["identity_providers"][0]["name"], "Managed " + nasty)
            self.programs_read("history", daemon.admin("GET", "/api/v1/history").text)
            metrics = daemon.admin("GET", "/metrics").text
            self.people_read("metrics", metrics)
            others = [line for line in metrics.split("\n") if line and not line.startswith(("idpd_", "#"))]
            self.assertEqual(others, [])
            self.people_read("the service manager", "\n".join(daemon.notifications))
            self.told()
            self.assertEqual(daemon.stop(), 0)
            self.people_read("log", daemon.stderr)
        for one in self.sim.webhooks("plain"):
            self.people_read("text of the webhook", one["body"]["text"])
        for one in self.sim.webhooks("slack"):
            self.slack(one["body"])
            self.assertNotIn("://evil", one["body"]["text"])

    @each_name("long", "labels")  # git takes no NUL, and of several lines the first
    def test_a_commits_author_and_subject_are_shown_without_what_steers(self, nasty):
        repository = self.folder / "access"
        (repository / "idps").mkdir(parents=True)
        (repository / "idps" / "gh.json").write_text(json.dumps({"identity_providers": {"gh": github()}}))
        name = "A" + nasty.replace("<", "(").replace(">", ")")
        who = {"GIT_AUTHOR_NAME": name, "GIT_AUTHOR_EMAIL": name + "@x", "GIT_COMMITTER_NAME": "x",
               "GIT_COMMITTER_EMAIL": "x@x", "GIT_CONFIG_GLOBAL": "/dev/null"}
        for command in (["init", "-q", "-b", "main"], ["add", "-A"], ["commit", "-q", "-m", nasty]):
            subprocess.run(["git", *command], cwd=repository, check=True, env={**os.environ, **who})
        self.run_settings()
        settings = (self.folder / "idpd.yaml").read_text()
        (self.folder / "idpd.yaml").write_text(settings.replace(
            "desired: {path: identity-providers}",
            f"desired: {{git: {{url: '{repository}', branch: main, path: idps}}}}"))
        daemon = self.started()
        daemon.wait_status("1 in sync")
        self.page(daemon)
        source = self.programs_read("status", daemon.admin("GET", "/api/v1/status").text)["source"]
        self.assertTrue(source["revision"]["author"].startswith("A"), source)
        self.told()
        self.forms("plan", code=0)
        self.assertEqual(daemon.stop(), 0)
        self.people_read("log", daemon.stderr)


if __name__ == "__main__":
    unittest.main()
