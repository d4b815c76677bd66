#!/usr/bin/env python3
"""run.py IDPD_SERVICE_TEST FOLDER: the status page in a browser, as check.mjs holds it to what people need.

Installs the browser's remote control into FOLDER with `npm ci`; the browser is the system's Chromium. Ends with 77, which CTest
counts as skipped, where either cannot be had. Leaves screenshots in FOLDER/screenshots.
"""

import os
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
    program, folder = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
    npm, node = shutil.which("npm"), shutil.which("node")
    if not npm or not node:
        skip("there is no npm")
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if not chromium:
        skip("there is no Chromium")
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
    pages = folder / "pages"
    shutil.rmtree(pages, ignore_errors=True)
    subprocess.run([program, "--gtest_brief=1", "--gtest_filter=StatusPage.CanBeWrittenForABrowser"], check=True,
                   env={**os.environ, "IDPD_TEST_PAGES": str(pages)})
    sys.exit(subprocess.run([node, HERE / "check.mjs", folder, chromium]).returncode)


if __name__ == "__main__":
    main()
