"""Switches for everything the API reference leaves open or that clients got wrong.

A test turns them through the control interface; each is checked here, so that
a misspelt switch fails loudly instead of silently testing nothing.
"""

from util import copy_json

CHOICES = {
    "redaction": ("asterisks", "absent", "empty"),
    "false_form": ("false", "absent"),
    "empty_form": ("absent", "empty"),
    "echo_defaults": (False, True),
    "order": ("kept", "shuffled"),
    "duplicate_names": ("allowed", "refused"),
    "omitted_secret": ("kept", "cleared", "refused"),
    "delete_in_use": ("allowed", "refused"),
    "cert_form": ("kept", "pem", "base64", "wrapped"),
    "cert_alias": (False, True),
    "pingone_type": ("pingone", "ping"),
    "scim_base_url_at": ("scim_config", "top"),
    "result_info": ("full", "missing", "no_total"),
    "audit_log": ("allowed", "refused", "missing"),
    "audit_resource_id": (True, False),
}
COUNTS = ("list_lag", "get_lag")
OBJECTS = ("rewrite", "extra_fields", "extra_stored")

TRANSFORMATIONS = {
    "lowercase": str.lower,
    "uppercase": str.upper,
    "strip": str.strip,
    "add_trailing_slash": lambda text: text.rstrip("/") + "/",
    "strip_trailing_slash": lambda text: text.rstrip("/"),
}


def _defaults():
    values = {name: choices[0] for name, choices in CHOICES.items()}
    values.update({name: 0 for name in COUNTS})
    values.update({name: {} for name in OBJECTS})
    values.update(short_list=False, ignore_fields=[], rate_limit=None, most_per_page=None, fault_rate=0)
    return values


def _is_count(value):
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _strings(value):
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _is_rate(value):
    if value is None or (_is_count(value) and value > 0):
        return True
    return (
        isinstance(value, dict)
        and set(value) <= {"requests", "seconds"}
        and _is_count(value.get("requests"))
        and value["requests"] > 0
        and isinstance(value.get("seconds", 1), (int, float))
    )


def _valid(name, value):
    if name in CHOICES:
        # 0 == False in Python: compare the kind of value as well.
        return any(type(value) is type(choice) and value == choice for choice in CHOICES[name])
    if name in COUNTS:
        return _is_count(value)
    if name in OBJECTS:
        return isinstance(value, dict)
    if name == "short_list":
        return isinstance(value, bool) or _strings(value)
    if name == "ignore_fields":
        return _strings(value)
    if name == "most_per_page":
        return value is None or (_is_count(value) and value > 0)
    if name == "fault_rate":
        return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= 1
    return _is_rate(value)


class Behaviours:
    def __init__(self):
        self.values = _defaults()

    def __getattr__(self, name):
        try:
            return self.__dict__["values"][name]
        except KeyError:
            raise AttributeError(name) from None

    def merge(self, changes):
        """All or nothing; raises ValueError with the reason."""
        if not isinstance(changes, dict):
            raise ValueError("behaviours are an object")
        for name, value in changes.items():
            if name not in self.values:
                raise ValueError(f"unknown behaviour: {name}")
            if not _valid(name, value):
                raise ValueError(f"bad value for {name}: {value!r}")
        self.values.update(copy_json(changes))

    def is_short(self, collection):
        """Whether listings of this collection break off before their total_count."""
        if isinstance(self.short_list, bool):
            return self.short_list and collection == "identity_providers"
        return collection in self.short_list

    def rewritten(self, type_name, path, value):
        """The value as the server stores it; path is `name` or `config.x`, and `x` alone means config."""
        short = path.removeprefix("config.")
        for key in (f"{type_name}.{path}", f"{type_name}.{short}", f"*.{path}", f"*.{short}"):
            if key in self.rewrite:
                rule = self.rewrite[key]
                change = TRANSFORMATIONS.get(rule) if isinstance(rule, str) else None
                if change is None:
                    return copy_json(rule)
                if isinstance(value, list):
                    return [change(item) if isinstance(item, str) else item for item in value]
                return change(value) if isinstance(value, str) else value
        return value
