"""Going back to an earlier moment, and what the simulator counts of the writes that must never happen."""

import http.client
import json
import threading

from case import ACCOUNT, IDPS, SimulatorCase


class SnapshotTest(SimulatorCase):
    def test_restores_objects_behaviours_tokens_and_the_ids_to_come(self):
        kept = self.made()
        self.control("PUT", "/tokens/mine", {})
        self.behave(redaction="absent")
        self.control("POST", "/snapshot")
        first = self.made()["id"]
        for _ in range(2):
            self.control("POST", "/restore")
            self.assertEqual([idp["id"] for idp in self.listed().result], [kept["id"]])
            self.assertEqual(self.api("GET", IDPS, token="mine").status, 200)
            self.assertNotIn("client_secret", self.listed().result[0]["config"])
            self.assertEqual(self.made()["id"], first)
            self.behave(redaction="empty")

    def test_restores_without_faults_hooks_and_the_log(self):
        self.control("POST", "/snapshot")
        self.control("POST", "/faults", {"status": 500, "times": -1})
        self.listed()
        self.control("POST", "/restore")
        self.assertEqual(self.control("GET", "/requests"), [])
        self.assertEqual(self.listed().status, 200)

    def test_restores_nothing_where_nothing_was_kept(self):
        # Another process than the others use: theirs keep a snapshot from test to test.
        self.tearDownClass()
        self.setUpClass()
        self.connection.close()
        self.setUp()
        self.control("POST", "/restore", status=400)

    def test_what_was_under_way_is_not_carried_out_after_a_restore(self):
        self.control("POST", "/snapshot")
        self.control("POST", "/faults", {"method": "POST", "action": "delay", "delay_ms": 400})
        statuses = []

        def late():
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
            headers = {"Authorization": "Bearer sim-write", "Content-Type": "application/json"}
            connection.request("POST", "/client/v4" + IDPS, json.dumps(self.okta()), headers)
            statuses.append(connection.getresponse().status)
            connection.close()
        thread = threading.Thread(target=late)
        thread.start()
        while not self.control("GET", "/requests"):
            pass
        self.control("POST", "/restore")
        thread.join()
        self.assertEqual(statuses, [503])
        self.assertEqual(self.listed().result, [])


class CountsTest(SimulatorCase):
    def test_twins_and_deletes_of_the_api_are_told(self):
        first = self.made()
        self.made(self.okta("Another"))
        self.dashboard(self.okta())
        self.assertEqual(self.control("GET", "/state")["twins"], [])
        twin = self.made()
        self.api("DELETE", f"{IDPS}/{first['id']}")
        self.control("DELETE", f"/accounts/{ACCOUNT}/identity_providers/{twin['id']}")
        state = self.control("GET", "/state")
        self.assertEqual((state["twins"], state["deleted"]), ([twin["id"]], [first["id"]]))
