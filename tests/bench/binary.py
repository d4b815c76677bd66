"""What the program costs before it does anything: its size, its start, and what the dynamic linker loads for it."""

import os
import pathlib
import re
import statistics
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
STARTS = 30


def started(program, folder):
    """Wall and CPU seconds of `idpd version`."""
    subprocess.run([sys.executable, "-SE", str(HERE / "launch.py"), str(folder / "figures"), str(program), "version"],
                   check=True, stdout=subprocess.DEVNULL)
    wall, cpu, _, code = (float(one) for one in (folder / "figures").read_text().split())
    if code:
        raise RuntimeError(f"{program} version failed")
    return wall, cpu


def linked(program):
    """What is loaded for it, and how much of that has to be relocated."""
    done = subprocess.run([program, "version"], check=True, capture_output=True, text=True,
                          env={**os.environ, "LD_DEBUG": "statistics,files"})
    objects = len(set(re.findall(r"calling init: (\S+)", done.stderr)))
    final = done.stderr.rpartition("final number of relocations: ")[2]
    return objects, int(final.split()[0])


def compared(builds, folder):
    """By the name of each build. Taken in turns, so that what slows the machine slows all of them."""
    taken = {label: [] for label in builds}
    for _ in range(STARTS):
        for label, program in builds.items():
            taken[label].append(started(program, folder))
    found = {}
    for label, program in builds.items():
        stripped = folder / "stripped"
        subprocess.run(["strip", "-o", stripped, program], check=True)
        objects, relocations = linked(program)
        found[label] = {"size": stripped.stat().st_size, "objects": objects, "relocations": relocations,
                        "wall": statistics.median(wall for wall, _ in taken[label]),
                        "cpu": statistics.median(cpu for _, cpu in taken[label])}
    return found
