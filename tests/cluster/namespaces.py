#!/usr/bin/env python3
"""Three etcd and three idpd, each in a network namespace of its own, with the simulated API in another: hosts are
killed, paused beyond the lease, cut off from etcd or from the API, stopped and started, etcd members lost, while the
files change and somebody edits in the dashboard. Then all is healed, and

- every account is as the files say, with the identity providers that it had (no twin, none deleted or made anew),
- what no file names is still there, and no masked secret was written,
- no host wrote to an account that another host, or nobody, held at that time, as etcd showed it all along,
- no account was without a writer (writers.py) for longer than the lease and a pass, and a margin,
- a host that reaches etcd and not the API leaves its accounts to the others until it does again.

    IDPD=build/dev/idpd python3 -B tests/cluster/namespaces.py [--seconds 45] [--seed N]

Needs root, network namespaces and etcd; without them it ends with 77, which counts as skipped.
"""

import argparse
import base64
import contextlib
import ctypes
import datetime
import hashlib
import json
import os
import pathlib
import random
import shutil
import signal
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request

from writers import Writers

ROOT = pathlib.Path(__file__).resolve().parents[2]
HOSTS = {"alpha": "10.77.0.31", "beta": "10.77.0.32", "gamma": "10.77.0.33"}
MEMBERS = {"one": "10.77.0.21", "two": "10.77.0.22", "three": "10.77.0.23"}
API = "10.77.0.10"
CONTROL = "10.77.0.1"
API_PORT, ETCD_PORT, PEER_PORT = 8443, 2379, 2380
LEASE, INTERVAL, SHARDS = 4, 3, 8
# Until the first request of whoever takes over: what the lease leaves to the others is found out at one of their looks
# (each sixth of it), etcd ends leases twice a second, and the accounts of a shard wait for each other's turn.
A_PASS = INTERVAL
# Three etcd, three hosts, the API and this observer share two cores with whatever else the machine does.
MARGIN = 4
SECRET = "s3cret-of-github"
SKIPPED = 77
CLONE_NEWNET = 0x40000000


def run(*command, check=True):
    return subprocess.run(command, check=check, capture_output=True, text=True)


class Net:
    """A switch, and a namespace for each machine; all of it goes at the end."""

    def __init__(self):
        self.mark = f"idpd{os.getpid()}"
        self.names = []
        self.switch = self.add("sw")
        run("ip", "-n", self.switch, "link", "add", "br0", "type", "bridge")
        run("ip", "-n", self.switch, "addr", "add", f"{CONTROL}/24", "dev", "br0")
        run("ip", "-n", self.switch, "link", "set", "br0", "up")

    def add(self, name):
        full = f"{self.mark}-{name}"
        run("ip", "netns", "add", full)
        self.names.append(full)
        run("ip", "-n", full, "link", "set", "lo", "up")
        return full

    def machine(self, name, address):
        full = self.add(name)
        run("ip", "-n", self.switch, "link", "add", f"v-{name}", "type", "veth", "peer", "name", "eth0", "netns", full)
        run("ip", "-n", self.switch, "link", "set", f"v-{name}", "master", "br0", "up")
        run("ip", "-n", full, "addr", "add", f"{address}/24", "dev", "eth0")
        run("ip", "-n", full, "link", "set", "eth0", "up")

    def cable(self, name, plugged):
        run("ip", "-n", self.switch, "link", "set", f"v-{name}", "up" if plugged else "down")

    def cut(self, name, addresses, back=False):
        """Nothing of this machine reaches those."""
        for address in addresses:
            run("ip", "-n", f"{self.mark}-{name}", "route", "del" if back else "add", "blackhole", f"{address}/32",
                check=False)

    def command(self, name, *command):
        return ["ip", "netns", "exec", f"{self.mark}-{name}", *command]

    def close(self):
        for name in self.names:
            run("ip", "netns", "del", name, check=False)


def can_run():
    if os.geteuid() != 0 or not shutil.which("etcd") or not shutil.which("ip"):
        return False
    name = f"idpdtry{os.getpid()}"
    if run("ip", "netns", "add", name, check=False).returncode:
        return False
    fine = run("ip", "-n", name, "link", "add", "br0", "type", "bridge", check=False).returncode == 0
    run("ip", "netns", "del", name, check=False)
    return fine


class World:
    def __init__(self, options, folder):
        self.options, self.folder = options, folder
        self.random = random.Random(options.seed)
        self.processes = {}
        self.accounts = [f"{number:032x}" for number in range(1, options.accounts + 1)]
        self.wanted = {account: "gh-0" for account in self.accounts}
        self.drifts = {}
        self.writers = Writers()
        self.over = threading.Event()
        self.certificates()
        self.context = ssl.create_default_context(cafile=str(folder / "ca.pem"))
        self.net = Net()

    # The machines.

    def certificates(self):
        addresses = ",".join(f"IP:{one}" for one in (API, *MEMBERS.values()))
        self.openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                     "-subj", "/CN=test CA", "-keyout", "ca.key", "-out", "ca.pem")
        self.openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=server",
                     "-addext", f"subjectAltName={addresses}", "-keyout", "server.key", "-out", "server.csr")
        self.openssl("x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
                     "-days", "2", "-copy_extensions", "copy", "-out", "server.pem")

    def openssl(self, *arguments):
        subprocess.run(["openssl", *arguments], check=True, capture_output=True, cwd=self.folder)

    def start(self, name, command, **environment):
        with open(self.folder / f"{name}.log", "ab") as log:
            self.processes[name] = subprocess.Popen(
                self.net.command(name, *command), stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder,
                env={"PATH": os.environ["PATH"], "HOME": str(self.folder), **environment})

    def start_member(self, name):
        address = MEMBERS[name]
        cluster = ",".join(f"{other}=http://{at}:{PEER_PORT}" for other, at in MEMBERS.items())
        self.start(name, [
            "etcd", "--name", name, "--data-dir", str(self.folder / f"etcd-{name}"),
            "--listen-client-urls", f"https://{address}:{ETCD_PORT}", "--advertise-client-urls",
            f"https://{address}:{ETCD_PORT}", "--cert-file", "server.pem", "--key-file", "server.key",
            "--listen-peer-urls", f"http://{address}:{PEER_PORT}", "--initial-advertise-peer-urls",
            f"http://{address}:{PEER_PORT}", "--initial-cluster", cluster, "--heartbeat-interval", "100",
            "--election-timeout", "600", "--unsafe-no-fsync"])

    def start_host(self, name):
        home = self.folder / name
        home.mkdir(exist_ok=True)
        settings = {
            "accounts": {f"a{account[-2:]}": {"id": account, "token": f"${{env:TOKEN_{account[-2:]}}}",
                                              "mode": "enforce", "deletes": "allow"} for account in self.accounts},
            "desired": {"path": str(self.folder / "files")},
            "api": {"base_url": f"https://{API}:{API_PORT}/client/v4", "ca_file": str(self.folder / "ca.pem"),
                    "connect_timeout": "2s"},
            "reconcile": {"interval": f"{INTERVAL}s"},
            "cluster": {"etcd": [f"https://{at}:{ETCD_PORT}" for at in MEMBERS.values()], "host": name,
                        "ca_file": str(self.folder / "ca.pem"), "lease": f"{LEASE}s", "shards": SHARDS},
            "state": {"path": str(home / "state")}}
        (home / "idpd.yaml").write_text(json.dumps(settings))
        tokens = {f"TOKEN_{account[-2:]}": f"token-{account[-2:]}" for account in self.accounts}
        self.start(name, [self.options.idpd, "--config", str(home / "idpd.yaml"), "run"], GITHUB_SECRET=SECRET, **tokens)

    def start_all(self):
        for name, address in {"api": API, **MEMBERS, **HOSTS}.items():
            self.net.machine(name, address)
        self.start("api", [sys.executable, "-B", str(ROOT / "tests/simulator/main.py"), "--host", API, "--port",
                           str(API_PORT), "--tls-cert", "server.pem", "--tls-key", "server.key"])
        for name in MEMBERS:
            self.start_member(name)
        # What follows here asks from the switch's own namespace.
        descriptor = os.open(f"/run/netns/{self.net.switch}", os.O_RDONLY)
        entered = ctypes.CDLL(None, use_errno=True).setns(descriptor, CLONE_NEWNET)
        os.close(descriptor)
        if entered != 0:
            raise OSError(ctypes.get_errno(), "setns")
        self.wait(lambda: self.control("GET", "/state") is not None, 20, "the simulator")
        self.control("POST", "/behaviours", {"rate_limit": {"requests": 1_000_000, "seconds": 300}})
        (self.folder / "files").mkdir()
        self.foreign = {}
        for account in self.accounts:
            self.control("PUT", f"/tokens/token-{account[-2:]}", {"accounts": [account]})
            made = self.control("POST", f"/accounts/{account}/identity_providers",
                                {"name": "Somebody else's", "type": "github", "config": {"client_id": "foreign"}})
            self.foreign[account] = made["id"]
            self.write(account)
        self.wait(lambda: self.holders() is not None, 30, "etcd")
        for name in HOSTS:
            self.start_host(name)
        self.watcher = threading.Thread(target=self.watch, daemon=True)
        self.watcher.start()

    def close(self):
        self.over.set()
        for process in self.processes.values():
            if process.poll() is None:
                process.send_signal(signal.SIGCONT)
                process.kill()
                process.wait()
        self.net.close()

    # What is seen from outside.

    def control(self, method, path, body=None):
        request = urllib.request.Request(f"https://{API}:{API_PORT}/control{path}",
                                         None if body is None else json.dumps(body).encode(),
                                         {"Content-Type": "application/json"}, method=method)
        with urllib.request.urlopen(request, timeout=10, context=self.context) as answer:
            return json.load(answer)

    def holders(self):
        """Who holds each shard under which lease; None while etcd does not answer."""
        body = json.dumps({"key": encode("/idpd/live/shards/"), "range_end": encode("/idpd/live/shards0")}).encode()
        for address in MEMBERS.values():
            with contextlib.suppress(OSError, ValueError):
                request = urllib.request.Request(f"https://{address}:{ETCD_PORT}/v3/kv/range", body)
                with urllib.request.urlopen(request, timeout=1, context=self.context) as answer:
                    keys = json.load(answer).get("kvs", [])
                return {int(decode(one["key"]).rsplit("/", 1)[1]): (json.loads(decode(one["value"]))["host"], one["lease"])
                        for one in keys}
        return None

    def watch(self):
        while not self.over.is_set():
            before = time.time()
            holders = self.holders()
            if holders is not None:
                self.writers.see(before, time.time(), holders)
            self.over.wait(0.1)

    def wait(self, condition, seconds, what):
        end = time.monotonic() + seconds
        while True:
            with contextlib.suppress(OSError):
                if found := condition():
                    return found
            if time.monotonic() > end:
                raise AssertionError(f"{what} did not happen")
            time.sleep(0.1)

    # What people do.

    def write(self, account):
        entry = {"name": "GitHub", "type": "github",
                 "config": {"client_id": self.wanted[account], "client_secret": "${env:GITHUB_SECRET}"}}
        path = self.folder / "files" / f"{account[-2:]}.yaml"
        text = json.dumps({"account": f"a{account[-2:]}", "identity_providers": {"github": entry}})
        path.with_suffix(".new").write_text(text)
        path.with_suffix(".new").rename(path)

    def edit(self):
        account = self.random.choice(self.accounts)
        self.wanted[account] = f"gh-{self.random.randrange(10_000)}"
        self.write(account)

    def drift(self):
        account = self.random.choice(self.accounts)
        self.drifts[account] = self.drifts.get(account, 0) + 1
        if self.drifts[account] > 2:
            return  # one that is set back again and again is contested, and waits on purpose
        for one in self.managed(account):
            self.control("PATCH", f"/accounts/{account}/identity_providers/{one['id']}",
                         {"config": {"client_id": "drifted"}})

    def managed(self, account):
        all_of_it = self.control("GET", "/state")["accounts"].get(account, {}).get("identity_providers", [])
        return [one for one in all_of_it if one["name"] == "GitHub"]

    # What goes wrong, and how it is mended.

    def disturb(self):
        host = self.random.choice(list(HOSTS))
        member = self.random.choice(list(MEMBERS))
        kind = self.random.choice(["kill", "pause", "unplug", "no etcd", "no api", "stop", "member", "two members"])
        print(f"  {kind}: {member if kind == 'member' else host if kind != 'two members' else ''}", flush=True)
        process, writers = self.processes[host], self.writers
        if kind == "kill":
            process.kill()
            process.wait()
            writers.bury(host, time.time())
            return lambda: self.start_host(host)
        if kind == "pause":
            process.send_signal(signal.SIGSTOP)
            return self.out_of_reach(host, lambda: process.send_signal(signal.SIGCONT))
        if kind == "unplug":
            self.net.cable(host, False)
            return self.out_of_reach(host, lambda: self.net.cable(host, True))
        if kind == "no etcd":
            self.net.cut(host, MEMBERS.values())
            return self.out_of_reach(host, lambda: self.net.cut(host, MEMBERS.values(), back=True))
        if kind == "no api":
            self.net.cut(host, [API])
            return self.out_of_reach(host, lambda: self.net.cut(host, [API], back=True), writers.without_api)
        if kind == "stop":
            process.send_signal(signal.SIGTERM)
            code = process.wait(30)
            assert code == 0, f"{host} ended with {code}"
            writers.bury(host, time.time())
            return lambda: self.start_host(host)
        lost = [member] if kind == "member" else self.random.sample(list(MEMBERS), 2)
        for one in lost:
            self.processes[one].kill()
            self.processes[one].wait()
        writers.etcd.append(time.time())
        return lambda: self.bring_back(lost)

    def out_of_reach(self, host, mend, what=None):
        self.writers.take_out(self.writers.away if what is None else what, host, time.time())

        def back():
            mend()
            self.writers.mend(host, time.time())
        return back

    def bring_back(self, lost):
        for one in lost:
            self.start_member(one)
        # Until all of them answer again: leaders are elected meanwhile.
        self.wait(lambda: all(self.answers(MEMBERS[one]) for one in lost), 30, "etcd's return")
        self.writers.etcd.append(time.time())

    def answers(self, address):
        request = urllib.request.Request(f"https://{address}:{ETCD_PORT}/v3/kv/range", b'{"key": "eA=="}')
        with urllib.request.urlopen(request, timeout=1, context=self.context):
            return True

    # The invariants.

    def converged(self):
        state = self.control("GET", "/state")["accounts"]
        for account in self.accounts:
            managed = [one for one in state[account]["identity_providers"] if one["name"] == "GitHub"]
            if len(managed) != 1 or managed[0]["config"]["client_id"] != self.wanted[account]:
                return False
        return True

    def check(self, ids):
        state = self.control("GET", "/state")["accounts"]
        for account in self.accounts:
            have = {one["id"]: one for one in state[account]["identity_providers"]}
            assert set(have) == {ids[account], self.foreign[account]}, f"{account}: {list(have)}"
            assert have[ids[account]]["config"]["client_secret"] == SECRET, f"{account}: its secret is another"
        return self.check_writers()

    def check_writers(self):
        """Each write by whoever held the account's shard at about that time."""
        checked = 0
        for at, client, account, method in self.requests():
            if method == "GET":
                continue
            shard = shard_of(account)
            seen = [holders.get(shard, (None,))[0] for began, ended, holders in self.writers.observed
                    if ended > at - 0.7 and began < at + 0.7]
            if not seen:
                continue
            checked += 1
            assert client in seen, f"{client} wrote to {account} (shard {shard}) while {seen} held it, at {at}"
        return checked

    def requests(self):
        """(when, which host, account, method) of what the API was asked by hosts."""
        by_address = {address: name for name, address in HOSTS.items()}
        for one in self.control("GET", "/requests"):
            if "/accounts/" in one["path"] and one["client"] in by_address:
                at = datetime.datetime.fromisoformat(one["time"].replace("Z", "+00:00")).timestamp()
                yield at, by_address[one["client"]], one["path"].split("/accounts/")[1].split("/")[0], one["method"]

    def check_gaps(self, start):
        """The longest time for which an account had no writer."""
        begun = {account: [] for account in self.accounts}
        for at, client, account, _ in self.requests():
            begun[account].append((at, client))
        longest, account, since = max((seconds, account, since) for account in self.accounts for seconds, since in
                                      [(0, 0), *self.writers.gaps(shard_of(account), begun[account], start)])
        bound = LEASE + A_PASS + MARGIN
        assert longest <= bound, (f"{account} (shard {shard_of(account)}) had no writer for {longest:.1f} s since {since:.1f}; "
                                  f"{bound} s are allowed")
        return longest

    def lose_the_api(self):
        host = self.holders()[shard_of(self.accounts[0])][0]
        before = self.shards_at(host)
        mend = self.out_of_reach(host, lambda: self.net.cut(host, [API], back=True), self.writers.without_api)
        self.net.cut(host, [API])
        # Two leases without an answer, half a one in which others have to have one, a pass before all that.
        self.wait(lambda: not self.shards_at(host) and len(self.holders()) == SHARDS, 3 * LEASE + 3 * INTERVAL + MARGIN,
                  f"that {host}, which does not reach the API, leaves its accounts to others")
        for account in self.accounts:
            self.wanted[account] = "gh-elsewhere"
            self.write(account)
        self.wait(self.converged, 20, f"that the others work on all accounts, {host} being without the API")
        mend()
        self.wait(lambda: self.shards_at(host) == before, LEASE + MARGIN, f"{host}'s return")

    def shards_at(self, host):
        return {shard for shard, (holder, _) in self.holders().items() if holder == host}

    def play(self):
        self.start_all()
        self.wait(self.converged, 60, "the first convergence")
        ids = {account: self.managed(account)[0]["id"] for account in self.accounts}
        start = time.time()
        end = time.monotonic() + self.options.seconds
        disturbances = 0
        while time.monotonic() < end:
            mend = self.disturb()
            disturbances += 1
            until = time.monotonic() + self.random.uniform(1, 2.5 * LEASE)
            while time.monotonic() < until:
                self.random.choice([self.edit, self.drift])()
                time.sleep(self.random.uniform(0.2, 1))
            mend()
            time.sleep(self.random.uniform(0, 2))
        # No account may be without a writer for longer than the lease and a pass; the machine may be slow. A host that
        # could not reach the API tries ever more rarely: a change of the files makes all look at once.
        time.sleep(2 * LEASE)
        self.edit()
        self.wait(self.converged, 60, "convergence after all was mended")
        self.lose_the_api()
        time.sleep(1)
        checked = self.check(ids)
        return disturbances, checked, self.check_gaps(start)


def shard_of(account):
    return int(hashlib.sha256(account.encode()).hexdigest()[:8], 16) % SHARDS


def encode(text):
    return base64.b64encode(text.encode()).decode()


def decode(text):
    return base64.b64decode(text).decode()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=40)
    parser.add_argument("--accounts", type=int, default=12)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1_000_000))
    parser.add_argument("--idpd", default=os.environ.get("IDPD", str(ROOT / "build/dev/idpd")))
    options = parser.parse_args()
    options.idpd = os.path.abspath(options.idpd)
    if not can_run():
        print("skipped: needs root, network namespaces and etcd")
        return SKIPPED
    print(f"seed {options.seed}", flush=True)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="idpd-cluster-"))
    world = World(options, folder)
    try:
        disturbances, checked, longest = world.play()
    except BaseException:
        for name in HOSTS:
            with contextlib.suppress(OSError):
                print(f"--- {name}\n{(folder / f'{name}.log').read_text()[-4000:]}", file=sys.stderr)
        raise
    finally:
        world.close()
        shutil.rmtree(folder, ignore_errors=True)
    if report := os.environ.get("IDPD_RELIABILITY_REPORT"):
        with open(report, "a", encoding="utf-8") as file:
            file.write(json.dumps({"part": "cluster", "what": "hosts and members of etcd killed, paused, cut off",
                                   "count": disturbances, "failed": 0}) + "\n")
    print(f"{disturbances} disturbances, {checked} writes by whoever held the account, all invariants hold; no account "
          f"was without a writer for longer than {longest:.1f} s (lease {LEASE} s, a pass each {INTERVAL} s)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
