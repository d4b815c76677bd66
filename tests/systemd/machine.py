"""A machine of its own for tests: the system that this runs on as a throw-away copy, in namespaces of its own.

What is written there lands in memory and is gone with it. `Machine(boot=True)` has a real systemd as its first
process; without, it is a place to install packages in. Needs root, and namespaces; `why_not()` says what is missing.
"""

import contextlib
import ctypes
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
SKIPPED = 77  # for CTest


def why_not():
    """Why this system cannot have such a machine, or nothing."""
    if os.geteuid() != 0:
        return "not root"
    for program in ("unshare", "nsenter", "pivot_root", "dpkg", "systemctl"):
        if not shutil.which(program):
            return f"no {program}"
    tried = subprocess.run(
        ["unshare", "--mount", "--pid", "--fork", "--uts", "--ipc", "--cgroup", "--net", "sh", "-ec",
         "mount -t tmpfs none /mnt; mkdir /mnt/u /mnt/w /mnt/r /mnt/c; mount -t cgroup2 none /mnt/c;"
         "mount -t overlay -o lowerdir=/,upperdir=/mnt/u,workdir=/mnt/w none /mnt/r"], capture_output=True, text=True)
    return f"no namespaces or no overlay: {tried.stderr.strip()}" if tried.returncode else None


class Machine:
    def __init__(self, boot):
        self.boot = boot

    def start(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="idpd-machine-"))
        self.log = open(self.folder / "console", "w+b")
        self.process = subprocess.Popen(
            [HERE / "enter", self.folder, "boot" if self.boot else "wait"], stdin=subprocess.DEVNULL,
            stdout=self.log, stderr=subprocess.STDOUT, start_new_session=True,
            # It must not outlive a test that is killed: PR_SET_PDEATHSIG.
            preexec_fn=lambda: ctypes.CDLL(None).prctl(1, signal.SIGKILL))
        try:
            self.wait(self._up, 60, "the machine to come up")
        except BaseException:
            self.stop()
            raise
        return self

    def _up(self):
        if self.process.poll() is not None:
            raise AssertionError(f"the machine ended: {self.console()}")
        self.init = self._first_process()
        if not self.init:
            return False
        if not self.boot:
            return self.run("test", "-e", "/run/entered", check=False).returncode == 0
        return self.run("systemctl", "is-system-running", check=False).stdout.strip() in ("running", "degraded")

    def _first_process(self):
        """The first process as seen from here: what `unshare` has forked, once it is inside."""
        with contextlib.suppress(OSError):
            children = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
            if children and pathlib.Path(f"/proc/{children[0]}/root/run/entered").exists():
                return int(children[0])
        return None

    def stop(self):
        if self.process.poll() is None:
            self.process.kill()  # --kill-child: the first process goes with it, and all others with that
        self.process.wait(20)
        self.log.close()
        subprocess.run([HERE / "enter", self.folder, "clean"], capture_output=True, check=False)
        shutil.rmtree(self.folder, ignore_errors=True)

    def console(self):
        return (self.folder / "console").read_text(errors="replace")[-4000:]

    def run(self, *command, check=True, stdin="", timeout=90, user=None):
        """A command inside, as root or as another user; its exit code, stdout and stderr."""
        if user:
            command = ("runuser", "-u", user, "--", *command)
        done = subprocess.run(
            ["nsenter", f"--target={self.init}", "--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup", "--",
             "env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "LC_ALL=C.UTF-8",
             "DEBIAN_FRONTEND=noninteractive", *map(str, command)],
            input=stdin, capture_output=True, text=True, timeout=timeout, cwd="/")
        if check and done.returncode != 0:
            raise AssertionError(f"{' '.join(map(str, command))}: exit {done.returncode}\n{done.stdout}\n{done.stderr}")
        return done

    def out(self, *command, **how):
        return self.run(*command, **how).stdout.strip()

    def write(self, path, text, mode="644", owner="root:root"):
        """A file inside, whole or not at all, as a careful administrator does it."""
        self.run("sh", "-ec", 'mkdir -p "$(dirname "$1")"; cat > "$1.new"; chmod "$2" "$1.new"; chown "$3" "$1.new"; '
                 'mv "$1.new" "$1"', "-", path, mode, owner, stdin=text)

    def copy(self, source, target):
        """A file or folder from here to a new place inside."""
        self.run("mkdir", "-p", pathlib.Path(target).parent)
        packed = subprocess.run(["tar", "-C", pathlib.Path(source).parent, "-c", pathlib.Path(source).name],
                                capture_output=True, check=True).stdout
        subprocess.run(["nsenter", f"--target={self.init}", "--mount", "--", "tar", "-C", pathlib.Path(target).parent, "-x",
                        "--no-same-owner"], input=packed, check=True, cwd="/")
        inside = pathlib.Path(target).parent / pathlib.Path(source).name
        if inside != pathlib.Path(target):
            self.run("mv", inside, target)

    @staticmethod
    def wait(condition, seconds, what):
        """Until the condition is true; what it gave."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            found = condition()
            if found:
                return found
            time.sleep(0.1)
        raise AssertionError(f"waited {seconds} s for {what}")


def build_package():
    """The path of the package: the newest in $IDPD_PACKAGES, else built now."""
    folder = os.environ.get("IDPD_PACKAGES")
    if folder:
        return max(pathlib.Path(folder).glob("idpd_*.deb"), key=lambda path: path.stat().st_mtime)
    built = subprocess.run([ROOT / "tests/package/build"], capture_output=True, text=True, check=False)
    if built.returncode != 0:
        raise AssertionError(f"tests/package/build: {built.stdout}\n{built.stderr}")
    return pathlib.Path(built.stdout.strip().splitlines()[-1])
