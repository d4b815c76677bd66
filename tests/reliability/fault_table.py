"""The faults that the walk in faults.py goes through: what each does to one request, and which requests can have it.

A fault is `{faults}` and `{hooks}` of the simulator (tests/simulator/README.md) without the part that says which
request is meant. `lost` tells that a write was carried out and its answer is of no use.
"""

from dataclasses import dataclass

from scenario import ACCOUNT, foreign

HTML = "<html><body>Bad Gateway</body></html>"
REFUSAL = {"success": False, "errors": [{"code": 10001, "message": "Simulated refusal"}], "messages": [],
           "result": None}
NO_OBJECT = {"success": True, "errors": [], "messages": [], "result": {}}
IDPS = "/access/identity_providers"
# Longer than the client waits (see Scenario.api_settings).
FOREVER_MS = 20_000
TOO_LATE_MS = 4_500


@dataclass(frozen=True)
class Fault:
    name: str
    faults: tuple = ()
    hooks: tuple = ()
    on: object = None  # which requests can have it; None: all
    lasting: bool = False  # every repetition of the request meets it as well
    lost: bool = False
    slow: bool = False
    victim: str = ""  # whose object a hook changes, where the request does not name one

    def fits(self, request):
        return self.on is None or self.on(request)


def is_write(request):
    return request["method"] != "GET"


def is_read(request):
    return request["method"] == "GET"


def is_list(request):
    return is_read(request) and "page=" in request["query"]


def is_later_page(request):
    return is_list(request) and request["path"].endswith(IDPS) and "page=1&" not in request["query"]


def is_first_list(request):
    return is_list(request) and request["path"].endswith(IDPS) and request["nth"] == 0


def is_object(request):
    return is_read(request) and f"{IDPS}/" in request["path"]


def respond(status, body=None, **headers):
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    spec = {"action": "respond", "status": status, "headers": headers}
    return spec if body is None else {**spec, "body": body}


def _everywhere(elsewhere):
    """Faults that need nothing of the answer: name, spec, slow."""
    yield "refused", {"action": "refuse", "delay_ms": 400}, False
    yield "closed", {"action": "close"}, False
    yield "reset", {"action": "reset"}, False
    yield "hang", {"action": "stall", "delay_ms": FOREVER_MS}, True
    yield "garbage", respond(200, '{"success": tru'), False
    yield "no_json", respond(200, HTML, Content_Type="text/html"), False
    yield "not_success", respond(200, REFUSAL), False
    yield "500", respond(500), False
    yield "502", respond(502, HTML, Content_Type="text/html"), False
    yield "503", respond(503, REFUSAL, Retry_After="1"), False
    for status in (301, 302, 307, 308):
        yield f"redirect_{status}", respond(status, "", Location=elsewhere + "/elsewhere"), False


def _spoilt():
    """The true answer, but not as it should be."""
    yield "drip", {"action": "drip", "delay_ms": 60}, True
    yield "cut", {"action": "truncate"}, False
    yield "too_long", {"action": "length", "by": 40}, True
    yield "too_short", {"action": "length", "by": -40}, False


def _lists():
    for edit in ("empty", "empty_without_info", "short", "twice", "twice_instead", "no_result", "other_total"):
        yield f"list_{edit}", {"action": "edit", "edit": edit}


def _throttled():
    yield "429", respond(429)
    yield "429_retry_after", respond(429, Retry_After="1")


def table(elsewhere):
    """All faults of the plain walk; `elsewhere` is the address that redirects lead to."""
    faults = []
    for name, spec, slow in _everywhere(elsewhere):
        faults.append(Fault(name, (spec,), slow=slow))
        faults.append(Fault(f"{name}_for_long", (spec,), on=is_read, lasting=True, slow=slow))
        faults.append(Fault(f"{name}_after", ({**spec, "when": "after"},), on=is_write, lost=True, slow=slow))
    for name, spec, slow in _spoilt():
        faults.append(Fault(name, (spec,), on=is_read, slow=slow))
        faults.append(Fault(f"{name}_for_long", (spec,), on=is_read, lasting=True, slow=slow))
        faults.append(Fault(f"{name}_after", ({**spec, "when": "after"},), on=is_write, lost=True, slow=slow))
    for name, spec in _throttled():
        faults.append(Fault(name, (spec,)))
        faults.append(Fault(f"{name}_for_long", (spec,), lasting=True, slow=True))
    faults.append(Fault("no_object_after", ({**respond(200, NO_OBJECT), "when": "after"},), on=is_write, lost=True))
    # The client gives up, and only then it is carried out.
    faults.append(Fault("too_late", ({"action": "delay", "delay_ms": TOO_LATE_MS},), on=is_write, lost=True, slow=True))
    return [*faults, *list_faults(), *races()]


def list_faults():
    for name, spec in _lists():
        yield Fault(name, (spec,), on=is_list)
        yield Fault(f"{name}_for_long", (spec,), on=is_list, lasting=True)


def races():
    """Another hand at an object of ours, before it is listed or read. Between the last read and the write nobody can
    see it, and of what a replace left behind only the id is remembered."""
    other = foreign("Newcomer", type="yandex")
    kinds = {"changed": ({"merge": {"config": {"client_id": "by-hand"}}},), "deleted": ({"delete": True},),
             "id_reused": ({"delete": True}, {"create": other})}
    for name, hooks in kinds.items():
        yield Fault(name, hooks=hooks, on=is_object)
        for victim in ("Contractors", "Leaver", "Rotating", "Workforce"):
            yield Fault(f"{name}_{victim.lower()}", hooks=hooks, on=is_first_list, victim=victim)


def page_shifts(passing):
    """Pages that shift while they are read; `passing` is the id of the first of the list, a stranger."""
    gone, come = {"delete": True, "id": passing}, {"create": foreign("Newcomer")}
    yield Fault("page_shift_gone", hooks=(gone,), on=is_later_page)
    yield Fault("page_shift_inserted", hooks=({**come, "front": True},), on=is_later_page)
    yield Fault("page_shift_swapped", hooks=(gone, come), on=is_later_page)
    yield Fault("page_shift_moved", hooks=(gone, {**come, "front": True}), on=is_later_page)


def ordered(fault, matcher, object_id):
    """The specs for the simulator: what this fault does to the request that the matcher means."""
    times = -1 if fault.lasting else 1
    faults = [{**matcher, **spec, "times": times} for spec in fault.faults]
    hooks = []
    for hook in fault.hooks:
        patch = {"account": ACCOUNT, **hook}
        if "create" not in patch:
            patch.setdefault("id", object_id)
        elif {"delete": True} in fault.hooks:  # under the id of the one that was deleted
            patch["create"] = {**patch["create"], "id": object_id}
        hooks.append({**matcher, "patch": patch})
    return faults, hooks
