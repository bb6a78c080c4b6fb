# SPDX-License-Identifier: GPL-2.0-only
"""Coverage of the driver."""
import base64
import contextlib
import io
import os
import re
import subprocess
from unittest import mock

import coverage
from children import Problem
from machine import Job, Result
from tests.support import RUN, RunnerTest


class Counting(RunnerTest):
    """What machines have counted is added up."""

    def make(self):
        os.makedirs(self.path("build/gcov"), exist_ok=True)
        return coverage.Coverage(self.path("build"))

    def result(self, text):
        result = Result(Job("job", ""), self.path("log"))
        result.text = text
        return result

    def archive(self, found, name, counts):
        """Text of a machine with these {line: count}. The compiler's tool is
        replaced."""
        self.write("build/gcov/" + name + ".gcno", "")
        self.write("build/gcov/" + name + ".c", "one\n two\nthree\n")
        self.write(name + ".gcda", "")
        data = subprocess.run(["tar", "-C", self.path(""), "-cz",
                               f"./{name}.gcda"], check=True,
                              stdout=subprocess.PIPE).stdout
        found.read = lambda data: {self.path(f"build/gcov/{name}.c"): counts}
        text = base64.encodebytes(data).decode()
        return f"x\ngunyah-job: coverage\n{text}gunyah-job: exit=0\n"

    def report(self, found, known=""):
        """Returns (target met, lines)."""
        out = io.StringIO()
        self.write("uncovered", known)
        with contextlib.redirect_stdout(out), \
             mock.patch.object(coverage, "EXPLAINED", self.path("uncovered")):
            met = found.report()
        return met, out.getvalue().splitlines()

    def test_sum(self):
        found = self.make()
        text = self.archive(found, "a", {1: 0, 2: 1, 3: 0})
        found.add(self.result(text))
        text = self.archive(found, "a", {1: 5, 2: 1, 3: 0})
        found.add(self.result(text))
        met, lines = self.report(found)
        self.assertFalse(met)
        self.assertIn("    66.7 %      2 of     3  a.c", lines)
        with open(self.path("build/gcov/uncovered.txt"),
                  encoding="utf-8") as f:
            self.assertEqual(f.read(), "a.c:3: three\n")

    def test_met(self):
        found = self.make()
        found.add(self.result(self.archive(found, "a", {1: 1, 2: 1})))
        self.assertTrue(self.report(found)[0])

    def test_explained(self):
        """All lines that are missing have a reason, and are not more."""
        found = self.make()
        lines = {line: line > 1 for line in range(1, 41)}
        text = self.archive(found, "a", lines)
        self.write("build/gcov/a.c", "line\n" * 40)
        found.add(self.result(text))
        found.functions = {self.path("build/gcov/a.c"): [(1, 1, "f"),
                                                         (2, 40, "g")]}
        met, lines = self.report(found)
        self.assertFalse(met)
        self.assertEqual(lines[-1], "\ta.c f 1")
        self.assertTrue(self.report(found, "# x\n\nBecause\n\ta.c f 1\n")[0])
        self.assertFalse(self.report(found, "Because\n\ta.c f 0\n")[0])
        self.assertFalse(self.report(found, "Because\n\ta.c g 9\n")[0])
        for wrong in ("\ta.c f 1\n", "Because\n\ta.c f\n"):
            with self.assertRaisesRegex(Problem, "below a reason"):
                self.report(found, wrong)

    def test_functions_exist(self):
        """What is explained exists."""
        for name, function in coverage.explained(coverage.EXPLAINED):
            path = os.path.join(RUN, "../../../../drivers/virt/gunyah", name)
            # What the macros for trace events make of their first argument
            function = function.removeprefix("trace_event_raw_event_")
            with open(path, encoding="utf-8") as f:
                text = f.read()
            if function != coverage.INLINED:
                self.assertIsNotNone(re.search(rf"\b{function}[(,]", text),
                                     f"{name}: {function}")

    def test_nothing(self):
        """Machines without a count do not make a good one."""
        found = self.make()
        for text in ("", "gunyah-job: coverage\ngunyah-job: exit=0\n",
                     "gunyah-job: coverage\nAAA\ngunyah-job: exit=0\n",
                     "gunyah-job: coverage\nQUJD\ngunyah-job: exit=0\n"):
            found.add(self.result(text))
        self.assertEqual((found.machines, found.without), (0, 4))
        with self.assertRaisesRegex(Problem, "no machine"):
            found.report()

    def test_job(self):
        job = self.make().prepare(Job("job", "", settings={"A": 1},
                                      copies={"b": "c"}))
        self.assertEqual(job.settings, {"A": 1, "COVERAGE": 1})
        self.assertIn("lib/gunyah.ko", job.copies)
        self.assertIn("b", job.copies)

    def test_tiers_exist(self):
        self.assertLessEqual(set(coverage.TIERS),
                             set(coverage.suite.tier_names()))
