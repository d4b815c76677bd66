"""Small inputs and words of the kinds that parsers trip over; seeds.py adds what the tree has anyway."""

import json

YAML = [
    "", "\n", "---\n", "--- a\n--- b\n", "%YAML 1.2\n---\n{}\n", "%TAG ! tag:x,2000:\n--- !a b\n", "&a [*a]\n",
    "a: &a {b: &b [1, 2]}\nc: [*a, *b]\n", "<<: &x {a: 1}\nb: {<<: *x}\n", "- - - - - a\n", "? ? ? a\n",
    "? {a: b}\n: [c]\n", "? |\n  key\n: value\n", "[[[[[[[[]]]]]]]]\n", "{a: {b: {c: {d: {}}}}}\n",
    "a: |\n  text\n   more\n\n  end\n", "a: >-\n  folded\n  text\n", "a: |2+\n   x\n\n",
    'a: "\\x41\\u0042\\U00000043\\e\\0\\N\\_\\L\\P"\n', "a: 'it''s'\n", "a: !!binary aGk=\n",
    "a: !<tag:yaml.org,2002:str> b\n", "a: !!null ''\nb: ~\nc:\n", "a:\tb\n\tc: d\n", "\ufeffa: b\n",
    'a: "unclosed\n', "a: 'unclosed\n", "[a, b\n", "{a: b\n", "a: b: c\n", "a: [b, c: d, ? e : f]\n",
    "? a\n? b\n: c\n", "- a\n-\n- - b\n", "a: ${env:X}\nb: $${x}\nc: ${file:/a/b}${credential:c}\n",
    "'a': 1\n\"a\": 2\n",
]

YAML_WORDS = {
    "&a ", "*a", "<<: ", "- ", "? ", ": ", "|\n", ">-\n", "!!str ", "---\n", "...\n", "${env:A}", "$${", "[", "]",
    "{", "}", "\n  ", "%YAML 1.2\n", "null", "true", "99999999999999999999", "\u202e", "\x85",
}

AUDIT_ENTRY = {
    "action": {"time": "2026-05-01T12:00:00.123+02:00", "type": "update", "result": "success"},
    "actor": {"email": "jane@example.com", "type": "user", "context": "api_token", "token_id": "t", "token_name": "n"},
    "raw": {"uri": "/client/v4/accounts/0/access/identity_providers/id-0?x", "status_code": 200, "user_agent": "x"},
    "resource": {"id": "id-0"},
}

FAILURES = [
    "", "<html>502</html>", "{", "null", '{"success": false}',
    '{"success": false, "errors": [{"code": 10000, "message": "no", "error_chain": [{"code": 9109, "message": "a"}]}]}',
    '{"success": false, "errors": [{"code": 7003, "message": "\\u001b[2J", "source": {"pointer": "/config/x"}}]}',
    '{"success": true, "errors": [], "result": null, "result_info": {"total_count": 0}}',
]

API_WORDS = {
    '"success": true', '"result": [', '"total_count": ', '"per_page": ', '"id": "id-0"', '"uid": "', "null", "-1",
    "9223372036854775807", "1e400", "9999-12-31T23:59:59Z", "0000-01-01", "******", "\\ud83d\\ude00", "\\u0000",
    '"default";r=1;t=2147483647', ";q=", "\n",
}

BODIES = [
    json.dumps({"applied": {"config.x": [1, {"a": None}]}, "observed": {}, "secrets": {"config.client_secret": "f"},
                "stuck": ["a"], "prevent_delete": True, "superseded": ["id"], "passes": 3}),
    json.dumps({"ids_before": ["a", "b"], "passes": 2147483647}),
    json.dumps({"format_version": 1, "fingerprint": "sha256:00", "options": {"only": ["a"]},
                "accounts": [{"account": "p"}]}),
    json.dumps({"kind": "drift", "first_seen": "9999-12-31T23:59:59Z", "last_seen": "2026-05-01T12:00:00Z",
                "fields": [{"path": "config.x", "live": 1.5, "desired": ["a"], "sensitive": False}],
                "changed_by": {"actor": "a", "at": "b"}}),
    json.dumps({"result": "failed", "began": "2026-05-01T12:00:00Z", "ended": "2026-05-01T12:00:01Z", "applied": 7}),
]

JSON = ["null", "[1, -0.0, 1e300, 5e-324, 0.1, 9007199254740993, 18446744073709551615, -9223372036854775808]",
        '"\\u0000\\ud83d\\ude00\\u202e\u00e4"', '{"a": 1, "a": 2}', '{"": {"": []}}', "[" * 99 + "]" * 99, "[" * 101]

JSON_WORDS = {
    '": ', '{"', '"}', "[]", "{}", "null", "true", ", ", "1e308", "-0.0", "9223372036854775807", "\\u001b", "\\ud800",
    "\u202e", "2026-02-30T24:60:61Z", "9999-12-31T23:59:59Z", "sha256:",
}

REFERENCES = [
    "${env:A}", "${file:/a/b}", "${credential:c}", "$${x}", "$$${env:A}", "a${env:B}c${env:D}", "${", "${}",
    "${env:}", "${evn:A}", "${credential:../x}", "${env:IDPD_TOKEN}", "${env:CLOUDFLARE_API_TOKEN}", "plain", "", "$",
    "${env:a\0b}", "${env:${env:A}}", "\u202e${env:\x1b}", "${file:relative}", "****", "${credential:..}",
]

REFERENCE_WORDS = {
    "${", "}", "$${", "env:", "file:/", "credential:", "IDPD_", "CLOUDFLARE_", "CREDENTIALS_DIRECTORY", "$", "..",
}

NO_CERTIFICATES = [
    "", "-----BEGIN CERTIFICATE-----", "-----", "AAAA", "====", "AA==", "    ", "-----a----------b-----", "MA==",
]

DER_WORDS = {"-----BEGIN CERTIFICATE-----", "-----", "=", "==", b"\x17\x0d991231235959Z", b"\x18\x0f99991231235959Z",
             b"\x18\x0f00000101000000Z", b"\x30\x82", b"\x02\x01", b"\x30\x80", b"\x00\x00", b"\x06\x03", "\r\n"}

REQUESTS = [
    "GET /\nlocalhost:9180\n\n\n9180\n", "GET /healthz\n127.0.0.1:9180\n\n\n9180\n",
    "HEAD /readyz\n[::1]:80\n\n\n80\n", "GET /metrics\nLOCALHOST\n\n\n80\n", "GET /api/v1/status\nx\n\n\nunix\n",
    "GET /api/v1/history\n\n\n\nunix\n", 'POST /api/v1/reconcile\n\n\n\nunix\n{"account": "production"}',
    "POST /api/v1/reconcile\n\n\nsame-origin\nunix\n", 'POST /api/v1/reconcile\n\n\n\nunix\n{"account": "unknown"}',
    "POST /api/v1/reconcile\n\nhttp://x\n\nunix\n{}",
    'POST /api/v1/approve\n\n\nnone\nunix\n{"fingerprint": "sha256:' + "0a" * 32 + '"}',
    'POST /api/v1/approve\nlocalhost:9180\n\ncross-site\n9180\n{"fingerprint": null, "x": 1}',
    "GET /../x\nevil.example\n\n\n80\n",
]

REQUEST_WORDS = {
    "GET ", "HEAD ", "POST ", "/api/v1/", "localhost", ":9180", "[::1]", "127.0.0.1", "unix:/a", "unix", "\n",
    '{"account": ', '{"fingerprint": "sha256:', "same-origin", "cross-site", "null", '"\\u001b"',
}

_HASHED = "|1|MDEyMzQ1Njc4OWFiY2RlZmdoaWo=|MDEyMzQ1Njc4OWFiY2RlZmdoaWo= ssh-rsa AAAA\n"

ADDRESSES = [
    "unix:/run/idpd/admin.sock\nhost\n", "127.0.0.1:9180\ngit.example.com\ngit.example.com ssh-ed25519 AAAA\n",
    "[::1]:80\nhost\n[host]:22 ssh-rsa AAAA\n# comment\n", "localhost:65535\nhost\n@revoked * ssh-rsa AAAA\n",
    "0.0.0.0:80\nhost\n@cert-authority *.x ssh-rsa AAAA\n",
    "https://user:pw@host:443/x.git\nhost\n!host,* ssh-rsa AAAA\n", "ssh://git@[::1]:22/x\nhost\n" + _HASHED,
    "git@host:x.git\nhost\n*?st ssh-rsa dGhlIGtleQ==\n", "file:///x\nhost\nhost\n", "/path/x.git\nhost\n\n\t \n",
    "unix:\n\n|1|\n", "https://[\n[::1]\n|1||\n", "http://localhost:1/x\nHOST\nhost ssh-ed25519 dGhlIGtleQ==\n",
    "x.yaml\nh\n", "https://h:99999\nh\n",
]

ADDRESS_WORDS = {
    "unix:/", "127.0.0.1", "localhost", "[::1]", ":80", "://", "https", "ssh", "file", "@", "@revoked ", "|1|",
    "@cert-authority ", "ssh-ed25519 ", "dGhlIGtleQ==", "*", "?", "!", ",", "\n", ".yaml", ".json~", ":-1",
    ":99999999999",
}
