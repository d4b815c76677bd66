"""Measures idpd beside others and prints the tables that README.md shows. Nothing is asserted: figures depend on the
machine, ratios less so. Started by tests/bench/run.
"""

import argparse
import datetime
import os
import pathlib
import platform
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))

import idle_check  # noqa: E402 (the path above)
import npm  # noqa: E402
import server as servers  # noqa: E402
import world as worlds  # noqa: E402

SIZES = ((1, 1), (1, 10), (1, 100), (1, 1000), (1000, 5))
MIB = 2**20


def verdict(held):
    return "held" if held else "MISSED"


def machine():
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        model = next((line.split(":")[1].strip() for line in file if line.startswith("model name")), platform.machine())
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{os.cpu_count()} cores ({model}), {memory:.0f} GiB"


def said(seconds):
    return f"{seconds:.2f} s" if seconds >= 1 else f"{seconds * 1000:.1f} ms" if seconds < 0.01 else f"{seconds * 1000:.0f} ms"


class Table:
    def __init__(self, title, columns, note=""):
        print(f"\n**{title}**{' ' + note if note else ''}\n\n| {' | '.join(columns)} |\n|{'---|' * len(columns)}", flush=True)

    def row(self, *cells):
        print(f"| {' | '.join(map(str, cells))} |", flush=True)


def idle_checks(options, folder):
    modules = folder / "modules"
    npm.install(HERE / "scripts", modules)
    table = Table("Idle drift check", ("identity providers", "answers", "who", "wall", "× floor", "CPU", "peak RSS", "requests"),
                  f"Medians of {options.rounds} interleaved runs, {worlds.CONCURRENCY} accounts at once.")
    goals = []
    for accounts, each in SIZES:
        world = worlds.World(folder / "world", accounts, each)
        server = servers.Server(world.folder)
        try:
            idle_check.prepare(options.idpd, server, world)
            for name in ("plain", "plain50", *(("tls", "tls50") if options.tls else ())):
                rounds = options.rounds if world.accounts == 1 else max(1, options.rounds // 2)
                taken = idle_check.measure(options.idpd, modules, server, world, name, rounds)
                idle_rows(table, world, name, taken)
                goals += idle_goals(world, name, taken)
        finally:
            server.stop()
    return goals


def where(world, name):
    size = f"{world.each:,}" if world.accounts == 1 else f"{world.accounts:,} × {world.each}"
    return size, {"plain": "at once", "plain50": "after 50 ms", "tls": "at once, TLS", "tls50": "after 50 ms, TLS"}[name]


def idle_rows(table, world, name, taken):
    size, answers = where(world, name)
    for one, label in (("idpd", "`idpd plan`"), ("npm", "npm `cloudflare`"), ("python", "`python3-cloudflare`"),
                       ("curl", "`curl --parallel`")):
        got = taken[one]
        table.row(size, answers, label, said(got.wall), f"{got.wall / taken['curl'].wall:.2f}", said(got.cpu),
                  f"{got.memory / MIB:.1f} MiB", f"{got.requests:.0f}")


def idle_goals(world, name, taken):
    idpd, floor, npm_sdk = taken["idpd"], taken["curl"], taken["npm"]
    label = ", ".join(where(world, name))
    goals = [(label, "requests = floor", f"{idpd.requests:.0f} of {floor.requests:.0f}", idpd.requests == floor.requests),
             (label, "CPU ≤ 0.1 × npm SDK", f"{idpd.cpu / npm_sdk.cpu:.2f} ×", idpd.cpu <= 0.1 * npm_sdk.cpu)]
    ratio = idpd.wall / floor.wall
    if name.endswith("50"):
        goals.append((label, "wall ≤ 1.05 × floor", f"{ratio:.2f} ×", ratio <= 1.05))
    elif world.total <= 10:
        goals.append((label, "wall ≤ 2 × floor", f"{ratio:.2f} ×", ratio <= 2))
    if world.accounts > 1:
        goals.append((label, "peak RSS ≤ 24 MiB", f"{idpd.memory / MIB:.1f} MiB", idpd.memory <= 24 * MIB))
    return goals


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--idpd", type=pathlib.Path, required=True)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--tls", action="store_true", help="over TLS and HTTP/2 as well")
    return parser.parse_args()


def main():
    options = arguments()
    options.idpd = options.idpd.resolve()
    print(f"{datetime.date.today()}, {machine()}, `tests/bench/run`")
    with tempfile.TemporaryDirectory(prefix="idpd-bench-") as name:
        goals = idle_checks(options, pathlib.Path(name))
    table = Table("Goals", ("where", "goal", "measured", ""))
    for label, goal, measured, held in goals:
        table.row(label, goal, measured, verdict(held))


main()
