"""The units and the man pages as they are shipped: systemd has nothing to say against them, the services are shut in,
and every page is sound. CTest `systemd/verify`; skipped where systemd-analyze or mandoc is not there."""

import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
UNITS = ROOT / "systemd"
MOST_EXPOSURE = 1.5
SKIPPED = 77


def run(*command, **how):
    return subprocess.run([str(one) for one in command], capture_output=True, text=True, timeout=60, **how)


class Units(unittest.TestCase):
    def test_systemd_finds_nothing_wrong(self):
        with tempfile.TemporaryDirectory(prefix="idpd-units-") as folder:
            for unit in [*UNITS.glob("*.service"), *UNITS.glob("*.timer")]:
                # The program need not be installed here for its unit to be right.
                text = unit.read_text().replace("/usr/bin/idpd", shutil.which("true"))
                (pathlib.Path(folder) / unit.name).write_text(text)
            units = sorted(pathlib.Path(folder).iterdir())
            self.assertEqual([unit.name for unit in units], ["idpd-drift.service", "idpd-drift.timer", "idpd.service"])
            result = run("systemd-analyze", "verify", "--man=no", *units)
            self.assertEqual((result.returncode, result.stderr), (0, ""))

    def test_services_are_shut_in(self):
        for unit in sorted(UNITS.glob("*.service")):
            with self.subTest(unit=unit.name):
                result = run("systemd-analyze", "security", "--offline=true", unit)
                exposure = float(re.search(r"Overall exposure level for \S+: ([0-9.]+)", result.stdout).group(1))
                self.assertLessEqual(exposure, MOST_EXPOSURE, result.stdout)

    def test_the_sandbox_of_both_services_is_the_same(self):
        def sandbox(name):
            text = (UNITS / name).read_text().partition("# The sandbox")[2].partition("[Install]")[0]
            return [line for line in text.splitlines() if line and not line.startswith("#")][1:]
        self.assertGreater(len(sandbox("idpd.service")), 20)
        self.assertEqual(sandbox("idpd.service"), sandbox("idpd-drift.service"))

    def test_a_service_starts_what_the_program_knows(self):
        for unit, command in (("idpd.service", "run"), ("idpd-drift.service", "plan")):
            line = re.search(r"^ExecStart=(.*)$", (UNITS / unit).read_text(), re.MULTILINE).group(1)
            self.assertTrue(line.startswith("/usr/bin/idpd --config /etc/idpd/idpd.yaml "), line)
            self.assertIn(command, line.split())

    def test_the_user_of_the_services_is_made(self):
        with tempfile.TemporaryDirectory(prefix="idpd-root-") as root:
            (pathlib.Path(root) / "etc").mkdir()
            result = run("systemd-sysusers", f"--root={root}", UNITS / "idpd.sysusers")
            self.assertEqual(result.returncode, 0, result.stderr)
            passwd = (pathlib.Path(root) / "etc/passwd").read_text()
            self.assertRegex(passwd, r"(?m)^idpd:x:\d+:\d+:.*:/var/lib/idpd:\S*nologin$")


class Manuals(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="idpd-man-")
        cls.addClassCleanup(cls.folder.cleanup)
        subprocess.run([sys.executable, "-B", UNITS / "man/generate.py", cls.folder.name], check=True)
        cls.pages = {path.name: path for path in pathlib.Path(cls.folder.name).iterdir()}

    def text(self, page):
        return run("mandoc", "-Tascii", self.pages[page]).stdout.replace("\b", "")

    def test_pages_are_sound(self):
        self.assertEqual(sorted(self.pages), ["idpd-identity-providers.5", "idpd.1", "idpd.yaml.5"])
        for name, page in sorted(self.pages.items()):
            with self.subTest(page=name):
                found = run("mandoc", "-Tlint", page)
                # What else is installed on this system says nothing about the page.
                lines = [line for line in found.stdout.splitlines() if "referenced manual not found" not in line]
                self.assertEqual(lines, [])

    def test_every_setting_and_every_type_has_its_place(self):
        settings = self.pages["idpd.yaml.5"].read_text()
        for name in json.loads((ROOT / "schema/settings.json").read_text())["properties"]:
            self.assertIn(f".It Va {name}\n", settings)
        self.assertIn(".It Va desired.git.interval\n", settings)
        self.assertIn(".It Va notify[].webhook\n", settings)
        providers = self.pages["idpd-identity-providers.5"].read_text()
        for path in (ROOT / "schema/types").glob("*.json"):
            self.assertIn(f".Ss {path.stem}:".replace("-", "\\-"), providers)
        self.assertIn(".It Va config.ping_env_id\n", providers)
        self.assertIn(".It Va options.prevent_delete\n", providers)

    def test_what_only_the_server_sets_is_not_for_users(self):
        providers = self.pages["idpd-identity-providers.5"].read_text()
        self.assertNotIn("redirect_url", providers)
        self.assertNotIn("scim_config.secret", providers)


if __name__ == "__main__":
    missing = [program for program in ("systemd-analyze", "systemd-sysusers", "mandoc") if not shutil.which(program)]
    if missing:
        print(f"skipped: no {', '.join(missing)}")
        sys.exit(SKIPPED)
    unittest.main()
