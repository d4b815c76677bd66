#!/usr/bin/env python3
"""Holds daemon/ to its shape: check.py ROOT fails on

- an include against the arrows below,
- a library's header outside the one place that may know the library,
- a type's name in C++ (a new type is a file of schema/types and no line of code).
"""

import json
import pathlib
import re
import sys

# folder -> the folders of daemon/ that it may include, beside itself.
ARROWS = {
    "": {"cli", "base"},  # main.cpp
    "cli": {"service", "cluster", "check", "reconcile", "report", "config", "state", "secrets", "cloudflare", "http", "plan", "model", "base"},
    "service": {"reconcile", "cluster", "check", "report", "config", "state", "secrets", "cloudflare", "http", "plan", "model", "base"},
    "check": {"config", "secrets", "http", "model", "base"},
    "reconcile": {"plan", "config", "state", "secrets", "cloudflare", "model", "base"},
    "cluster": {"state", "http", "model", "base"},
    "report": {"plan", "model", "base"},
    "cloudflare": {"http", "base"},
    "http": {"base"},
    "plan": {"model", "base"},
    "config": {"model", "base"},
    "state": {"model", "base"},
    "secrets": {"base"},
    "model": {"base"},
    "base": set(),
}

# A library's headers, and the folders (or the one file) that may include them.
LIBRARIES = {
    "yaml-cpp/": {"config"},
    "sqlite3.h": {"state"},
    "curl/": {"http"},
    "rapidjson/": {"base/json.cpp"},
    "CLI/": {"cli"},
    "spdlog/": {"base", "cli"},
    "openssl/": {"base", "secrets", "state", "check"},
    "asio": {"http", "cloudflare", "cluster", "reconcile", "check", "service", "cli"},
    "microhttpd.h": {"service"},
    "pugixml.hpp": {"check/saml_metadata.cpp"},
    "git2": {"service"},
    "prometheus/": {"service"},
    "systemd/": {"base", "service"},
    "fmt/": None,  # anywhere
}

# What comes with the compiler and the system.
SYSTEM = re.compile(r"[a-z_0-9]+|[a-z_0-9]+\.h|(sys|arpa|net|netinet|linux)/[a-z_0-9]+\.h")

# Where a type may be named: the text that `idpd init` writes.
MAY_NAME_TYPES = {"cli/init_texts.cpp"}

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.MULTILINE)
# Comments, raw strings, strings and characters, in the order in which they are found; a digit separator is none.
TOKEN = re.compile(
    r'//[^\n]*|/\*.*?\*/|R"(?P<mark>[^()\s\\]{0,16})\((?P<raw>.*?)\)(?P=mark)"|"(?P<text>(?:\\.|[^"\\\n])*)"'
    r"|(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+'", re.DOTALL)


def type_names(root):
    """Every name and alias of a type, from schema/types."""
    names = set()
    for path in sorted((root / "schema" / "types").glob("*.json")):
        schema = json.loads(path.read_text(encoding="utf-8"))
        names.add(schema["properties"]["type"]["const"])
        names.update(schema.get("x-type-aliases", []))
    return names


def allowed_in(place, places):
    """Whether a file, `config/yaml.cpp`, is one of the places or lies in one."""
    return place in places or place.split("/")[0] in places


def includes(place, text):
    """What is wrong with the includes of a file."""
    folder = place.split("/")[0] if "/" in place else ""
    if folder not in ARROWS:
        yield 1, f"the folder {folder}/ has no arrows in tests/layering/check.py"
        return
    for found in INCLUDE.finditer(text):
        line = text.count("\n", 0, found.start()) + 1
        quoted, header = found.group(1) == '"', found.group(2)
        if quoted:
            target = header.split("/")[0] if "/" in header else ""
            if header == "embedded.h":
                if folder:
                    yield line, "the compiled-in schemas are for main.cpp alone; it passes the catalog on"
            elif target != folder and target not in ARROWS[folder]:
                yield line, f"{folder or 'main.cpp'} must not include {header}"
            continue
        library = next((name for name in LIBRARIES if header.startswith(name)), None)
        if library is None:
            if not SYSTEM.fullmatch(header):
                yield line, f"<{header}> is of a library that tests/layering/check.py does not know"
        elif LIBRARIES[library] is not None and not allowed_in(place, LIBRARIES[library]):
            yield line, f"<{header}> may be included only in {', '.join(sorted(LIBRARIES[library]))}"


def named_types(place, text, names):
    """String literals that are, or hold in quotes of their own, the name of a type."""
    if allowed_in(place, MAY_NAME_TYPES):
        return
    for found in TOKEN.finditer(text):
        literal = found.group("raw") if found.group("raw") is not None else found.group("text")
        if literal is None:
            continue
        inner = re.findall(r'\\?"([A-Za-z-]+)\\?"', literal)
        for name in names.intersection([literal, literal.removesuffix(".json").removeprefix("types/"), *inner]):
            yield text.count("\n", 0, found.start()) + 1, f'"{name}" is a type: what it means belongs into schema/types'


def problems(root):
    """Everything that is wrong, as `file:line: message`."""
    names = type_names(root)
    if not names:
        yield f"{root / 'schema/types'}: no types"
    files = sorted(path for path in (root / "daemon").rglob("*") if path.suffix in (".cpp", ".h"))
    if not files:
        yield f"{root / 'daemon'}: no files"
    for path in files:
        place = path.relative_to(root / "daemon").as_posix()
        text = path.read_text(encoding="utf-8")
        for line, message in [*includes(place, text), *named_types(place, text, names)]:
            yield f"daemon/{place}:{line}: {message}"


def main():
    found = list(problems(pathlib.Path(sys.argv[1])))
    print("\n".join(found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
