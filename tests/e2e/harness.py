"""What every end-to-end test stands on: a simulator of the API and a workspace with settings and files, both of
its own (no shared port, no shared path), and the program run as a user runs it.

The program is $IDPD (set by CTest). Nothing here knows a type's fields; `schemas.py` reads them from schema/.
"""

import contextlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.error
import urllib.parse
import urllib.request

import canary
from daemon import Daemon

ROOT = pathlib.Path(__file__).resolve().parents[2]
ACCOUNT = "0123456789abcdef0123456789abcdef"
OTHER_ACCOUNT = "fedcba9876543210fedcba9876543210"


class Simulator:
    """The API's stand-in, in a process of its own that ends with this one."""

    def __init__(self, *arguments):
        self.process = subprocess.Popen(
            [sys.executable, str(ROOT / "tests/simulator/main.py"), "--parent-watch", *arguments],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        self.url = line.split()[-1]
        if "://" not in self.url:
            raise RuntimeError(f"the simulator did not start: {line!r}")
        self.api = self.url + "/client/v4"

    def stop(self):
        self.process.stdin.close()
        self.process.wait(10)
        self.process.stdout.close()

    def control(self, method, path, body=None):
        """A request to the control interface; returns the decoded answer. A `refuse` fault is waited out."""
        end = time.monotonic() + 5
        while True:
            try:
                return self._control(method, path, body)
            except (urllib.error.URLError, ConnectionError) as error:
                # One that waited to be let in is reset when the door closes.
                shut = isinstance(getattr(error, "reason", error), (ConnectionRefusedError, ConnectionResetError))
                if not shut or time.monotonic() > end:
                    raise
                time.sleep(0.02)

    def _control(self, method, path, body):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + "/control" + path, data, {"Content-Type": "application/json"},
                                         method=method)
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                raise AssertionError(f"control {method} {path}: {error.code} {error.read().decode()}") from None

    def behave(self, **switches):
        return self.control("POST", "/behaviours", switches)

    def fault(self, **fault):
        return self.control("POST", "/faults", fault)

    def hook(self, **hook):
        return self.control("POST", "/hooks", hook)

    def state(self):
        return self.control("GET", "/state")

    def providers(self, account=ACCOUNT):
        """Raw objects, with the real secrets."""
        return self.state()["accounts"][account]["identity_providers"]

    def provider(self, name, account=ACCOUNT):
        found = [one for one in self.providers(account) if one["name"] == name]
        if len(found) != 1:
            raise AssertionError(f"{len(found)} identity providers named {name!r}")
        return found[0]

    def create(self, body, account=ACCOUNT, actor=None):
        """As someone does in the dashboard; the audit log names the actor, a mail address."""
        return self.control("POST", f"/accounts/{account}/identity_providers" + by(actor), body)

    def patch(self, identifier, merge, account=ACCOUNT, actor=None):
        """A dashboard change, as a JSON merge patch."""
        return self.control("PATCH", f"/accounts/{account}/identity_providers/{identifier}" + by(actor), merge)

    def delete(self, identifier, account=ACCOUNT, actor=None):
        return self.control("DELETE", f"/accounts/{account}/identity_providers/{identifier}" + by(actor))

    def webhook_url(self, name):
        return f"{self.url}/hooks-in/{name}"

    def webhooks(self, name):
        """What came to this webhook: `body`, `headers`, `status` (as it was answered), `time` of each."""
        return self.control("GET", f"/webhooks/{name}")["received"]

    def webhook_answers(self, name, **spec):
        """How it answers from now on: status, delay_ms, reset, retry_after, body, times."""
        return self.control("PUT", f"/webhooks/{name}", spec)

    def clear_webhook(self, name):
        return self.control("DELETE", f"/webhooks/{name}")

    def put(self, collection, items, account=ACCOUNT):
        """apps, policies, groups, federation_grants, risk_scoring or zones: the list as it is from now on."""
        return self.control("PUT", f"/accounts/{account}/{collection}", items)

    def requests(self, method=None):
        """What the API was asked since the last clear_requests()."""
        log = self.control("GET", "/requests")
        return [one for one in log if method is None or one["method"] == method]

    def writes(self):
        return [one for one in self.requests() if one["method"] != "GET"]

    def clear_requests(self):
        self.control("DELETE", "/requests")


def by(actor):
    return "?" + urllib.parse.urlencode({"actor": actor}) if actor else ""


class Result:
    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, err

    @property
    def json(self):
        return json.loads(self.out)

    def __str__(self):
        return f"exit {self.code}\n--- stdout\n{self.out}\n--- stderr\n{self.err}"


class Case(unittest.TestCase):
    """One simulator a class, one fresh workspace a test. `self.sim`, `self.folder`, `self.idpd(...)`."""

    maxDiff = None
    simulator_arguments = ()

    @classmethod
    def setUpClass(cls):
        cls.sim = Simulator(*cls.simulator_arguments)
        cls.addClassCleanup(cls.sim.stop)

    def setUp(self):
        self.sim.control("POST", "/reset")
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="idpd-e2e-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.witness = canary.Witness(self)
        self.addCleanup(self.witness.assert_no_secret)
        self.files = self.folder / "identity-providers"
        self.files.mkdir()
        self.environment = {"PATH": os.environ["PATH"], "TOKEN": "sim-write", "HOME": str(self.folder)}
        # Sanitizers and their options come from outside.
        self.environment.update({k: v for k, v in os.environ.items() if k.endswith("SAN_OPTIONS")})
        self.program = os.environ.get("IDPD", str(ROOT / "build/dev/idpd"))
        self.settings()

    def settings(self, token="${env:TOKEN}", api="", more="", **account):
        """Writes idpd.yaml with one account `production`; keyword arguments are its settings."""
        account = {"deletes": "allow", **account}
        lines = "".join(f"    {name}: {value}\n" for name, value in account.items())
        (self.folder / "idpd.yaml").write_text(
            f'accounts:\n  production:\n    id: "{ACCOUNT}"\n    token: {token}\n{lines}'
            f'desired: {{path: identity-providers}}\napi:\n  base_url: {self.sim.api}\n{api}{more}')

    def write(self, key, entry, file=None):
        """One identity provider in a file of its own (JSON is YAML); None removes it."""
        path = self.files / (file or f"{key}.yaml")
        if entry is None:
            path.unlink()
        else:
            path.write_text(json.dumps({"identity_providers": {key: entry}}, indent=2))

    def idpd(self, *arguments, config=True, stdin="", **environment):
        """Runs the program without a terminal and returns what it said and how it ended."""
        command = [self.program, *(["--config", str(self.folder / "idpd.yaml")] if config else []), *arguments]
        environment = self.witness.given({**self.environment, **environment})
        done = subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=90, cwd=self.folder,
                              env=environment)
        self.witness.saw(f"the outputs of {arguments}", done.stdout, done.stderr)
        self.assertNotIn("Sanitizer", done.stderr, done.stderr)
        self.assertNotIn("this is a bug in idpd", done.stderr, done.stderr)
        return Result(done.returncode, done.stdout, done.stderr)

    def start(self, *arguments, **environment):
        """The program in the background, for tests of what happens meanwhile; killed with the test."""
        process = subprocess.Popen([self.program, "--config", str(self.folder / "idpd.yaml"), *arguments],
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                   cwd=self.folder, env=self.witness.given({**self.environment, **environment}))

        def end():
            process.kill()
            self.witness.saw(f"the outputs of {arguments}", *process.communicate())
        self.addCleanup(end)
        return process

    def run_settings(self, interval="1s", mode="enforce", listen=(), webhooks=None, more="", **account):
        """Settings for `run`: the admin socket (and `listen` besides), passes this often, and the simulator's
        webhooks: {name: {"on": […], "format": …}}. `more` as in settings()."""
        sockets = json.dumps([f"unix:{self.folder}/admin.sock", *listen])
        notify = []
        for name, options in (webhooks or {}).items():
            variable = "WEBHOOK_" + name.upper().replace("-", "_")
            self.environment[variable] = self.sim.webhook_url(name)
            self.witness.webhooks.add(name)
            notify.append({"webhook": f"${{env:{variable}}}", **options})
        lines = f"admin: {{listen: {sockets}}}\nreconcile: {{interval: {interval}}}\n"
        if notify:
            lines += f"notify: {json.dumps(notify)}\n"
        self.settings(more=lines + more, mode=mode, **account)

    def run_daemon(self, *arguments, **environment):
        """`idpd run` in the background, see daemon.py; it may not be ready yet. Killed with the test."""
        command = [self.program, "--config", str(self.folder / "idpd.yaml"), "run", *arguments]
        daemon = Daemon(command, self.folder, self.witness.given({**self.environment, **environment}))
        self.witness.daemons.append(daemon)
        self.addCleanup(daemon.kill)
        return daemon

    def wait_for(self, condition, seconds=20):
        """Until the condition is true; what it gave."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            found = condition()
            if found:
                return found
            time.sleep(0.01)
        self.fail("it did not happen in time")

    def wait_for_request(self, method, path=""):
        """Until the API has been asked this."""
        return self.wait_for(lambda: [one for one in self.sim.requests(method) if path in one["path"]])

    def plan(self, *arguments, code=0, **environment):
        """The plan's JSON document."""
        result = self.idpd("plan", "--output", "json", *arguments, **environment)
        self.assertEqual(result.code, code, result)
        return result.json

    def changes(self, *arguments, **environment):
        return self.plan(*arguments, **environment)["accounts"][0]["changes"]

    def apply(self, *arguments, code=0, **environment):
        """Applies without asking; the report's JSON document."""
        result = self.idpd("apply", "--auto-approve", "--output", "json", *arguments, **environment)
        self.assertEqual(result.code, code, result)
        return result.json

    def applied(self, *arguments, code=0, **environment):
        return self.apply(*arguments, code=code, **environment)["accounts"][0]["changes"]

    def grow(self, passes=3):
        """Passes until a record is no longer young (rule 7): its absence is then believed."""
        for _ in range(passes):
            self.apply()

    def assert_in_sync(self, *arguments, **environment):
        document = self.plan(*arguments, **environment)
        self.assertEqual(document["accounts"][0]["changes"], [], json.dumps(document, indent=1))
        self.assertEqual(document["accounts"][0]["status"], "in_sync")
        return document

    @contextlib.contextmanager
    def behaviours(self, **switches):
        """Sub-test under these switches of the simulator."""
        with self.subTest(**switches):
            self.sim.behave(**switches)
            yield


class Managed(Case):
    """The identity providers below have their secrets."""

    def setUp(self):
        super().setUp()
        self.environment.update(SECRETS)

    def write_all(self, **entries):
        for key, entry in entries.items():
            self.write(key, entry)

    def managed(self, **entries):
        """Written and applied; the live id of each."""
        self.write_all(**entries)
        self.apply()
        return {key: self.sim.provider(entry["name"])["id"] for key, entry in entries.items()}

    def live(self, identifier):
        """The raw object, or None."""
        found = [one for one in self.sim.providers() if one["id"] == identifier]
        return found[0] if found else None

    def ids(self):
        return {one["id"] for one in self.sim.providers()}


class RunCase(Managed):
    """For `idpd run` with settings that make no pass by themselves, unless a test says run_settings(interval=…)."""

    def setUp(self):
        super().setUp()
        self.run_settings()

    def run_settings(self, interval="1h", **more):
        super().run_settings(interval=interval, **more)

    def started(self, **environment):
        return self.run_daemon(**environment).wait_ready()

    def wait_config(self, name, **values):
        """Until the live one of this name has these in its config."""
        def there():
            found = [one for one in self.sim.providers() if one["name"] == name]
            return found and all(found[0]["config"].get(key) == value for key, value in values.items())
        self.wait_for(there)

    def lists(self):
        """How often an account was listed."""
        return len([one for one in self.sim.requests("GET") if one["path"].endswith("/identity_providers")])


SECRETS = {"PINGONE_SECRET": "s3cret-of-pingone", "GITHUB_SECRET": "s3cret-of-github", "OKTA_SECRET": "s3cret-of-okta"}


def outcomes(changes):
    """By key (a move apart from what else happens to it is not told here)."""
    return {change["key"]: change["outcome"] for change in changes}


def withheld(changes):
    """The code of what withholds each change, by key; None where nothing does."""
    return {change["key"]: change["withheld"] and change["withheld"]["code"] for change in changes}


def github(name="GitHub", **config):
    return {"name": name, "type": "github",
            "config": {"client_id": "gh-1", "client_secret": "${env:GITHUB_SECRET}", **config}}


def okta(name="Okta", **config):
    return {"name": name, "type": "okta", "config": {"client_id": "ok-1", "client_secret": "${env:OKTA_SECRET}",
                                                     "okta_account": "https://example.okta.com", **config}}


def onetimepin(name="One-time PIN"):
    return {"name": name, "type": "onetimepin", "config": {}}


def pingone(name="PingOne Workforce", **config):
    """The type that idpd was started for, complete."""
    return {"name": name, "type": "pingone",
            "config": {"client_id": "4f1c", "client_secret": "${env:PINGONE_SECRET}", "ping_env_id": "9a2b", **config}}
