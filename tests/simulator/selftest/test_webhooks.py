"""The receiver of webhooks."""

import http.client
import time

from case import SimulatorCase


class WebhookTest(SimulatorCase):
    def post(self, body, name="slack", method="POST"):
        return self.send(method, f"/hooks-in/{name}", body, token=None)

    def received(self, name="slack"):
        return self.control("GET", f"/webhooks/{name}")["received"]

    def test_keeps_what_comes(self):
        self.assertEqual(self.post({"text": "hello"}).status, 200)
        self.assertEqual(self.post({"text": "else"}, "other").status, 200)
        (one,) = self.received()
        self.assertEqual((one["body"], one["method"], one["status"]), ({"text": "hello"}, "POST", 200))
        self.assertEqual(one["headers"]["content-type"], "application/json")
        self.control("DELETE", "/webhooks/slack")
        self.assertEqual((len(self.received()), len(self.received("other"))), (0, 1))
        self.control("POST", "/reset")
        self.assertEqual(self.received("other"), [])

    def test_takes_nothing_but_posted_json(self):
        self.assertEqual(self.post(b"{broken").status, 400)
        self.assertEqual(self.post({}, method="PUT").status, 400)
        self.assertEqual([one["status"] for one in self.received()], [400, 400])

    def test_answers_as_told(self):
        self.control("PUT", "/webhooks/slack", {"status": 429, "retry_after": 7, "body": "slow", "times": 1})
        first = self.post({})
        self.assertEqual((first.status, first.headers["Retry-After"], first.raw), (429, "7", b"slow"))
        self.assertEqual(self.post({}).status, 200)
        self.control("PUT", "/webhooks/slack", {"reset": True})
        with self.assertRaises((http.client.RemoteDisconnected, ConnectionError)):
            self.post({})
        self.connection.close()
        self.control("PUT", "/webhooks/slack", {"delay_ms": 50})
        start = time.monotonic()
        self.assertEqual(self.post({}).status, 200)
        self.assertGreaterEqual(time.monotonic() - start, 0.05)
        self.assertEqual([one["status"] for one in self.received()], [429, 200, None, 200])
        self.control("PUT", "/webhooks/slack", {"stats": 500}, status=400)
