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
sys.path.insert(0, str(HERE.parent / "support"))
import npm  # noqa: E402


def main():
    program, folder = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if not chromium:
        npm.skip("there is no Chromium")
    try:
        node = npm.install(HERE, folder)
    except npm.Unavailable as why:
        npm.skip(why)
    pages = folder / "pages"
    shutil.rmtree(pages, ignore_errors=True)
    subprocess.run([program, "--gtest_brief=1", "--gtest_filter=StatusPage.CanBeWrittenForABrowser"], check=True,
                   env={**os.environ, "IDPD_TEST_PAGES": str(pages)})
    sys.exit(subprocess.run([node, HERE / "check.mjs", folder, chromium]).returncode)


if __name__ == "__main__":
    main()
