"""Prints the id of every end-to-end test, one a line, for CTest: `test_smoke.Smoke.test_…`."""

import pathlib
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent


def ids(suite):
    for item in suite:
        if isinstance(item, unittest.TestSuite):
            yield from ids(item)
        else:
            yield item.id()


sys.dont_write_bytecode = True
sys.path.insert(0, str(HERE))
loader = unittest.TestLoader()
found = sorted(ids(loader.discover(str(HERE))))
if loader.errors:
    sys.exit("\n".join(loader.errors))
print("\n".join(found))
