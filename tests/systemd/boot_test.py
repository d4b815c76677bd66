"""The service on a machine of its own: a real systemd, the package as it is shipped, and a simulator of the API behind
loopback. One boot for all; the steps build on each other, in the order of their numbers. CTest `systemd/boot`;
skipped where there is no such machine to be had."""

import json
import sys
import time
import unittest

import machine as machines

ACCOUNT = "0123456789abcdef0123456789abcdef"
PORT = 8787
TOKEN, SECRET = "sim-write", "a-secret-of-pingone"
FILES = "/etc/idpd/identity-providers"
WATCHDOG = 2  # seconds, so that a hang is over soon

SIMULATOR = f"""[Service]
ExecStart=/usr/bin/python3 -B /opt/simulator/main.py --port {PORT}
"""
# What an administrator adds with `systemctl edit idpd`; the last lines are for the test's patience.
DROP_IN = f"""[Service]
LoadCredential=cloudflare-production:/etc/credstore/cloudflare-production
LoadCredential=pingone-workforce:/etc/credstore/pingone-workforce
WatchdogSec={WATCHDOG}s
RestartSec=200ms
"""
CONTROL = """import sys, urllib.request
method, path = sys.argv[1:]
request = urllib.request.Request("http://127.0.0.1:%d/control" + path, sys.stdin.buffer.read() or None,
                                 {"Content-Type": "application/json"}, method=method)
print(urllib.request.urlopen(request, timeout=20).read().decode())
""" % PORT


def settings(interval="2s"):
    return f"""accounts:
  production:
    id: "{ACCOUNT}"
    token: ${{credential:cloudflare-production}}
    mode: enforce
desired: {{path: identity-providers}}
reconcile: {{interval: {interval}}}
api: {{base_url: "http://127.0.0.1:{PORT}/client/v4"}}
admin: {{listen: ["unix:/run/idpd/admin.sock"]}}
"""


def workforce(**config):
    entry = {"name": "Workforce", "type": "pingone", "config": {
        "client_id": "4f1c27d0", "client_secret": "${credential:pingone-workforce}", "ping_env_id": "9a2b1c3d", **config}}
    return json.dumps({"identity_providers": {"workforce": entry}})


def pins():
    return json.dumps({"identity_providers": {"pin": {"name": "PIN", "type": "onetimepin", "config": {}}}})


def spare():
    return json.dumps({"identity_providers": {"spare": {
        "name": "Spare", "type": "pingone", "config": {
            "client_id": "5a5a5a5a", "client_secret": "${credential:pingone-workforce}", "ping_env_id": "9a2b1c3d"}}}})


class Service(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        deb = machines.build_package()
        cls.machine = machines.Machine(boot=True)
        cls.machine.start()
        cls.addClassCleanup(cls.machine.stop)
        cls.machine.copy(deb, "/srv/idpd.deb")
        cls.machine.copy(machines.ROOT / "tests/simulator", "/opt/simulator")
        cls.machine.write("/etc/systemd/system/simulator.service", SIMULATOR)
        cls.failed = False

    def setUp(self):
        if type(self).failed:
            self.skipTest("an earlier step went wrong")

    def tearDown(self):
        outcome = self._outcome.result
        if any(test is self for test, _ in [*outcome.errors, *outcome.failures]):
            type(self).failed = True
            print(self.run_in("journalctl", "--no-pager", "-n", "60", "-u", "idpd", check=False).stdout, file=sys.stderr)
            print(self.run_in("systemctl", "--no-pager", "status", "idpd", check=False).stdout, file=sys.stderr)

    # What a step is made of.

    def run_in(self, *command, **how):
        return self.machine.run(*command, **how)

    def out(self, *command, **how):
        return self.machine.out(*command, **how)

    def show(self, what, unit="idpd"):
        return self.out("systemctl", "show", "-P", what, unit)

    def status(self):
        return self.show("StatusText")

    def pid(self):
        return int(self.show("MainPID"))

    def wait(self, condition, what, seconds=20):
        return self.machine.wait(condition, seconds, what)

    def control(self, method, path, body=None):
        text = self.out("python3", "-c", CONTROL, method, path, stdin="" if body is None else json.dumps(body))
        return json.loads(text) if text else None

    def providers(self):
        state = self.control("GET", "/state")["accounts"][ACCOUNT]["identity_providers"]
        return {one["name"]: one for one in state}

    def claims(self):
        return self.providers().get("Workforce", {}).get("config", {}).get("claims")

    def journal(self, *matches, unit="idpd"):
        lines = self.out("journalctl", "--no-pager", "-o", "json", "-u", unit, *matches).splitlines()
        return [json.loads(line) for line in lines if line]

    def messages(self, *matches, **how):
        return [entry["MESSAGE"] for entry in self.journal(*matches, **how)]

    def reload(self):
        """Kill ends before the daemon has said that it reloads: systemd may hear of it only afterwards."""
        self.run_in("systemctl", "reload", "idpd")
        self.wait(lambda: self.show("ActiveState") == "active", "the end of the reload")

    def file(self, name, text):
        self.machine.write(f"{FILES}/{name}", text)

    # The steps.

    def test_01_the_machine_is_up(self):
        self.assertEqual(self.out("systemctl", "is-system-running"), "running")
        self.assertEqual(self.out("cat", "/proc/1/comm"), "systemd")

    def test_02_the_package_installs_and_starts_nothing(self):
        self.run_in("dpkg", "-i", "/srv/idpd.deb")
        self.assertEqual(self.show("LoadState"), "loaded")
        self.assertEqual(self.show("ActiveState"), "inactive")
        self.assertEqual(self.out("systemctl", "is-enabled", "idpd", check=False), "disabled")

    def test_03_it_does_not_start_before_it_is_configured(self):
        self.run_in("systemctl", "start", "idpd")
        self.assertEqual(self.show("ActiveState"), "inactive")
        self.assertEqual(self.show("ConditionResult"), "no")

    def test_04_it_starts_and_says_that_it_is_ready(self):
        self.run_in("systemctl", "start", "simulator")
        self.wait(lambda: self.run_in("python3", "-c", CONTROL, "GET", "/state", check=False).returncode == 0, "the simulator")
        self.machine.write("/etc/credstore/cloudflare-production", TOKEN, "600")
        self.machine.write("/etc/credstore/pingone-workforce", SECRET, "600")
        self.machine.write("/etc/systemd/system/idpd.service.d/override.conf", DROP_IN)
        self.machine.write("/etc/idpd/idpd.yaml", settings(), "640", "root:idpd")
        self.file("workforce.yaml", workforce())
        self.file("pin.yaml", pins())
        self.file("spare.yaml", spare())
        self.run_in("systemctl", "daemon-reload")
        self.run_in("systemctl", "enable", "--now", "idpd")
        self.assertEqual(self.show("ActiveState"), "active")
        self.wait(self.status, "a status line")

    def test_05_it_makes_the_account_what_the_files_say(self):
        self.wait(lambda: {"Workforce", "PIN", "Spare"} <= set(self.providers()), "three identity providers")
        self.assertEqual(self.providers()["Workforce"]["config"]["client_secret"], SECRET)

    def test_06_its_places_are_its_own(self):
        self.assertEqual(self.out("stat", "-c", "%a %U:%G", "/var/lib/idpd"), "700 idpd:idpd")
        self.assertEqual(self.out("stat", "-c", "%a %U:%G", "/run/idpd"), "750 idpd:idpd")

    def test_07_it_runs_shut_in(self):
        status = dict(line.split(":", 1) for line in self.out("cat", f"/proc/{self.pid()}/status").splitlines() if ":" in line)
        self.assertEqual(int(status["CapEff"], 16), 0)
        self.assertEqual(int(status["CapBnd"], 16), 0)
        self.assertEqual(status["NoNewPrivs"].strip(), "1")
        self.assertEqual(status["Seccomp"].strip(), "2")
        self.assertEqual(self.out("stat", "-c", "%U", f"/proc/{self.pid()}/environ"), "root", "it is not dumpable")
        self.assertEqual(self.out("ls", f"/proc/{self.pid()}/root/home"), "")
        for name in ("environ", "cmdline"):
            text = self.out("cat", f"/proc/{self.pid()}/{name}")
            self.assertNotIn(TOKEN, text)
            self.assertNotIn(SECRET, text)

    def test_08_an_edited_file_changes_the_account(self):
        self.file("workforce.yaml", workforce(claims=["department"]))
        self.wait(lambda: self.claims() == ["department"], "the claim")

    def test_09_drift_is_undone(self):
        identifier = self.providers()["Workforce"]["id"]
        self.control("PATCH", f"/accounts/{ACCOUNT}/identity_providers/{identifier}", {"config": {"claims": ["other"]}})
        self.wait(lambda: self.claims() == ["department"], "the claim as the files have it")

    def test_10_a_reload_takes_new_settings(self):
        before = self.pid()
        self.machine.write("/etc/idpd/idpd.yaml", settings(interval="1s"), "640", "root:idpd")
        self.reload()
        self.assertEqual(self.pid(), before)
        self.file("workforce.yaml", workforce(claims=["department", "employee_id"]))
        self.wait(lambda: set(self.claims()) == {"department", "employee_id"}, "both claims")

    def test_11_broken_settings_change_nothing_and_are_said(self):
        self.machine.write("/etc/idpd/idpd.yaml", settings() + "nonsense: true\n", "640", "root:idpd")
        self.reload()
        self.wait(lambda: "settings" in self.status(), "a status that names the settings")
        self.machine.write("/etc/idpd/idpd.yaml", settings(interval="1s"), "640", "root:idpd")
        self.reload()
        self.wait(lambda: "settings" not in self.status(), "a status without them")

    def test_12_a_broken_file_leaves_the_last_good_in_force(self):
        self.file("workforce.yaml", "identity_providers: [")
        self.wait(lambda: "files" in self.status(), "a status that names the files")
        identifier = self.providers()["Workforce"]["id"]
        self.control("PATCH", f"/accounts/{ACCOUNT}/identity_providers/{identifier}", {"config": {"claims": ["other"]}})
        self.wait(lambda: set(self.claims()) == {"department", "employee_id"}, "the claims as the last good files have them")
        self.file("workforce.yaml", workforce(claims=["department"]))
        self.wait(lambda: self.claims() == ["department"], "the mended file")
        self.wait(lambda: "files" not in self.status(), "a status without the files")

    def test_13_a_withheld_delete_waits_for_somebody_of_the_group(self):
        self.assertEqual(self.out("stat", "-c", "%a %U:%G", "/run/idpd/admin.sock"), "660 idpd:idpd")
        self.run_in("rm", f"{FILES}/spare.yaml")
        shown = None

        def withheld():
            nonlocal shown
            shown = self.run_in("idpd", "--config", "/etc/idpd/idpd.yaml", "status", "--output", "json", user="idpd", check=False)
            # The account's own: incidents, such as a drift that is not over yet, have fingerprints as well.
            return json.loads(shown.stdout)["accounts"][0]["fingerprint"]
        try:
            fingerprint = self.wait(withheld, "a withheld plan in the status")
        except AssertionError:
            self.fail(f"no fingerprint in: {shown.stdout}{shown.stderr}")
        self.assertIn("Spare", self.providers())
        # Somebody else gets no answer; a person in the group does.
        self.run_in("useradd", "--no-create-home", "eve")
        self.run_in("useradd", "--no-create-home", "-G", "idpd", "ann")
        refused = self.run_in("idpd", "--config", "/etc/idpd/idpd.yaml", "approve", fingerprint, user="eve", check=False)
        self.assertEqual(refused.returncode, 1)
        self.assertIn("Spare", self.providers())
        self.run_in("idpd", "--config", "/etc/idpd/idpd.yaml", "approve", fingerprint, user="ann")
        self.wait(lambda: "Spare" not in self.providers(), "the delete")

    def test_14_a_hang_is_noticed_and_ended(self):
        before, restarts = self.pid(), int(self.show("NRestarts"))
        self.run_in("kill", "-STOP", str(before))
        self.wait(lambda: int(self.show("NRestarts")) > restarts and self.show("ActiveState") == "active", "a restart", 40)
        self.assertNotEqual(self.pid(), before)
        self.assertTrue(any("atchdog" in message for message in self.messages()))

    def test_15_a_killed_one_comes_back_and_goes_on(self):
        providers = len(self.providers())
        before, restarts = self.pid(), int(self.show("NRestarts"))
        self.run_in("kill", "-KILL", str(before))
        self.wait(lambda: int(self.show("NRestarts")) > restarts and self.show("ActiveState") == "active", "a restart")
        self.file("workforce.yaml", workforce(claims=["after_the_crash"]))
        self.wait(lambda: self.claims() == ["after_the_crash"], "the claim")
        self.assertEqual(len(self.providers()), providers, "no twin")

    def test_16_the_journal_knows_account_and_key(self):
        self.assertTrue(self.journal("IDPD_ACCOUNT=production"))
        self.assertTrue(self.journal("IDPD_KEY=workforce"))
        self.assertTrue(any("IDPD_INCIDENT" in entry for entry in self.journal()))
        own = self.journal("SYSLOG_IDENTIFIER=idpd")
        self.assertTrue({"6", "4"} <= {entry["PRIORITY"] for entry in own})
        everything = json.dumps(self.journal())
        self.assertNotIn(TOKEN, everything)
        self.assertNotIn(SECRET, everything)

    def test_17_an_upgrade_restarts_it(self):
        before = self.pid()
        self.run_in("dpkg", "-i", "/srv/idpd.deb")
        self.wait(lambda: self.show("ActiveState") == "active" and self.pid() not in (0, before), "the new process")

    def test_18_it_stops_soon_and_well(self):
        began = time.monotonic()
        self.run_in("systemctl", "stop", "idpd")
        self.assertLess(time.monotonic() - began, 10)
        self.assertEqual((self.show("Result"), self.show("ExecMainStatus"), self.show("ActiveState")), ("success", "0", "inactive"))
        self.assertFalse(self.run_in("test", "-e", "/run/idpd", check=False).returncode == 0)

    def test_19_the_hourly_check_fails_on_drift_and_only_then(self):
        self.machine.write("/etc/systemd/system/idpd-drift.service.d/override.conf",
                           "".join(line + "\n" for line in DROP_IN.splitlines()[:3]))
        self.run_in("systemctl", "daemon-reload")
        self.run_in("systemctl", "start", "idpd-drift")
        identifier = self.providers()["Workforce"]["id"]
        self.control("PATCH", f"/accounts/{ACCOUNT}/identity_providers/{identifier}", {"config": {"claims": ["other"]}})
        self.assertNotEqual(self.run_in("systemctl", "start", "idpd-drift", check=False).returncode, 0)
        self.assertEqual(self.show("ExecMainStatus", "idpd-drift"), "2")
        self.assertIn("Plan: 0 to create, 1 to update", "\n".join(self.messages(unit="idpd-drift")))
        self.assertEqual(self.claims(), ["other"], "it only looks")

    def test_20_a_removal_stops_it(self):
        self.run_in("systemctl", "start", "idpd")
        self.run_in("dpkg", "-r", "idpd")
        self.assertNotEqual(self.show("ActiveState"), "active")
        self.assertEqual(self.run_in("pgrep", "-x", "idpd", check=False).returncode, 1)
        self.assertEqual(self.out("stat", "-c", "%a", "/var/lib/idpd"), "700", "the state stays")


if __name__ == "__main__":
    missing = machines.why_not()
    if missing:
        print(f"skipped: {missing}")
        sys.exit(machines.SKIPPED)
    unittest.main(verbosity=2)
