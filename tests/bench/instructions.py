"""What the pure parts of a drift check of a hundred identity providers take, counted in instructions, against the numbers
of instructions.json. Counts, unlike times, are nearly the same on every machine, so that a part that has become slower
fails here.

    instructions.py PARTS          PARTS is the program idpd_bench_parts of the optimised build
    IDPD_TEST_ACCEPT=1 …           writes what it counted to the file, for git diff
"""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import world as worlds

NUMBERS = pathlib.Path(__file__).resolve().parent / "instructions.json"
IDENTITY_PROVIDERS = 100
MORE, LESS = 1.10, 0.80  # more is a regression; much less has to be written down, or half of it could be lost unseen
LIBRARIES = ("rapidjson", "yaml_cpp")  # for bench.py: not ours to mend
SKIPPED = 77  # what CTest takes for skipped


def count(program, folder):
    worlds.World(folder / "world", 1, IDENTITY_PROVIDERS)
    done = subprocess.run(["valgrind", "--tool=callgrind", f"--callgrind-out-file={folder}/counts", program,
                           str(folder / "world")], capture_output=True, text=True, check=False,
                          env={"PATH": os.environ["PATH"], "LC_ALL": "C"})
    if done.returncode:
        sys.exit(f"{program} failed:\n{done.stdout}{done.stderr}")
    counted = {}
    for dump in sorted(folder.glob("counts.*")):
        text = dump.read_text()
        part = re.search(r"^desc: Trigger: Client Request: (\w+)$", text, re.MULTILINE)
        if part and part[1] not in LIBRARIES:
            counted[part[1]] = int(re.search(r"^totals: (\d+)$", text, re.MULTILINE)[1])
    return counted


def verdict(counted, number):
    if number is None:
        return "not in the file"
    if counted > number * MORE:
        return "MORE"
    return "much less: write it down" if counted < number * LESS else ""


def main():
    if not shutil.which("valgrind"):
        print("skipped: there is no valgrind")
        sys.exit(SKIPPED)
    with tempfile.TemporaryDirectory(prefix="idpd-bench-") as folder:
        counted = count(sys.argv[1], pathlib.Path(folder))
    if os.environ.get("IDPD_TEST_ACCEPT"):
        NUMBERS.write_text(json.dumps(counted, indent=2) + "\n")
        return
    numbers = json.loads(NUMBERS.read_text())
    bad = set(numbers) ^ set(counted)
    for part, instructions in counted.items():
        number = numbers.get(part)
        what = verdict(instructions, number)
        print(f"{part:20} {instructions:12,} of {number or 0:12,}  {instructions / (number or instructions) - 1:+7.1%}  {what}")
        if what:
            bad.add(part)
    if bad:
        sys.exit(f"Not as instructions.json says: {', '.join(sorted(bad))}. Where that is meant, write the new numbers with "
                 f"IDPD_TEST_ACCEPT=1 ctest --test-dir BUILD -R bench/instructions")


main()
