"""What a secret leaves behind in the process that used it: nothing in memory between passes, no core dump, nothing that
`ps` shows."""

import os
import resource
import signal
import subprocess
import tempfile
import unittest

import canary
from harness import RunCase, Simulator, github, okta, pingone

CLIENT = "C4nary-of-a-client-secret-7d1b4e"
TOKEN = "C4nary-of-an-api-token-93ac55e0"
HOOK = "C4nary-of-a-webhook-url-5be20f7"
VARIABLE = "C4nary-of-a-variable-0c71d9be3f"


class Secrets(RunCase):
    """Settings whose secrets all come from files or credentials, so that the environment holds none."""

    def setUp(self):
        super().setUp()
        for folder, name, text in (("secrets", "client", CLIENT), ("own", "token", TOKEN),
                                   ("own", "hook", self.sim.webhook_url(HOOK)), ("credentials", "client", CLIENT)):
            (self.folder / folder).mkdir(exist_ok=True)
            (self.folder / folder / name).write_text(text + "\n")
        self.environment["CREDENTIALS_DIRECTORY"] = str(self.folder / "credentials")
        self.sim.control("PUT", f"/tokens/{TOKEN}", {})
        self.take_settings()
        self.write("file", {**pingone(client_secret=f"${{file:{self.folder}/secrets/client}}"),
                            "scim_config": {"enabled": True}})
        self.write("credential", github(client_secret="${credential:client}"))

    def take_settings(self, **more):
        self.run_settings(token=f"${{file:{self.folder}/own/token}}", more=(
            f"secrets: {{files: [{self.folder}/secrets]}}\n"
            f"notify: [{{webhook: \"${{file:{self.folder}/own/hook}}\", on: [drift]}}]\n"), **more)

    def after_a_pass_that_wrote(self):
        """A daemon that has created both, was told of drift, has healed it, and has nothing to do."""
        daemon = self.started()
        daemon.wait_status("2 in sync")
        self.sim.patch(self.sim.provider("GitHub")["id"], {"config": {"client_id": "by hand"}})
        daemon.admin("POST", "/api/v1/reconcile", {"account": "production"})
        self.wait_config("GitHub", client_id="gh-1")
        self.wait_for(lambda: self.sim.webhooks(HOOK))
        daemon.wait_status("2 in sync")
        return daemon


class Memory(Secrets):
    def assert_in_memory(self, daemon, **counts):
        """None of the canaries is in it, but for those that are named, as often as that."""
        secrets = {"client": CLIENT, "token": TOKEN, "hook": HOOK, "variable": VARIABLE,
                   "scim": self.sim.provider("PingOne Workforce")["scim_config"]["secret"]}

        def found():
            regions = [data for _, data in canary.memory_of(daemon.process.pid)]
            seen = {name: sum(data.count(text.encode()) for data in regions) for name, text in secrets.items()}
            self.seen = {name: count for name, count in seen.items() if count}
            self.proof = sum(data.count(b"PingOne Workforce") for data in regions)
            return self.seen == counts
        try:
            with open(f"/proc/{daemon.process.pid}/maps", encoding="utf-8") as maps:
                if "libasan" in maps.read():
                    self.skipTest("a sanitizer keeps what was freed: this is for other builds")
        except PermissionError:
            self.skipTest("reading the memory of idpd takes root")
        try:
            self.wait_for(found, 5)  # the end of the pass is a moment after its status
        except AssertionError:
            self.assertEqual(self.seen, counts)
        self.assertGreater(self.proof, 0, "the memory was not read")

    def test_holds_no_secret_between_passes(self):
        self.assert_in_memory(self.after_a_pass_that_wrote())

    def test_holds_no_secret_after_failures(self):
        echo = {"success": False, "errors": [{"code": 1, "message": f"{CLIENT} and {TOKEN}"}], "result": None}
        self.sim.fault(method="POST", status=400, body=echo)
        self.sim.fault(method="PUT", when="after", action="truncate")
        self.assert_in_memory(self.after_a_pass_that_wrote())

    def test_holds_a_secret_from_the_environment_there_alone(self):
        self.write("variable", okta(client_secret="${env:OKTA_SECRET}"))
        daemon = self.run_daemon(OKTA_SECRET=VARIABLE).wait_ready()
        daemon.wait_status("3 in sync")
        self.assert_in_memory(daemon)


class MemoryBehindTls(Memory):
    """The same when the connection, which is kept, is encrypted."""

    @classmethod
    def setUpClass(cls):
        cls.keys = cls.enterClassContext(tempfile.TemporaryDirectory(prefix="idpd-e2e-tls-"))
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                        "-days", "2", "-subj", "/CN=simulator", "-addext", "subjectAltName=IP:127.0.0.1",
                        "-keyout", f"{cls.keys}/key", "-out", f"{cls.keys}/cert"], check=True, capture_output=True)
        cls.simulator_arguments = ("--tls-cert", f"{cls.keys}/cert", "--tls-key", f"{cls.keys}/key")
        os.environ["SSL_CERT_FILE"] = f"{cls.keys}/cert"  # for this process, which asks the simulator
        cls.addClassCleanup(os.environ.pop, "SSL_CERT_FILE", None)
        cls.sim = Simulator(*cls.simulator_arguments)
        cls.addClassCleanup(cls.sim.stop)

    def take_settings(self, **more):
        super().take_settings(api=f"  ca_file: {self.keys}/cert\n", **more)


class Outside(Secrets):
    def test_a_crash_leaves_no_core_dump(self):
        self.environment["ASAN_OPTIONS"] = "handle_segv=0:" + self.environment.get("ASAN_OPTIONS", "")
        self.allow_core_dumps()
        for number in (signal.SIGSEGV, signal.SIGABRT):
            with self.subTest(number.name):
                daemon = self.started()
                daemon.process.send_signal(number)
                _, status = os.waitpid(daemon.process.pid, 0)
                self.assertEqual(os.WTERMSIG(status), number)
                self.assertFalse(os.WCOREDUMP(status))

    def allow_core_dumps(self):
        soft, hard = resource.getrlimit(resource.RLIMIT_CORE)
        if hard == 0:
            self.skipTest("this shell allows no core dumps")
        resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))
        self.addCleanup(resource.setrlimit, resource.RLIMIT_CORE, (soft, hard))

    def test_another_process_of_its_user_cannot_look_in(self):
        user = os.geteuid() or self.run_as_nobody()
        daemon = self.run_daemon()
        daemon.wait_for_line("create of")  # nobody may not tell the service manager of a test that it is ready
        process = f"/proc/{daemon.process.pid}"
        self.assertEqual(os.stat(process).st_uid, user)
        self.assertEqual(os.stat(process + "/mem").st_uid, 0)  # whoever it is that started it

    def run_as_nobody(self):
        nobody = 65534
        drop = ["setpriv", f"--reuid={nobody}", f"--regid={nobody}", "--clear-groups", "--"]
        for path in (self.folder, *self.folder.rglob("*")):
            os.chown(path, nobody, nobody)
        if subprocess.run([*drop, "test", "-x", self.program], check=False).returncode != 0:
            self.skipTest("another user cannot run the program where it lies")
        wrapper = self.folder / "idpd"
        wrapper.write_text(f'#!/bin/sh\nexec {" ".join(drop)} "{self.program}" "$@"\n')
        wrapper.chmod(0o755)
        self.program = str(wrapper)
        return nobody


if __name__ == "__main__":
    unittest.main()
