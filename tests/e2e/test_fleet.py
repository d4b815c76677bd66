"""Many accounts of one settings file: from files of their own, one file for all of them, one budget."""

import json
import unittest
import urllib.request

from harness import RunCase, github


def account_id(number):
    return f"{number:032x}"


class FleetCase(RunCase):
    """`accounts/` holds a file for each; the token may all of them."""

    size = 0

    def setUp(self):
        super().setUp()
        self.accounts = self.folder / "accounts"
        self.accounts.mkdir()
        self.fleet()
        for number in range(self.size):
            self.add(number)

    def add(self, number, **settings):
        self.known = getattr(self, "known", set()) | {account_id(number)}
        self.sim.control("PUT", "/tokens/sim-write", {"accounts": sorted(self.known)})
        self.sim.delete(self.sim.create(github("made by"), account=account_id(number))["id"], account=account_id(number))
        settings = {"id": account_id(number), "variables": {"tenant": f"t{number}"}, **settings}
        (self.accounts / f"{number}.yaml").write_text(json.dumps({f"customer-{number}": settings}))

    def remove(self, number):
        (self.accounts / f"{number}.yaml").unlink()

    def fleet(self, interval="1h", more="", api=""):
        (self.folder / "idpd.yaml").write_text(
            "accounts: accounts\n"
            "account_defaults: {token: '${env:TOKEN}', mode: enforce, deletes: allow}\n"
            f"desired: {{path: identity-providers}}\napi:\n  base_url: {self.sim.api}\n{api}"
            f"admin: {{listen: ['unix:{self.folder}/admin.sock']}}\nreconcile: {{interval: {interval}}}\n{more}")

    def template(self, accounts="all", name="shared", **entries):
        (self.files / f"{name}.yaml").write_text(json.dumps({"accounts": accounts, "identity_providers": entries}))

    def names(self, number):
        return sorted(one["name"] for one in self.sim.providers(account_id(number)))

    def listed(self):
        return [one["path"].split("/")[-3] for one in self.sim.requests("GET")
                if one["path"].endswith("/identity_providers")]


class Fleet(FleetCase):
    size = 3

    def test_one_file_makes_each_account_its_own(self):
        self.template(gh=github("GitHub of ${var:account}", client_id="${var:tenant}"))
        self.assertEqual(self.apply()["summary"]["create"], 3)
        for number in range(3):
            live, = self.sim.providers(account_id(number))
            self.assertEqual((live["name"], live["config"]["client_id"]), (f"GitHub of customer-{number}", f"t{number}"))
        self.assertEqual(self.plan()["summary"]["in_sync"], 3)

    def test_validate_checks_the_accounts_files_too(self):
        self.template(gh=github("${var:nothing}"))
        (self.accounts / "bad.yaml").write_text("bad: {id: x}\n")
        result = self.idpd("validate")
        self.assertEqual(result.code, 1)
        self.assertIn("bad.yaml:1:11: bad.id must match", result.err)
        self.remove("bad")
        result = self.idpd("validate")
        self.assertIn('there is no variable "nothing"', result.err)
        self.assertIn("(accounts customer-0, customer-1, customer-2)", result.err)

    def test_accounts_that_come_and_go_are_taken_over_without_a_restart_and_the_others_left_alone(self):
        self.template(gh=github("GitHub of ${var:account}"))
        daemon = self.started()
        daemon.wait_status("3 in sync")
        self.sim.clear_requests()
        self.add(3)
        daemon.wait_status("4 in sync")
        self.assertEqual(self.names(3), ["GitHub of customer-3"])
        self.assertEqual(set(self.listed()), {account_id(3)}, "the others are not looked at sooner for it")
        self.remove(0)
        daemon.wait_status("3 in sync")
        self.assertEqual(self.names(0), ["GitHub of customer-0"], "what goes is not managed any more, and stays")
        (self.accounts / "1.yaml").write_text("customer-1: {id: [}\n")
        daemon.wait_status("the settings are broken")
        self.assertIsNone(daemon.process.poll())

    def test_a_changed_file_is_a_pass_of_the_accounts_that_it_is_about(self):
        self.template(gh=github("GitHub of ${var:account}"))
        daemon = self.started()
        daemon.wait_status("3 in sync")
        self.sim.clear_requests()
        self.template(["customer-1"], name="one", second=github("Second"))
        daemon.wait_status("4 in sync")
        self.assertEqual(set(self.listed()), {account_id(1)})


class Shared(FleetCase):
    size = 5

    def test_an_account_with_many_changes_holds_up_none_of_the_small_ones(self):
        self.sim.behave(rate_limit={"requests": 15, "seconds": 1})
        self.template(gh=github("GitHub"))
        self.template(["customer-0"], name="big", **{f"gh-{number}": github(f"GitHub {number}") for number in range(30)})
        self.fleet(more="")
        self.started()
        self.wait_for(lambda: all(self.names(number) for number in range(1, 5)), 60)
        self.assertLess(len(self.names(0)), 31, "the big one is not through yet")
        self.assertNotIn(429, {one["status"] for one in self.sim.requests()})


class Tokens(FleetCase):
    size = 2

    def test_a_token_that_is_out_of_its_budget_holds_up_no_account_of_another(self):
        self.environment["OTHER"] = "sim-other"
        for number in (2, 3):
            self.add(number, token="${env:OTHER}")
        self.sim.control("PUT", "/tokens/sim-other", {"accounts": [account_id(2), account_id(3)]})
        self.sim.behave(rate_limit={"requests": 12, "seconds": 600})
        for _ in range(12):  # somebody else has used it up
            with urllib.request.urlopen(urllib.request.Request(
                    f"{self.sim.api}/accounts/{account_id(2)}/access/identity_providers",
                    headers={"Authorization": "Bearer sim-other"})) as answer:
                answer.read()
        self.template(gh=github("GitHub"))
        daemon = self.started()
        self.wait_for(lambda: self.names(0) and self.names(1), 30)
        self.assertIn(429, {one["status"] for one in self.sim.requests()}, "the other one was tried")
        self.assertEqual([self.names(2), self.names(3)], [[], []])
        self.sim.behave(rate_limit=None)
        self.assertIsNone(daemon.process.poll())


class Memory(FleetCase):
    size = 3

    def passes(self, number):
        self.sim.clear_requests()
        self.wait_for(lambda: self.lists() >= number, 60)

    def test_passes_and_incidents_leave_nothing_behind(self):
        if any(name.endswith("SAN_OPTIONS") for name in self.environment):
            self.skipTest("a sanitizer keeps what is given back")
        self.template(gh=github("GitHub"))
        self.fleet(interval="20ms", api="  requests_per_5m: 1200\n")
        daemon = self.started()
        daemon.wait_status("3 in sync")
        self.passes(120)
        before = daemon.rss_bytes()
        identifier = self.sim.providers(account_id(1))[0]["id"]
        for number in range(6):
            self.sim.patch(identifier, {"config": {"client_id": f"by-hand-{number}"}}, account=account_id(1))
            self.passes(60)
        incidents = self.idpd("history", "--output", "json").json["incidents"]
        self.assertIn("drift", {one["kind"] for one in incidents})
        # 360 passes of which each left a kilobyte behind would be 360 KiB.
        self.assertLess(daemon.rss_bytes() - before, 256 * 1024)


if __name__ == "__main__":
    unittest.main()
