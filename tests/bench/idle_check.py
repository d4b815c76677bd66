"""An idle drift check, side by side: idpd, scripts on two SDKs, the floor of plain curl, and a pass of the daemon."""

import os
import pathlib
import statistics
import subprocess
import sys
import time

import world as worlds

HERE = pathlib.Path(__file__).resolve().parent
KEPT = ("PATH", "HOME", "LANG")


class Measured:
    """Medians of what several runs took."""

    def __init__(self):
        self.runs = []

    def add(self, wall, cpu, memory, requests):
        self.runs.append((wall, cpu, memory, requests))

    def _median(self, at):
        return statistics.median(run[at] for run in self.runs)

    wall = property(lambda self: self._median(0))
    cpu = property(lambda self: self._median(1))
    memory = property(lambda self: self._median(2))
    requests = property(lambda self: self._median(3))


def environment(server, **more):
    return {**{name: os.environ[name] for name in KEPT if name in os.environ}, "BENCH_TOKEN": worlds.TOKEN,
            **{f"BENCH_TOKEN_{number}": f"{worlds.TOKEN}-{number}" for number in range(worlds.TOKENS)},
            "BENCH_SECRET": worlds.SECRET, "NODE_EXTRA_CA_CERTS": str(server.ca), "REQUESTS_CA_BUNDLE": str(server.ca), **more}


def launched(command, server, folder, expect, **more):
    """Wall and CPU seconds, peak bytes, requests. Its output must hold `expect`."""
    figures = folder / "figures"
    server.requests()
    done = subprocess.run([sys.executable, "-SE", str(HERE / "launch.py"), str(figures), *map(str, command)], cwd=folder,
                          env=environment(server, **more), capture_output=True, text=True, check=False)
    wall, cpu, memory, code = (float(one) for one in figures.read_text().split())
    requests, bad = server.requests()
    if code or expect not in done.stdout or bad:
        raise RuntimeError(f"{command}: exit {code:.0f}, {bad} requests failed\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")
    return wall, cpu, memory, requests


def curl_file(world, api):
    """The requests of a check, as curl reads them."""
    path = world.folder / "curl.conf"
    path.write_text("".join(
        f'url = "{api}/accounts/{account}/access/identity_providers?page={page}&per_page={worlds.A_PAGE}"\noutput = "/dev/null"\n'
        for account in world.ids for page in range(1, -(-world.each // worlds.A_PAGE) + 1)))
    return path


def contenders(idpd, modules, server, world, name):
    """Command and expected output of each, by name. The first is measured against the others."""
    api = server.api[name]
    more = {"api": {"base_url": api, "ca_file": str(server.ca)}}
    settings = world.settings(api, name, more)
    arguments = [settings, world.files, worlds.CONCURRENCY]
    curl = ["curl", "--silent", "--show-error", "--fail", "--compressed", "--cacert", server.ca, "--parallel",
            "--parallel-max", worlds.CONCURRENCY, "--header", f"Authorization: Bearer {worlds.TOKEN}",
            "--config", curl_file(world, api)]
    found = f"0 changes, {world.total} match"
    return {"idpd": ([idpd, "--config", settings, "plan"], "No changes."),
            "npm": (["node", HERE / "scripts/check.mjs", *arguments], found),
            "python": (["/usr/bin/python3", HERE / "scripts/check.py", *arguments], found),
            "curl": (curl, "")}


def prepare(idpd, server, world):
    """A store that knows every one of them, as after the first apply."""
    settings = world.settings(server.api["plain"], "apply")
    launched([idpd, "--config", settings, "apply", "--auto-approve"], server, world.folder, "")


def plan(idpd, server, world):
    """Bytes that a plan of it takes at its peak."""
    settings = world.settings(server.api["plain"], "plan")
    return launched([idpd, "--config", settings, "plan"], server, world.folder, "No changes.")[2]


def measure(idpd, modules, server, world, name, rounds):
    """What each contender took, by name. One after the other, so that what slows the machine slows all of them."""
    commands = contenders(idpd, modules, server, world, name)
    taken = {one: Measured() for one in commands}
    for number in range(rounds + 1):
        for one, (command, expect) in commands.items():
            figures = launched(command, server, world.folder, expect, BENCH_MODULES=str(modules))
            if number:  # the first time fills caches
                taken[one].add(*figures)
    return taken
