#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Unit tests of the runner and of the build scripts, with results in KTAP.

  unit.py [NAME]...	run the tests, or those whose name contains NAME
"""
import os
import sys
import traceback
import unittest

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)


class Ktap(unittest.TestResult):
    """Prints a line for each test, and before it why the test failed."""

    def __init__(self, planned):
        super().__init__()
        self.number = 0
        self.worst = {}
        print(f"KTAP version 1\n1..{planned}", flush=True)

    def note(self, test, error):
        """One assertion or exception, of a subtest perhaps."""
        kind, value, trace = error
        frame = traceback.extract_tb(trace)[-1]
        for deeper in traceback.extract_tb(trace):
            if f"{os.sep}tests{os.sep}test_" in deeper.filename:
                frame = deeper
        said = str(value).strip() or kind.__name__
        print(f"# {os.path.basename(frame.filename)}:{frame.lineno}:"
              f"{frame.name}:{kind.__name__}: {said.splitlines()[0]}")
        for line in said.splitlines()[1:]:
            print(f"#   {line}")
        self.worst[test.id()] = "not ok"

    def addError(self, test, err):
        self.note(test, err)
        if not isinstance(test, unittest.TestCase):
            # A module or a class that could not be set up
            self.stopTest(test)

    def addFailure(self, test, err):
        self.note(test, err)

    def addSubTest(self, test, subtest, err):
        if err:
            self.note(test, err)

    def addSkip(self, test, reason):
        self.worst[test.id()] = f"skip {reason}"

    def stopTest(self, test):
        super().stopTest(test)
        self.number += 1
        state = self.worst.get(test.id(), "ok")
        name = test.id().removeprefix("tests.test_")
        skip = ""
        if state.startswith("skip "):
            state, skip = "ok", " # SKIP " + state[5:]
        print(f"{state} {self.number} {name}{skip}", flush=True)


def flatten(suite):
    for test in suite:
        if isinstance(test, unittest.TestSuite):
            yield from flatten(test)
        else:
            yield test


def main(names):
    loader = unittest.TestLoader()
    found = loader.discover(os.path.join(HERE, "tests"), top_level_dir=HERE)
    tests = [test for test in flatten(found)
             if not names or any(name in test.id() for name in names)]
    result = Ktap(len(tests))
    unittest.TestSuite(tests).run(result)
    failed = "not ok" in result.worst.values()
    return 1 if failed or not tests else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
