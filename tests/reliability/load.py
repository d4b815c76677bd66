"""Load: one account of many identity providers and many accounts at once, in one daemon, while one request in twenty
fails at random and the API admits no more than it must. Files are written, changed and removed, and the dashboard
interferes; after each of these steps the live state must become what the files say, by the daemon's own work.

What must never happen: a twin, a lost or touched foreign object, a masked secret that is written, a 429 that idpd has
earned (those that the fault rate makes up do not count), more requests in five minutes than the settings allow.

    IDPD=build/release/idpd python3 -B tests/reliability/load.py [--providers 1000] [--accounts 200] [--seed N]

A thousand need some 5,000 requests, and Cloudflare admits 1,200 in five minutes: that takes a quarter of an hour.
`--quick` is for CI: the API's limit is then one of few requests and of one second.
"""

import argparse
import datetime
import json
import os
import pathlib
import random
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

import harness  # noqa: E402 (the path above)

FAULT_RATE = 0.05
A_SMALL_ACCOUNT = 3  # identity providers
ACCOUNTS_A_GROUP = 50  # as many belong to one Cloudflare user and share its limit; the large one has its own
BUDGET = 1200  # in five minutes: all that Cloudflare admits, and all that idpd may be told to use
# What is on its way may arrive closer together than it was sent.
WINDOW = datetime.timedelta(minutes=5, seconds=-10)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--providers", type=int, default=1000, help="of the large account")
    parser.add_argument("--accounts", type=int, default=200, help="besides the large one")
    parser.add_argument("--quick", action="store_true", help="a limit that takes seconds instead of minutes")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    return parser.parse_args()


class Load(harness.RunCase):
    options = None

    @classmethod
    def setUpClass(cls):
        cls.simulator_arguments = ("--seed", str(cls.options.seed))
        super().setUpClass()

    def setUp(self):
        super().setUp()
        self.random = random.Random(self.options.seed)
        sizes = [self.options.providers] + [A_SMALL_ACCOUNT] * self.options.accounts
        # By account: the desired display name and client id of each key.
        self.desired = {f"{number + 1:032x}": {f"idp-{i}": [f"Login {i}", f"c-{i}"] for i in range(size)}
                        for number, size in enumerate(sizes)}
        self.foreign = {}

    def runTest(self):
        self.prepare()
        daemon = self.run_daemon(FILES_SECRET="s3cret-of-the-files")
        daemon.wait_ready(120)
        self.converge(daemon, "created")
        self.change_files()
        self.interfere()
        self.converge(daemon, "changed")
        self.remove_files()
        self.converge(daemon, "removed")
        self.assertEqual(daemon.stop(seconds=120), 0)

    def prepare(self):
        groups = {account: 0 if number == 0 else 1 + number // ACCOUNTS_A_GROUP
                  for number, account in enumerate(self.desired)}
        for group in set(groups.values()):
            self.environment[f"TOKEN_{group}"] = f"load-{group}"
            accounts = [one for one in groups if groups[one] == group]
            self.sim.control("PUT", f"/tokens/load-{group}", {"accounts": accounts})
        for account in self.desired:
            foreign = {"name": "Somebody else's", "type": "github", "config": {"client_id": "foreign"}}
            made = self.sim.create(foreign, account)
            self.foreign[account] = made["version"]
            self.write_account(account)
        # What is sent beyond the limit gets a 429, which is then idpd's own fault.
        limit = {"requests": 100, "seconds": 0.3} if self.options.quick else {"requests": BUDGET, "seconds": 300}
        self.sim.behave(fault_rate=FAULT_RATE, rate_limit=limit)
        self.sim.clear_requests()
        accounts = {f"account-{account[-4:]}": {"id": account, "token": f"${{env:TOKEN_{group}}}", "mode": "enforce",
                                                "rate_group": f"g{group}", "deletes": "allow", "max_deletes": 1000}
                    for account, group in groups.items()}
        settings = {"accounts": accounts, "desired": {"path": "identity-providers"},
                    "api": {"base_url": self.sim.api, "requests_per_5m": BUDGET},
                    "admin": {"listen": [f"unix:{self.folder}/admin.sock"]},
                    "reconcile": {"interval": "1h", "concurrency": 16}}
        (self.folder / "idpd.yaml").write_text(json.dumps(settings))

    def write_account(self, account):
        entries = {key: {"name": name, "type": "github",
                         "config": {"client_id": client, "client_secret": "${env:FILES_SECRET}"}}
                   for key, (name, client) in self.desired[account].items()}
        parts = [list(entries)[at:at + 100] for at in range(0, len(entries), 100)] or [[]]
        for old in self.files.glob(f"{account[-4:]}-*.json"):
            old.unlink()
        for number, keys in enumerate(parts):
            (self.files / f"{account[-4:]}-{number}.json").write_text(json.dumps(
                {"account": f"account-{account[-4:]}", "identity_providers": {key: entries[key] for key in keys}}))

    def change_files(self):
        """A third of them, a rename among them here and there."""
        for account, entries in self.desired.items():
            for key, entry in entries.items():
                if self.random.random() < 1 / 3:
                    entry[1] += "-new"
                    if self.random.random() < 1 / 4:
                        entry[0] += " renamed"
            self.write_account(account)

    def interfere(self):
        """The dashboard changes one in ten."""
        for account, state in self.sim.state()["accounts"].items():
            for one in state["identity_providers"]:
                if one["config"]["client_id"] == "foreign":
                    continue
                if self.random.random() < 1 / 10:
                    self.sim.patch(one["id"], {"config": {"client_id": "drifted"}}, account)

    def remove_files(self):
        """One in ten; no account is left with none, which would be withheld."""
        for account, entries in self.desired.items():
            for key in list(entries)[1:]:
                if self.random.random() < 1 / 10:
                    del entries[key]
            self.write_account(account)

    def converge(self, daemon, step):
        """Until the live state is what the files say. Where all is quiet and it is not, a pass is asked for instead of
        waiting for the next try, which comes by itself but not soon."""
        began, seen, quiet = time.monotonic(), -1, time.monotonic()
        while wrong := self.wrong():
            count = len(self.sim.requests())
            if count != seen:
                seen, quiet = count, time.monotonic()
            if time.monotonic() - quiet > (1.2 if self.options.quick else 330):  # longer than the limit's pause
                daemon.admin("POST", "/api/v1/reconcile")
                quiet = time.monotonic()
            if time.monotonic() - began > 3600:
                self.fail(f"{step}: not converged: {wrong[:5]}\n{daemon.stderr[-3000:]}")
            time.sleep(0.3)
        self.check(step, time.monotonic() - began)

    def wrong(self):
        """What is not yet as the files say. A twin or a touched foreign object is a failure at once."""
        found = []
        for account, state in self.sim.state()["accounts"].items():
            if account not in self.desired:
                continue
            foreign, live = [], []
            for one in state["identity_providers"]:
                (foreign if one["config"]["client_id"] == "foreign" else live).append(one)
            versions = [one["version"] for one in foreign]
            self.assertEqual(versions, [self.foreign[account]], "a foreign object was touched")
            names = [one["name"] for one in live]
            self.assertEqual(len(names), len(set(names)), f"a twin in {account}: {sorted(names)}")
            want = {name: client for name, client in self.desired[account].values()}
            have = {one["name"]: one["config"]["client_id"] for one in live}
            found += [(account, name) for name in want.keys() | have.keys() if want.get(name) != have.get(name)]
            found += [(account, one["name"]) for one in live
                      if one["config"].get("client_secret") != "s3cret-of-the-files"]
        return found

    def check(self, step, seconds):
        requests = self.sim.requests()
        earned = [one for one in requests if one["status"] == 429 and one["fault"] is None]
        self.assertEqual(len(earned), 0, f"{step}: {len(earned)} of {len(requests)} requests were one too many")
        self.assertEqual(self.sim.state()["masked_writes"], 0)
        for token in {one["token"] for one in requests}:
            times = [datetime.datetime.fromisoformat(one["time"]) for one in requests if one["token"] == token]
            first = 0
            for last, at in enumerate(times):
                while times[first] <= at - WINDOW:
                    first += 1
                self.assertLessEqual(last - first + 1, BUDGET, f"{step}: more requests in five minutes than allowed")
        faults = sum(one["fault"] is not None for one in requests)
        print(f"{step}: {seconds:.1f} s, {len(requests)} requests so far, {faults} of them with a fault", flush=True)


def report(what, count, failed):
    line = {"part": "load", "what": what, "count": count, "failed": failed}
    if path := os.environ.get("IDPD_RELIABILITY_REPORT"):
        with open(path, "a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")


def main():
    Load.options = arguments()
    print(f"seed {Load.options.seed}")
    result = unittest.TextTestRunner(stream=sys.stdout).run(unittest.TestSuite([Load()]))
    failed = len(result.failures) + len(result.errors)
    large, small = Load.options.providers, Load.options.accounts
    report(f"one account of {large} and {small} accounts of {A_SMALL_ACCOUNT} identity providers at once, "
           f"{FAULT_RATE:.0%} of the requests fail", large + A_SMALL_ACCOUNT * small, failed)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
