"""The workflows of configs/ci/: their shell steps, taken out of the files, against the simulator and forge.py."""

import json
import re
import shlex
import subprocess
import unittest

import forge
from harness import ACCOUNT, ROOT, Managed, github, pingone
from workflows import FILES, Bench, GithubJob, GitlabJob, program, read_yaml, repository

GITHUB_TOKEN = "forge-token-of-github"
GITLAB_TOKEN = "forge-token-of-gitlab"
READ_TOKEN, WRITE_TOKEN = "sim-read", "sim-write"
BROKEN = "identity_providers:\n  a:\n    name: A\n    type: oidc-connect\n    config: {}\n"
COMMIT = "4f1c2d3e4f5061728394a5b6c7d8e9f001122334"


class Github:
    """How this forge is asked for each job."""

    def __init__(self, case):
        self.case, self.bench = case, case.bench
        self.forge = forge.github(GITHUB_TOKEN)
        self.bench.environment.update(GITHUB_API_URL=self.forge.url, GITHUB_SERVER_URL="https://github.com",
                                      GITHUB_REPOSITORY="example/access", GITHUB_RUN_ID="33")

    def job(self, file, name, secrets, source, **context):
        secrets = {f"secrets.{key}": value for key, value in secrets.items()}
        return GithubJob(self.bench, file, name, {"github.token": GITHUB_TOKEN, "vars.CLOUDFLARE_ACCOUNT_ID": ACCOUNT, **secrets, **context}, source)

    def plan(self, token=READ_TOKEN, **source):
        event = {"github.event.pull_request.number": forge.PULL, "github.event.pull_request.head.sha": COMMIT}
        self.last = self.job("plan.yml", "plan", {"CLOUDFLARE_API_TOKEN_READ": token} if token else {}, {**self.case.source, **source}, **event)
        return self.last.ok

    def shown(self):
        """What the reviewer sees without a comment."""
        return self.last.summary

    def mistakes(self):
        """(file, line) of what validate shows."""
        found = re.findall(r"::error title=idpd,file=([^,]*),line=(\d+)", self.last.steps["validate"].out)
        return [(file, int(line)) for file, line in found]

    def secrets(self, token):
        return {"CLOUDFLARE_API_TOKEN": token, "PINGONE_CLIENT_SECRET": "s3cret-of-pingone"}

    def approve(self):
        """The plan of the main branch, or None where there is nothing to do."""
        self.last = self.job("apply.yml", "plan", self.secrets(READ_TOKEN), self.case.kept)
        self.case.assertTrue(self.last.ok, self.last.steps)
        return self.last.outputs["fingerprint"] or None

    def apply(self, fingerprint):
        self.last = self.job("apply.yml", "apply", self.secrets(WRITE_TOKEN), self.case.kept, **{"needs.plan.outputs.fingerprint": fingerprint})
        return self.last.ok

    def drift(self):
        self.last = self.job("drift.yml", "drift", self.secrets(READ_TOKEN), self.case.kept)
        return self.last.ok

    def open(self):
        return [(one["body"], one["notes"]) for one in self.forge.issues if one["state"] == "open"]

    def ended(self):
        return [one["notes"] for one in self.forge.issues if one["state"] == "closed"]

    def by_others(self, **more):
        return {"user": {"login": "mallory"}, **more}


class Gitlab:
    def __init__(self, case):
        self.case, self.bench = case, case.bench
        self.forge = forge.gitlab(GITLAB_TOKEN)
        self.bench.environment.update(CI_API_V4_URL=self.forge.url + "/api/v4", CI_PROJECT_ID="12", CI_COMMIT_SHA=COMMIT,
                                      CI_JOB_URL="https://gitlab.example.com/example/access/-/jobs/33", CLOUDFLARE_ACCOUNT_ID=ACCOUNT)

    def plan(self, token=READ_TOKEN, **source):
        variables = {**self.case.source, **source, "CI_MERGE_REQUEST_IID": str(forge.PULL)}
        if token:
            variables.update(CLOUDFLARE_API_TOKEN_READ=token, NOTE_TOKEN=GITLAB_TOKEN)
        self.validated = GitlabJob(self.bench, "plan.yml", "idpd-validate", variables)
        self.last = GitlabJob(self.bench, "plan.yml", "idpd-plan", variables)
        return self.validated.ok and self.last.ok

    def shown(self):
        return self.last.result.out

    def mistakes(self):
        issues = json.loads(self.validated.artifacts["gl-code-quality-report.json"])
        return [(one["location"]["path"], one["location"]["lines"]["begin"]) for one in issues]

    def job(self, file, name, token, **variables):
        self.last = GitlabJob(self.bench, file, name, {"CLOUDFLARE_API_TOKEN": token, "PINGONE_CLIENT_SECRET": "s3cret-of-pingone",
                                                       "ISSUE_TOKEN": GITLAB_TOKEN, **self.case.kept, **variables})
        return self.last

    def approve(self):
        self.case.assertTrue(self.job("apply.yml", "idpd-apply-plan", READ_TOKEN).ok, self.last.result)
        self.case.assertIn("### idpd", self.last.artifacts["plan.md"])
        return self.last.variables["IDPD_FINGERPRINT"] or None

    def apply(self, fingerprint):
        return self.job("apply.yml", "idpd-apply", WRITE_TOKEN, IDPD_FINGERPRINT=fingerprint or "").ok

    def drift(self):
        return self.job("drift.yml", "idpd-drift", READ_TOKEN).ok

    def open(self):
        return [(one["description"], one["notes"]) for one in self.forge.issues if one["state"] == "opened"]

    def ended(self):
        return [one["notes"] for one in self.forge.issues if one["state"] == "closed"]

    def by_others(self, **more):
        return {"author": {"id": 5}, **more}


class WorkflowCase(Managed):
    forge_class = None

    def setUp(self):
        super().setUp()
        self.bench = Bench(self.folder / "ci", self.witness)
        # The API's address is the runner's; nothing in the files may choose it, see test_no_file_says_where_….
        self.bench.environment["CLOUDFLARE_BASE_URL"] = self.sim.api
        self.bench.stand_in("idpd", f'exec {shlex.quote(self.program)} "$@"')
        self.bench.stand_in("curl", f'exec {program("curl")} "$@"')
        self.bench.stand_in("apt-get", 'case "$1" in update | install) ;; *) exit 1 ;; esac')
        settings = (self.folder / "idpd.yaml").read_text().replace("${env:TOKEN}", "${env:CLOUDFLARE_API_TOKEN}")
        self.files = repository(self.bench, settings)
        self.source = {"IDPD_SOURCE": str(self.idpd_source())}
        self.kept = {"STATE_DIRECTORY": str(self.folder / ".idpd")}
        self.at = self.forge_class(self)
        self.addCleanup(self.at.forge.stop)
        self.addCleanup(lambda: self.assertEqual(self.at.forge.surprises, []))

    def idpd_source(self):
        """A repository that idpd is built from, with a tests/install that only keeps how it was called."""
        source = self.folder / "ci" / "source"
        (source / "tests").mkdir(parents=True)
        script = source / "tests" / "install"
        script.write_text(f'#!/bin/bash\necho "tests/install $*" >> {shlex.quote(str(self.bench.calls))}\n')
        script.chmod(0o755)
        run = ["git", "-C", str(source), "-c", "user.name=A", "-c", "user.email=a@example.com"]
        for arguments in (["init", "-q", "-b", "main"], ["add", "-A"], ["commit", "-q", "-m", "source"]):
            subprocess.run([*run, *arguments], check=True)
        return source

    def provider(self, name="PingOne Workforce", **config):
        return pingone(name, client_secret="${env:PINGONE_CLIENT_SECRET}", **config)

    def comment(self):
        one, = [one for one in self.at.forge.comments if one.get("user", one.get("author")) in (forge.BOT, {"id": forge.ME})]
        return one["body"]


class Flow:
    """The same for both forges."""

    # --- The plan of a pull request ---

    def test_a_plan_is_commented_and_the_comment_kept_up_to_date(self):
        self.write("workforce", self.provider())
        self.assertTrue(self.at.plan(), self.at.shown())
        first = self.comment()
        self.assertTrue(first.startswith("<!-- idpd plan -->\n### idpd: Plan: 1 to create, "), first)
        self.assertIn(f"Of commit {COMMIT}.", first)
        self.assertIn("Plan: 1 to create", self.at.shown())
        self.assertEqual(self.at.mistakes(), [])
        self.sim.create(self.provider())
        self.assertTrue(self.at.plan(), self.at.shown())
        self.assertIn("### idpd: No changes. 1 identity provider matches.", self.comment())
        self.assertEqual([method for method, _, _ in self.at.forge.writes], ["POST", "PATCH" if isinstance(self.at, Github) else "PUT"])
        self.assertEqual(self.sim.writes(), [])

    def test_the_comment_is_found_behind_a_hundred_others_and_is_its_own(self):
        self.write("workforce", self.provider())
        for number in range(150):
            body = "<!-- idpd plan -->\nI look like it" if number == 120 else "chatter"
            self.at.forge.comments.append(self.at.forge.new(body=body, **self.at.by_others()))
        self.assertTrue(self.at.plan())
        self.assertTrue(self.at.plan())
        self.assertEqual(len(self.at.forge.comments), 151)
        self.assertIn("1 to create", self.comment())

    def test_a_broken_file_shows_at_its_line_and_in_the_comment(self):
        self.write("workforce", self.provider())
        self.assertTrue(self.at.plan())
        (self.files / "broken.yaml").write_text(BROKEN)
        self.assertFalse(self.at.plan())
        self.assertIn(("identity-providers/broken.yaml", 4), self.at.mistakes())
        self.assertIn("broken.yaml:4", self.comment())
        self.assertNotIn("1 to create", self.comment())  # of the last push

    def test_an_account_that_cannot_be_read_fails_and_is_told(self):
        self.write("workforce", self.provider())
        self.sim.behave(short_list=True)
        self.assertFalse(self.at.plan())
        self.assertIn("unknown", self.comment())

    def test_a_pull_request_from_a_fork_gets_its_mistakes_and_no_plan(self):
        (self.files / "broken.yaml").write_text(BROKEN)
        self.assertFalse(self.at.plan(token=None))
        self.assertIn(("identity-providers/broken.yaml", 4), self.at.mistakes())
        (self.files / "broken.yaml").unlink()
        self.write("workforce", self.provider())
        self.assertTrue(self.at.plan(token=None))
        self.assertIn("No plan", self.at.shown())
        self.assertEqual((self.at.forge.writes, self.sim.requests()), ([], []))

    def test_no_file_says_where_the_token_of_the_plan_is_sent(self):
        self.write("workforce", self.provider())
        settings = self.bench.workspace / "idpd.yaml"
        settings.write_text(settings.read_text().replace(self.sim.api, "http://127.0.0.1:1/client/v4"))
        self.assertTrue(self.at.plan())
        self.assertIn("1 to create", self.comment())

    def test_a_hostile_name_steers_neither_shell_nor_forge(self):
        name = "$(touch owned) `touch owned` \"; touch owned; # ::error::x\n/close @everyone </details>"
        self.write("workforce", self.provider(name))
        (self.files / "$(touch owned).yaml").write_text("identity_providers: {}\n")
        self.at.plan()
        self.assertIn("touch owned", self.comment())
        self.assertEqual(list(self.folder.rglob("owned")), [])

    def test_builds_idpd_where_it_is_not(self):
        (self.bench.bin / "idpd").unlink()
        self.write("workforce", self.provider())
        built = f'printf "#!/bin/bash\\nexec %q \\"\\$@\\"\\n" {shlex.quote(self.program)} > "$to"; chmod +x "$to"'
        self.bench.stand_in("cmake", f'if [ "$1" = --install ]; then to={shlex.quote(str(self.bench.bin))}/idpd; {built}; fi')
        self.bench.stand_in("ninja", f'mkdir -p build/release; to=build/release/idpd; {built}')
        self.assertTrue(self.at.plan(), self.at.shown())
        self.assertIn("1 to create", self.comment())
        self.assertEqual(self.bench.called("cmake")[0], "--preset release -DIDPD_TESTS=OFF")
        self.assertIn("-C build/release idpd", self.bench.called("ninja"))
        self.assertIn("build", self.bench.called("tests/install"))
        self.assertEqual(self.bench.called("apt-get")[0], "update -qq")

    # --- Apply ---

    def test_exactly_what_was_approved_is_carried_out(self):
        self.write("workforce", self.provider())
        fingerprint = self.at.approve()
        self.assertEqual(self.sim.writes(), [])
        self.assertTrue(self.at.apply(fingerprint))
        self.assertEqual(self.sim.provider("PingOne Workforce")["config"]["client_secret"], "s3cret-of-pingone")
        self.assertIsNone(self.at.approve())  # it remembers, in its folder
        self.write("workforce", None)
        self.write("other", github())
        self.assertIsNotNone(self.at.approve())

    def test_nothing_is_carried_out_when_the_world_moved(self):
        self.write("workforce", self.provider())
        self.assertTrue(self.at.apply(self.at.approve()))
        self.write("workforce", self.provider(pkce_enabled=True))
        fingerprint = self.at.approve()
        identifier = self.sim.provider("PingOne Workforce")["id"]
        self.sim.patch(identifier, {"config": {"ping_env_id": "moved"}})
        self.sim.clear_requests()
        self.assertFalse(self.at.apply(fingerprint))
        self.assertEqual(self.sim.writes(), [])
        self.assertTrue(self.at.apply(self.at.approve()))  # of a look anew
        self.assertEqual(self.live(identifier)["config"]["ping_env_id"], "9a2b")

    def test_a_file_that_is_broken_on_the_main_branch_stops_it(self):
        (self.files / "broken.yaml").write_text("a: [")
        with self.assertRaises(AssertionError):
            self.at.approve()
        self.assertEqual(self.sim.requests(), [])

    def test_a_failed_apply_fails_the_job(self):
        self.write("workforce", self.provider())
        fingerprint = self.at.approve()
        self.sim.fault(method="POST", status=400, times=-1)
        self.assertFalse(self.at.apply(fingerprint))

    # --- Drift ---

    def test_drift_opens_an_issue_updates_it_and_closes_it(self):
        self.write("workforce", self.provider())
        self.assertTrue(self.at.apply(self.at.approve()))
        self.assertTrue(self.at.drift())
        self.assertEqual(self.at.forge.writes, [])

        identifier = self.sim.provider("PingOne Workforce")["id"]
        self.sim.patch(identifier, {"config": {"ping_env_id": "moved"}})
        self.assertTrue(self.at.drift())
        (body, notes), = self.at.open()
        self.assertRegex(body, r"^<!-- idpd drift sha256:[0-9a-f]{64} -->\n### idpd: Plan: ")
        self.assertIn("changed in Cloudflare (drift)", body)

        writes = len(self.at.forge.writes)
        self.assertTrue(self.at.drift())  # the next night, the same
        self.assertEqual(len(self.at.forge.writes), writes)

        self.sim.patch(identifier, {"config": {"client_id": "moved"}})
        self.assertTrue(self.at.drift())
        (changed, notes), = self.at.open()
        self.assertIn("config.client_id", changed)
        self.assertEqual(len(notes), 1)

        self.sim.patch(identifier, {"config": {"ping_env_id": "9a2b", "client_id": "4f1c"}})
        self.assertTrue(self.at.drift())
        self.assertEqual(self.at.open(), [])
        self.assertIn("gone", self.at.ended()[0][-1])

        self.sim.delete(identifier)
        self.assertTrue(self.at.drift())  # another one
        self.assertEqual((len(self.at.open()), len(self.at.ended())), (1, 1))

    def test_what_is_unknown_is_neither_drift_nor_its_end(self):
        self.write("workforce", self.provider())
        self.assertTrue(self.at.apply(self.at.approve()))
        for drifted in (False, True):
            if drifted:
                self.sim.patch(self.sim.provider("PingOne Workforce")["id"], {"config": {"ping_env_id": "moved"}})
                self.assertTrue(self.at.drift())
            before = list(self.at.forge.writes)
            self.sim.behave(short_list=True)
            self.assertFalse(self.at.drift())
            self.assertEqual(self.at.forge.writes, before)
            self.sim.behave(short_list=False)

    def test_the_issue_of_somebody_else_is_left_alone(self):
        other = {"number": 1, "iid": 1, "state": "open", "title": "x", "body": "<!-- idpd drift x -->", "description": "<!-- idpd drift x -->", "notes": []}
        self.at.forge.issues.append(self.at.forge.new(**{**other, "state": "open" if isinstance(self.at, Github) else "opened"}, **self.at.by_others()))
        self.assertTrue(self.at.drift())
        self.assertEqual(self.at.forge.writes, [])


class OnGithub(Flow, WorkflowCase):
    forge_class = Github


class OnGitlab(Flow, WorkflowCase):
    forge_class = Gitlab


class Files(unittest.TestCase):
    """What no run shows."""

    def test_no_workflow_gives_a_fork_what_it_may_not_have(self):
        for path in sorted(FILES.rglob("*.yml")):
            text = "\n".join(line for line in path.read_text().splitlines() if not line.lstrip().startswith("#"))
            self.assertNotIn("pull_request_target", text)
            self.assertNotRegex(text, r"(?m)^\s+set -x")
        plan = read_yaml(FILES / "github/plan.yml")
        self.assertEqual(plan["jobs"]["plan"]["permissions"], {"contents": "read", "pull-requests": "write"})
        self.assertEqual(set(re.findall(r"secrets\.(\w+)", (FILES / "github/plan.yml").read_text())), {"CLOUDFLARE_API_TOKEN_READ"})
        self.assertEqual(set(plan[True]), {"pull_request"})  # `on`, as YAML 1.1 reads it
        self.assertEqual(plan["jobs"]["plan"]["runs-on"], "ubuntu-latest")  # never on the host that keeps the state

    def test_only_the_main_branch_is_applied(self):
        apply = read_yaml(FILES / "github/apply.yml")
        self.assertEqual(apply[True]["push"], {"branches": ["main"]})
        self.assertEqual([job["environment"] for job in apply["jobs"].values()], ["idpd-plan", "idpd-apply"])
        self.assertEqual(apply["jobs"]["apply"]["if"], "needs.plan.outputs.fingerprint != ''")
        self.assertFalse(apply["concurrency"].get("cancel-in-progress"))
        gitlab = read_yaml(FILES / "gitlab/apply.yml")
        for name in (".idpd-apply", "idpd-apply"):
            self.assertIn("$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH", gitlab[name]["rules"][0]["if"])
        self.assertEqual(gitlab["idpd-apply"]["rules"][0]["when"], "manual")
        self.assertEqual(gitlab["idpd-apply"]["environment"], {"name": "idpd-apply"})

    def test_every_name_in_gitlab_is_of_one_file(self):
        names = [name for path in sorted(FILES.glob("gitlab/*.yml")) for name in read_yaml(path)]
        self.assertEqual(len(set(names)), len(names))

    def test_the_readme_names_each(self):
        readme = (ROOT / "README.md").read_text()
        for path in FILES.rglob("*.yml"):
            self.assertTrue(str(path.relative_to(ROOT)) in readme, path)


if __name__ == "__main__":
    unittest.main()
