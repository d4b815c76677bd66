#!/usr/bin/env python3
"""Writes what the fuzzer starts from: seeds.py FOLDER makes FOLDER/files and FOLDER/yaml.dict.

Every file of configs/, and small pieces of YAML of the kinds that parsers trip over.
"""

import json
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]

SNIPPETS = [
    "", "\n", "---\n", "--- a\n--- b\n", "%YAML 1.2\n---\n{}\n", "%TAG ! tag:x,2000:\n--- !a b\n",
    "&a [*a]\n", "a: &a {b: &b [1, 2]}\nc: [*a, *b]\n", "<<: &x {a: 1}\nb: {<<: *x}\n",
    "- - - - - a\n", "? ? ? a\n", "? {a: b}\n: [c]\n", "? |\n  key\n: value\n", "[[[[[[[[]]]]]]]]\n",
    "{a: {b: {c: {d: {}}}}}\n", "a: |\n  text\n   more\n\n  end\n", "a: >-\n  folded\n  text\n",
    "a: |2+\n   x\n\n", "a: \"\\x41\\u0042\\U00000043\\e\\0\\N\\_\\L\\P\"\n", "a: 'it''s'\n", "a: !!binary aGk=\n",
    "a: !<tag:yaml.org,2002:str> b\n", "a: !!null ''\nb: ~\nc:\n", "a:\tb\n\tc: d\n", "\ufeffa: b\n", "a: \"unclosed\n",
    "a: 'unclosed\n", "[a, b\n", "{a: b\n", "a: b: c\n", "a: [b, c: d, ? e : f]\n", "? a\n? b\n: c\n", "- a\n-\n- - b\n",
    "a: ${env:X}\nb: $${x}\nc: ${file:/a/b}${credential:c}\n", "'a': 1\n\"a\": 2\n",
    '{"identity_providers": {"a": {"name": "n", "type": "pingone", "config": {"client_id": "c"}}}}\n',
    '{"config": {"client_id": "<your client id>"}, "type": "ping", "name": "my example idp"}\n',
]


def words(node):
    """Names of fields and the values that they may have, from the schemas."""
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "properties":
                yield from value
            if key == "enum":
                yield from (one for one in value if isinstance(one, str))
            if key == "const" and isinstance(value, str):
                yield value
            yield from words(value)
    elif isinstance(node, list):
        for one in node:
            yield from words(one)


def main():
    target = pathlib.Path(sys.argv[1])
    files = target / "files"
    files.mkdir(parents=True, exist_ok=True)
    examples = [path for path in sorted((ROOT / "configs").rglob("*")) if path.suffix in (".yaml", ".yml", ".json")]
    for path in examples:
        name = "-".join(path.relative_to(ROOT).parts)
        (files / name).write_bytes(path.read_bytes())
    for number, text in enumerate(SNIPPETS):
        (files / f"snippet-{number:02}").write_text(text, encoding="utf-8")
    dictionary = {"&a ", "*a", "<<: ", "- ", "? ", ": ", "|\\x0a", ">-\\x0a", "!!str ", "---\\x0a", "...\\x0a", "${env:",
                  "$${", "[", "]", "{", "}", "\\x0a  ", "%YAML 1.2\\x0a"}
    for path in sorted((ROOT / "schema").rglob("*.json")):
        dictionary.update(words(json.loads(path.read_text(encoding="utf-8"))))
    lines = []
    for word in sorted(dictionary):
        lines.append('"' + word.replace('"', '\\"') + '"')
    (target / "yaml.dict").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
