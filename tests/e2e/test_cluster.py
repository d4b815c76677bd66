"""Several hosts that share the accounts through a real etcd: one works, another takes over (README.md, "Several
hosts")."""

import json
import signal
import subprocess
import time
import unittest

from daemon import Daemon
from etcd import Etcd, needs_etcd
from harness import ACCOUNT, OTHER_ACCOUNT, Managed, github, okta

LEASE = 4
NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2")


@needs_etcd
class ClusterCase(Managed):
    cluster_more = ""
    user = None

    def setUp(self):
        super().setUp()
        self.etcd = self.make_etcd()
        self.addCleanup(self.etcd.stop)

    def make_etcd(self):
        return Etcd(self.folder / "etcd")

    def settings_of(self, name, mode="enforce", interval="1s", more=""):
        """A host's own settings: a folder of its own, the files and the simulator of all."""
        home = self.folder / name
        home.mkdir(exist_ok=True)
        account = f"{{id: \"%s\", token: '${{env:TOKEN}}', mode: {mode}, deletes: allow}}"
        (home / "idpd.yaml").write_text(
            f"accounts:\n  production: {account % ACCOUNT}\n  other: {account % OTHER_ACCOUNT}\n"
            f"desired: {{path: {self.files}}}\napi: {{base_url: '{self.sim.api}'}}\n"
            f"admin: {{listen: 'unix:{home}/admin.sock'}}\nreconcile: {{interval: {interval}}}\n"
            f"cluster: {{etcd: ['{self.etcd.url}'], host: {name}, lease: {LEASE}s, shards: 4{self.cluster_more}}}\n{more}")
        return home

    def host(self, name, **more):
        home = self.settings_of(name, **more)
        command = [self.program, "--config", str(home / "idpd.yaml"), "run"]
        daemon = Daemon(command, home, self.witness.given(self.environment))
        self.witness.daemons.append(daemon)
        self.addCleanup(daemon.kill)
        return daemon.wait_ready()

    def by_hand(self, name, *arguments):
        command = [self.program, "--config", str(self.folder / name / "idpd.yaml"), *arguments]
        return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=90,
                              cwd=self.folder, env=self.witness.given(self.environment))

    def write_one(self, key, entry):
        self.files.joinpath(f"{key}.yaml").write_text(
            json.dumps({"account": "production", "identity_providers": {key: entry}}))

    def holder(self, account="production", *, seen_by):
        """Who has the account, as this host's status says it."""
        found = [one for one in seen_by.admin("GET", "/api/v1/status").json.get("accounts", []) if one["account"] == account]
        return found[0].get("held_by") if found else None

    def named(self, name):
        return [one for one in self.sim.providers() if one["name"] == name]

    def wait_live(self, name, **config):
        self.wait_for(lambda: any(all(one["config"].get(key) == value for key, value in config.items())
                                  for one in self.named(name)), seconds=30)


class OneHostIsEnough(ClusterCase):
    def test_a_host_alone_takes_all_accounts_and_leaves_nothing_behind_when_it_stops(self):
        self.write_one("github", github())
        one = self.host("alpha")
        self.wait_live("GitHub")
        self.wait_for(lambda: f"/idpd/accounts/{ACCOUNT}/record/github" in self.etcd.all())
        self.assertEqual(one.stop(), 0)
        self.assertEqual([key for key in self.etcd.all() if "/live/" in key], [])

    def test_an_idle_pass_changes_nothing_in_etcd(self):
        self.write_one("github", github())
        self.host("alpha")
        self.wait_live("GitHub")
        self.wait_for(lambda: f"/idpd/accounts/{ACCOUNT}/mark" in self.etcd.all())
        for _ in range(3):  # until the record is no longer young
            self.sim.clear_requests()
            self.wait_for_request("GET")
        self.sim.clear_requests()
        self.wait_for_request("GET")
        before = self.etcd.revision()
        for _ in range(2):
            self.sim.clear_requests()
            self.wait_for_request("GET")
        self.assertEqual(self.etcd.revision(), before)

    def test_no_secret_is_in_etcd(self):
        self.write_one("github", github())
        self.host("alpha")
        self.wait_live("GitHub")
        self.wait_for(lambda: f"/idpd/accounts/{ACCOUNT}/record/github" in self.etcd.all())
        self.assertNotIn("s3cret", json.dumps(self.etcd.all()))

    def test_records_from_before_the_cluster_are_kept(self):
        self.write_one("github", github())
        home = self.settings_of("alpha")
        settings = (home / "idpd.yaml").read_text()
        (home / "idpd.yaml").write_text("".join(line + "\n" for line in settings.splitlines()
                                                if not line.startswith("cluster:")))
        done = self.by_hand("alpha", "apply", "--auto-approve")
        self.assertEqual(done.returncode, 0, done.stderr)
        key = (home / ".idpd/fingerprint.key").read_text().strip()
        self.host("alpha")
        self.wait_for(lambda: f"/idpd/accounts/{ACCOUNT}/record/github" in self.etcd.all())
        self.assertEqual(json.loads(self.etcd.all()["/idpd/cluster"])["fingerprint_key"], key)


class AnotherTakesOver(ClusterCase):
    def two(self, **more):
        one, two = self.host("alpha", **more), self.host("beta", **more)
        self.wait_for(lambda: len([key for key in self.etcd.all() if "/live/members/" in key]) == 2)
        # Each holds something, or the other all: four shards over two accounts.
        self.wait_for(lambda: self.working(one, two))
        return one, two

    def working(self, one, two):
        """(who has the account, who has not), once one of them has."""
        if (name := self.holder(seen_by=one)) == "beta":
            return two, one
        if name is None and self.holder(seen_by=two) == "alpha":
            return one, two
        return None

    def test_after_a_kill_the_other_goes_on_with_the_same_identity_providers(self):
        self.write_one("github", github())
        one, two = self.two()
        self.wait_live("GitHub")
        self.wait_for(lambda: f"/idpd/accounts/{ACCOUNT}/record/github" in self.etcd.all())
        first, second = self.working(one, two)
        identifier = self.named("GitHub")[0]["id"]
        first.kill()
        # With the record it knows that this one was renamed, and makes no second.
        self.write_one("github", github(name="GitHub Two", client_id="gh-2"))
        self.wait_live("GitHub Two", client_id="gh-2")
        self.assertEqual([one["id"] for one in self.named("GitHub Two")], [identifier])
        self.wait_for(lambda: self.holder(seen_by=second) is None)

    def test_a_clean_stop_hands_over(self):
        self.write_one("github", github())
        one, two = self.two()
        self.wait_live("GitHub")
        first, second = self.working(one, two)
        self.assertEqual(first.stop(), 0)
        self.sim.patch(self.named("GitHub")[0]["id"], {"config": {"client_id": "drifted"}})
        self.wait_live("GitHub", client_id="gh-1")
        self.wait_for(lambda: self.holder(seen_by=second) is None)

    def test_what_left_the_files_is_deleted_by_the_host_that_took_over(self):
        self.write_one("github", github())
        self.write_one("okta", okta())
        one, two = self.two()
        self.wait_live("GitHub")
        self.wait_live("Okta")
        self.wait_for(lambda: f"/idpd/accounts/{ACCOUNT}/record/okta" in self.etcd.all())
        first, _ = self.working(one, two)
        first.kill()
        self.files.joinpath("okta.yaml").unlink()
        self.wait_for(lambda: not self.named("Okta"), seconds=30)
        self.assertEqual(len(self.named("GitHub")), 1)

    def test_a_drift_is_told_of_once_and_its_end_by_whoever_has_the_account_then(self):
        self.write_one("github", github())
        self.settings_of("alpha")
        self.assertEqual(self.by_hand("alpha", "apply", "--auto-approve").returncode, 0)
        self.sim.patch(self.named("GitHub")[0]["id"], {"config": {"client_id": "drifted"}})
        self.environment["WEBHOOK"] = self.sim.webhook_url("team")
        self.witness.webhooks.add("team")
        notify = "notify: [{webhook: '${env:WEBHOOK}'}]\n"
        one, two = self.two(mode="report", more=notify)
        self.wait_for(lambda: self.sim.webhooks("team"))
        self.wait_for(lambda: [key for key in self.etcd.all() if f"{ACCOUNT}/incident/" in key])
        first, second = self.working(one, two)
        self.assertEqual(first.stop(), 0)
        self.wait_for(lambda: self.holder(seen_by=second) is None)
        for _ in range(2):
            self.sim.clear_requests()
            self.wait_for(lambda: [r for r in self.sim.requests("GET") if ACCOUNT in r["path"]])
        self.assertEqual(len(self.sim.webhooks("team")), 1, "the other host has told of it")
        self.sim.patch(self.named("GitHub")[0]["id"], {"config": {"client_id": "gh-1"}})
        self.wait_for(lambda: len(self.sim.webhooks("team")) == 2)

    def test_a_paused_host_writes_nothing_once_it_wakes(self):
        self.write_one("github", github())
        one, two = self.two()
        self.wait_live("GitHub")
        self.wait_for(lambda: f"/idpd/accounts/{ACCOUNT}/record/github" in self.etcd.all())
        first, _ = self.working(one, two)
        # Paused in the middle of a pass: it has been told to write and has not yet.
        self.sim.fault(method="GET", path="/identity_providers/*", delay_ms=1000, times=1)
        self.sim.clear_requests()
        self.write_one("github", github(client_id="gh-2"))
        self.wait_for(lambda: [r for r in self.sim.requests("GET") if "/identity_providers/" in r["path"]])
        first.process.send_signal(signal.SIGSTOP)
        self.wait_live("GitHub", client_id="gh-2")  # by the other, after the lease
        self.write_one("github", github(client_id="gh-3"))
        self.wait_live("GitHub", client_id="gh-3")
        writes = len(self.sim.writes())
        first.process.send_signal(signal.SIGCONT)
        first.wait_until(lambda: self.working(one, two), what="its waking")
        time.sleep(2)  # two passes of whoever has it now
        self.assertEqual(len(self.sim.writes()), writes, "it sent what it had in hand when it was paused")
        self.assertEqual(self.named("GitHub")[0]["config"]["client_id"], "gh-3")


class ByHand(ClusterCase):
    def test_apply_is_refused_while_another_host_has_the_account_and_names_it(self):
        self.write_one("github", github())
        self.settings_of("beta")
        self.host("alpha")
        self.wait_live("GitHub")
        done = self.by_hand("beta", "apply", "--auto-approve", "--lock-timeout", "1s")
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("held by alpha", done.stdout + done.stderr)

    def test_apply_works_without_a_daemon_and_the_next_host_knows_its_records(self):
        self.write_one("github", github())
        self.write_one("okta", okta())
        self.settings_of("alpha")
        self.settings_of("beta")
        done = self.by_hand("alpha", "apply", "--auto-approve", "--account", "production")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual([key for key in self.etcd.all() if "/live/" in key], [])
        # The other host knows whose it is: what leaves the files is deleted.
        self.files.joinpath("github.yaml").unlink()
        plan = self.by_hand("beta", "plan", "--account", "production")
        self.assertIn("0 to create, 0 to update, 0 to replace, 1 to delete", plan.stdout, plan.stderr)
        self.assertFalse((self.folder / "beta/.idpd").exists(), "a plan writes nothing")
        done = self.by_hand("beta", "apply", "--auto-approve", "--account", "production")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual([one["name"] for one in self.sim.providers()], ["Okta"])

    def test_what_is_forgotten_on_one_host_is_forgotten_on_all(self):
        self.write_one("github", github())
        self.settings_of("alpha")
        self.settings_of("beta")
        self.assertEqual(self.by_hand("alpha", "apply", "--auto-approve").returncode, 0)
        self.files.joinpath("github.yaml").unlink()
        self.write_one("okta", okta())
        done = self.by_hand("alpha", "forget", "github")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("0 to delete", self.by_hand("beta", "plan").stdout)


class EtcdIsLost(ClusterCase):
    def test_without_etcd_nothing_is_written_and_it_goes_on_when_it_is_back(self):
        self.write_one("github", github())
        one = self.host("alpha")
        self.wait_live("GitHub")
        self.etcd.stop()
        one.wait_status("the cluster, since ")
        one.wait_until(lambda: self.holder(seen_by=one) is not None, what="that it no longer holds it")
        self.sim.clear_requests()
        self.sim.patch(self.named("GitHub")[0]["id"], {"config": {"client_id": "drifted"}})
        before = one.cpu_seconds()
        time.sleep(2)
        self.assertEqual(self.sim.writes(), [])
        self.assertLess(one.cpu_seconds() - before, 1.0)
        self.etcd.start()
        self.wait_live("GitHub", client_id="gh-1")

    def test_a_daemon_that_starts_without_etcd_waits_for_it(self):
        self.write_one("github", github())
        self.etcd.stop()
        one = self.host("alpha")
        one.wait_status("the cluster, since ")
        self.etcd.start()
        self.wait_live("GitHub")


class EtcdAsksWhoItIs(ClusterCase):
    cluster_more = ", user: hosts, password: '${env:ETCD_PASSWORD}'"

    def make_etcd(self):
        etcd = Etcd(self.folder / "etcd")
        etcd.protect("hosts", "s3cret-of-etcd", "/idpd/")
        return etcd

    def test_with_its_password_it_works(self):
        self.environment["ETCD_PASSWORD"] = "s3cret-of-etcd"
        self.write_one("github", github())
        self.host("alpha")
        self.wait_live("GitHub")

    def test_a_wrong_password_is_said_without_showing_it(self):
        self.environment["ETCD_PASSWORD"] = "s3cret-but-wrong"
        one = self.host("alpha")
        one.wait_status("check cluster.user and cluster.password")
        self.assertNotIn("s3cret", one.stderr)


class EtcdOverTls(ClusterCase):
    def make_etcd(self):
        self.keys = self.folder / "keys"
        self.keys.mkdir()
        for name in ("ca", "stranger"):
            self.openssl("req", "-x509", *NEW_KEY, "-subj", f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.pem")
        self.openssl("req", *NEW_KEY, "-subj", "/CN=etcd", "-addext", "subjectAltName=IP:127.0.0.1",
                     "-keyout", "etcd.key", "-out", "etcd.csr")
        self.openssl("x509", "-req", "-in", "etcd.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2",
                     "-copy_extensions", "copy", "-out", "etcd.pem")
        return Etcd(self.folder / "etcd", tls=tuple(str(self.keys / name) for name in ("etcd.pem", "etcd.key", "ca.pem")))

    def openssl(self, *arguments):
        subprocess.run(["openssl", *arguments], check=True, capture_output=True, cwd=self.keys)

    def test_its_certificate_is_verified_with_ca_file_and_another_ca_is_said_with_the_setting(self):
        self.write_one("github", github())
        self.cluster_more = f", ca_file: {self.keys}/stranger.pem"
        stranger = self.host("alpha")
        stranger.wait_status("cluster.ca_file")
        self.assertEqual(self.named("GitHub"), [], "it has asked nobody, and writes nothing")
        self.assertEqual(stranger.stop(), 0)
        self.cluster_more = f", ca_file: {self.keys}/ca.pem"
        self.host("alpha")
        self.wait_live("GitHub")


if __name__ == "__main__":
    unittest.main()
