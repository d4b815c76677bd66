"""npm packages for tests that need some: what a lock file names, installed into a folder of the build, once.

`install(where, folder)` takes package.json and package-lock.json from `where`. It raises `Unavailable` where there is
no npm or its registry cannot be reached, for which a test counts as skipped; a lock file that does not fit, or a
package that is not what it was, is a failure. Several tests may call it at once.
"""

import fcntl
import pathlib
import shutil
import subprocess
import sys
import time

SKIPPED = 77  # what CTest takes for skipped
TIMEOUT = 200  # seconds
REMEMBERED = 600  # seconds for which nobody tries again in vain

UNREACHABLE = ("ENOTFOUND", "ECONNREFUSED", "ECONNRESET", "EAI_AGAIN", "ETIMEDOUT", "ENETUNREACH", "EHOSTUNREACH",
               "ERR_SOCKET_TIMEOUT", "_CERT_")  # a proxy in between whose certificate is not known here


class Unavailable(Exception):
    """Why it cannot be installed here."""


def skip(why):
    print(f"skipped: {why}")
    sys.exit(SKIPPED)


def install(where, folder):
    """The path of node."""
    npm, node = shutil.which("npm"), shutil.which("node")
    if not npm or not node:
        raise Unavailable("there is no npm")
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        _install(npm, where, folder)
    return node


def _install(npm, where, folder):
    wanted = where / "package-lock.json"
    installed = folder / "installed-lock.json"
    if installed.exists() and installed.read_bytes() == wanted.read_bytes():
        return
    in_vain = folder / "unavailable"
    if in_vain.exists() and time.time() - in_vain.stat().st_mtime < REMEMBERED:
        raise Unavailable(in_vain.read_text())
    for name in ("package.json", "package-lock.json"):
        shutil.copy(where / name, folder / name)
    try:
        done = subprocess.run([npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=1"], cwd=folder,
                              timeout=TIMEOUT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        why = "npm's registry cannot be reached" if done.returncode and any(one in done.stdout for one in UNREACHABLE) else ""
    except subprocess.TimeoutExpired:
        why = "npm ci takes too long"
    if why:
        in_vain.write_text(why)
        raise Unavailable(why)
    if done.returncode:
        raise RuntimeError(f"npm ci failed:\n{done.stdout}")
    in_vain.unlink(missing_ok=True)
    shutil.copy(wanted, installed)
