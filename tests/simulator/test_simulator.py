"""Runs the simulator's own tests, the promises that the daemon's tests lean on (see selftest/)."""

import pathlib
import sys
import unittest

if __name__ == "__main__":
    folder = str(pathlib.Path(__file__).resolve().parent / "selftest")
    suite = unittest.defaultTestLoader.discover(folder)
    outcome = unittest.TextTestRunner().run(suite)
    sys.exit(0 if outcome.wasSuccessful() and outcome.testsRun else 1)
