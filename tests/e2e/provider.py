"""`idpd check` against stand-ins for identity providers (tests/provider), each test with ones of its own. The program
reaches them under their real names through a proxy of the environment, as it would reach the real ones, and needs no
switch for it.
"""

import json
import pathlib
import shutil
import sys
import tempfile

from harness import ROOT, Case

sys.path.append(str(ROOT / "tests/provider"))
import certificates  # noqa: E402, F401
from stand_in import StandIn, npm  # noqa: E402

TEAM = "example.cloudflareaccess.com"
OTHER_TEAM = "other.cloudflareaccess.com"
RIGHT = {"SECRET": "s3cret-that-is-right"}
WRONG = {"WRONG_SECRET": "s3cret-that-is-wrong"}


def callback(team=TEAM):
    return f"https://{team}/cdn-cgi/access/callback"


def client(identifier, **more):
    """An application at an identity provider, as the stand-in knows it."""
    return {"id": identifier, "secret": RIGHT["SECRET"], "redirect_uris": [callback()], **more}


def provider(kind, client_id="app", secret="SECRET", check=None, **config):
    """An identity provider in a file; `secret` is the name of a variable."""
    entry = {"name": "To be set", "type": kind, "config": {"client_id": client_id, "client_secret": f"${{env:{secret}}}", **config}}
    return {**entry, "check": check} if check else entry


def verdicts(one):
    """{probe: "verdict grade"} of one identity provider of the document."""
    return {probe["probe"]: f"{probe['verdict']} {probe['grade'] or '-'}" for probe in one["probes"]}


def probe(one, name):
    found, = (each for each in one["probes"] if each["probe"] == name)
    return found


class StandInCase(Case):
    """`self.there` is the stand-in, whose clients have the secret SECRET of the environment."""

    def setUp(self):
        super().setUp()
        folder = pathlib.Path(tempfile.mkdtemp(prefix="idpd-stand-in-"))
        self.addCleanup(shutil.rmtree, folder, ignore_errors=True)
        try:
            self.there = StandIn(folder)
        except npm.Unavailable as why:
            self.skipTest(str(why))
        self.addCleanup(self.there.stop)
        self.environment.update({**RIGHT, **WRONG, "https_proxy": self.there.proxy.url})

    def secrets_sent(self):
        """(address, how, whether it was the right one) of each request with a secret."""
        return [(one["host"] + one["path"], one["authentication"], one["secret"])
                for one in self.there.requests() if one["authentication"] != "none"]


class CheckCase(StandInCase):
    """After each check: no request was one that a check may not send."""

    def setUp(self):
        super().setUp()
        del self.environment["TOKEN"]  # a check takes no token of Cloudflare's
        self.check_settings()
        self.addCleanup(lambda: self.assertEqual(self.sim.requests(), [], "a check sends nothing to Cloudflare"))

    def check_settings(self, team=TEAM, **check):
        check = {"ca_file": self.there.certificate_authority, **check}
        self.settings(more=f"check: {json.dumps(check)}\n", **({"team_domain": team} if team else {}))

    def write_all(self, **entries):
        """These and no others; named after their keys."""
        for path in self.files.iterdir():
            path.unlink()
        for key, entry in entries.items():
            self.write(key, {**entry, "name": f"The {key}"})

    def run_check(self, *arguments, token_requests=1, **environment):
        """`token_requests`: how often the secret of each client may be sent."""
        self.there.begin(token_requests)
        result = self.idpd("check", *arguments, **environment)
        self.assertEqual(self.there.violations(), [])
        return result

    def check(self, *arguments, **more):
        """{key: what the document says of it}; its exit code is the one that belongs to it."""
        result = self.run_check("--output", "json", *arguments, **more)
        self.document = result.json
        found = {one["key"]: one for one in self.document["identity_providers"]}
        any_bad = any(one["verdict"] == "bad" for one in found.values())
        self.assertEqual(result.code, 2 if any_bad else 0, result)
        return found

    def hosts_reached(self):
        return {host for host, _, _ in self.there.proxy.connects}

    def assert_says(self, one, name, verdict, *texts):
        """This probe has this verdict and grade, and all these texts in what it says."""
        found = probe(one, name)
        self.assertEqual(verdicts(one)[name], verdict, json.dumps(found, indent=1))
        said = "\n".join([found["message"], found["advice"] or "", *found["notes"]])
        for text in texts:
            self.assertIn(text, said)
