#!/usr/bin/env python3
"""Every request of the full scenario × every fault: after each the account recovers, and nothing was lost, made
twice, deleted or reported wrongly (see scenario.py for what is asserted, fault_table.py for the faults).

    faults.py [--all | --cell NAME]… [--jobs N] [--list]     the program is $IDPD; a slice without --all

A cell is named WALK:REQUEST:FAULT, for example plain:8:reset_after; REQUEST counts the requests of an apply that
nothing disturbs. `--list` shows them. Cells wait most of the time, so many run at once.
"""

import argparse
import dataclasses
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

from fault_table import IDPS, Fault, is_list, is_write, list_faults, ordered, page_shifts, table  # noqa: E402
from scenario import ACTIONS, MOST_PASSES, Scenario, Simulator, summary  # noqa: E402
from trap import Trap  # noqa: E402

SLICE = 450  # cells of a slice


@dataclasses.dataclass(frozen=True)
class Cell:
    walk: str
    number: int  # of the request
    request: dict
    fault: Fault

    @property
    def name(self):
        return f"{self.walk}:{self.number}:{self.fault.name}"

    def __str__(self):
        path = re.sub(r"^/accounts/\w+", "", self.request["path"])
        return f"{self.name}  ({self.request['method']} {path} {self.request['query']})"

    def matcher(self):
        request = self.request
        return {"method": request["method"], "path": f"^{re.escape(request['path'])}$",
                "query": f"^{re.escape(request['query'])}$", "skip": request["nth"]}

    def loses_scim_of(self):
        """Keys whose SCIM secret is in the answer that this fault spoils."""
        name = (self.request["body"] or {}).get("name")
        return {"Auditors": ("auditors",), "Workforce": ("workforce",)}.get(name, ()) if self.fault.lost else ()


# The walks: what the simulator does all along. `run` is the daemon instead of `apply`, and faults on its writes.
WALKS = {"plain": {}, "paged": {"most_per_page": 3}, "run": {}}


def undisturbed(scenario, walk):
    """The requests of an apply without a fault, each with how many of its equals came before."""
    scenario.restore()
    scenario.sim.behave(**WALKS[walk])
    result = scenario.apply_once()
    scenario.check_truthful(result)
    scenario.assertEqual(result.code, 0, result)
    seen, requests = {}, scenario.sim.requests()
    for request in requests:
        same = (request["method"], request["path"], request["query"])
        request["nth"] = seen[same] = seen.get(same, -1) + 1
    return requests


def all_cells(scenario, trap):
    passing, left_behind = scenario.id_before("Passing"), scenario.id_before("Contractors")
    faults = {"plain": table(trap.url), "paged": [*page_shifts(passing), *list_faults()], "run": table(trap.url)}
    cells = []
    for walk in WALKS:
        requests = undisturbed(scenario, walk)
        for number, request in enumerate(requests):
            if walk == "paged" and not (is_list(request) and request["path"].endswith(IDPS)):
                continue
            if walk == "run" and not is_write(request):
                continue
            cells += [Cell(walk, number, request, fault) for fault in faults[walk] if fault.fits(request)
                      and not (fault.name == "id_reused" and request["path"].endswith(left_behind))]
    return cells


def sliced(cells, most):
    """A rotating diagonal of about this many, which has each request and each fault at least once."""
    step = -(-len(cells) // most)
    names = {name: place for place, name in enumerate(dict.fromkeys(cell.fault.name for cell in cells))}
    chosen = [cell for cell in cells if (cell.number + names[cell.fault.name]) % step == 0]

    def both(cell):
        return {(cell.walk, cell.number), cell.fault.name}
    covered = set().union(*map(both, chosen))
    for cell in cells:
        if not both(cell) <= covered:
            chosen.append(cell)
            covered |= both(cell)
    return chosen


def prepare_cell(scenario, cell):
    """Restored, and with the fault in place; the id of the object that a hook changes."""
    scenario.restore()
    scenario.sim.behave(**WALKS[cell.walk])
    object_id = scenario.id_before(cell.fault.victim) if cell.fault.victim else cell.request["path"].rpartition("/")[2]
    faults, hooks = ordered(cell.fault, cell.matcher(), object_id)
    for fault in faults:
        scenario.sim.fault(**fault)
    for hook in hooks:
        scenario.sim.hook(**hook)
    return object_id


def was_met(scenario, cell):
    """The fault was not set in vain."""
    if cell.fault.hooks:
        return not scenario.sim.control("GET", "/hooks")["hooks"]
    return any(one["fault"] for one in scenario.sim.requests())


def run_cell(scenario, cell):
    object_id, race = prepare_cell(scenario, cell), bool(cell.fault.hooks)
    broken = scenario.apply_once()
    if not race:
        scenario.check_truthful(broken)
    scenario.check_safe()
    scenario.assertTrue(was_met(scenario, cell), f"no request met the fault\n{summary(broken)}")
    scenario.sim.control("DELETE", "/faults")
    recovery = scenario.recover(MOST_PASSES)
    scenario.check([broken], recovery, cell.loses_scim_of(), undisturbed=not race)
    if cell.fault.name.startswith("id_reused"):
        kept = [one["name"] for one in scenario.sim.providers() if one["id"] == object_id]
        scenario.assertEqual(kept, ["Newcomer"], "what got the id of one of ours was not left alone")


def run_daemon_cell(scenario, cell):
    prepare_cell(scenario, cell)
    daemon = scenario.daemon()
    try:
        daemon.wait_until(lambda: was_met(scenario, cell), 30, "the fault")
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
        cells = all_cells(scenario, trap)
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
