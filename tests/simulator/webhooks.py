"""A receiver of webhooks: keeps what comes to /hooks-in/NAME and answers as a test has said."""

import time
from dataclasses import dataclass, field

from envelope import Response
from util import now, parse

KEYS = frozenset(("status", "delay_ms", "reset", "retry_after", "body", "times"))


@dataclass
class Webhook:
    received: list = field(default_factory=list)
    spec: dict = field(default_factory=dict)
    left: int = -1  # how many answers the spec still holds for; -1 without end


def _checked(spec):
    if not isinstance(spec, dict):
        raise ValueError("how a webhook answers is an object")
    if unknown := set(spec) - KEYS:
        raise ValueError(f"unknown keys: {sorted(unknown)}")
    for name, least in (("status", 200), ("delay_ms", 0), ("times", -1)):
        value = spec.get(name, least)
        if not isinstance(value, int) or isinstance(value, bool) or value < least:
            raise ValueError(f"{name} is a whole number of at least {least}")
    if not isinstance(spec.get("reset", False), bool) or not isinstance(spec.get("body", ""), str):
        raise ValueError("reset is true or false, body a string")
    if not isinstance(spec.get("retry_after", ""), (str, int)):
        raise ValueError("retry_after is a number of seconds or a date")
    return dict(spec)


class Webhooks:
    """Only touched under the store's lock, except for the waiting."""

    def __init__(self):
        self._hooks = {}

    def _named(self, name):
        return self._hooks.setdefault(name, Webhook())

    def show(self, name):
        hook = self._named(name)
        return {"received": list(hook.received), "answer": hook.spec}

    def answer_with(self, name, spec):
        hook = self._named(name)
        hook.spec = _checked(spec)
        hook.left = hook.spec.get("times", -1)
        return {"answer": hook.spec}

    def clear(self, name):
        self._hooks.pop(name, None)
        return {}

    def receive(self, name, method, headers, raw):
        """Records the request; how to answer it."""
        hook = self._named(name)
        spec = hook.spec if hook.left else {}
        hook.left -= hook.left > 0
        try:
            body, readable = parse(raw), True
        except ValueError:
            body, readable = raw.decode("utf-8", "replace"), False
        fine = method == "POST" and readable
        status = spec.get("status", 200) if fine else 400
        hook.received.append({
            "time": now(), "method": method, "headers": {key.lower(): value for key, value in headers.items()},
            "body": body, "status": None if spec.get("reset") else status,
        })
        return {**spec, "status": status}


def respond(spec):
    """The answer after its delay, None for a broken connection. Called without the lock."""
    time.sleep(spec.get("delay_ms", 0) / 1000)
    if spec.get("reset"):
        return None
    headers = {"Content-Type": "text/plain"}
    if "retry_after" in spec:
        headers["Retry-After"] = str(spec["retry_after"])
    return Response(spec["status"], spec.get("body", "ok").encode(), headers)
