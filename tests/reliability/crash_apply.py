"""Crashes of the commands: `apply` over the full scenario, `import --adopt` and `forget`, each killed at a request or
at a call that writes its state, or with that call failing; then run again, and everything must come out right.
"""

import contextlib
import signal
import subprocess
import time

import strace
from scenario import ACTIONS, AFTER, BEFORE, BRINGS_SCIM_SECRET, TOKEN, Scenario, changes_of
from harness import Result  # found by way of scenario

STALL_MS = 20_000
KILLED = -signal.SIGKILL


class Crashing(Scenario):
    """What can be done to a command. `arguments` are the command under test, `check_after` its invariants."""

    arguments = ("apply", "--auto-approve", "--output", "json")

    def begin(self):
        """The moment before the command under test."""
        self.sim.control("DELETE", "/faults")
        self.restore()
        self.sim.clear_requests()

    def command(self, prefix=()):
        return [*prefix, self.program, "--config", str(self.folder / "idpd.yaml"), *self.arguments]

    def run(self, prefix=()):  # not unittest's
        done = subprocess.run(self.command(prefix), stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=120, cwd=self.folder, env=strace.environment(self.environment))
        self.assertNotIn("Sanitizer", done.stderr, done.stderr)
        return Result(done.returncode, done.stdout, done.stderr)

    # --- What a run without a crash does: the places where one can be.

    def requests_of_a_run(self):
        self.begin()
        result = self.run()
        self.assertEqual(result.code, 0, result)
        return [f"{one['method']} {one['path']}" for one in self.sim.requests()]

    def calls_of_a_run(self):
        self.begin()
        log = self.folder / "trace"
        result = self.run(strace.tracing(log))
        self.assertEqual(result.code, 0, result)
        return strace.calls_below(log, self.watched())

    def watched(self):
        """The folder whose files the crash may leave half written."""
        return self.state_folder

    # --- The crashes.

    def kill_at_request(self, number, when):
        """While it waits for the answer to its request of this number, which is carried out (`after`) or not."""
        self.begin()
        self.sim.fault(skip=number, action="stall", when=when, delay_ms=STALL_MS)
        process = subprocess.Popen(self.command(), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL, cwd=self.folder, env=self.environment)
        try:
            self.wait_until_stalled(process)
        finally:
            process.kill()
            process.wait()
        self.check_after([])

    def wait_until_stalled(self, process):
        self.wait_for(lambda: any(one["fault"] for one in self.sim.requests()) or process.poll() is not None, 60)
        self.assertIsNone(process.poll(), "it ended before that request")
        time.sleep(0.03)  # the simulator carries it out just after it has noted it

    def kill_at_call(self, call):
        self.begin()
        result = self.run(strace.killing(call))
        self.assertEqual(result.code, KILLED, f"{call} was never reached: {result}")
        self.check_after([result])

    def fail_at_call(self, call, error, from_then_on=False):
        """The call fails, and perhaps all that follow; the command says what it has done, and ends by itself."""
        self.begin()
        result = self.run(strace.failing(call, error, from_then_on))
        self.assertIn(result.code, (0, 1), result)
        self.check_failed(result)
        self.check_after([result])

    def check_failed(self, result):
        """What must hold of the report of a command of which a write failed."""

    def check_after(self, broken):
        raise NotImplementedError


class ApplyCrash(Crashing):
    def check_failed(self, result):
        outcomes = [change["outcome"] for change in changes_of(result)]
        done = outcomes == ["done"] * len(ACTIONS)
        if result.code == 1 and done:
            self.assertTrue("error" in result.out, result)  # all was done, and that it is not remembered is said
            result = Result(0, result.out, result.err)
        self.check_truthful(result)

    def lost_scim(self):
        """Which SCIM secrets were in an answer that nobody has kept."""
        live = {one["name"]: one for one in self.sim.providers()}
        return {key for key in BRINGS_SCIM_SECRET
                if "secret" in ((live.get(AFTER[key]["name"]) or {}).get("scim_config") or {})
                and not self.scim_file(key).exists()}

    def check_after(self, broken):
        self.sim.control("DELETE", "/faults")
        self.check_safe()
        lost = self.lost_scim()
        recovery = self.recover()
        self.check_converged()
        self.check_scim([], lost)
        self.check_no_secret([text for one in (*broken, *recovery) for text in (one.out, one.err)])
        self.check_no_leftovers()

    def check_no_leftovers(self):
        left = [str(path.relative_to(self.folder)) for path in (self.state_folder / "scim").rglob(".*")]
        self.assertEqual(left, [], "left behind by the run that was killed")


class Prepared(Crashing):
    """A small account of its own."""

    def prepare(self):
        self.sim.control("PUT", f"/tokens/{TOKEN}", {})
        secrets = {name: f"canary-{name.lower()}" for name in ("LEAVER", "SETTLED", "WORKFORCE")}
        self.environment.update(secrets, TOKEN=TOKEN)
        self.prepare_account()
        self._keep()


class ImportCrash(Prepared):
    """Three that were made by hand; `import --adopt` writes their files and records them, and writes to nobody else."""

    arguments = ("import", "--adopt")
    keys = {"leaver", "settled", "workforce"}

    def watched(self):
        return self.folder

    def prepare_account(self):
        for key in self.keys:
            entry = BEFORE[key]
            self.sim.create({**entry, "config": {**entry["config"], "client_secret": "typed-by-hand"}})

    def check_after(self, broken):
        again = self.run()
        self.assertEqual(again.code, 0, again)
        self.assertEqual({path.name for path in self.files.iterdir()}, {f"{key}.yaml" for key in self.keys})
        third = self.run()
        self.assertEqual(third.out.count("there already"), 3, third)
        self.assertNotIn("adopted", third.out)
        document = self.plan()
        self.assertEqual(document["accounts"][0]["changes"], [])
        self.assertEqual(self.sim.writes(), [])
        self.files_named_nothing_would_delete_all_three()

    def files_named_nothing_would_delete_all_three(self):
        """All three are recorded: without their files idpd would say what becomes of them."""
        for path in self.files.iterdir():
            path.unlink()
        changes = self.plan()["accounts"][0]["changes"]
        deletes = {(change["action"], change["key"]) for change in changes}
        self.assertEqual(deletes, {("delete", key) for key in self.keys})


class ForgetCrash(Prepared):
    """One has left the files and is to be managed no longer."""

    arguments = ("forget", "leaver")

    def prepare_account(self):
        for key in ("leaver", "settled"):
            self.write(key, BEFORE[key])
        self._settle()
        self.write("leaver", None)

    def check_after(self, broken):
        again = self.run()
        if again.code != 0:  # then the first one has done it
            self.assertIn("is managed", again.err + again.out)
        self.assertEqual(self.plan()["accounts"][0]["changes"], [])
        self.assertEqual(self.sim.writes(), [])
        self.assertEqual({one["name"] for one in self.sim.providers()}, {"Leaver", "Settled"})
        self.apply()
        self.assertEqual(len(self.sim.providers()), 2)


class MoveCrash(Prepared):
    """A key is renamed in the files: its record and its SCIM secret go along, and nothing is sent."""

    def prepare_account(self):
        self.write("settled", BEFORE["settled"])
        self.write("workforce", AFTER["workforce"])
        for _ in range(4):
            self._settle()
        self.secret = self.scim_file("workforce").read_text()
        self.write("workforce", None)
        self.write("staff", AFTER["workforce"])

    def check_failed(self, result):
        done = bool(changes_of(result)) and all(change["outcome"] == "done" for change in changes_of(result))
        self.assertTrue(done or result.code == 1, result)

    def check_after(self, broken):
        recovery = self.recover()
        self.assertEqual(self.scim_file("staff").read_text(), self.secret)
        self.assertFalse(self.scim_file("workforce").exists())
        self.assertEqual(self.sim.writes(), [])
        self.assertEqual(self.plan()["accounts"][0]["changes"], [])
        self.check_no_secret([text for one in (*broken, *recovery) for text in (one.out, one.err)])

    def check_no_secret(self, texts):
        self.assertNotIn(self.secret, "".join(texts))


@contextlib.contextmanager
def closing(case):
    try:
        yield case
    finally:
        case.close()
