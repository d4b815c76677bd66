"""Crashes of `idpd run`: killed in the middle of the full scenario, at a write to the API or at a call that writes its
state, and in the middle of an approved delete. What a restart makes of it, and that of what was written down to be
told every message arrives.
"""

import contextlib
import time

import strace
from crash_apply import STALL_MS, ApplyCrash, Prepared
from scenario import AFTER, BEFORE
from daemon import Daemon  # found by way of scenario

WEBHOOK = "crashes"
WRITES = ("POST", "PUT", "DELETE")
SECONDS = 90
IN_SYNC = f"{len(AFTER)} in sync, 0 drifted, 0 pending, 0 unknown, 0 withheld"


class DaemonCase:
    """Mixed into a Crashing: its command is the daemon."""

    arguments = ("run",)

    @contextlib.contextmanager
    def running(self, prefix=()):
        made = Daemon(self.command(prefix), self.folder, strace.environment(self.environment))
        try:
            yield made
        finally:
            if prefix:
                strace.kill_traced(made.process)
            made.kill()
            self.said.append(made.stderr)

    def begin(self):
        super().begin()
        self.said = []
        self.sim.clear_webhook(WEBHOOK)
        self.run_settings(interval="1s", webhooks={WEBHOOK: {}})
        self.disturb()

    def disturb(self):
        """What else has happened before the daemon starts."""

    def writes_of_a_run(self):
        """In the order in which they are made, as `METHOD how-many-of-it`."""
        self.begin()
        with self.running() as daemon:
            self.wait_until_done(daemon)
        methods = [one["method"] for one in self.sim.requests() if one["method"] in WRITES]
        return [f"{method} {methods[:at].count(method)}" for at, method in enumerate(methods)]

    def calls_of_a_run(self):
        self.begin()
        log = self.folder.parent / f"{self.folder.name}.trace"  # the daemon watches its own folder
        try:
            with self.running(strace.tracing(log)) as daemon:
                self.wait_until_done(daemon)
            return strace.calls_below(log, self.state_folder)
        finally:
            log.unlink(missing_ok=True)

    def stall_at(self, request, when):
        method, _, skip = request.partition(" ")
        self.sim.fault(method=method, skip=int(skip or 0), action="stall", when=when, delay_ms=STALL_MS)

    def kill_at_write(self, request, when):
        self.begin()
        self.stall_at(request, when)
        with self.running() as daemon:
            self.act(daemon)
            self.wait_until_stalled(daemon.process)
            daemon.kill()
        self.check_after([])

    def kill_at_call(self, call):
        """Where the call is never reached, since a daemon is not every time the same, it is killed when all is done."""
        self.begin()
        with self.running(strace.killing(call)) as daemon:
            with contextlib.suppress(AssertionError):  # it has ended, as it should
                self.wait_until_done(daemon)
        self.check_after([])

    def fail_at_call(self, call, error, from_then_on=False):
        """It gets over it by itself, or, at its start, refuses to run."""
        self.begin()
        with self.running(strace.failing(call, error, from_then_on)) as daemon:
            def over():
                return daemon.process.poll() is not None or daemon.told("STATUS").endswith(IN_SYNC)
            daemon.wait_until(over, SECONDS, "convergence")
            self.assertIn(daemon.process.poll(), (None, 1), daemon.stderr)
        self.check_after([])

    def act(self, daemon):
        """What a person does meanwhile."""


class DaemonCrash(DaemonCase, ApplyCrash):
    def disturb(self):
        """A drift, so that there is something to tell: it is healed by the pass that sends the rotated secret."""
        self.sim.patch(self.id_before("Rotating"), {"config": {"client_id": "by hand"}})

    def wait_until_done(self, daemon):
        daemon.wait_status(IN_SYNC)
        daemon.wait_until(self.all_told, SECONDS, "every message")
        time.sleep(0.3)  # it is written down that they were taken

    def kill_at_message(self):
        """While the receiver of a message has it and has not answered yet."""
        self.begin()
        self.sim.webhook_answers(WEBHOOK, delay_ms=3000, times=1)
        with self.running() as daemon:
            daemon.wait_until(lambda: self.sim.webhooks(WEBHOOK), SECONDS, "a message")
            daemon.kill()
        self.sim.clear_webhook(WEBHOOK)
        self.check_after([])

    def history(self):
        return self.idpd("history", "--output", "json").json["incidents"]

    def messages(self):
        return [one["body"]["incident"] for one in self.sim.webhooks(WEBHOOK) if one["status"] == 200]

    def untold(self):
        """Of what is written down as an incident, what the receiver never heard of, or not of its end."""
        messages = self.messages()
        heard = {one["number"] for one in messages}
        ended = {one["number"] for one in messages if one["ended"]}
        return [one for one in self.history() if one["number"] not in (ended if one["ended"] else heard)]

    def all_told(self):
        return not self.untold()

    def check_after(self, broken):
        self.sim.control("DELETE", "/faults")
        self.check_safe()
        lost = self.lost_scim()
        self.sim.clear_requests()
        with self.running() as daemon:
            daemon.wait_ready(SECONDS)
            daemon.wait_until(lambda: self.is_over(daemon, lost), SECONDS, "convergence")
            self.assertEqual(daemon.stop(), 0)
        self.check_converged()
        self.check_scim([], lost)
        self.check_no_secret(self.said)
        self.check_no_leftovers()
        self.check_told(lost)

    def is_over(self, daemon, lost):
        gone = set(self.sim.state()["deleted"]) == self.to_be_deleted()  # what was replaced goes a pass later
        return (gone and daemon.told("STATUS").endswith(IN_SYNC) and self.sim.requests("GET") and not self.untold()
                and len([one for one in self.history() if not one["ended"]]) == len(lost))

    def check_told(self, lost):
        self.assertEqual(self.untold(), [])
        lasting = [one["key"] for one in self.history() if not one["ended"]]
        self.assertEqual(sorted(lasting), sorted(lost), "what is open although it is over, or over although it is open")
        ended = set()
        for one in self.messages():
            self.assertTrue(one["ended"] or one["number"] not in ended, f"open again after its end: {one}")
            ended |= {one["number"]} if one["ended"] else set()


class ApproveCrash(DaemonCase, Prepared):
    """A delete that the settings withhold is approved, and the daemon dies in the middle of it."""

    account_settings = {"deletes": "withhold"}

    def run_settings(self, **more):
        super().run_settings(**{**more, **self.account_settings})

    def prepare_account(self):
        for key in ("leaver", "settled", "workforce"):
            self.write(key, BEFORE[key])
        for _ in range(4):
            self._settle()
        self.write("leaver", None)

    def act(self, daemon):
        """As a person who reads the fingerprint in the status."""
        daemon.wait_ready(SECONDS)

        def fingerprint():
            accounts = daemon.admin("GET", "/api/v1/status").json.get("accounts") or [{}]
            return accounts[0].get("fingerprint")
        shown = daemon.wait_until(fingerprint, SECONDS, "the fingerprint of what waits")
        answer = self.idpd("approve", shown)
        self.assertEqual(answer.code, 0, answer)

    def names(self):
        return sorted(one["name"] for one in self.sim.providers())

    def check_after(self, broken):
        self.sim.control("DELETE", "/faults")
        made = "Leaver" not in self.names()
        self.sim.clear_requests()
        with self.running() as daemon:
            daemon.wait_ready(SECONDS)
            daemon.wait_until(lambda: len(self.sim.requests("GET")) > 2, SECONDS, "two passes")
            time.sleep(0.2)
            self.assertEqual(self.sim.writes(), [], "an approval is for one pass, and that one has died")
            if not made:
                self.act(daemon)
            daemon.wait_status("2 in sync, 0 drifted, 0 pending, 0 unknown, 0 withheld")
            self.assertEqual(daemon.stop(), 0)
        self.assertEqual(self.names(), ["Settled", "Workforce"])
