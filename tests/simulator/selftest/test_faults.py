"""Ordered faults and races, the logs, and the process itself."""

import http.client
import json
import shutil
import ssl
import subprocess
import tempfile
import time
import unittest

from case import ACCOUNT, IDPS, SimulatorCase, start, stop


class FaultsTest(SimulatorCase):
    def test_faults(self):
        def fault(**spec):
            self.control("POST", "/faults", spec)

        fault(method="GET", path="identity_providers$", status=503, headers={"X-A": "b"}, skip=1, times=2)
        answers = [self.listed() for _ in range(4)]
        self.assertEqual([answer.status for answer in answers], [200, 503, 503, 200])
        self.assertEqual(answers[1].headers["X-A"], "b")
        fault(status=200, body="<html>")
        self.assertEqual(self.listed().raw, b"<html>")
        fault(method="POST", action="close", when="after")
        with self.assertRaises((http.client.HTTPException, ConnectionError)):
            self.made()
        self.connection.close()
        self.assertEqual(len(self.listed().result), 1)
        fault(method="POST", action="close", when="before")
        with self.assertRaises((http.client.HTTPException, ConnectionError)):
            self.made()
        self.connection.close()
        self.assertEqual(len(self.listed().result), 1)
        fault(action="truncate")
        with self.assertRaises(http.client.IncompleteRead):
            self.listed()
        self.connection.close()
        fault(action="delay", delay_ms=100)
        began = time.monotonic()
        self.assertEqual(self.listed().status, 200)
        self.assertGreaterEqual(time.monotonic() - began, 0.1)
        fault(action="stall", delay_ms=100)
        with self.assertRaises((http.client.HTTPException, ConnectionError)):
            self.listed()
        self.connection.close()
        fault(status=500, times=-1)
        self.control("DELETE", "/faults")
        self.assertEqual(self.listed().status, 200)
        self.control("POST", "/faults", {"pth": "typo"}, status=400)

    def fault(self, **spec):
        self.control("POST", "/faults", spec)

    def lost(self, error, call):
        with self.assertRaises(error):
            call()
        self.connection.close()

    def test_reset_and_refused(self):
        self.fault(method="POST", action="reset", when="after")
        self.lost(ConnectionResetError, self.made)
        self.assertEqual(len(self.listed().result), 1)
        self.fault(action="refuse", delay_ms=300)
        self.lost(ConnectionResetError, self.listed)
        self.lost(ConnectionRefusedError, self.listed)
        time.sleep(0.4)
        self.assertEqual(len(self.listed().result), 1)

    def test_drip_sends_the_true_answer_slowly(self):
        idp = self.made()
        whole = self.api("GET", f"{IDPS}/{idp['id']}")
        self.fault(action="drip", delay_ms=1)
        began = time.monotonic()
        dripped = self.api("GET", f"{IDPS}/{idp['id']}")
        self.assertEqual(dripped.result, {**whole.result, "config": dripped.result["config"]})
        self.assertGreaterEqual(time.monotonic() - began, len(dripped.raw) / 1000)
        self.connection.close()
        self.fault(method="POST", action="drip", delay_ms=0)  # not carried out
        self.assertFalse(self.api("POST", IDPS, self.okta("Another")).json["success"])
        self.connection.close()
        self.assertEqual(len(self.listed().result), 1)

    def test_wrong_lengths(self):
        self.fault(method="POST", action="length", by=-5, when="after")
        answer = self.api("POST", IDPS, self.okta())
        self.connection.close()
        self.assertEqual(len(answer.raw), int(answer.headers["Content-Length"]))
        self.assertRaises(ValueError, json.loads, answer.raw)
        self.assertEqual(len(self.listed().result), 1)
        self.fault(action="length", by=5)
        self.connection.timeout = 0.2
        self.lost(TimeoutError, self.listed)
        self.control("POST", "/faults", {"action": "length"}, status=400)

    def test_edited_lists(self):
        first, second = self.made(), self.made(self.okta("Second"))

        def seen(edit):
            self.fault(action="edit", edit=edit)
            answer = self.listed().json
            info = answer.get("result_info") or {}
            return [idp["id"] for idp in answer["result"] or ()], info.get("total_count")
        one, two = first["id"], second["id"]
        self.assertEqual(seen("short"), ([one], 2))
        self.assertEqual(seen("empty"), ([], 0))
        self.assertEqual(seen("empty_without_info"), ([], None))
        self.assertEqual(seen("twice"), ([one, two, one], 3))
        self.assertEqual(seen("twice_instead"), ([one, one], 2))
        self.assertEqual(seen("no_result"), ([], 2))
        self.assertEqual(seen("other_total"), ([one, two], 1002))
        self.control("POST", "/faults", {"action": "edit", "edit": "typo"}, status=400)

    def test_pages_are_small_where_the_server_wants_them_so_and_shift(self):
        ids = [self.made(self.okta(str(number)))["id"] for number in range(3)]
        self.behave(most_per_page=2)
        answer = self.listed("?per_page=1000").json
        self.assertEqual([idp["id"] for idp in answer["result"]], ids[:2])
        self.assertEqual(answer["result_info"], {"count": 2, "page": 1, "per_page": 2, "total_count": 3, "total_pages": 2})
        self.control("POST", "/hooks", {"query": "page=2", "patch": {
            "account": ACCOUNT, "create": self.okta("First"), "front": True}})
        self.assertEqual([idp["id"] for idp in self.listed("?page=2").result], ids[1:])

    def test_a_fault_rate_hits_its_share_of_the_requests(self):
        self.control("POST", "/behaviours", {"fault_rate": 0.5})
        for _ in range(40):
            try:
                self.listed()
            except (http.client.HTTPException, ConnectionError):
                self.connection.close()
        faults = [entry["fault"] for entry in self.control("GET", "/requests")]
        self.assertTrue(8 < sum(fault is not None for fault in faults) < 32, faults)
        self.assertGreater(len(set(faults)), 2)
        self.control("POST", "/behaviours", {"fault_rate": 0})
        self.assertEqual({self.listed().status for _ in range(20)}, {200})
        self.control("POST", "/behaviours", {"fault_rate": 2}, status=400)

    def test_hook_makes_a_race(self):
        idp = self.made()
        self.control("POST", "/hooks", {"method": "PUT", "path": "identity_providers/", "patch": {
            "account": ACCOUNT, "id": idp["id"], "merge": {"config": {"novel": 1}}}})
        self.assertEqual(self.api("GET", f"{IDPS}/{idp['id']}").result["version"], idp["version"])
        self.api("PUT", f"{IDPS}/{idp['id']}", self.okta())
        actions = [entry["actor"]["context"] for entry in self.audit()]
        self.assertEqual(actions, ["api_token", "dash", "api_token"])

    def audit(self, query=""):
        answer = self.api("GET", f"/accounts/{ACCOUNT}/logs/audit?since=2020-01-01&before=2099-01-01{query}")
        self.assertEqual(answer.status, 200, answer.raw)
        return answer.result

    def test_audit_log(self):
        self.assertEqual(self.api("GET", f"/accounts/{ACCOUNT}/logs/audit").status, 400)
        idp = self.made()
        self.dashboard(self.okta())
        self.control("PATCH", f"/accounts/{ACCOUNT}/identity_providers/{idp['id']}", {"name": "D"})
        entries = self.audit(f"&resource_id={idp['id']}")
        self.assertEqual([entry["action"]["type"] for entry in entries], ["update", "create"])
        self.assertEqual(entries[0]["actor"]["email"], "dashboard@example.com")
        self.assertEqual(entries[1]["actor"]["token_id"], self.api("GET", "/user/tokens/verify").result["id"])
        page = self.api("GET", f"/accounts/{ACCOUNT}/logs/audit?since=2020-01-01&before=2099-01-01&limit=2").json
        rest = self.audit("&limit=2&cursor=" + page["result_info"]["cursor"])
        self.assertEqual((len(page["result"]), len(rest)), (2, 1))

    def test_audit_log_names_the_actor(self):
        idp = self.made()
        path = f"/accounts/{ACCOUNT}/identity_providers/{idp['id']}"
        self.control("PATCH", path + "?actor=jane@example.com", {"name": "D"})
        newest = self.audit()[0]["actor"]
        self.assertEqual((newest["email"], newest["context"]), ("jane@example.com", "dash"))
        self.control("POST", "/hooks", {"method": "GET", "patch": {
            "account": ACCOUNT, "id": idp["id"], "merge": {"name": "E"}, "actor": "joe@example.com"}})
        self.listed()
        self.assertEqual(self.audit()[0]["actor"]["email"], "joe@example.com")
        self.control("DELETE", path)
        self.assertEqual(self.audit()[0]["actor"]["email"], "dashboard@example.com")
        self.control("PATCH", path + "?actr=typo", {}, status=400)

    def test_audit_log_out_of_reach(self):
        path = f"/accounts/{ACCOUNT}/logs/audit?since=2020-01-01&before=2099-01-01"
        self.assertEqual(self.api("GET", path, token="sim-idp-only").status, 403)
        for switch, status in (("refused", 403), ("missing", 404), ("allowed", 200)):
            self.behave(audit_log=switch)
            self.assertEqual(self.api("GET", path).status, status)
        self.behave(audit_resource_id=False)
        idp = self.made()
        self.api("PUT", f"{IDPS}/{idp['id']}", self.okta())
        self.assertEqual(self.audit(f"&resource_id={idp['id']}"), [])
        self.assertEqual(len(self.audit(f"&raw_uri=/client/v4{IDPS}/{idp['id']}")), 1)

    def test_request_log(self):
        self.control("DELETE", "/requests")
        self.made()
        self.listed("?page=2")
        log = self.control("GET", "/requests")
        self.assertEqual([(entry["method"], entry["status"]) for entry in log], [("POST", 201), ("GET", 200)])
        self.assertEqual((log[0]["body"]["name"], log[0]["token"], log[1]["query"]), ("Okta", "sim-write", "page=2"))

    def test_chunked_body(self):
        raw = json.dumps(self.okta()).encode()
        headers = {"Authorization": "Bearer sim-write", "Content-Type": "application/json"}
        self.connection.request("POST", "/client/v4" + IDPS, iter([raw[:9], raw[9:]]), headers, encode_chunked=True)
        response = self.connection.getresponse()
        response.read()
        self.assertEqual(response.status, 201)
        self.assertEqual(self.listed().status, 200)


class ProcessTest(unittest.TestCase):
    def test_ends_with_its_parent(self):
        process, _port = start()
        self.assertEqual(stop(process), 0)

    @unittest.skipUnless(shutil.which("openssl"), "needs the openssl command for a certificate")
    def test_tls(self):
        with tempfile.TemporaryDirectory() as folder:
            cert, key = f"{folder}/cert.pem", f"{folder}/key.pem"
            subprocess.run(
                ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                 "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", cert],
                check=True, capture_output=True)
            process, port = start("--tls-cert", cert, "--tls-key", key)
            try:
                context = ssl.create_default_context(cafile=cert)
                connection = http.client.HTTPSConnection("127.0.0.1", port, context=context, timeout=5)
                connection.request("GET", "/client/v4/user/tokens/verify", headers={"Authorization": "Bearer sim-read"})
                self.assertEqual(connection.getresponse().status, 200)
                connection.close()
            finally:
                stop(process)
