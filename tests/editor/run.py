#!/usr/bin/env python3
"""run.py IDPD FOLDER: what yaml-language-server says of files under `idpd schema`, as an editor shows it.

Installs the server into FOLDER with `npm ci`. Ends with 77, which CTest counts as skipped, where that cannot be.
"""

import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))
import npm  # noqa: E402


def main():
    idpd, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    try:
        node = npm.install(HERE, folder)
    except npm.Unavailable as why:
        npm.skip(why)
    for name in ("identity-providers", "settings"):
        schema = subprocess.run([idpd, "schema", name], check=True, stdout=subprocess.PIPE)
        (folder / f"{name}.schema.json").write_bytes(schema.stdout)
    sys.exit(subprocess.run([node, HERE / "check.mjs", folder, HERE.parent.parent, pathlib.Path(idpd).resolve()]).returncode)


if __name__ == "__main__":
    main()
