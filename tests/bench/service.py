"""`idpd run`: what one pass takes once it runs, what it holds in memory, how soon it is ready, how soon it sees an edit,
and how near it comes to what the API's limit allows.
"""

import contextlib
import datetime
import math
import os
import pathlib
import re
import statistics
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

import daemon  # noqa: E402 (the path above)
import harness  # noqa: E402
import idle_check  # noqa: E402
import world as worlds  # noqa: E402

WINDOW = 300  # seconds of Cloudflare's limit
PASSES_EVERY = 4  # seconds; CPU of a pass is the same when they are rarer


def cpu_seconds(pid):
    """Of all its threads, to the nanosecond."""
    total = 0
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        with contextlib.suppress(FileNotFoundError):
            total += int((task / "schedstat").read_text().split()[0])
    return total / 1e9


def memory(pid):
    """Bytes, by the names that Linux has for them."""
    rollup = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
    found = {name: int(kib) * 1024 for name, kib in re.findall(r"^(\w+): +(\d+) kB", rollup, re.MULTILINE)}
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return {"rss": found["Rss"], "pss": found["Pss"], "private": found["Private_Clean"] + found["Private_Dirty"],
            "peak": int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) * 1024}


@contextlib.contextmanager
def running(idpd, server, world, name, interval, tokens=1):
    """The daemon on this API, after its first pass over all accounts; and the seconds until it was ready."""
    settings = world.settings(server.api[name], f"run-{name}", {
        "admin": {"listen": [f"unix:{world.folder}/admin.sock"]}, "api": {"ca_file": str(server.ca)},
        "reconcile": {"concurrency": worlds.CONCURRENCY, "interval": f"{interval}s"}}, tokens)
    server.requests()
    began = time.monotonic()
    one = daemon.Daemon([str(idpd), "--config", str(settings), "run"], world.folder, idle_check.environment(server))
    try:
        one.wait_ready(120)
        ready = time.monotonic() - began
        wait_for(server, world.requests, 120)
        yield one, ready
    finally:
        one.stop()
        for left in world.folder.glob("notify-*.sock"):
            left.unlink()


def wait_for(server, requests, seconds):
    """Until the server has answered so many."""
    end = time.monotonic() + seconds
    while server.answered() < requests:
        if time.monotonic() > end:
            raise RuntimeError(f"{server.answered()} of {requests} requests came")
        time.sleep(0.002)


def until_ready(idpd, server, world):
    """Seconds from its start."""
    with running(idpd, server, world, "plain", 3600) as (_, seconds):
        return seconds


def steady(idpd, server, world, seconds):
    """What a pass after the first takes (CPU and requests, over many), and what the daemon then holds."""
    with running(idpd, server, world, "plain", PASSES_EVERY, worlds.TOKENS) as (one, _):
        pid = one.process.pid
        time.sleep(PASSES_EVERY)  # by then each account has a time of its own
        server.requests()
        before, began = cpu_seconds(pid), time.monotonic()
        time.sleep(seconds)
        cpu, took = cpu_seconds(pid) - before, time.monotonic() - began
        requests, bad = server.requests()
        if bad:
            raise RuntimeError(f"{bad} requests failed")
        passes = took / PASSES_EVERY
        if not requests:
            raise RuntimeError("no pass was made")
        return {"cpu": cpu * world.requests / requests, "requests": requests / passes, **memory(pid)}


class Edits(harness.RunCase):
    """From a changed file to the requests that carry it out."""

    def runTest(self):
        raise NotImplementedError

    def reaction(self, edits):
        """Seconds from the edit to the first request, and to the write."""
        self.write("gh", harness.github())
        one = self.started()
        one.wait_status("1 in sync")
        first, wrote = [], []
        for number in range(edits):
            self.sim.clear_requests()
            began = datetime.datetime.now(datetime.timezone.utc)
            self.write("gh", harness.github(client_id=f"edit-{number}"))
            written = self.wait_for_request("PUT")[0]
            asked = self.sim.requests()[0]
            first.append((moment(asked) - began).total_seconds())
            wrote.append((moment(written) - began).total_seconds())
            one.wait_status("1 in sync")
        one.stop()
        return statistics.median(first), statistics.median(wrote)

    def burst(self, edits):
        """Passes and writes that a burst of edits of one file comes to."""
        self.write("gh", harness.github())
        one = self.started()
        one.wait_status("1 in sync")
        self.sim.clear_requests()
        for number in range(edits):
            self.write("gh", harness.github(client_id=f"burst-{number}"))
        self.wait_config("GitHub", client_id=f"burst-{edits - 1}")
        one.wait_status("1 in sync")
        passes, writes = self.lists(), len(self.sim.writes())
        one.stop()
        return passes, writes

    def budget(self, changes, accounts, limit):
        """So many changes at once, of accounts with a token and a limit each: seconds, those that the limit alone would take
        (a window's requests at once, the next ones a window later), requests, 429s."""
        each = changes // accounts
        ids = [f"{number + 1:032x}" for number in range(accounts)]
        settings = {"accounts": {}, "desired": {"path": "identity-providers"},
                    "api": {"base_url": self.sim.api, "requests_per_5m": limit},
                    "admin": {"listen": [f"unix:{self.folder}/admin.sock"]}, "reconcile": {"interval": "1h"}}
        for number, account in enumerate(ids):
            self.environment[f"TOKEN_{number}"] = f"bench-{number}"
            self.sim.put("apps", [], account)  # which makes the account
            self.sim.control("PUT", f"/tokens/bench-{number}", {"accounts": [account]})
            settings["accounts"][worlds.World.alias(number)] = {
                "id": account, "token": f"${{env:TOKEN_{number}}}", "mode": "enforce"}
            self.write_account(number, each)
        self.sim.behave(rate_limit={"requests": limit, "seconds": WINDOW})
        (self.folder / "idpd.yaml").write_text(harness.json.dumps(settings))
        self.sim.clear_requests()
        one = self.started()
        one.wait_until(lambda: one.told("STATUS").startswith(f"{each * accounts} in sync"), 8 * WINDOW, "the last change")
        one.stop()
        requests = self.sim.requests()
        times = [moment(request) for request in requests]
        most = max(sum(request["token"] == f"bench-{number}" for request in requests) for number in range(accounts))
        return ((max(times) - min(times)).total_seconds(), (math.ceil(most / limit) - 1) * WINDOW, len(requests),
                sum(request["status"] == 429 for request in requests))

    def write_account(self, number, each):
        for at in range(0, each, worlds.A_FILE):
            entries = {f"idp-{one}": harness.github(name=f"Login {one}", client_id=f"c-{one}")
                       for one in range(at, min(at + worlds.A_FILE, each))}
            (self.files / f"{number}-{at}.json").write_text(harness.json.dumps(
                {"account": worlds.World.alias(number), "identity_providers": entries}))


def moment(request):
    return datetime.datetime.fromisoformat(request["time"])


def edited(idpd, what, *arguments):
    """Edits().what(*arguments), with a simulator and a workspace of its own."""
    os.environ["IDPD"] = str(idpd)
    result = []

    class Run(Edits):
        def runTest(self):
            result.append(getattr(self, what)(*arguments))

    outcome = harness.unittest.TextTestRunner(stream=open(os.devnull, "w", encoding="utf-8")).run(
        harness.unittest.TestSuite([Run()]))
    for _, text in outcome.failures + outcome.errors:
        raise RuntimeError(text)
    return result[0]
