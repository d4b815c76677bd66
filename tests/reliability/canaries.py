#!/usr/bin/env python3
"""Marked secrets of every kind go through every command, output, log level, failure and crash, with the daemon, its
pages, notifications and journal; then all that came of it is scanned for them, in every form that ../e2e/canary.py
knows. Needs $IDPD. $IDPD_RELIABILITY_REPORT names a file for the figure; without it, as in CI, it is a smaller slice.
"""

import contextlib
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

import canary  # noqa: E402  (its folder comes first)
from harness import RunCase, github, okta, pingone  # noqa: E402

CANARIES = {
    "token": "C4nary-api-token-4e1d0b7796c2",
    "bad token": "C4nary-bad-token-20c4fe18aa53",
    "file": "C4nary/of a ${file:}-\"quoted\"\\back-\u00e9\u20ac'<&>+=",
    "variable": "C4nary-of-a-variable-b81f2260d9",
    "credential": "C4nary-of-a-credential-37aa01ee",
    "api token of okta": "C4nary-second-secret-5c90d2ab41",
    "in clear": "C4nary-in-clear-in-yaml-e06b7c93",
    "webhook": "C4nary-webhook-6f2ad81c05b7",
    "git token": "C4nary-git-token-d7720fb4c1e9",
}
WHOLE = "IDPD_RELIABILITY_REPORT" in os.environ
FORMATS = ("text", "json")
PAGES = ("/", "/metrics", "/healthz", "/readyz", "/api/v1/status", "/api/v1/history")
SCANNED = {"count": 0, "failed": 0}


SENT = [CANARIES[name] for name in ("token", "file", "variable", "credential", "api token of okta")]


def refusal(*texts):
    """As an API or a proxy that repeats what it was sent, in its errors and beside them."""
    return {"success": False, "errors": [{"code": 12130, "message": f"may not be: {text}"} for text in texts],
            "messages": list(texts), "result": {"sent": texts}}


class Canaries(RunCase):
    def setUp(self):
        super().setUp()
        self.journal = []
        for folder, name, what in (("secrets", "one", "file"), ("credentials", "okta", "credential"),
                                   ("credentials", "second", "api token of okta")):
            (self.folder / folder).mkdir(exist_ok=True)
            (self.folder / folder / name).write_text(CANARIES[what])
        self.hook = self.sim.webhook_url(CANARIES["webhook"])
        self.environment.update(TOKEN=CANARIES["token"], GITHUB_SECRET=CANARIES["variable"], HOOK=self.hook,
                                GIT_TOKEN=CANARIES["git token"],
                                CREDENTIALS_DIRECTORY=str(self.folder / "credentials"))
        self.sim.control("PUT", f"/tokens/{CANARIES['token']}", {})
        self.take_settings()
        self.write("file", {**pingone("From a file", client_secret=f"${{file:{self.folder}/secrets/one}}"),
                            "scim_config": {"enabled": True}})
        self.write("variable", github("From a variable"))
        self.write("credential", okta("From a credential", client_secret="${credential:okta}",
                                      api_token="${credential:second}"))

    def take_settings(self, more="", **account):
        self.run_settings(more=f"secrets: {{files: [{self.folder}/secrets]}}\n"
                          f'notify: [{{webhook: "${{env:HOOK}}"}}]\n{more}', **account)

    def commands(self, *arguments, **environment):
        """The command under both log formats, on the most talkative level."""
        for log_format in FORMATS if WHOLE else FORMATS[:1]:
            self.idpd("--log-level", "trace", "--log-format", log_format, *arguments, **environment)

    def outputs(self, *arguments, names=("text", "json", "markdown"), **environment):
        for name in names:
            self.commands(*arguments, "--output", name, **environment)

    # What is done with them.

    def by_hand(self):
        plan = str(self.folder / "plan.json")
        self.commands("validate", "--strict")
        self.outputs("plan", "--out", plan)
        self.idpd("--log-level", "trace", "apply", plan)
        self.outputs("apply", "--auto-approve", "--resend-secrets")
        for command in ("status", "history"):
            self.outputs(command, names=FORMATS)
        self.commands("import", "--out", str(self.folder / "imported"), "--adopt")
        self.commands("forget", "no-such")
        self.commands("approve", "sha256:" + "0" * 64)
        for name in ("identity-providers", "settings", "pingone"):
            self.commands("schema", name)
        self.commands("version")
        (self.folder / "new").mkdir()
        with contextlib.chdir(self.folder / "new"):
            self.commands("init")

    def in_failures(self):
        for method in ("GET", "POST", "PUT"):
            for status in (400, 401, 403, 404, 500) if WHOLE else (400,):
                self.sim.control("DELETE", "/faults")
                sent = SENT if method != "GET" else [CANARIES["token"]]
                self.sim.fault(method=method, status=status, times=-1, body=refusal(*sent))
                self.idpd("--log-level", "trace", "apply", "--auto-approve", "--resend-secrets")
            for action, when in (("truncate", "before"), ("truncate", "after")):
                self.sim.control("DELETE", "/faults")
                self.sim.fault(method=method, action=action, when=when, body=" ".join(SENT))
                self.idpd("--log-level", "trace", "apply", "--auto-approve", "--resend-secrets", "--output", "json")
        self.sim.control("DELETE", "/faults")

    def in_bad_input(self):
        self.outputs("plan", TOKEN=CANARIES["bad token"])
        self.commands("plan", TOKEN=CANARIES["token"] + "\nX-Header: 1")
        self.environment.pop("GITHUB_SECRET")
        self.outputs("apply", "--auto-approve")
        self.environment["GITHUB_SECRET"] = CANARIES["variable"]
        self.settings_through_tls()
        self.write("clear", pingone("In clear", client_secret=CANARIES["in clear"]))
        self.outputs("plan")
        self.commands("validate", "--strict")
        self.commands("apply", "--auto-approve")
        self.write("clear", {**pingone("In clear", client_secret=CANARIES["in clear"]), "no_such": 1})
        self.commands("plan")
        self.write("clear", None)
        self.commands("apply", "--auto-approve")

    def settings_through_tls(self):
        file = self.folder / "idpd.yaml"
        text = file.read_text()
        file.write_text(text.replace("http://", "https://", 1))  # the simulator speaks no TLS here
        self.commands("plan")
        file.write_text(text)
        self.take_settings(more="api: {}\n")  # twice the same key
        self.commands("plan")
        self.take_settings()

    def in_the_daemon(self):
        for log_format, number in zip(FORMATS, (signal.SIGKILL, signal.SIGABRT)):
            daemon = self.run_daemon("--log-level", "trace", "--log-format", log_format).wait_ready()
            daemon.wait_status("3 in sync")
            self.sim.fault(method="PUT", status=400, body=refusal(*SENT), times=2)
            self.sim.webhook_answers(CANARIES["webhook"], status=500, body=self.hook, times=2)
            self.sim.patch(self.sim.provider("From a variable")["id"], {"config": {"client_id": "by hand"}})
            daemon.admin("POST", "/api/v1/reconcile", {"account": "production"})
            self.wait_for(lambda: self.sim.webhooks(CANARIES["webhook"]))
            for path in PAGES:
                daemon.admin("GET", path)
            for name in ("cmdline", "comm", "status"):
                self.witness.saw(f"/proc/PID/{name}", pathlib.Path(f"/proc/{daemon.process.pid}/{name}").read_text())
            daemon.process.send_signal(number)
            daemon.process.wait(20)
            daemon.kill()
            self.sim.control("DELETE", "/faults")
            self.sim.clear_webhook(CANARIES["webhook"])
            self.apply()

    def in_git(self):
        repository = self.folder / "repository"
        shutil.copytree(self.files, repository / "identity-providers")
        for command in (["init", "-q", "-b", "main"], ["add", "."],
                        ["-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "-qm", "first"]):
            subprocess.run(["git", *command], cwd=repository, check=True, capture_output=True)
        file = self.folder / "idpd.yaml"
        for url in (str(repository), "https://127.0.0.1:1/access.git"):
            git = {"url": url, "path": "identity-providers", "token": "${env:GIT_TOKEN}"}
            file.write_text(file.read_text().replace("desired: {path: identity-providers}",
                                                     f"desired: {json.dumps({'git': git})}"))
            self.outputs("plan")
            self.take_settings()

    def in_the_journal(self):
        """A journal of our own, in a mount namespace; without the right to make one nothing is seen of it."""
        place = self.folder / "journal"
        place.mkdir()
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as journal:
            journal.bind(str(place / "socket"))
            journal.settimeout(0.1)
            read, write = os.pipe()
            status = os.fstat(write)
            script = ('mount -t tmpfs none /run && mkdir -p /run/systemd/journal && '
                      f'mount --bind "{place}" /run/systemd/journal && exec "$@"')
            self.sim.fault(method="GET", status=400, times=-1, body=refusal(CANARIES["token"]))
            command = ["unshare", "--mount", "sh", "-c", script, "sh", self.program, "--config",
                       str(self.folder / "idpd.yaml"), "--log-level", "trace", "plan"]
            subprocess.run(command, stdout=subprocess.DEVNULL, stderr=write, cwd=self.folder, timeout=60,
                           env={**self.environment, "JOURNAL_STREAM": f"{status.st_dev}:{status.st_ino}"})
            os.close(write)
            with open(read, encoding="utf-8") as stream:
                self.witness.saw("stderr beside the journal", stream.read())
            with contextlib.suppress(TimeoutError):
                while True:
                    self.journal.append(journal.recv(1 << 20).decode("utf-8", "replace"))
        self.sim.control("DELETE", "/faults")
        if subprocess.run(["unshare", "--mount", "true"], capture_output=True, check=False).returncode == 0:
            self.assertTrue(any("MESSAGE=" in entry for entry in self.journal), "the journal was not seen")
        self.witness.saw("the journal", *self.journal)

    def test_no_secret_is_where_none_may_be(self):
        self.by_hand()
        self.in_bad_input()
        self.in_failures()
        self.in_git()
        self.in_the_daemon()
        self.in_the_journal()
        self.witness.secrets.update({text: name for name, text in CANARIES.items()})
        self.witness.webhooks.add(CANARIES["webhook"])
        found = self.witness.find()
        SCANNED.update(count=self.witness.scanned, failed=len(found))
        self.assertEqual(found, [])
        self.assertGreater(self.witness.scanned, 100, "hardly anything was looked at")


def report():
    line = {"part": "canaries", "what": "files, outputs and answers scanned for secrets", **SCANNED}
    if path := os.environ.get("IDPD_RELIABILITY_REPORT"):
        with open(path, "a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
    print(line)


if __name__ == "__main__":
    ended = unittest.main(exit=False)
    SCANNED["failed"] = max(SCANNED["failed"], 0 if ended.result.wasSuccessful() else 1)
    report()
    sys.exit(0 if ended.result.wasSuccessful() else 1)
