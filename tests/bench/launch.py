"""launch.py FILE COMMAND…: runs it and writes what it took. A process of its own, and a small one, since Linux counts
what the parent held at the time of the fork as the child's peak.
"""

import os
import sys
import time

# pylint: disable=consider-using-with
began = time.monotonic()
pid = os.posix_spawnp(sys.argv[2], sys.argv[2:], os.environ)
_, status, used = os.wait4(pid, 0)
wall = time.monotonic() - began
with open(sys.argv[1], "w", encoding="ascii") as file:
    file.write(f"{wall} {used.ru_utime + used.ru_stime} {used.ru_maxrss * 1024} {os.waitstatus_to_exitcode(status)}")
