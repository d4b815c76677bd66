"""The hostile tests of tests/e2e/ (names in every output, files, answers, clients), counted case by case: CI runs them
as tests, this is for the table.

    IDPD=build/release/idpd python3 -B tests/reliability/hostile.py
"""

import json
import os
import pathlib
import sys
import unittest

E2E = pathlib.Path(__file__).resolve().parents[1] / "e2e"
PARTS = {"outputs": "hostile names in every output", "input": "hostile files, links and answers",
         "clients": "the admin endpoint under attack"}


class Counted(unittest.TextTestResult):
    """Each subtest is a case; a test without any is one."""

    cases, failed_cases = 0, 0

    def startTest(self, test):
        super().startTest(test)
        self.before = self.cases

    def addSubTest(self, test, subtest, error):
        super().addSubTest(test, subtest, error)
        self.cases += 1
        self.failed_cases += error is not None

    def stopTest(self, test):
        super().stopTest(test)
        if self.cases == self.before:
            self.cases += 1
            self.failed_cases += any(one is test for one, _ in self.failures + self.errors)


def main():
    sys.path.insert(0, str(E2E))
    failed = False
    for part, what in PARTS.items():
        suite = unittest.defaultTestLoader.loadTestsFromName(f"test_hostile_{part}")
        result = unittest.TextTestRunner(stream=sys.stdout, resultclass=Counted).run(suite)
        # What failed outside of a subtest counts as well.
        bad = max(result.failed_cases, 0 if result.wasSuccessful() else 1)
        failed = failed or bad > 0
        print(f"{what}: {result.cases} cases, {bad} failed", flush=True)
        if path := os.environ.get("IDPD_RELIABILITY_REPORT"):
            with open(path, "a", encoding="utf-8") as file:
                file.write(json.dumps({"part": "hostile", "what": what, "count": result.cases, "failed": bad}) + "\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
