"""Faults and races that a test orders in advance.

A fault replaces, delays or loses the answer to a matching request; a hook
changes the state just before one. Both are used up in the order they were set.
"""

import re
from dataclasses import dataclass

from edits import EDITS

ACTIONS = ("respond", "close", "reset", "refuse", "stall", "drip", "truncate", "length", "edit", "delay")
# How long each lasts where the test says nothing; of a drip the time between two bytes.
DELAYS = {"stall": 60_000, "refuse": 300, "drip": 100}

# What `fault_rate` draws from: passing troubles that cost no waiting, both before and after the commit.
RANDOM = (
    {"status": 500}, {"status": 503}, {"status": 502, "body": "<html>bad gateway</html>"},
    {"status": 429, "headers": {"Retry-After": "1"}}, {"action": "close"}, {"action": "close", "when": "after"},
    {"status": 500, "when": "after"}, {"action": "truncate", "when": "after"}, {"action": "delay", "delay_ms": 50},
)


def _count(value, name, least=0):
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise ValueError(f"{name} is a whole number of at least {least}")
    return value


@dataclass
class Matcher:
    """Which requests are meant: a method, a pattern for the path, one for the query."""

    method: str | None
    path: re.Pattern | None
    query: re.Pattern | None
    times: int
    skip: int

    @classmethod
    def parse(cls, spec):
        def pattern(name):
            try:
                return re.compile(spec[name]) if spec.get(name) is not None else None
            except (re.error, TypeError) as error:
                raise ValueError(f"bad pattern for {name}: {error}") from None

        return cls(
            spec.get("method"), pattern("path"), pattern("query"),
            _count(spec.get("times", 1), "times", -1), _count(spec.get("skip", 0), "skip"),
        )

    def take(self, method, path, query):
        """Whether this request is hit; uses up one of `skip` or `times`. times -1 never ends."""
        if self.times == 0 or (self.method and self.method != method):
            return False
        if self.path and not self.path.search(path):
            return False
        if self.query and not self.query.search(query):
            return False
        if self.skip:
            self.skip -= 1
            return False
        if self.times > 0:
            self.times -= 1
        return True


@dataclass
class Fault:
    matcher: Matcher
    action: str
    when: str
    status: int | None
    body: object
    headers: dict
    delay_ms: int
    by: int
    edit: str | None
    spec: dict

    KEYS = frozenset(("method", "path", "query", "times", "skip", "action", "when", "status", "body", "headers",
                      "delay_ms", "by", "edit"))

    @classmethod
    def parse(cls, spec):
        if not isinstance(spec, dict):
            raise ValueError("a fault is an object")
        if unknown := set(spec) - cls.KEYS:
            raise ValueError(f"unknown keys: {sorted(unknown)}")
        action, when = spec.get("action", "respond"), spec.get("when", "before")
        if action not in ACTIONS or when not in ("before", "after"):
            raise ValueError("bad action or when")
        status, headers = spec.get("status"), spec.get("headers", {})
        if status is not None:
            _count(status, "status", 100)
        if not isinstance(headers, dict):
            raise ValueError("headers are an object")
        delay = _count(spec.get("delay_ms", DELAYS.get(action, 0)), "delay_ms")
        by, edit = spec.get("by", 0), spec.get("edit")
        if not isinstance(by, int) or isinstance(by, bool) or (action == "length") != bool(by):
            raise ValueError("a length is wrong by a whole number of bytes, and nothing else is")
        if (edit not in EDITS) if action == "edit" else (edit is not None):
            raise ValueError(f"an edit is one of {sorted(EDITS)}")
        return cls(Matcher.parse(spec), action, when, status, spec.get("body"), headers, delay, by, edit, spec)


@dataclass
class Hook:
    matcher: Matcher
    patch: dict
    spec: dict

    @classmethod
    def parse(cls, spec):
        patch = spec.get("patch") if isinstance(spec, dict) else None
        if not isinstance(patch, dict) or not isinstance(patch.get("account"), str):
            raise ValueError("a hook needs a patch with an account")
        kinds = [kind for kind in ("merge", "delete", "create") if kind in patch]
        if len(kinds) != 1 or (kinds[0] != "create" and not isinstance(patch.get("id"), str)):
            raise ValueError("a patch has an id with merge or delete, or create")
        if not isinstance(patch.get("front", False), bool) or ("front" in patch and kinds[0] != "create"):
            raise ValueError("front is true or false, and only of a create")
        return cls(Matcher.parse(spec), patch, spec)


class Faults:
    def __init__(self):
        self._faults = []
        self._hooks = []

    def add(self, spec):
        self._faults.append(Fault.parse(spec))

    def add_hook(self, spec):
        self._hooks.append(Hook.parse(spec))

    def clear(self):
        self._faults.clear()

    def clear_hooks(self):
        self._hooks.clear()

    def pending(self):
        return [{**fault.spec, "times": fault.matcher.times, "skip": fault.matcher.skip}
                for fault in self._faults if fault.matcher.times != 0]

    def pending_hooks(self):
        return [hook.spec for hook in self._hooks if hook.matcher.times != 0]

    def fault_for(self, method, path, query):
        """The first fault that this request hits, or None."""
        return next((fault for fault in self._faults if fault.matcher.take(method, path, query)), None)

    @staticmethod
    def random_fault(rng, rate):
        """A fault for this share of the requests, or None."""
        return Fault.parse(rng.choice(RANDOM)) if rate and rng.random() < rate else None

    def hooks_for(self, method, path, query):
        return [hook.patch for hook in self._hooks if hook.matcher.take(method, path, query)]
