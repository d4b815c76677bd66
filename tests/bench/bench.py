"""Measures idpd beside others and prints the tables that README.md shows. Nothing is asserted: figures depend on the
machine, ratios less so. Started by tests/bench/run.
"""

import argparse
import datetime
import math
import os
import pathlib
import platform
import statistics
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))

import binary  # noqa: E402 (the path above)
import idle_check  # noqa: E402
import npm  # noqa: E402
import server as servers  # noqa: E402
import service  # noqa: E402
import world as worlds  # noqa: E402

SIZES = ((1, 1), (1, 10), (1, 100), (1, 1000), (1000, 5))  # accounts, identity providers of each
ENCRYPTED = ((1, 1), (1, 1000), (100, 5))
GROWTH = (1000, 10_000, 100_000)  # identity providers
AGAIN = (1000, 10)  # files, identity providers of each
IDLE = 50  # identity providers of the daemon that waits
WATCHED = 20  # seconds
EDITS = 20
CHANGES, ACCOUNTS, LIMIT = 5000, 4, 1200  # each account's token has a limit of its own: some ten minutes
KIB, MIB = 2**10, 2**20
ANSWERS = {"plain": "at once", "plain50": "after 50 ms", "tls": "at once", "tls50": "after 50 ms"}
WHO = {"curl": "`curl --parallel`", "idpd": "`idpd plan`", "npm": "npm `cloudflare`", "python": "`python3-cloudflare`"}


def machine():
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        model = next((line.split(":")[1].strip() for line in file if line.startswith("model name")), platform.machine())
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{os.cpu_count()} cores ({model}), {memory:.0f} GiB"


def said(seconds):
    if seconds >= 1:
        return f"{seconds:.2f} s"
    return f"{seconds * 1000:.1f} ms" if seconds < 0.01 else f"{seconds * 1000:.0f} ms"


def mib(size):
    return f"{size / MIB:.1f} MiB"


class Table:
    """Markdown, written as it grows: all of it takes minutes."""

    def __init__(self, title, columns, note=""):
        print(f"\n**{title}.** {note}\n\n| {' | '.join(columns)} |\n|{'---|' * len(columns)}", flush=True)

    def row(self, *cells):
        print(f"| {' | '.join(map(str, cells))} |", flush=True)


class Bench:
    """One run. `goals` gathers what is to hold: where, what, measured, whether it does."""

    def __init__(self, options, folder):
        self.options, self.folder = options, folder
        self.idpd = options.build.resolve() / "idpd"
        self.parts = options.build.resolve() / "tests/bench/idpd_bench_parts"
        self.goals = []

    def goal(self, place, what, measured, held):
        self.goals.append((place, what, measured, "held" if held else "**missed**"))

    def served(self, accounts, each, known=True):
        """A world that idpd knows, and its server."""
        world = worlds.World(self.folder / "world", accounts, each)
        server = servers.Server(world.folder)
        if known:
            idle_check.prepare(self.idpd, server, world)
        return world, server

    # An idle drift check.

    def idle_checks(self):
        modules = self.folder / "modules"
        table = Table("An idle drift check", ("identity providers", "answers", *WHO.values(), "requests of idpd, of curl"),
                      f"Wall time (× that of plain curl), CPU, peak RSS; medians of {self.options.rounds} interleaved runs; "
                      f"{worlds.CONCURRENCY} accounts at once.")
        passes = []
        for accounts, each in SIZES:
            world, server = self.served(accounts, each)
            rounds = self.options.rounds if accounts == 1 else max(1, self.options.rounds // 2)
            try:
                for name in ("plain", "plain50"):
                    taken = idle_check.measure(self.idpd, modules, server, world, name, rounds)
                    self.check_row(table, world, name, taken)
                    self.idle_goals(world, name, taken)
                passes.append((world, service.steady(self.idpd, server, world, WATCHED), taken))
            finally:
                server.stop()
        self.passes(passes)

    def passes(self, passes):
        table = Table("A pass of the daemon", ("identity providers", "CPU", "× npm `cloudflare`", "requests", "peak RSS"),
                      f"`idpd run` once it runs, answered at once; over {WATCHED} s, with a pass every {service.PASSES_EVERY} s and "
                      f"tokens of {worlds.TOKENS} users, so that no limit of the API bounds it.")
        for world, got, taken in passes:
            ratio = got["cpu"] / taken["npm"].cpu
            table.row(self.size(world), said(got["cpu"]), f"{ratio:.3f}", f"{got['requests']:.0f}", mib(got["peak"]))
            self.goal(f"{self.size(world)}, `idpd run`", "CPU of a pass ≤ 0.1 × npm SDK", f"{ratio:.3f} ×", ratio <= 0.1)
            if world.accounts > 1:
                self.goal(f"{self.size(world)}, `idpd run`", "peak RSS ≤ 24 MiB", mib(got["peak"]), got["peak"] <= 24 * MIB)

    @staticmethod
    def size(world):
        return f"{world.each:,}" if world.accounts == 1 else f"{world.accounts:,} × {world.each}"

    def check_row(self, table, world, name, taken):
        floor = taken["curl"]
        table.row(self.size(world), ANSWERS[name],
                  *(f"{said(got.wall)} ({got.wall / floor.wall:.2f} ×), {said(got.cpu)}, {mib(got.memory)}"
                    for got in (taken[one] for one in WHO)), f"{taken['idpd'].requests:.0f}, {floor.requests:.0f}")

    def idle_goals(self, world, name, taken):
        idpd, floor, sdk = taken["idpd"], taken["curl"], taken["npm"]
        place, ratio = f"{self.size(world)}, {ANSWERS[name]}", idpd.wall / floor.wall
        self.goal(place, "requests = floor", f"{idpd.requests:.0f} of {floor.requests:.0f}", idpd.requests == floor.requests)
        self.goal(place, "CPU ≤ 0.1 × npm SDK", f"{idpd.cpu / sdk.cpu:.2f} ×", idpd.cpu <= 0.1 * sdk.cpu)
        if name.endswith("50"):
            self.goal(place, "wall ≤ 1.05 × floor", f"{ratio:.2f} ×", ratio <= 1.05)
        elif world.total == 1:
            self.goal(place, "wall ≤ 2 × floor", f"{ratio:.2f} ×", ratio <= 2)
        if world.accounts > 1:
            self.goal(place, "peak RSS ≤ 24 MiB", mib(idpd.memory), idpd.memory <= 24 * MIB)

    # TLS and HTTP/2: eight accounts' lists on one connection, compressed.

    def encrypted(self):
        modules = self.folder / "modules"
        table = Table("The same over TLS 1.3, HTTP/2 and gzip",
                      ("identity providers", "answers", *WHO.values(), "requests of idpd, of curl"),
                      "The two scripts speak HTTP/1.1.")
        for accounts, each in ENCRYPTED:
            world, server = self.served(accounts, each)
            try:
                for name in ("tls", "tls50"):
                    taken = idle_check.measure(self.idpd, modules, server, world, name, self.options.rounds)
                    self.check_row(table, world, name, taken)
            finally:
                server.stop()

    # The parts, and how they grow.

    def growth(self):
        table = Table("CPU of a plan's parts", ("part", *(f"{number:,}" for number in GROWTH), "grows with n to the"),
                      "By the number of identity providers; the least of several runs. The last two merely parse the same bytes.")
        taken = {number: self.timed(number) for number in GROWTH}
        for part in taken[GROWTH[0]]:
            times = [taken[number][part][0] for number in GROWTH]
            exponent = math.log(times[-1] / times[0]) / math.log(GROWTH[-1] / GROWTH[0])
            table.row(part, *map(said, times), f"{exponent:.2f}")
        ours, others = ("live", "desired", "plan_in_sync"), ("rapidjson", "yaml_cpp")
        sums = {number: [sum(got[part][0] for part in parts) for parts in (ours, others)] for number, got in taken.items()}
        table.row(f"a plan in sync: {' + '.join(ours)}", *(said(plan) for plan, _ in sums.values()), self.exponent(sums, 0))
        table.row(f"merely parsing: {' + '.join(others)}", *(said(parsing) for _, parsing in sums.values()),
                  self.exponent(sums, 1))
        table.row("×", *(f"{plan / parsing:.2f}" for plan, parsing in sums.values()), "")
        plan, parsing = sums[10_000]
        self.goal("10,000", "CPU of a plan ≤ 1.5 × merely parsing", f"{plan / parsing:.2f} ×", plan <= 1.5 * parsing)
        self.goal("1,000 to 100,000", "growth is linear (n to the 1.05 at most)", f"n to the {self.exponent(sums, 0)}",
                  float(self.exponent(sums, 0)) <= 1.05)

        files, each = AGAIN
        got = self.timed(files * each, each)
        again, whole = got["desired_one_edited"][0], got["desired"][0]
        table = Table("CPU of reading the files again", ("files", "all of them", "one was edited", "×"))
        table.row(f"{files:,} with {each} identity providers each", said(whole), said(again), f"{again / whole:.3f}")

    @staticmethod
    def exponent(sums, at):
        return f"{math.log(sums[GROWTH[-1]][at] / sums[GROWTH[0]][at]) / math.log(GROWTH[-1] / GROWTH[0]):.2f}"

    def timed(self, number, a_file=worlds.A_FILE):
        """CPU seconds and bytes held of each part, by name."""
        world = worlds.World(self.folder / "world", 1, number, a_file)
        rounds = max(1, 30_000 // number)
        done = subprocess.run([self.parts, world.folder, str(rounds)], check=True, capture_output=True, text=True)
        return {name: (float(seconds), int(held)) for name, seconds, held in map(str.split, done.stdout.splitlines())}

    # Memory.

    def memory(self):
        table = Table("Memory", ("of", "RSS", "PSS", "private"), "PSS shares what several processes map by their number.")
        world, server = self.served(1, IDLE)
        try:
            got = service.steady(self.idpd, server, world, WATCHED)
            table.row(f"`idpd run`, idle with {IDLE} identity providers", mib(got["rss"]), mib(got["pss"]), mib(got["private"]))
            self.goal(f"`idpd run`, idle with {IDLE}", "RSS < 15 MiB", mib(got["rss"]), got["rss"] < 15 * MIB)
            small = idle_check.plan(self.idpd, server, world)
        finally:
            server.stop()
        world, server = self.served(1, GROWTH[-1], known=False)  # to make a store of so many takes longer than all of this
        try:
            large = idle_check.plan(self.idpd, server, world)
        finally:
            server.stop()
        raw = sum(path.stat().st_size for path in world.lists.rglob("*.json"))
        each = (large - small - raw) / world.each
        table.row(f"`idpd plan`, {IDLE}, at its peak", mib(small), "", "")
        table.row(f"`idpd plan`, {world.each:,}, at its peak, without a store (their raw JSON: {mib(raw)})", mib(large), "", "")
        self.goal(f"`idpd plan`, {world.each:,}", "< 1.5 KiB an identity provider beyond its raw JSON", f"{each / KIB:.2f} KiB",
                  each < 1.5 * KIB)

    # The daemon's pace.

    def pace(self):
        table = Table("The daemon's pace", ("what", "measured"))
        world, server = self.served(1, IDLE)
        try:
            ready = [service.until_ready(self.idpd, server, world) for _ in range(9)]
        finally:
            server.stop()
        table.row(f"start to READY, {IDLE} identity providers", said(statistics.median(ready)))
        first, wrote = service.edited(self.idpd, "reaction", EDITS)
        table.row("edit to the first request, 200 ms of it the debounce", said(first))
        table.row("edit to the write", said(wrote))
        passes, writes = service.edited(self.idpd, "burst", 1000)
        table.row("1,000 edits of a file in a burst", f"passes: {passes}, writes: {writes}")
        if self.options.all:
            seconds, least, requests, refused = service.edited(self.idpd, "budget", CHANGES, ACCOUNTS, LIMIT)
            table.row(f"{CHANGES:,} creates in {ACCOUNTS} accounts of {LIMIT:,} requests in five minutes each",
                      f"{seconds:.0f} s where the limit takes {least} s; {requests:,} requests, {refused} × 429")
            self.goal(f"{CHANGES:,} changes under the rate budget", "within 3 % of the limit's time, no 429",
                      f"{seconds / least - 1:+.1%}, {refused} × 429", seconds <= 1.03 * least and not refused)

    # The program itself.

    def binaries(self):
        table = Table("The program", ("build", "size, stripped", "`idpd version`", "its CPU", "shared objects", "relocations"),
                      "Medians of 30 interleaved starts.")
        builds = {"as packaged": self.idpd}
        builds.update((folder.name, folder.resolve() / "idpd") for folder in self.options.beside)
        for label, got in binary.compared(builds, self.folder).items():
            table.row(label, mib(got["size"]), said(got["wall"]), said(got["cpu"]), got["objects"], f"{got['relocations']:,}")

    def print_goals(self):
        table = Table("Goals", ("where", "goal", "measured", ""))
        for goal in self.goals:
            table.row(*goal)


SECTIONS = {"idle": Bench.idle_checks, "tls": Bench.encrypted, "growth": Bench.growth, "memory": Bench.memory,
            "pace": Bench.pace, "program": Bench.binaries}


def arguments():
    parser = argparse.ArgumentParser(prog="tests/bench/run", description=__doc__)
    parser.add_argument("--build", type=pathlib.Path, required=True, help="folder of the optimised build")
    parser.add_argument("--beside", type=pathlib.Path, nargs="*", default=[], help="other builds, for the program's size")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--all", action="store_true", help="a quarter of an hour under the API's limit as well")
    parser.add_argument("--only", choices=SECTIONS, nargs="*", default=list(SECTIONS))
    return parser.parse_args()


def main():
    options = arguments()
    print(f"{datetime.date.today()}, {machine()}, `tests/bench/run{' --all' if options.all else ''}`")
    # Not in /tmp: the daemon watches the folders above its files, and compilers write there. Nor in this repository,
    # whose commit idpd would look up.
    with tempfile.TemporaryDirectory(prefix="idpd-bench-", dir="/var/tmp") as folder:
        bench = Bench(options, pathlib.Path(folder))
        for name in options.only:
            if name in ("idle", "tls"):
                npm.install(HERE / "scripts", bench.folder / "modules")
            SECTIONS[name](bench)
        bench.print_goals()


main()
