# SPDX-License-Identifier: GPL-2.0-only
"""Defects that are put into the driver."""
import contextlib
import io
import os
import re
import shutil
import subprocess
from fnmatch import fnmatch

import defects
from children import Problem
from ktap import Case
from machine import Job, Result
from tests.support import RunnerTest
from tests.test_faults import TOP, kunit_tests, program_tests

HERE = os.path.join(TOP, "tools/testing/gunyah")


class Patches(RunnerTest):
    """They fit the driver and the tests."""

    def test_apply(self):
        """Each changes one file of the driver, and still applies to it."""
        shutil.copytree(os.path.join(TOP, "drivers/virt/gunyah"),
                        self.path("drivers/virt/gunyah"))
        known = defects.read_all(HERE)
        self.assertGreater(len(known), 20)
        for defect in known:
            with open(defect.path, encoding="utf-8") as f:
                files = re.findall(r"^\+\+\+ b/(\S+)", f.read(), re.M)
            self.assertEqual(len(files), 1, defect.name)
            done = subprocess.run(
                ["patch", "--dry-run", "-s", "-f", "-p1", "-d", self.path(""),
                 "-i", defect.path], check=False, stdout=subprocess.PIPE,
                text=True)
            self.assertEqual(done.returncode, 0,
                             f"{defect.name}: {done.stdout}")

    def test_tests_exist(self):
        for defect in defects.read_all(HERE):
            names = kunit_tests() if defect.program == "kunit" else \
                program_tests(defect.program)
            self.assertTrue(any(fnmatch(name, defect.case) for name in names),
                            f"{defect.name}: {defect.case}")

    def test_head(self):
        self.write("a.patch", "It is\nwrong.\n\nTest: p a.*.b\n---\n")
        defect = defects.read(self.path("a.patch"))
        self.assertEqual((defect.name, defect.what, defect.program, defect.case),
                         ("a", "It is wrong.", "p", "a.*.b"))
        self.assertEqual(defect.filters(), "-t b")
        self.assertFalse(defect.threads)
        defect.case = "a.b.*"
        self.assertEqual(defect.filters(), "-f a")
        self.write("a.patch", "It is.\nwrong.\n\nTest: p a.b threads\n---\n")
        self.assertTrue(defects.read(self.path("a.patch")).threads)
        self.write("b.patch", "It is wrong.\n---\n")
        with self.assertRaisesRegex(Problem, "which test fails"):
            defects.read(self.path("b.patch"))


class Verdict(RunnerTest):
    """Whether a test has noticed."""

    def missed(self, *cases, text="TAP version 13\n", **kwargs):
        result = Result(Job("a", ""), "log",
                        text="gunyah-job: begin\n" + text, **kwargs)
        return defects.missed(defects.Defect("a", "", "", "p", "f.*.t", False), result,
                              [Case(*case) for case in cases])

    def test_noticed(self):
        self.assertFalse(self.missed(("f.a.t", "passed"), ("f.b.t", "failed"),
                                     status=1))

    def test_died(self):
        self.assertFalse(self.missed(("f.a.u", "passed"), problems=["panic"]))

    def test_missed(self):
        self.assertRegex(self.missed(("f.a.t", "passed"), status=0),
                         "did not fail")
        # Another one has failed, or it was skipped
        self.assertRegex(self.missed(("f.a.t", "skipped"), ("f.a.u", "failed"),
                                     status=1), "did not fail")
        self.assertRegex(self.missed(("f.a.u", "failed"), status=1),
                         "has no test")

    def test_did_not_run(self):
        self.assertRegex(self.missed(text="", problems=["no such module"]),
                         "did not run: no such module")


class Names(RunnerTest):
    """What the caller chooses."""

    def test_names(self):
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            self.assertEqual(defects.main(None, TOP, "", ["list"]), 0)
        self.assertIn("region-wraps", out.getvalue())
        with self.assertRaisesRegex(Problem, "no such defect: none"):
            defects.main(None, TOP, "", ["none"])
