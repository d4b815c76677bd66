"""The full scenario: one `apply` that makes every kind of write, and what must hold whatever happens to it.

`Scenario(sim)` is a workspace in which idpd has managed an account for a while and whose files have then moved on, so
that the next `apply` makes two creates (one turns SCIM on), two updates (one turns SCIM on, one sends a rotated
secret), a replace and a delete, beside an identity provider in sync and strangers that idpd may not touch. `restore()`
brings simulator and workspace back to just before that apply; it takes milliseconds, so that thousands of ways in
which it can go wrong are affordable. `check()` and its parts are the invariants.
"""

import pathlib
import shutil
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

from daemon import Daemon  # noqa: E402
from harness import ACCOUNT, Case, Simulator  # noqa: E402,F401
from wanted import (  # noqa: E402,F401
    ACTIONS, AFTER, BEFORE, BRINGS_SCIM_SECRET, FOREIGN, ROTATED, SCIM, SECRETS, STRANGER, TOKEN, ZONE, foreign, plain)

# A record is young for some passes (rule 7), and a second try may need them once more.
MOST_PASSES = 12


class Scenario(Case):
    """Not run by unittest itself: prepared by whoever makes something go wrong in it."""

    api_settings = "  connect_timeout: 4s\n  stall_timeout: 2s\n  timeout: 6s\n"
    account_settings = {"max_deletes": 5}

    def __init__(self, sim, program=None):
        super().__init__()
        self.sim = sim
        self.setUp()
        if program:
            self.program = program
        self.state_folder = self.folder / ".idpd"
        self.prepare()

    def close(self):
        self.doCleanups()

    # --- The way to the moment before the apply under test.

    def settings(self, **more):
        super().settings(api=self.api_settings, **{**self.account_settings, **more})

    def prepare(self):
        self.sim.control("PUT", f"/tokens/{TOKEN}", {})
        self.environment.update(SECRETS, TOKEN=TOKEN)
        for name in ("Passing", "Stranger"):
            self.sim.create(foreign(name))
        for key, entry in BEFORE.items():
            self.write(key, entry)
        self._settle()
        settled = self.sim.provider("Settled")["id"]
        self.sim.put("apps", [{"id": "app-1", "name": "Wiki", "allowed_idps": [settled]}])
        self.sim.put("groups", [{"id": "group-1", "name": "All", "include": [{"login_method": {"id": settled}}]}])
        self.sim.put("zones", [{"id": ZONE, "name": "example.com"}])
        self.sim.control("PUT", f"/zones/{ZONE}/apps", [{"id": "app-2", "name": "Shop", "allowed_idps": [settled]}])
        for _ in range(3):  # no record is young any more (rule 7)
            self._settle()
        for key in BEFORE:
            self.write(key, AFTER.get(key))
        for key in AFTER.keys() - BEFORE.keys():
            self.write(key, AFTER[key])
        self.environment["ROTATING"] = ROTATED
        self._keep()

    def _settle(self):
        result = self.idpd("apply", "--auto-approve")
        self.assertEqual(result.code, 0, result)

    def _keep(self):
        self.sim.control("POST", "/snapshot")
        self.before = {one["name"]: one for one in self.sim.providers()}
        self.kept = pathlib.Path(tempfile.mkdtemp(prefix="idpd-before-"))
        self.addCleanup(shutil.rmtree, self.kept, ignore_errors=True)
        shutil.copytree(self.folder, self.kept / "workspace")

    def restore(self):
        """Simulator and workspace as they were; what the program left in the folder is gone."""
        self.sim.control("POST", "/restore")
        for path in self.folder.iterdir():
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
        shutil.copytree(self.kept / "workspace", self.folder, dirs_exist_ok=True)

    # --- Runs.

    def apply_once(self):
        """Applies and returns the Result, whatever its exit code is."""
        return self.idpd("apply", "--auto-approve", "--output", "json")

    def recover(self, passes=MOST_PASSES):
        """Applies until nothing is left to do; the results."""
        results = []
        for _ in range(passes):
            results.append(self.apply_once())
            if results[-1].code == 0 and not changes_of(results[-1]):
                return results
        raise AssertionError(f"not settled after {passes} passes; the last one: {summary(results[-1])}")

    def daemon(self):
        """`idpd run` in enforce mode, with a pass each second. Whoever starts it ends it."""
        self.run_settings()
        command = [self.program, "--config", str(self.folder / "idpd.yaml"), "run"]
        return Daemon(command, self.folder, self.environment)

    # --- What must hold.

    def id_before(self, name):
        return self.before[name]["id"]

    def to_be_deleted(self):
        return {self.id_before("Leaver"), self.id_before("Contractors")}

    def effect(self, key, state=None):
        """How far the change of this key has come in the API: "none", "half" (of a replace) or "whole"."""
        live = (state or self.sim.state())["accounts"][ACCOUNT]["identity_providers"]
        if key == "leaver":
            return "none" if any(one["id"] == self.id_before("Leaver") for one in live) else "whole"
        made = any(self._is_as_wanted(one, key) for one in live)
        if key != "contractors":
            return "whole" if made else "none"
        gone = all(one["id"] != self.id_before("Contractors") for one in live)
        return {0: "none", 1: "half", 2: "whole"}[made + gone]

    def _is_as_wanted(self, live, key):
        want = plain(AFTER[key], self.environment)
        config = {name: value for name, value in live["config"].items() if name != "redirect_url"}
        scim = live.get("scim_config") or {}
        return ((live["name"], live["type"], config) == (want["name"], want["type"], want["config"])
                and all(scim.get(name) == value for name, value in want.get("scim_config", {}).items()))

    def check_safe(self, may_delete=None):
        """At any time, in the middle of a broken apply too: nothing lost, nothing made twice, no secret destroyed."""
        state = self.sim.state()
        live = {one["id"]: one for one in state["accounts"][ACCOUNT]["identity_providers"]}
        may_delete = self.to_be_deleted() if may_delete is None else may_delete
        self.assertEqual(state["twins"], [], "two objects of equal type and name")
        self.assertEqual(set(state["deleted"]) - may_delete, set(), "deleted, but not to be")
        self.assertEqual((state["masked_fields"], state["readonly_fields"]), ({}, {}))
        for name in ("Stranger", "Settled"):
            before = self.before[name]
            self.assertEqual(live.get(before["id"]), before, f"{name} was touched")
        return state

    def check_converged(self, undisturbed=True):
        """The account is exactly what the files say, and the strangers. Undisturbed: nobody else had a hand in it."""
        state = self.check_safe()
        live = state["accounts"][ACCOUNT]["identity_providers"]
        for key in AFTER:
            found = [one for one in live if self._is_as_wanted(one, key)]
            self.assertEqual(len(found), 1, f"{key} is not as wanted, once\n{listing(live)}")
        ours = [one for one in live if one["name"] not in FOREIGN]
        self.assertEqual(len(ours), len(AFTER), listing(live))
        if undisturbed:
            self.assertEqual(set(state["deleted"]), self.to_be_deleted())
            for key, name in (("rotating", "Rotating"), ("workforce", "Workforce")):
                self.assertIn(self.id_before(name), [one["id"] for one in live], f"{key} is another object now")
        document = self.plan()
        self.assertEqual((document["accounts"][0]["status"], document["accounts"][0]["changes"]), ("in_sync", []))

    def scim_file(self, key):
        return self.state_folder / "scim" / ACCOUNT / key

    def check_scim(self, results, may_be_lost=()):
        """Each SCIM secret is on disk, or an incident is open and a run (`results`: all since, if any) told of it."""
        incidents = self.idpd("status", "--output", "json").json.get("incidents") or []
        for key in BRINGS_SCIM_SECRET:
            real = self.sim.provider(AFTER[key]["name"])["scim_config"]["secret"]
            open_ones = [one for one in incidents if one["key"] == key and "SCIM secret was lost" in one["message"]]
            file = self.scim_file(key)
            if file.exists():
                self.assertEqual(file.read_text(), real, f"{key}: another SCIM secret is on disk")
                self.assertEqual(file.stat().st_mode & 0o777, 0o600)
                self.assertEqual(open_ones, [], f"{key}: the SCIM secret is there and is reported as lost")
                continue
            self.assertIn(key, may_be_lost, "its SCIM secret is not on disk")
            self.assertEqual([one["kind"] for one in open_ones], ["failure"], f"{key}: no incident: {incidents}")
            self.assertIn("dashboard", open_ones[0]["message"])
            if not results:
                continue
            said = [note for result in results for change in changes_of(result) if change["key"] == key
                    for note in change["notes"] if "SCIM secret was lost" in note]
            said += [one["message"] for result in results for one in diagnostics_of(result)
                     if one["message"].startswith(f"{key}: the SCIM secret was lost")]
            self.assertTrue(said, f"{key}: no run said that its SCIM secret is lost")

    def check_truthful(self, result):
        """`done` only of what took effect, `failed` and `skipped` only of what did not, and the exit code fits."""
        state = self.sim.state()
        told = {change["key"]: change for change in changes_of(result)}
        self.assertEqual(set(told) - set(ACTIONS), set(), "changes that were never to be")
        for key, action in ACTIONS.items():
            effect = self.effect(key, state)
            if key not in told:
                self.assertEqual(effect, "none", f"{key}: it happened and no word of it\n{summary(result)}")
                continue
            outcome = told[key]["outcome"]
            if effect == "half" and told[key].get("delete_withheld"):
                effect = "whole"  # rule 4: the old one stays, and that is said
            allowed = {"none": ("failed", "skipped", "withheld", "unknown"), "half": ("failed", "skipped", "unknown"),
                       "whole": ("done", "unknown")}[effect]
            self.assertIn(outcome, allowed, f"{key}: the effect of the {action} is {effect}\n{summary(result)}")
            if outcome not in ("done", "withheld"):
                self.assertTrue(told[key]["error"], f"{key}: {outcome}, and not why\n{summary(result)}")
        whole = all(told.get(key, {}).get("outcome") == "done" and not told[key].get("delete_withheld")
                    for key in ACTIONS)
        self.assertEqual(result.code, 0 if whole else 1, summary(result))

    def canaries(self):
        made = [one["scim_config"]["secret"] for one in self.sim.providers()
                if "secret" in (one.get("scim_config") or {})]
        return [TOKEN, ROTATED, STRANGER, *SECRETS.values(), *made]

    def check_no_secret(self, texts):
        """Neither in these texts nor in a file of the workspace, but for the kept SCIM secrets."""
        texts = {f"output {number}": text.encode() for number, text in enumerate(texts)}
        for path in self.folder.rglob("*"):
            if path.is_file() and path not in map(self.scim_file, BRINGS_SCIM_SECRET):
                texts[str(path.relative_to(self.folder))] = path.read_bytes()
        for canary in self.canaries():
            holding = [name for name, text in texts.items() if canary.encode() in text]
            self.assertEqual(holding, [], f"holds the secret {canary[:24]}…")

    def check(self, broken, recovery, may_lose_scim=(), undisturbed=True):
        """All of it, after the recovery. `broken`: the Results of what went wrong, `recovery` those of recover()."""
        self.check_converged(undisturbed)
        self.check_scim([*broken, *recovery], may_lose_scim)
        self.check_no_secret([text for result in (*broken, *recovery) for text in (result.out, result.err)])


def changes_of(result):
    """Of a Result with a JSON report; none where the run came to no report."""
    if not result.out.strip():
        return []
    accounts = result.json.get("accounts") or []
    return accounts[0]["changes"] if accounts else []


def diagnostics_of(result):
    return (result.json.get("diagnostics") or []) if result.out.strip() else []


def listing(live):
    """Raw objects, one a line."""
    return "\n".join(f"{one['type']} {one['name']!r} {one['id']} {one['config']} {one.get('scim_config') or ''}"
                     for one in live)


def summary(result):
    """A Result in a few lines, for failures."""
    lines = [f"exit {result.code}"]
    for change in changes_of(result):
        lines.append(f"{change['action']} {change['key']}: {change.get('outcome')} {change.get('error') or ''} "
                     f"{(change.get('withheld') or {}).get('code', '')} {change.get('notes') or ''}")
    if result.out.strip():
        account = (result.json.get("accounts") or [{}])[0]
        lines += [str(account.get("error") or ""), *(one["message"] for one in diagnostics_of(result))]
    return "\n".join(filter(None, [*lines, result.err.strip()]))
