#!/usr/bin/env python3
"""run.py IDPD FOLDER: what yaml-language-server says of files under `idpd schema`, as an editor shows it.

Installs the server into FOLDER with `npm ci`. Ends with 77, which CTest counts as skipped, where that cannot be.
"""

import pathlib
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
SKIPPED = 77


def skip(why):
    print(f"skipped: {why}")
    sys.exit(SKIPPED)


def main():
    idpd, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    npm, node = shutil.which("npm"), shutil.which("node")
    if not npm or not node:
        skip("there is no npm")
    folder.mkdir(parents=True, exist_ok=True)
    lock = HERE / "package-lock.json"
    installed = folder / "installed-lock.json"
    if not installed.exists() or installed.read_bytes() != lock.read_bytes():
        for name in ("package.json", "package-lock.json"):
            shutil.copy(HERE / name, folder / name)
        try:
            install = subprocess.run([npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=1"], cwd=folder, timeout=200,
                                     stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        except subprocess.TimeoutExpired:
            skip("npm ci takes too long")
        if install.returncode:
            print(install.stdout)
            unreachable = ("ENOTFOUND", "ECONNREFUSED", "ECONNRESET", "EAI_AGAIN", "ETIMEDOUT", "ENETUNREACH", "EHOSTUNREACH",
                           "ERR_SOCKET_TIMEOUT", "_CERT_")  # a proxy in between whose certificate is not known here
            if any(word in install.stdout for word in unreachable):
                skip("npm's registry cannot be reached")
            sys.exit(1)  # a lock that does not fit, or a package that is not what it was
        shutil.copy(lock, installed)
    for name in ("identity-providers", "settings"):
        schema = subprocess.run([idpd, "schema", name], check=True, stdout=subprocess.PIPE)
        (folder / f"{name}.schema.json").write_bytes(schema.stdout)
    sys.exit(subprocess.run([node, HERE / "check.mjs", folder, HERE.parent.parent, pathlib.Path(idpd).resolve()]).returncode)


if __name__ == "__main__":
    main()
