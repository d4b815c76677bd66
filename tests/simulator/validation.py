"""Reads a client's create or update strictly and yields what is to be stored.

What is outside the type's table is dropped without a word, as the real server
does; what breaks a rule is refused. Masked secrets are stored as they come:
a client that sends one back has destroyed the secret, and a test must see it.
"""

import re

from envelope import invalid
from idp_types import SCIM_FIELDS, TOP_READONLY
from util import copy_json

MASKED = re.compile(r"\*+\Z")
UNSET = (None, "", [], {})


def is_unset(value):
    return any(type(value) is type(empty) and value == empty for empty in UNSET)


def _headers(value):
    keys = ("attribute_name", "header_name")
    return isinstance(value, list) and all(
        isinstance(item, dict) and all(isinstance(item.get(key), str) for key in keys) for item in value
    )


def _strings(value):
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


CHECKS = {
    "string": lambda value: isinstance(value, str),
    "secret": lambda value: isinstance(value, str),
    "enum": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "object": lambda value: isinstance(value, dict),
    "array": _strings,
    "cert": _strings,
    "headers": _headers,
}


class Write:
    """One create (previous is None) or update, from the client's body to the object to store."""

    def __init__(self, store, body, previous=None):
        self.store = store
        self.behaviours = store.behaviours
        self.body = body
        self.previous = previous

    def result(self):
        """name, type, config and whatever optional parts were sent; raises ApiError."""
        body = self.body
        if not isinstance(body, dict):
            raise invalid("the body must be an object")
        for key in body:
            if key in TOP_READONLY:
                self.store.readonly[key] += 1
            elif key not in ("name", "type", "config", "scim_config", "saml_certificate_set_id"):
                self.store.dropped[key] += 1
        name = body.get("name")
        if not isinstance(name, str) or not name.strip():
            raise invalid("name is required")
        idp_type = self._type()
        if not isinstance(body.get("config"), dict):
            raise invalid("config is required and must be an object")
        written = {"name": name, "type": idp_type.name, "config": self._config(idp_type)}
        scim = self._scim(idp_type)
        if scim is not None:
            written["scim_config"] = scim
        set_id = body.get("saml_certificate_set_id")
        if not is_unset(set_id):
            if not isinstance(set_id, str):
                raise invalid("saml_certificate_set_id must be a string")
            if idp_type.name == "saml":
                written["saml_certificate_set_id"] = set_id
            else:
                self.store.dropped["saml_certificate_set_id"] += 1
        return self._not_sticking(written)

    def _type(self):
        name = self.body.get("type")
        if not isinstance(name, str) or name not in self.store.types:
            raise invalid(f"unknown identity provider type: {name!r}")
        if self.previous is not None and self.previous["type"] != name:
            raise invalid("the type of an identity provider cannot be changed")
        return self.store.types[name]

    def _config(self, idp_type):
        sent = self.body["config"]
        before = self.previous["config"] if self.previous else {}
        written = {}
        for key, value in sent.items():
            field = idp_type.fields.get(key)
            if field is None:
                # A field that the dashboard stored is known to the server, if not to this table.
                if (key in before or key in self.behaviours.extra_stored) and not is_unset(value):
                    written[key] = copy_json(value)
                elif key not in before:
                    self.store.dropped[f"config.{key}"] += 1
                continue
            if field.kind == "readonly":
                self.store.readonly[f"config.{key}"] += 1
                continue
            self._check(f"config.{key}", field, value)
            if field.kind == "secret" and isinstance(value, str) and MASKED.match(value):
                self.store.masked[f"config.{key}"] += 1
            if not is_unset(value):
                stored = self.behaviours.rewritten(idp_type.name, f"config.{key}", value)
                written[key] = copy_json(stored)
        if self.previous is None:
            for key, value in self.behaviours.extra_stored.items():
                written.setdefault(key, copy_json(value))
        self._omitted_secrets(idp_type, sent, before, written)
        self._needed(idp_type, sent, written)
        return written

    def _omitted_secrets(self, idp_type, sent, before, written):
        if self.previous is None or self.behaviours.omitted_secret != "kept":
            return
        for key, field in idp_type.fields.items():
            if field.kind == "secret" and key not in sent and key in before:
                written[key] = before[key]

    def _needed(self, idp_type, sent, written):
        for key in idp_type.needed:
            if key in written:
                continue
            if idp_type.fields[key].kind == "secret" and self.previous is not None:
                mode = self.behaviours.omitted_secret
                if mode == "cleared" or (mode == "kept" and key not in sent):
                    continue
            raise invalid(f"config.{key} is required for type {idp_type.name}")

    def _scim(self, idp_type):
        sent = self.body.get("scim_config")
        if is_unset(sent):
            return None
        if not isinstance(sent, dict):
            raise invalid("scim_config must be an object")
        if not idp_type.scim:
            raise invalid(f"SCIM is not supported for type {idp_type.name}")
        before = (self.previous or {}).get("scim_config", {})
        written = {key: field.default for key, field in SCIM_FIELDS.items() if field.default is not None}
        for key, value in sent.items():
            field = SCIM_FIELDS.get(key)
            if field is None:
                if key in before:
                    written[key] = copy_json(value)
                else:
                    self.store.dropped[f"scim_config.{key}"] += 1
                continue
            if field.kind == "readonly":
                self.store.readonly[f"scim_config.{key}"] += 1
                if isinstance(value, str) and MASKED.match(value):
                    self.store.masked[f"scim_config.{key}"] += 1
                continue
            self._check(f"scim_config.{key}", field, value)
            if not is_unset(value):
                written[key] = self.behaviours.rewritten(idp_type.name, f"scim_config.{key}", value)
        if written["seat_deprovision"] and not written["user_deprovision"]:
            raise invalid("scim_config.seat_deprovision requires user_deprovision")
        return written

    def _check(self, path, field, value):
        # null and "" stand for "unset"; whether that is allowed is a question of `needed`.
        if value is None or (value == "" and field.kind in ("string", "secret", "enum")):
            return
        if not CHECKS[field.kind](value):
            raise invalid(f"{path} has the wrong type")
        if field.kind == "enum" and value not in field.enum:
            raise invalid(f"{path} must be one of {', '.join(field.enum)}")

    def _not_sticking(self, written):
        """Writes to the fields under `ignore_fields` are accepted, and the old value stays."""
        written["name"] = self.behaviours.rewritten(written["type"], "name", written["name"])
        for path in self.behaviours.ignore_fields:
            section, _, key = path.rpartition(".")
            target = written.get(section) if section else written
            if not isinstance(target, dict):
                continue
            before = ((self.previous or {}).get(section) or {}) if section else (self.previous or {})
            if key in before:
                target[key] = copy_json(before[key])
            elif not (section == "" and key in ("name", "type", "config")):
                target.pop(key, None)
                if section == "scim_config" and SCIM_FIELDS.get(key) and SCIM_FIELDS[key].default is not None:
                    target[key] = SCIM_FIELDS[key].default
        return written
