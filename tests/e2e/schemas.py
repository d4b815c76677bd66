"""What the tests know of identity provider types: read from schema/ at run time, so that a new type or field is
tested without a line here. Values are made from a field's schema alone.
"""

import json
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCHEMA = ROOT / "schema"


def _resolve(node, document):
    """The schema with every $ref replaced by what it names; words beside a $ref win."""
    if isinstance(node, list):
        return [_resolve(item, document) for item in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        path, _, pointer = node["$ref"].partition("#")
        target = (document.parent / path).resolve() if path else document
        found = json.loads(target.read_text())
        for part in filter(None, pointer.split("/")):
            found = found[part]
        return {**_resolve(found, target), **{k: v for k, v in node.items() if k != "$ref"}}
    return {key: _resolve(value, document) for key, value in node.items()}


class Field:
    """A leaf of a type's schema, by its path (`config.client_id`)."""

    def __init__(self, path, schema, required):
        self.path, self.schema, self.required = path, schema, required
        self.secret = schema.get("writeOnly", False)
        self.read_only = schema.get("readOnly", False)
        self.boolean = schema.get("type") == "boolean"
        self.array = schema.get("type") == "array"
        self.default = schema.get("default", False if self.boolean else None)

    @property
    def writable(self):
        return not self.read_only and not self.secret

    def variable(self):
        """The environment variable that holds this secret."""
        return "SECRET_" + self.path.replace(".", "_").upper()

    def value(self, variant=0):
        """A valid value; each variant differs from the other and from the default."""
        if self.secret:
            return "${env:%s}" % self.variable()
        return _value(self.schema, self.path, variant, self.default)


_certificates = {}


def certificate(variant):
    """A real self-signed certificate, as PEM."""
    if variant not in _certificates:
        made = subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "3650",
             "-subj", f"/CN=test {variant}", "-keyout", "/dev/null"], capture_output=True, text=True, check=True)
        _certificates[variant] = made.stdout
    return _certificates[variant]


def _value(schema, path, variant, default=None):
    name = path.rpartition(".")[2]
    if "enum" in schema:
        choices = [choice for choice in schema["enum"] if choice != default]
        return choices[variant % len(choices)]
    kind = schema.get("type")
    if kind == "boolean":
        return (not default) if variant % 2 == 0 else bool(default)
    if kind == "integer":
        return 7 + variant
    if kind == "array":
        # Different lengths, so that order, additions and removals are all in play.
        return [_value(schema["items"], f"{path}{index}", 10 * variant + index) for index in range(3 - variant % 2)]
    if kind == "object":
        return {key: _value(member, key, variant) for key, member in schema["properties"].items()}
    if schema.get("format") == "uri":
        return f"https://{name.replace('_', '-')}-{variant}.example.com/path"
    if schema.get("format") == "x509-certificate":
        return certificate(variant)
    return f"{name}-{variant}"


def _fields(schema, prefix="", required=True):
    for name, member in schema["properties"].items():
        path = prefix + name
        needed = required and name in schema.get("required", [])
        if "const" in member:
            continue
        if "properties" in member and not member.get("readOnly"):
            yield from _fields(member, path + ".", needed)
        else:
            yield Field(path, member, needed)


class Type:
    def __init__(self, document):
        # References are relative to schema/types, wherever the file lies.
        self.schema = _resolve(json.loads(document.read_text()), SCHEMA / "types" / document.name)
        self.name = self.schema["properties"]["type"]["const"]
        self.fields = list(_fields(self.schema))

    @property
    def secrets(self):
        return [field for field in self.fields if field.secret and not field.read_only]

    @property
    def writable(self):
        return [field for field in self.fields if field.writable and field.path != "name"]

    def requires(self, field):
        """Sibling booleans that must be true for this one to be."""
        needed = field.schema.get("x-requires")
        return [field.path.rpartition(".")[0] + "." + needed] if needed else []

    def entry(self, all_fields=False, name=None, **values):
        """An entry with the required fields, or all; keyword `path=value` with dots written as __ overrides."""
        out = {"name": name or f"Test {self.name}", "type": self.name, "config": {}}
        for field in self.fields:
            if field.path != "name" and not field.read_only and (all_fields or field.required):
                set_path(out, field.path, field.value())
        for path, value in values.items():
            set_path(out, path.replace("__", "."), value)
        return out


def set_path(target, path, value):
    *parents, last = path.split(".")
    for parent in parents:
        target = target.setdefault(parent, {})
    target[last] = value


def get_path(source, path, default=None):
    for part in path.split("."):
        if not isinstance(source, dict) or part not in source:
            return default
        source = source[part]
    return source


def erase_path(target, path):
    *parents, last = path.split(".")
    for parent in parents:
        target = target.get(parent, {})
    target.pop(last, None)


def all_types(folder=SCHEMA / "types"):
    return sorted((Type(path) for path in folder.glob("*.json")), key=lambda one: one.name)


def environment(types):
    """A value for every secret of these types."""
    return {field.variable(): f"real-{field.path}-secret" for one in types for field in one.secrets}
