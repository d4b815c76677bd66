"""The cells of the walk in faults.py: which request of which walk meets which fault.

| walk | |
|---|---|
| `plain` | every request of an apply that nothing disturbs × every fault |
| `paged` | the server makes small pages: the pages of identity providers × lists that are wrong or shift |
| `run` | the daemon instead of `apply`: its writes × every fault |
| `lost-N` | the answer to the write N is lost already: what is asked next × every quick fault |

Not among the last ones is `changed`: without an answer nobody can tell another hand from a form that the server keeps.
"""

import dataclasses
import re

from fault_table import IDPS, Fault, is_list, is_write, list_faults, ordered, page_shifts, table

NEXT = 2  # requests after a lost answer that are about what became of it


@dataclasses.dataclass(frozen=True)
class Cell:
    walk: str
    number: int  # of the request
    request: dict
    fault: Fault
    lost: dict | None = None  # the write whose answer was lost before

    @property
    def name(self):
        return f"{self.walk}:{self.number}:{self.fault.name}"

    def __str__(self):
        path = re.sub(r"^/accounts/\w+", "", self.request["path"])
        return f"{self.name}  ({self.request['method']} {path} {self.request['query']})"

    def loses_scim_of(self):
        """Keys whose SCIM secret is in an answer that is lost."""
        lost = [self.lost] if self.lost else []
        lost += [self.request] if self.fault.lost else []
        names = [(request["body"] or {}).get("name") for request in lost]
        return [key for key, name in (("auditors", "Auditors"), ("workforce", "Workforce")) if name in names]

    def prepare(self, scenario):
        """Restores, and puts the fault in place; the id of the object that a hook changes."""
        begin(scenario, self.walk, self.lost)
        victim = self.fault.victim
        object_id = scenario.id_before(victim) if victim else self.request["path"].rpartition("/")[2]
        faults, hooks = ordered(self.fault, self.matcher(), object_id)
        for fault in faults:
            scenario.sim.fault(**fault)
        for hook in hooks:
            scenario.sim.hook(**hook)
        return object_id

    def matcher(self):
        means = matcher(self.request)
        if self.lost and all(self.request[part] == self.lost[part] for part in ("method", "path", "query")):
            means["skip"] -= 1  # the first one is the other fault's
        return means

    def was_met(self, scenario):
        """The fault was not set in vain."""
        if self.fault.hooks:
            return not scenario.sim.control("GET", "/hooks")["hooks"]
        return len([one for one in scenario.sim.requests() if one["fault"]]) > (1 if self.lost else 0)


def matcher(request):
    return {"method": request["method"], "path": f"^{re.escape(request['path'])}$",
            "query": f"^{re.escape(request['query'])}$", "skip": request["nth"]}


def begin(scenario, walk, lost=None):
    scenario.restore()
    if walk == "paged":
        scenario.sim.behave(most_per_page=3)
    if lost:
        scenario.sim.fault(**matcher(lost), action="close", when="after")


def requests_of(scenario, walk, lost=None):
    """The requests of an apply that nothing (else) disturbs, each with how many of its equals came before."""
    begin(scenario, walk, lost)
    result = scenario.apply_once()
    scenario.check_truthful(result)
    if not lost:
        scenario.assertEqual(result.code, 0, result)
    seen, requests = {}, scenario.sim.requests()
    for request in requests:
        same = (request["method"], request["path"], request["query"])
        request["nth"] = seen[same] = seen.get(same, -1) + 1
    return requests


def all_cells(scenario, elsewhere):
    """`elsewhere` is the address that redirects lead to."""
    plain, paged = requests_of(scenario, "plain"), requests_of(scenario, "paged")
    faults = list(table(elsewhere))
    cells = [Cell("plain", number, request, fault) for number, request in enumerate(plain) for fault in faults]
    in_pages = [*page_shifts(scenario.id_before("Passing")), *list_faults()]
    cells += [Cell("paged", number, request, fault) for number, request in enumerate(paged)
              if is_list(request) and request["path"].endswith(IDPS) for fault in in_pages]
    quick = [fault for fault in faults if not fault.slow and fault.name != "changed"]
    for number, request in enumerate(plain):
        if is_write(request):
            cells += [Cell("run", number, request, fault) for fault in faults]
            cells += after(scenario, number, request, quick)
    left_behind = scenario.id_before("Contractors")
    return [cell for cell in cells if cell.fault.fits(cell.request)
            # Of what a replace left behind only the id is remembered.
            and not (cell.fault.name == "id_reused" and cell.request["path"].endswith(left_behind))]


def after(scenario, number, lost, faults):
    walk = f"lost-{number}"
    requests = requests_of(scenario, walk, lost)
    return [Cell(walk, place, requests[place], fault, lost)
            for place in range(number + 1, min(number + 1 + NEXT, len(requests))) for fault in faults]


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
