"""Runs the jobs of configs/ci/ as the two forges do: the shell steps out of the YAML itself, in a repository, with
the programs of `Bench.bin` before those of the system. What a forge would not know fails the test.
"""

import json
import os
import pathlib
import re
import shlex
import subprocess

from harness import ROOT, Result

FILES = ROOT / "configs/ci"
ACTIONS = {"actions/checkout@v4", "actions/cache@v4"}


def read_yaml(path):
    """By PyYAML, of this interpreter or of the system's."""
    text = path.read_text()
    try:
        import yaml
        return yaml.safe_load(text)
    except ImportError:
        program = "import json, sys, yaml; json.dump(yaml.safe_load(sys.stdin), sys.stdout)"
        return json.loads(subprocess.run(["/usr/bin/python3", "-c", program], input=text, stdout=subprocess.PIPE,
                                         text=True, check=True).stdout)


class Bench:
    """What surrounds a job: folders, the environment of the runner, and programs that stand in for others."""

    def __init__(self, folder, witness):
        self.folder, self.witness = folder, witness
        self.workspace = folder / "work"
        self.temp = folder / "temp"
        self.bin = folder / "bin"
        for one in (self.workspace, self.temp, self.bin):
            one.mkdir(parents=True)
        self.environment = {"TMPDIR": str(self.temp)}
        self.calls = folder / "calls"
        self.calls.touch()

    def stand_in(self, name, text):
        """A program that keeps how it was called, and then does this."""
        path = self.bin / name
        path.write_text(f'#!/bin/bash\nset -eu\necho "{name} $*" >> {shlex.quote(str(self.calls))}\n{text}\n')
        path.chmod(0o755)

    def called(self, name):
        return [line.partition(" ")[2] for line in self.calls.read_text().splitlines() if line.split(" ")[0] == name]

    def bash(self, script, arguments, environment):
        path = self.folder / "step.sh"
        path.write_text(script)
        environment = self.witness.given({"PATH": f"{self.bin}:/usr/bin:/bin", "HOME": str(self.folder), **self.environment, **environment})
        done = subprocess.run(["bash", *arguments, str(path)], cwd=self.workspace, env=environment, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=90)
        path.unlink()
        self.witness.saw(f"a step's output: {script[:60]}", done.stdout, done.stderr)
        return Result(done.returncode, done.stdout, done.stderr)


# --- GitHub ---

class GithubJob:
    """One job, run. `ok`, `steps` by name (None: not run), `outputs`, `summary`."""

    def __init__(self, bench, file, name, context, environment):
        self.bench, self.context = bench, {**context}
        workflow = read_yaml(FILES / "github" / file)
        job = workflow["jobs"][name]
        assert workflow["permissions"] == {}, "what a job may is said by the job"
        assert job["defaults"]["run"]["shell"] == "bash"
        self.files = {one: bench.temp / one for one in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY", "GITHUB_ENV")}
        for path in self.files.values():
            path.write_text("")
        self.environment = {**self.values(workflow.get("env", {})), **self.values(job.get("env", {})), **environment}
        self.context.update({f"env.{name}": value for name, value in self.environment.items()})
        self.ok, self.steps = True, {}
        for step in job["steps"]:
            self.run(step)
        self.outputs = self.values(job.get("outputs", {}))
        self.summary = self.files["GITHUB_STEP_SUMMARY"].read_text()

    def values(self, pairs):
        return {name: self.expand(value) for name, value in pairs.items()}

    def expand(self, value):
        return re.sub(r"\$\{\{(.*?)\}\}", lambda found: self.lookup(found[1].strip()), str(value))

    def lookup(self, term):
        if re.fullmatch(r"'[^']*'", term):
            return term[1:-1]
        if term in self.context:
            return str(self.context[term])
        # What was never set is empty; what cannot be there is a mistake.
        if re.fullmatch(r"(secrets|vars)\.[A-Z_]+|steps\.\w+\.outputs\.\w+|needs\.\w+\.outputs\.\w+", term):
            return ""
        raise AssertionError(f"GitHub does not know {term}")

    def wanted(self, condition):
        condition = re.sub(r"^\$\{\{(.*)\}\}$", r"\1", condition.strip()).strip()
        if not re.search(r"\b(cancelled|always|failure|success)\(\)", condition) and not self.ok:
            return False
        for term in condition.split("&&"):
            term = term.strip()
            equal = re.fullmatch(r"(\S+) (==|!=) (\S+)", term)
            if equal:
                if (self.lookup(equal[1]) == self.lookup(equal[3])) != (equal[2] == "=="):
                    return False
            elif term == "success()":
                if not self.ok:
                    return False
            elif term != "!cancelled()":
                raise AssertionError(f"the test does not know {term}")
        return True

    def run(self, step):
        name = step.get("name", step.get("uses"))
        if "uses" in step:
            assert step["uses"] in ACTIONS, step
            if step["uses"].startswith("actions/checkout"):
                assert step["with"] == {"persist-credentials": False}, step
            return
        assert "${{" not in step["run"], "what comes from an event goes through the environment"
        self.steps[name] = None
        if not self.wanted(step.get("if", "success()")):
            return
        before = self.files["GITHUB_OUTPUT"].read_text()
        environment = {**self.environment, **self.values(step.get("env", {})), **{one: str(path) for one, path in self.files.items()},
                       "RUNNER_TEMP": str(self.bench.temp), "GITHUB_WORKSPACE": str(self.bench.workspace)}
        result = self.bench.bash(step["run"], ["--noprofile", "--norc", "-eo", "pipefail"], environment)
        self.steps[name] = result
        self.ok = self.ok and result.code == 0
        for line in self.files["GITHUB_OUTPUT"].read_text()[len(before):].splitlines():
            key, _, value = line.partition("=")
            self.context[f"steps.{step['id']}.outputs.{key}"] = value


# --- GitLab ---

class GitlabJob:
    """One job, run. `result` of its shell, `artifacts` by path (what is there of what it names), `variables` that it
    leaves to those that need it."""

    def __init__(self, bench, file, name, variables):
        self.bench = bench
        document = read_yaml(FILES / "gitlab" / file)
        job = self.whole(document, name)
        scripts = [*job.get("before_script", []), *job["script"]]
        environment = {**{key: str(value) for key, value in job.get("variables", {}).items()}, **variables, "CI_PROJECT_DIR": str(bench.workspace)}
        self.result = bench.bash("\n".join(scripts) + "\n", ["-eo", "pipefail"], environment)
        self.ok = self.result.code == 0
        kept = job.get("artifacts", {})
        assert kept.get("when") == "always" or not kept, "a failed job has to be read as well"
        reports = kept.get("reports", {})
        self.artifacts = {path: (bench.workspace / path).read_text()
                          for path in [*kept.get("paths", []), *reports.values()] if (bench.workspace / path).exists()}
        self.variables = dict(line.split("=", 1) for line in self.artifacts.get(reports.get("dotenv"), "").splitlines())
        self.job = job

    def whole(self, document, name):
        job = document[name]
        base = self.whole(document, job["extends"]) if "extends" in job else {}
        return {**base, **job}


def repository(bench, settings):
    """A repository in the workspace, with settings and the folder for identity providers; that folder."""
    work = bench.workspace
    subprocess.run(["git", "init", "-q", "-b", "main", str(work)], check=True)
    (work / "idpd.yaml").write_text(settings)
    files = work / "identity-providers"
    files.mkdir()
    return files


def program(name):
    found = next((pathlib.Path(folder) / name for folder in os.environ["PATH"].split(":") if os.access(f"{folder}/{name}", os.X_OK)), None)
    assert found, f"{name} is missing: tests/install tests"
    return shlex.quote(str(found))
