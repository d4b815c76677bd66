"""idpd is killed, or its disk fails, at every place where that can be told apart: at each request of the full
scenario, before it is carried out and after, and at each system call that writes the state. What is run again must
come out right: converged, no twin, nothing deleted that was not to be, each SCIM secret on disk or told as lost.

    IDPD=build/release/idpd python3 -B tests/reliability/crashes.py [--all] [--only CELL] [--workers N] [--day N]

Without --all a part that fits into a minute, another one each day.
"""

import argparse
import json
import os
import queue
import sys
import threading
import time
import traceback

import strace
from crash_apply import ApplyCrash, ForgetCrash, ImportCrash, MoveCrash, closing
from crash_daemon import ApproveCrash, DaemonCrash
from harness import Simulator

# Without --all one cell in so many, by part.
SLICES = {"apply": 6, "fail": 40, "move": 12, "import": 25, "forget": 12, "run": 30, "run-fail": 130, "approve": 2}


class Cell:
    """One way to break one run. `kind` is the Crashing class, `do` the method with its arguments."""

    def __init__(self, kind, part, what, do):
        self.kind, self.part, self.what, self.do = kind, part, what, do

    @property
    def name(self):
        return f"{self.part}/{self.what}".replace(" ", "-")


def request_cells(kind, part, requests):
    for number, request in enumerate(requests):
        for when in ("before", "after"):
            yield Cell(kind, part, f"request {number} {when}",
                       lambda case, number=number, when=when: case.kill_at_request(number, when))


def write_cells(kind, part, requests):
    for request in requests:
        for when in ("before", "after"):
            yield Cell(kind, part, f"{request} {when}",
                       lambda case, request=request, when=when: case.kill_at_write(request, when))


def call_cells(kind, part, calls):
    for call in calls:
        yield Cell(kind, part, f"{call}", lambda case, call=call: case.kill_at_call(call))


def error_cells(kind, part, calls, full=True):
    """Each call fails alone; and where the disk is full, those that write to the store fail from there on."""
    for call in calls:
        for error in ("ENOSPC", "EIO"):
            yield Cell(kind, part, f"{call} {error}",
                       lambda case, call=call, error=error: case.fail_at_call(call, error))
        if full and call.name in ("pwrite64", "fdatasync", "fsync"):
            yield Cell(kind, part, f"{call} ENOSPC from then on",
                       lambda case, call=call: case.fail_at_call(call, "ENOSPC", True))


def all_cells(sim):
    """(title, cells) of each part; what strace is needed for is left out where it is not allowed."""
    traced = not strace.problem()
    for kind, part in ((ApplyCrash, "apply"), (MoveCrash, "move"), (ImportCrash, "import"), (ForgetCrash, "forget")):
        sim.control("POST", "/reset")
        with closing(kind(sim)) as case:
            requests = case.requests_of_a_run()
            calls = case.calls_of_a_run() if traced else []
        yield f"{part} killed at each request, before and after", list(request_cells(kind, part, requests))
        yield f"{part} killed at each call that writes the state", list(call_cells(kind, part, calls))
        if kind is ApplyCrash:
            yield "apply on a disk that fails or is full, at each call", list(error_cells(kind, "fail", calls))
    sim.control("POST", "/reset")
    with closing(DaemonCrash(sim)) as case:
        calls = case.calls_of_a_run() if traced else []
        writes = case.writes_of_a_run()
    yield "run killed at each write, before and after", list(write_cells(DaemonCrash, "run", writes))
    yield "run killed at each call that writes the state", list(call_cells(DaemonCrash, "run", calls))
    yield "run on a disk that fails, at each call", list(error_cells(DaemonCrash, "run-fail", calls, full=False))
    yield "run killed while a webhook is answering", [Cell(DaemonCrash, "run", "message", DaemonCrash.kill_at_message)]
    yield "run killed in the middle of an approved delete", list(write_cells(ApproveCrash, "approve", ["DELETE 0"]))


class Worker(threading.Thread):
    """With a simulator and workspaces of its own."""

    def __init__(self, cells, failures):
        super().__init__(daemon=True)
        self.cells, self.failures = cells, failures
        self.sim = Simulator()

    def run(self):
        kind, case = None, None
        while True:
            try:
                cell = self.cells.get_nowait()
            except queue.Empty:
                break
            if cell.kind is not kind:
                if case:
                    case.close()
                self.sim.control("POST", "/reset")
                kind, case = cell.kind, cell.kind(self.sim)
            try:
                cell.do(case)
            except Exception:  # whatever it is, it is this cell's failure
                self.failures.append((cell, traceback.format_exc()))
        if case:
            case.close()
        self.sim.stop()


def walk(cells, workers):
    """The failures of these cells."""
    waiting, failures = queue.SimpleQueue(), []
    for cell in cells:
        waiting.put(cell)
    threads = [Worker(waiting, failures) for _ in range(min(workers, len(cells)))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return failures


def chosen(cells, options):
    if options.only:
        return [cell for cell in cells if cell.name == options.only]
    if options.all or not cells:
        return cells
    step = SLICES[cells[0].part]
    return cells[options.day % step::step] or cells[:1]


def again(cell):
    return f"IDPD={os.environ.get('IDPD', 'build/dev/idpd')} python3 -B {sys.argv[0]} --only '{cell.name}'"


def report(title, count, failures):
    path = os.environ.get("IDPD_RELIABILITY_REPORT")
    if path and count:
        with open(path, "a", encoding="utf-8") as file:
            file.write(json.dumps({"part": "crashes", "what": title, "count": count, "failed": len(failures)}) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--only", metavar="CELL", help="as a failure names it")
    parser.add_argument("--workers", type=int, default=6)
    parser.add_argument("--day", type=int, default=int(time.time() // 86400), help="which part, without --all")
    options = parser.parse_args()
    if strace.problem():
        print(f"skipped: every call that writes the state, since {strace.problem()}")
    sim = Simulator()
    count, failed = 0, 0
    for title, cells in all_cells(sim):
        cells = chosen(cells, options)
        began = time.monotonic()
        failures = walk(cells, options.workers)
        for cell, why in failures:
            print(f"--- {cell.name}\n{why}\nAgain: {again(cell)}\n", flush=True)
        if cells:
            print(f"{title}: {len(cells)}, {len(failures)} failed, {time.monotonic() - began:.0f} s", flush=True)
        report(title, len(cells), failures)
        count, failed = count + len(cells), failed + len(failures)
    sim.stop()
    part = "" if options.all or options.only else f", the part of day {options.day}"
    print(f"{count} crash points, {failed} failed{part}")
    return 1 if failed or not count else 0


if __name__ == "__main__":
    sys.exit(main())
