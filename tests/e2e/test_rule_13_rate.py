"""Design §7, rule 13, the part of it that one command shows: a 429 pauses, a POST is not repeated."""

import signal
import time
import unittest

from harness import Managed, RunCase, outcomes, pingone

LIST = r"/identity_providers$"


class Rate(Managed):
    def timed(self, function):
        begin = time.monotonic()
        found = function()
        return found, time.monotonic() - begin

    def test_a_429_to_a_read_is_waited_for_as_long_as_it_says(self):
        self.write("workforce", pingone())
        self.sim.fault(method="GET", path=LIST, status=429, headers={"Retry-After": "1"})
        changes, seconds = self.timed(self.changes)
        self.assertEqual([change["action"] for change in changes], ["create"])
        self.assertGreaterEqual(seconds, 1)
        first, second = (one["time"] for one in self.sim.requests("GET"))
        self.assertNotEqual(first, second)

    def test_a_429_to_a_create_is_waited_for_and_makes_one(self):
        self.write("workforce", pingone())
        self.sim.fault(method="POST", status=429, headers={"Retry-After": "1"})
        changes, seconds = self.timed(self.applied)
        self.assertEqual(outcomes(changes), {"workforce": "done"})
        self.assertGreaterEqual(seconds, 1)
        self.assertEqual([one["status"] for one in self.sim.requests("POST")], [429, 201])
        self.assertEqual(len(self.sim.providers()), 1)

    def test_a_429_pauses_every_request_of_the_group(self):
        self.managed(workforce=pingone())
        self.sim.behave(rate_limit={"requests": 3, "seconds": 1})
        self.write("workforce", pingone(pkce_enabled=True))
        self.assertEqual(outcomes(self.applied()), {"workforce": "done"})

    def test_a_429_that_asks_for_too_long_is_given_up_and_said(self):
        self.write("workforce", pingone())
        self.sim.fault(method="GET", path=LIST, status=429, headers={"Retry-After": "3600"}, times=-1)
        document, seconds = self.timed(lambda: self.plan(code=1))
        self.assertLess(seconds, 20)
        account, = document["accounts"]
        self.assertEqual(account["status"], "unknown")
        self.assertIn("429", account["error"])
        self.assertEqual(len(self.sim.requests()), 1)

    def test_a_429_without_end_is_bounded_and_nothing_is_made(self):
        self.write("workforce", pingone())
        self.sim.fault(method="POST", status=429, headers={"Retry-After": "0"}, times=-1)
        change, = self.applied(code=1)
        self.assertEqual(change["outcome"], "failed")
        self.assertIn("429", change["error"])
        self.assertLessEqual(len(self.sim.requests("POST")), 10)
        self.assertEqual(self.sim.providers(), [])

    def test_a_read_that_gets_a_500_is_repeated(self):
        self.write("workforce", pingone())
        self.sim.fault(method="GET", path=LIST, status=500)
        self.assertEqual([change["action"] for change in self.changes()], ["create"])
        self.assertEqual([one["status"] for one in self.sim.requests()], [500, 200])

    def test_a_create_that_gets_a_500_is_not_repeated(self):
        self.write("workforce", pingone())
        self.sim.fault(method="POST", status=500, times=-1)
        self.assertEqual(outcomes(self.applied(code=1)), {"workforce": "unknown"})
        self.assertEqual(len(self.sim.requests("POST")), 1)

    def test_a_create_whose_connection_breaks_is_not_repeated(self):
        self.write("workforce", pingone())
        self.sim.fault(method="POST", action="close", times=-1)
        self.assertEqual(outcomes(self.applied(code=1)), {"workforce": "unknown"})
        self.assertEqual(len(self.sim.requests("POST")), 1)

    def test_a_command_by_hand_keeps_to_the_requests_it_was_given(self):
        self.settings(api="  requests_per_5m: 10\n")
        self.managed(workforce=pingone())
        self.assertLessEqual(len(self.sim.requests()), 10)



class Reload(RunCase):
    def test_forgets_no_request_that_was_sent(self):
        self.run_settings(api="  requests_per_5m: 10\n")
        daemon = self.started()
        for _ in range(12):  # each is a pass, and a list
            before = self.lists()
            daemon.process.send_signal(signal.SIGHUP)
            daemon.wait_until(lambda: self.lists() > before or self.lists() >= 9, what="a pass")
        self.assertGreaterEqual(self.lists(), 6)
        self.assertLessEqual(len(self.sim.requests()), 10)


if __name__ == "__main__":
    unittest.main()
