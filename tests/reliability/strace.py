"""strace as the hand that breaks a program: it tells every system call by which a run writes below a folder, and
kills a later run, or lets it fail, at exactly one of them. Nothing in the program knows of it.

A run that is killed at a call dies before the call takes effect, so that all calls of a run are all the states in
which a kill can leave the disk.
"""

import contextlib
import dataclasses
import functools
import os
import pathlib
import re
import shutil
import signal
import subprocess

# What changes a file, its name or how safely it lies on the disk; the program uses no others for its state.
CALLS = ("chmod", "fallocate", "fchmod", "fdatasync", "fsync", "ftruncate", "link", "mkdir", "openat", "pwrite64",
         "rename", "renameat2", "unlink", "write")
LINE = re.compile(r"(\d+) +(\w+)\((.*)")


@dataclasses.dataclass(frozen=True)
class Call:
    """The `nth` call of this name in a run, counted as strace counts."""

    name: str
    nth: int
    text: str  # for people

    def __str__(self):
        return f"{self.name}#{self.nth}"


@functools.cache
def problem():
    """Why it cannot be used here, or nothing."""
    if not shutil.which("strace"):
        return "strace is not installed"
    tried = subprocess.run(["strace", "-f", "--seccomp-bpf", "-o", "/dev/null", "-e", "trace=openat", "true"],
                           capture_output=True, text=True)
    return "" if tried.returncode == 0 else f"strace may not trace here: {tried.stderr.strip()}"


def _command(log, expressions, fast=True):
    options = [word for expression in expressions for word in ("-e", expression)]
    # Fast: other calls are not stopped at. An injected signal would get lost then (strace 6.1).
    options += ["--seccomp-bpf"] if fast else []
    return ["strace", "-f", "-qq", "-y", "-s", "16", "-o", str(log), *options, "--"]


def tracing(log):
    """What to put in front of a command so that its calls are written to this file."""
    return _command(log, ["trace=" + ",".join(CALLS)])


def killing(call):
    """What to put in front of a command that is to die just before this call."""
    return _command("/dev/null", [f"trace={call.name}", f"inject={call.name}:signal=SIGKILL:when={call.nth}"], False)


def failing(call, error, from_then_on=False):
    """What to put in front of a command of which this call fails, alone or with all later ones of its name."""
    when = f"{call.nth}{'+' if from_then_on else ''}"
    return _command("/dev/null", [f"trace={call.name}", f"inject={call.name}:error={error}:when={when}"])


def calls_below(log, folder):
    """Those of the traced program's first thread that write below the folder, in their order."""
    counts = {}
    found = []
    first = None
    below = re.compile(re.escape(str(folder)) + r'[/">]')
    for line in pathlib.Path(log).read_text(errors="replace").splitlines():
        match = LINE.match(line)
        if not match:
            continue  # a call that is resumed, an exit
        thread, name, arguments = match.groups()
        first = first or thread
        if thread != first:
            continue
        counts[name] = counts.get(name, 0) + 1
        reads = name == "openat" and not re.search(r"O_CREAT|O_WRONLY|O_RDWR", arguments)
        if below.search(arguments) and not reads:
            found.append(Call(name, counts[name], arguments.replace(str(folder), "…")[:100]))
    return found


def environment(variables):
    """For a program under strace: the leak sanitizer cannot work there."""
    options = variables.get("ASAN_OPTIONS", "")
    return {**variables, "ASAN_OPTIONS": (options + ":" if options else "") + "detect_leaks=0"}


def kill_traced(process):
    """The program under a strace, and with it that strace: killed alone it would let the program go on."""
    for path in pathlib.Path(f"/proc/{process.pid}/task").glob("*/children"):
        for child in path.read_text().split():
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(child), signal.SIGKILL)
    with contextlib.suppress(ProcessLookupError):
        process.wait(10)
