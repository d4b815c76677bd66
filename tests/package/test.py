"""The Debian package through its life: installed, upgraded, removed and purged in a throw-away copy of this system.
CTest `package/install`; skipped where there is no such copy to be had. $IDPD_PACKAGES: a folder with a built package."""

import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "systemd"))
import machine as machines  # noqa: E402  (lies beside the tests of systemd)

SETTINGS = """accounts:
  production: {id: "0123456789abcdef0123456789abcdef", token: "${credential:cloudflare-production}"}
desired: {path: identity-providers}
"""


def with_version(deb, version, folder):
    """The same package as another version."""
    tree = pathlib.Path(folder) / "tree"
    subprocess.run(["dpkg-deb", "-R", deb, tree], check=True)
    control = tree / "DEBIAN/control"
    lines = [f"Version: {version}" if line.startswith("Version:") else line for line in control.read_text().splitlines()]
    control.write_text("\n".join(lines) + "\n")
    target = pathlib.Path(folder) / f"idpd_{version}.deb"
    subprocess.run(["dpkg-deb", "-b", tree, target], check=True, stdout=subprocess.DEVNULL)
    return target


class Package(unittest.TestCase):
    """Steps that build on each other, in the order of their numbers."""

    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.deb = machines.build_package()
        cls.folder = tempfile.TemporaryDirectory(prefix="idpd-package-")
        cls.addClassCleanup(cls.folder.cleanup)
        cls.machine = machines.Machine(boot=False)
        cls.machine.start()
        cls.addClassCleanup(cls.machine.stop)
        cls.machine.copy(cls.deb, "/srv/idpd.deb")
        cls.machine.copy(with_version(cls.deb, "99.0-1", cls.folder.name), "/srv/idpd-99.deb")

    def run_in(self, *command, **how):
        return self.machine.run(*command, **how)

    def out(self, *command, **how):
        return self.machine.out(*command, **how)

    def mode(self, path):
        return self.out("stat", "-c", "%a %U:%G", path)

    def exists(self, path):
        return self.run_in("test", "-e", path, check=False).returncode == 0

    def test_01_lintian_has_nothing_to_say(self):
        if not shutil.which("lintian"):
            self.skipTest("no lintian")
        result = subprocess.run(["lintian", "--fail-on", "error,warning", self.deb], capture_output=True, text=True, timeout=120)
        self.assertEqual((result.returncode, result.stdout), (0, ""))

    def test_02_installs_and_runs(self):
        self.run_in("dpkg", "-i", "/srv/idpd.deb")
        self.assertRegex(self.out("idpd", "version"), r"^idpd \d")
        self.assertEqual(self.out("dpkg-query", "-W", "-f", "${db:Status-Abbrev}", "idpd").strip(), "ii")
        self.assertEqual(self.out("dpkg", "--verify", "idpd"), "")

    def test_03_files_have_their_places_and_modes(self):
        for path, mode in {
            "/usr/bin/idpd": "755 root:root",
            "/usr/lib/sysusers.d/idpd.conf": "644 root:root",
            "/etc/idpd": "750 root:idpd",
            "/usr/share/doc/idpd/copyright": "644 root:root",
            "/usr/share/doc/idpd/changelog.Debian.gz": "644 root:root",
            "/usr/share/bash-completion/completions/idpd": "644 root:root",
            "/usr/share/zsh/vendor-completions/_idpd": "644 root:root",
            "/usr/share/fish/vendor_completions.d/idpd.fish": "644 root:root",
        }.items():
            with self.subTest(path=path):
                self.assertEqual(self.mode(path), mode)
        for unit in ("idpd.service", "idpd-drift.service", "idpd-drift.timer"):
            self.assertEqual(self.mode(f"/lib/systemd/system/{unit}"), "644 root:root")
        self.assertFalse(self.exists("/var/lib/idpd"), "the service makes it, with its own mode")

    def test_04_has_a_user_that_nobody_logs_in_as(self):
        self.assertRegex(self.out("getent", "passwd", "idpd"), r":/var/lib/idpd:\S*nologin$")
        self.assertNotEqual(self.run_in("runuser", "-u", "nobody", "--", "ls", "/etc/idpd", check=False).returncode, 0)
        self.assertEqual(self.out("ls", "/etc/idpd", user="idpd"), "")

    def test_05_enables_and_starts_nothing(self):
        self.assertFalse(self.exists("/etc/systemd/system/multi-user.target.wants/idpd.service"))
        for unit in ("idpd.service", "idpd-drift.timer"):
            self.assertEqual(self.out("systemctl", "is-enabled", unit, check=False), "disabled")

    def test_06_has_manuals(self):
        for page, section, words in (("idpd", 1, "SYNOPSIS"), ("idpd.yaml", 5, "max_deletes"),
                                     ("idpd-identity-providers", 5, "ping_env_id")):
            path = f"/usr/share/man/man{section}/{page}.{section}.gz"
            self.assertEqual(self.mode(path), "644 root:root")
            self.assertIn(words, self.out("zcat", path))
        manual = self.out("zcat", "/usr/share/man/man1/idpd.1.gz")
        commands = re.findall(r"^  ([a-z]+)[ ,]", self.out("idpd", "--help").partition("Subcommands:")[2], re.MULTILINE)
        self.assertIn("plan", commands)
        for command in commands:
            self.assertRegex(manual, rf"(?m)^\.It Cm {command}( |$)", "a command without its place in systemd/man/idpd.1.in")

    def test_07_schemas_and_examples_are_what_the_program_takes(self):
        for name in ("identity-providers", "settings"):
            shipped = json.loads(self.out("cat", f"/usr/share/idpd/schema/{name}.json"))
            self.assertEqual(shipped, json.loads(self.out("idpd", "schema", name)))
        self.assertIn("Valid: ", self.out("idpd", "--config", "/usr/share/doc/idpd/examples/idpd.yaml", "validate"))

    def test_08_completes_commands_in_bash(self):
        script = ('. /usr/share/bash-completion/completions/idpd; COMP_WORDS=(idpd va); COMP_CWORD=1; _idpd; '
                  'echo "${COMPREPLY[@]}"')
        self.assertEqual(self.out("bash", "-c", script), "validate")

    def test_09_an_upgrade_keeps_settings_state_and_what_is_enabled(self):
        self.machine.write("/etc/idpd/idpd.yaml", SETTINGS, "640")
        self.run_in("sh", "-c", "install -d -o idpd -g idpd -m 700 /var/lib/idpd && echo 1 > /var/lib/idpd/record")
        self.run_in("chmod", "0700", "/etc/idpd")  # the administrator's own idea
        self.run_in("systemctl", "enable", "idpd.service")
        self.run_in("dpkg", "-i", "/srv/idpd-99.deb")
        self.assertEqual(self.out("dpkg-query", "-W", "-f", "${Version}", "idpd"), "99.0-1")
        self.assertEqual(self.out("cat", "/etc/idpd/idpd.yaml"), SETTINGS.strip())
        self.assertEqual(self.mode("/etc/idpd"), "700 root:idpd")
        self.assertTrue(self.exists("/var/lib/idpd/record"))
        self.assertEqual(self.out("systemctl", "is-enabled", "idpd.service"), "enabled")
        self.assertEqual(self.out("systemctl", "is-enabled", "idpd-drift.timer", check=False), "disabled")

    def test_10_a_removal_keeps_settings_and_state(self):
        self.run_in("dpkg", "-r", "idpd")
        self.assertFalse(self.exists("/usr/bin/idpd"))
        self.assertFalse(self.exists("/lib/systemd/system/idpd.service"))
        self.assertTrue(self.exists("/etc/idpd/idpd.yaml"))
        self.assertTrue(self.exists("/var/lib/idpd/record"))

    def test_11_comes_back_enabled_as_it_was(self):
        self.run_in("dpkg", "-i", "/srv/idpd.deb")
        self.assertEqual(self.out("systemctl", "is-enabled", "idpd.service"), "enabled")
        self.run_in("dpkg", "-r", "idpd")

    def test_12_a_purge_deletes_the_state_and_says_so(self):
        said = self.out("dpkg", "-P", "idpd")
        self.assertIn("Deleting /var/lib/idpd", said)
        self.assertIn("Leaving /etc/idpd", said)
        self.assertFalse(self.exists("/var/lib/idpd"))
        self.assertTrue(self.exists("/etc/idpd/idpd.yaml"))
        left = self.out("find", "/etc/systemd", "/var/lib/systemd", "-name", "*idpd*")
        self.assertEqual(left, "")
        self.assertEqual(self.out("dpkg-query", "-W", "-f", "${db:Status-Abbrev}", "idpd", check=False).strip(), "")


if __name__ == "__main__":
    missing = machines.why_not()
    if missing:
        print(f"skipped: {missing}")
        sys.exit(machines.SKIPPED)
    unittest.main(verbosity=2)
