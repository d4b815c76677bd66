#!/usr/bin/env python3
"""Writes what the fuzzers start from: seeds.py FOLDER makes FOLDER/TARGET/ and FOLDER/TARGET.dict for each target.

Made of what the tree has anyway (configs/, schema/, golden files) and of small pieces that parsers trip over, so that
a new type or a new member takes part without a line here. What a fuzzer found beyond them is in corpus/.
"""

import base64
import json
import pathlib
import re
import sys

import pieces

ROOT = pathlib.Path(__file__).resolve().parents[2]
TYPES = sorted((ROOT / "schema/types").glob("*.json"))


def examples():
    return [path.read_text(encoding="utf-8") for path in sorted((ROOT / "configs").rglob("*"))
            if path.suffix in (".yaml", ".yml", ".json")]


def golden(*patterns):
    return [path.read_text(encoding="utf-8") for pattern in patterns for path in sorted((ROOT / "tests").glob(pattern))]


def schema_words(node):
    """Names of fields and the values that they may have."""
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "properties":
                yield from value
            if key == "enum":
                yield from (one for one in value if isinstance(one, str))
            if key == "const" and isinstance(value, str):
                yield value
            yield from schema_words(value)
    elif isinstance(node, list):
        for one in node:
            yield from schema_words(one)


def sample(schema, document, name):
    """A value that the schema allows, more or less."""
    if "$ref" in schema:
        file, _, inside = schema["$ref"].partition("#")
        if file:
            document = json.loads((ROOT / "schema" / pathlib.Path(file).name).read_text(encoding="utf-8"))
        target = document
        for part in filter(None, inside.split("/")):
            target = target[part]
        return sample(target, document, name)
    if "const" in schema or "enum" in schema:
        return schema.get("const", schema.get("enum", [None])[0])
    if schema.get("type") == "object":
        return {key: sample(value, document, key) for key, value in schema.get("properties", {}).items()}
    if schema.get("type") == "array":
        return [sample(schema.get("items", {}), document, name)]
    made = {"boolean": True, "integer": 7}.get(schema.get("type"), "***" if schema.get("writeOnly") else name + "-1")
    return "https://example.com/" + name if schema.get("format") == "uri" else made


def live_objects():
    for number, path in enumerate(TYPES):
        schema = json.loads(path.read_text(encoding="utf-8"))
        yield {"id": f"id-{number}", **sample(schema, schema, "x")}


def answer(pages, status=200, path="/accounts/0/access/identity_providers", headers=("", "", "")):
    lines = [str(status), path, *headers, *(page if isinstance(page, str) else json.dumps(page) for page in pages)]
    return "\n".join(lines) + "\n"


def page(result, **info):
    return {"success": True, "errors": [], "messages": [], "result": result, **({"result_info": info} if info else {})}


def api_answers():
    objects = list(live_objects())
    yield from (answer([page(one)]) for one in objects)
    yield answer([page(objects[:2], total_count=3, per_page=2, page=1), page(objects[2:3], total_count=3, page=2)])
    limits = ('"default";r=50;t=30', '"default";q=100;w=60', "30")
    yield answer([page(objects[:2], per_page=2), page([])], headers=limits)
    yield answer([page(objects[:1], total_count=3), page([], total_count=3)])
    yield answer([page([objects[0], objects[0]])])
    yield answer([page([pieces.AUDIT_ENTRY], cursor="c")], path="/accounts/0/logs/audit")
    yield answer([page(pieces.AUDIT_ENTRY)])
    for status in (200, 301, 400, 401, 403, 404, 408, 429, 500, 501, 502):
        for body in pieces.FAILURES:
            yield answer([body], status=status, headers=("", "", "7"))


def stored_documents():
    yield from golden("report/golden/*.json", "service/samples/*.json", "service/golden/*.json")
    for path in sorted((ROOT / "tests/service/samples").glob("*_history.json")):
        history = json.loads(path.read_text(encoding="utf-8"))
        yield from (json.dumps(one) for one in history["incidents"] + history["passes"])
    yield from pieces.BODIES
    yield from pieces.JSON


def certificates():
    pem = re.compile(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.DOTALL)
    header = (ROOT / "tests/base/certificates.h").read_text(encoding="utf-8")
    literals = re.findall(r"certificate_[ab] =(.*?);", header, re.DOTALL)
    bare = ["".join(re.findall(r'"([A-Za-z0-9+/=]+)"', literal)) for literal in literals]
    yield from (found.group(0).replace("          ", "") for text in examples() for found in pem.finditer(text))
    for one in bare:
        yield one
        yield base64.b64decode(one)  # the target tries each input as DER, too
    yield from pieces.NO_CERTIFICATES


def check_answers():
    """Every answer that schema/checks knows, as the type's own and as one that is none."""
    callback = "https://example.cloudflareaccess.com/cdn-cgi/access/callback"
    for path in sorted((ROOT / "schema/checks").glob("*.json")):
        for when in re.findall(r'"when": (\{[^{}]*\})', path.read_text(encoding="utf-8")):
            when = json.loads(when)
            body = {"error": when.get("error", [""])[0], "error_description": " ".join(when.get("text", [])),
                    "error_codes": when.get("number", []), when.get("member", "x"): "y"}
            location = (callback if when.get("redirect") == "callback" else "https://elsewhere.test/") + "?error=" + body["error"]
            status = 302 if "redirect" in when else when.get("status", [400])[0]
            yield f"{path.stem if path.stem != 'oauth' else 'oidc'} {status} {location}\n{json.dumps(body)}\n"
    issuer = "https://login.example.com/x"
    yield "oidc 200 \n" + json.dumps({"issuer": issuer, "authorization_endpoint": "https://elsewhere.test/a", "jwks_uri": "https://elsewhere.test/k",
                                      "keys": [{"kty": "RSA"}], "code_challenge_methods_supported": ["S256"]})
    yield (f'saml 200 \n<a:EntityDescriptor xmlns:a="b" entityID="{issuer}" validUntil="2026-01-01T00:00:00Z"><a:IDPSSODescriptor>'
           f'<a:KeyDescriptor use="signing"><KeyInfo><X509Data><X509Certificate>MIIB</X509Certificate></X509Data></KeyInfo></a:KeyDescriptor>'
           f'<a:SingleSignOnService Location="{issuer}"/></a:IDPSSODescriptor></a:EntityDescriptor>')


def targets():
    """name -> inputs, words"""
    schema = set()
    for path in sorted((ROOT / "schema").rglob("*.json")):
        schema.update(schema_words(json.loads(path.read_text(encoding="utf-8"))))
    document_words = {word for text in golden("report/golden/*.json", "service/samples/*.json")
                      for word in re.findall(r'"([a-z_]{1,30})"', text)}
    return {
        "plan": (examples() + pieces.YAML, schema | pieces.YAML_WORDS),
        "settings": (golden("../configs/idpd.yaml") + pieces.YAML, schema | pieces.YAML_WORDS),
        "api": (list(api_answers()), schema | pieces.API_WORDS),
        "documents": (list(stored_documents()), document_words | pieces.JSON_WORDS),
        "references": (pieces.REFERENCES, pieces.REFERENCE_WORDS),
        "certificates": (list(certificates()), pieces.DER_WORDS),
        "admin": (pieces.REQUESTS, pieces.REQUEST_WORDS),
        "checks": (list(check_answers()), schema | pieces.JSON_WORDS),
        "addresses": (pieces.ADDRESSES, pieces.ADDRESS_WORDS),
    }


def quoted(word):
    """As libFuzzer's dictionaries have it."""
    raw = word if isinstance(word, bytes) else word.encode()
    return '"' + "".join(chr(one) if 32 <= one < 127 and one not in b'"\\' else f"\\x{one:02x}" for one in raw) + '"'


def main():
    folder = pathlib.Path(sys.argv[1])
    for name, (inputs, words) in targets().items():
        (folder / name).mkdir(parents=True, exist_ok=True)
        for number, text in enumerate(inputs):
            (folder / name / f"seed-{number:03}").write_bytes(text if isinstance(text, bytes) else text.encode())
        lines = sorted(quoted(word) for word in words if 0 < len(word) < 60)
        (folder / f"{name}.dict").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
