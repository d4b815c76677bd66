#!/usr/bin/env python3
"""What several hosts cost in etcd: requests of a host while nothing happens, for a pass, for a change and for a
takeover, and bytes an account.

    IDPD=build/release/idpd python3 -B tests/cluster/capacity.py [--accounts 200] [--providers 5]
"""

import argparse
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/e2e"))

from etcd import Etcd  # noqa: E402
from harness import Simulator  # noqa: E402

INTERVAL = 5


class Scene:
    def __init__(self, options, folder):
        self.options, self.folder = options, folder
        self.accounts = [f"{number:032x}" for number in range(1, options.accounts + 1)]
        self.sim = Simulator()
        self.etcd = Etcd(folder / "etcd")
        self.files = folder / "files"
        self.files.mkdir()
        self.sim.behave(rate_limit={"requests": 10_000_000, "seconds": 300})
        for account in self.accounts:
            self.sim.control("PUT", f"/tokens/t{account[-8:]}", {"accounts": [account]})
            self.sim.create({"name": "Somebody else's", "type": "github", "config": {"client_id": "foreign"}}, account)
            self.write(account, "gh-0")
        self.process = None

    def write(self, account, client):
        entries = {f"github-{i}": {"name": f"GitHub {i}", "type": "github", "config": {
            "client_id": client, "client_secret": "${env:GITHUB_SECRET}"}} for i in range(self.options.providers)}
        (self.files / f"{account[-8:]}.json").write_text(
            json.dumps({"account": f"a{account[-8:]}", "identity_providers": entries}))

    def start(self, name):
        tokens = {f"T{account[-8:]}": f"t{account[-8:]}" for account in self.accounts}
        home = self.folder / name
        home.mkdir()
        (home / "idpd.yaml").write_text(json.dumps({
            "accounts": {f"a{a[-8:]}": {"id": a, "token": f"${{env:T{a[-8:]}}}", "mode": "enforce"} for a in self.accounts},
            "desired": {"path": str(self.files)}, "api": {"base_url": self.sim.api},
            "reconcile": {"interval": f"{INTERVAL}s"}, "state": {"path": str(home / "state")},
            "cluster": {"etcd": [self.etcd.url], "host": name, "lease": "30s"}}))
        with open(self.folder / f"{name}.log", "wb") as log:
            self.process = subprocess.Popen([self.options.idpd, "--config", str(home / "idpd.yaml"), "run"],
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            env={"PATH": os.environ["PATH"], "GITHUB_SECRET": "secret", **tokens})

    def handled(self):
        """What etcd has been asked so far, in all."""
        with urllib.request.urlopen(self.etcd.url + "/metrics", timeout=10) as answer:
            text = answer.read().decode()
        return sum(int(float(value)) for value in re.findall(r"^grpc_server_handled_total{[^\n]*} ([0-9.e+]+)$", text, re.M))

    def passes(self):
        return len([one for one in self.sim.requests("GET") if one["path"].endswith("/identity_providers")])

    def wait_records(self, wanted):
        end = time.monotonic() + 300
        while sum("/record/" in key for key in self.etcd.all()) < wanted:
            if time.monotonic() > end:
                raise AssertionError((self.folder / "one.log").read_text()[-2000:])
            time.sleep(0.5)

    def measure(self):
        total = len(self.accounts) * self.options.providers
        before = self.handled()
        self.start("one")
        self.wait_records(total)
        time.sleep(4 * INTERVAL)  # until no record is young any more
        keys = self.etcd.all()
        print(f"| bytes in etcd an account of {self.options.providers} | {sum(len(k) + len(v) for k, v in keys.items()) // len(self.accounts):,} |")
        print(f"| requests a create, all of its passes counted | {(self.handled() - before) / total:.2f} |")
        before, began, passes = self.handled(), time.monotonic(), self.passes()
        time.sleep(20)
        idle, seconds, passes = self.handled() - before, time.monotonic() - began, self.passes() - passes
        print(f"| requests of an idle host a second ({passes / seconds:.0f} passes a second meanwhile) | {idle / seconds:.2f} |")
        before = self.handled()
        account = self.accounts[0]
        self.write(account, "gh-1")
        time.sleep(2 * INTERVAL)
        host = 2 * INTERVAL * idle / seconds
        print(f"| requests for {self.options.providers} updates | {max(0, self.handled() - before - host):.0f} |")
        self.process.terminate()
        self.process.wait(30)
        before, began = self.handled(), time.monotonic()
        self.sim.clear_requests()
        self.start("two")
        while len({one["path"] for one in self.sim.requests("GET")}) < len(self.accounts):
            time.sleep(0.2)
        print(f"| requests of a takeover an account, the shards counted | {(self.handled() - before) / len(self.accounts):.2f} |")
        print(f"| seconds of a takeover of {len(self.accounts)} accounts, the start counted | {time.monotonic() - began:.1f} |")

    def close(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.etcd.stop()
        self.sim.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--accounts", type=int, default=200)
    parser.add_argument("--providers", type=int, default=5)
    parser.add_argument("--idpd", default=os.environ.get("IDPD", str(ROOT / "build/dev/idpd")))
    options = parser.parse_args()
    options.idpd = os.path.abspath(options.idpd)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="idpd-capacity-"))
    scene = Scene(options, folder)
    try:
        scene.measure()
    finally:
        scene.close()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
