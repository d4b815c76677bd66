#!/usr/bin/env python3
"""Writes the man pages: generate.py OUTPUT-FOLDER.

A page `NAME.in` beside this file is mdoc(7) with lines `@SETTINGS@`, `@TYPES@` and `@ENTRY@`, in whose place the
fields go as schema/ has them: what a field means is written there and nowhere else.
"""

import json
import pathlib
import re
import sys
import textwrap

HERE = pathlib.Path(__file__).resolve().parent
SCHEMA = HERE.parents[1] / "schema"


def load(name):
    return json.loads((SCHEMA / name).read_text(encoding="utf-8"))


def resolve(schema, document):
    """A schema with its reference followed; words beside the reference win. Returns it with its own document."""
    reference = schema.get("$ref")
    if reference is None:
        return schema, document
    name, _, pointer = reference.partition("#")
    target = load(name.removeprefix("../")) if name else document
    found = target
    for step in filter(None, pointer.split("/")):
        found = found[step]
    found, target = resolve(found, target)
    return {**found, **{word: value for word, value in schema.items() if word != "$ref"}}, target


def escaped(text):
    return text.replace("\\", "\\e").replace("-", "\\-").replace("\u2026", "...")


def sentences(text):
    """Text for mdoc: each sentence on lines of its own, none of them long, none read as a macro."""
    text = text.replace("\\", "\\e").replace("\u2026", "...")
    text = re.sub(r"`([^`]*)`", lambda code: "\\fB" + code.group(1).replace("-", "\\-") + "\\fR", text)
    lines = []
    for sentence in re.split(r"(?<=[.!?]) (?=[A-Z\\])", text):
        lines += textwrap.wrap(sentence, 78, break_long_words=False, break_on_hyphens=False)
    return ["\\&" + line if line.startswith((".", "'")) else line for line in lines]


def facts(schema, required):
    """The words of a field that are not prose: its type, its values, its default."""
    kind = schema.get("type", "any")
    if isinstance(kind, list):
        kind = " or ".join("list" if one == "array" else one for one in kind)
    if "oneOf" in schema:
        kind = " or ".join({"object": "a map", "string": "text"}.get(shape.get("type"), "a map") for shape in schema["oneOf"])
    if kind == "array":
        kind = "list of " + {"object": "objects"}.get(schema.get("items", {}).get("type"), "strings")
    if kind == "object":
        return "Required." if required else ""
    if "enum" in schema:
        kind = "one of " + ", ".join(f"`{value}`" for value in schema["enum"])
    if "const" in schema:
        kind = f"`{schema['const']}`"
    words = [kind + ("; required" if required else "")]
    if "default" in schema:
        words.append(f"default `{json.dumps(schema['default']).strip(chr(34))}`")
    if schema.get("writeOnly"):
        words.append("secret")
    text = "; ".join(words)
    return text[0].upper() + text[1:] + "."


def fields(schema, document, prefix=""):
    """Every field below an object as list items, depth first, in the order of the schema. What only the server sets
    is left out, since nobody writes it."""
    schema, document = resolve(schema, document)
    for name, raw in schema.get("properties", {}).items():
        field, home = resolve(raw, document)
        if field.get("readOnly"):
            continue
        path = f"{prefix}{name}"
        yield f".It Va {escaped(path)}"
        yield from sentences(field.get("description", ""))
        yield from sentences(facts(field, name in schema.get("required", [])))
        yield from fields(field, home, path + ".")
        items, items_home = resolve(field.get("items", {}), home)
        yield from fields(items, items_home, path + "[].")
        for shape in (field, *field.get("oneOf", [])):
            shape, shape_home = resolve(shape, home)
            if isinstance(shape.get("additionalProperties"), dict):
                yield from fields(shape["additionalProperties"], shape_home, f"{path}.{name.removesuffix('s').upper()}.")


def listed(items):
    return [".Bl -tag -width Ds", *items, ".El"]


def settings():
    document = load("settings.json")
    return listed(fields(document, document))


def entry():
    """What idpd adds to every identity provider."""
    document = load("identity-provider.json")
    return listed(fields(document, document))


def types():
    for path in sorted((SCHEMA / "types").glob("*.json"), key=lambda path: path.stem.lower()):
        document = load(f"types/{path.name}")
        yield f".Ss {escaped(document['properties']['type']['const'])}: {escaped(document['title'])}"
        yield from sentences(document["description"])
        config, home = resolve(document["properties"].get("config", {}), document)
        items = list(fields(config, home, "config."))
        if items:
            yield from listed(items)
    common = load("common.json")
    yield ".Ss scim_config: where the type knows SCIM"
    yield from sentences(common["definitions"]["scim_config"]["description"])
    yield from listed(fields(common["definitions"]["scim_config"], common, "scim_config."))


PARTS = {"@SETTINGS@": settings, "@ENTRY@": entry, "@TYPES@": types}


def page(text):
    lines = []
    for line in text.splitlines():
        lines += PARTS[line]() if line in PARTS else [line]
    return "\n".join(lines) + "\n"


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for source in sorted(HERE.glob("*.in")):
        (folder / source.stem).write_text(page(source.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
