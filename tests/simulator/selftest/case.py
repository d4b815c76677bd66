"""What all self-tests share: one simulator process a class, on an ephemeral port, reset before each test."""

import http.client
import json
import pathlib
import re
import subprocess
import sys
import unittest

MAIN = pathlib.Path(__file__).resolve().parent.parent / "main.py"
ACCOUNT = "0123456789abcdef0123456789abcdef"
OTHER = "fedcba9876543210fedcba9876543210"
ACCESS = f"/accounts/{ACCOUNT}/access"
IDPS = f"{ACCESS}/identity_providers"
STARS = re.compile(r"\*+\Z")


def start(*arguments):
    process = subprocess.Popen(
        [sys.executable, str(MAIN), "--parent-watch", *arguments],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )
    line = process.stdout.readline()
    found = re.fullmatch(r"listening on (https?)://127\.0\.0\.1:(\d+)\n", line)
    assert found, line
    return process, int(found[2])


def stop(process):
    process.stdin.close()
    code = process.wait(5)
    process.stdout.close()
    return code


class Answer:
    def __init__(self, status, headers, raw):
        self.status, self.headers, self.raw = status, headers, raw

    @property
    def json(self):
        return json.loads(self.raw)

    @property
    def result(self):
        return self.json["result"]

    @property
    def code(self):
        return self.json["errors"][0]["code"]


class SimulatorCase(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.process, cls.port = start("--seed", "7")

    @classmethod
    def tearDownClass(cls):
        stop(cls.process)

    def setUp(self):
        self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        self.control("POST", "/reset")

    def tearDown(self):
        self.connection.close()

    def send(self, method, path, body=None, token="sim-write", headers=None):
        headers = dict(headers or {})
        if token:
            headers["Authorization"] = f"Bearer {token}"
        if body is not None:
            headers.setdefault("Content-Type", "application/json")
        raw = body if isinstance(body, (bytes, type(None))) else json.dumps(body)
        self.connection.request(method, path, raw, headers)
        response = self.connection.getresponse()
        return Answer(response.status, response.headers, response.read())

    def api(self, method, path, body=None, **more):
        return self.send(method, "/client/v4" + path, body, **more)

    def control(self, method, path, body=None, status=200):
        answer = self.send(method, "/control" + path, body, token=None)
        self.assertEqual(answer.status, status, answer.raw)
        return answer.json

    def behave(self, **values):
        return self.control("POST", "/behaviours", values)

    def okta(self, name="Okta", scim=None, **config):
        body = {
            "name": name, "type": "okta",
            "config": {"client_id": "id", "client_secret": "real", "okta_account": "https://x.okta.com", **config},
        }
        return {**body, "scim_config": scim} if scim is not None else body

    def made(self, body=None):
        answer = self.api("POST", IDPS, body or self.okta())
        self.assertEqual(answer.status, 201, answer.raw)
        return answer.result

    def dashboard(self, body):
        return self.control("POST", f"/accounts/{ACCOUNT}/identity_providers", body)

    def stored(self, idp_id):
        idps = self.control("GET", "/state")["accounts"][ACCOUNT]["identity_providers"]
        return next(idp for idp in idps if idp["id"] == idp_id)

    def listed(self, query=""):
        return self.api("GET", IDPS + query)
