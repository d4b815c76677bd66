#!/usr/bin/env python3
"""Every request of the full scenario × every fault: after each the account recovers, and nothing was lost, made
twice, deleted or reported wrongly (see scenario.py for what is asserted, fault_table.py for the faults).

    faults.py [--all | --cell NAME]… [--jobs N] [--list]     the program is $IDPD; a slice without --all

A cell is named WALK:REQUEST:FAULT, for example plain:9:reset_after; REQUEST counts the requests of an apply that
nothing disturbs, cells.py names the walks, `--list` shows all. Cells wait most of the time, so many run at once.
"""

import argparse
import json
import os
import pathlib
import queue
import re
import sys
import threading
import time
import traceback

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from cells import all_cells, sliced  # noqa: E402
from fault_table import IDPS  # noqa: E402
from scenario import ACTIONS, MOST_PASSES, Scenario, Simulator, summary  # noqa: E402
from trap import Trap  # noqa: E402

SLICE = 450  # cells of a slice


def run_cell(scenario, cell):
    object_id, race = cell.prepare(scenario), bool(cell.fault.hooks)
    broken = scenario.apply_once()
    if not race:
        scenario.check_truthful(broken)
    scenario.check_safe()
    scenario.assertTrue(cell.was_met(scenario), f"no request met the fault\n{summary(broken)}")
    scenario.sim.control("DELETE", "/faults")
    recovery = scenario.recover(MOST_PASSES)
    scenario.check([broken], recovery, cell.loses_scim_of(), undisturbed=not race)
    if cell.fault.name.startswith("id_reused"):
        kept = [one["name"] for one in scenario.sim.providers() if one["id"] == object_id]
        scenario.assertEqual(kept, ["Newcomer"], "what got the id of one of ours was not left alone")


def run_daemon_cell(scenario, cell):
    cell.prepare(scenario)
    daemon = scenario.daemon()
    try:
        daemon.wait_until(lambda: cell.was_met(scenario), 30, "the fault")
        if cell.fault.lasting:
            time.sleep(3)
            scenario.sim.control("DELETE", "/faults")

        def through():
            scenario.check_safe()
            return all(scenario.effect(key) == "whole" for key in ACTIONS)
        daemon.wait_until(through, 60, "convergence")
        lists = len(lists_of(scenario))
        daemon.wait_until(lambda: len(lists_of(scenario)) >= lists + 2, 30, "another pass")
        scenario.assertEqual(daemon.stop(), 0, daemon.stderr)
    finally:
        daemon.kill()
    scenario.check_converged()
    scenario.check_scim((), cell.loses_scim_of())
    scenario.check_no_secret([daemon.stderr, *daemon.stdout_lines])


def lists_of(scenario):
    return [one for one in scenario.sim.requests("GET") if one["path"].endswith(IDPS)]


def told(error):
    """What went wrong and where in these files, without the inside of unittest."""
    ours = [frame for frame in traceback.extract_tb(error.__traceback__) if "/reliability/" in frame.filename]
    where = "".join(f"{pathlib.Path(frame.filename).name}:{frame.lineno} " for frame in ours)
    return f"{where}\n{''.join(traceback.format_exception_only(error))}"


class Walk:
    """Workers, each with a simulator and a workspace of its own, take cell after cell."""

    def __init__(self, cells, jobs, trap):
        self.waiting = queue.Queue()
        # Those that wait for a timeout first, so that the last ones are short.
        for cell in sorted(cells, key=lambda one: (not one.fault.slow, one.walk != "run")):
            self.waiting.put(cell)
        self.total, self.jobs, self.trap = len(cells), min(jobs, len(cells)), trap
        self.failed = []
        self._lock = threading.Lock()
        self._done = 0

    def run(self):
        threads = [threading.Thread(target=self._work) for _ in range(self.jobs)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if self._done != self.total:
            self.failed.append(("the walk", f"{self._done} of {self.total} cells were walked"))
        return self.failed

    def _work(self):
        sim = Simulator()
        scenario = Scenario(sim)
        try:
            while True:
                try:
                    cell = self.waiting.get_nowait()
                except queue.Empty:
                    return
                self._one(scenario, cell)
        finally:
            scenario.close()
            sim.stop()

    def _one(self, scenario, cell):
        began, problem = time.monotonic(), None
        try:
            (run_daemon_cell if cell.walk == "run" else run_cell)(scenario, cell)
            scenario.assertEqual(self.trap.visits, [], "a redirect was followed")
        except Exception:  # noqa: BLE001: whatever it is, it belongs to this cell and the walk goes on
            problem = told(sys.exc_info()[1])
        with self._lock:
            self._done += 1
            if problem:
                self.failed.append((cell.name, problem))
                print(f"FAILED {cell}\n{problem}\nAgain: IDPD={scenario.program} python3 {pathlib.Path(__file__)} "
                      f"--cell {cell.name}\n", flush=True)
            elif self._done % 100 == 0:
                print(f"{self._done} of {self.total}, {len(self.failed)} failed", flush=True)
            if os.environ.get("FAULTS_TIMES"):
                print(f"{time.monotonic() - began:6.2f} {cell.name}", flush=True)


def report(what, count, failed):
    """One line for tests/reliability/run."""
    if path := os.environ.get("IDPD_RELIABILITY_REPORT"):
        with open(path, "a", encoding="utf-8") as file:
            file.write(json.dumps({"part": "faults", "what": what, "count": count, "failed": failed}) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--all", action="store_true", help="every cell")
    parser.add_argument("--cell", action="append", default=[], metavar="NAME", help="only this one; a pattern")
    parser.add_argument("--jobs", type=int, default=16, metavar="N", help="cells at once")
    parser.add_argument("--list", action="store_true", help="show the cells and end")
    arguments = parser.parse_args()
    began = time.monotonic()
    with Trap() as trap:
        sim = Simulator()
        scenario = Scenario(sim)
        cells = all_cells(scenario, trap.url)
        scenario.close()
        sim.stop()
        requests = len({(cell.walk, cell.number) for cell in cells})
        faults = len({cell.fault.name for cell in cells})
        if arguments.cell:
            cells = [cell for cell in cells if any(re.fullmatch(pattern, cell.name) for pattern in arguments.cell)]
        elif not arguments.all:
            cells = sliced(cells, SLICE)
        if arguments.list:
            print("\n".join(map(str, cells)))
            return 0
        if not cells:
            parser.error("no such cell")
        failed = Walk(cells, arguments.jobs, trap).run()
    what = f"{requests} requests × {faults} faults"
    print(f"{what}: {len(cells)} cells, {len(failed)} failed, {time.monotonic() - began:.0f} s")
    report(what, len(cells), len(failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
