# SPDX-License-Identifier: GPL-2.0-only
"""The long tests."""
import contextlib
import io
import os
from unittest import mock

import long
import selftests
import suite
import tiers
from children import Problem
from machine import Machine
from tests.support import RunnerTest


class Long(RunnerTest):
    """Steps of make test-long."""

    def run_steps(self, *names, **env):
        """Returns (exit status, lines). Each step runs a program that stands for
        the runner."""
        os.makedirs(self.path("tools/testing/gunyah/run"), exist_ok=True)
        self.write("tools/testing/gunyah/run/gunyah.py",
                   "import os, sys\n"
                   "print(' '.join(sys.argv[1:]), os.environ.get('A'), "
                   "os.environ.get('GUNYAH_STORM_SECONDS'))\n"
                   "print('FAIL a: b')\n"
                   "if 'dies' not in sys.argv: print('2 passed, 1 failed')\n"
                   "else: sys.exit(3)\n")
        machine = Machine(self.path("build/images"), self.path("build/logs"))
        out = io.StringIO()
        steps = (long.Step("one", "first", "x y", {"A": "1"}),
                 long.Step("two", "second", "dies"),
                 long.Step("three", "third", "",
                           {"GUNYAH_STORM_SECONDS": "9"}, "fuzz"))
        with mock.patch.object(long, "STEPS", steps), \
             mock.patch.dict(os.environ), contextlib.redirect_stdout(out):
            for name in selftests.FOR_LONG:
                os.environ.pop(name, None)
            os.environ.update(env)
            status = long.main(machine, self.path(""), list(names))
        return status, out.getvalue().splitlines()

    def test_all(self):
        status, lines = self.run_steps()
        self.assertEqual(status, 1)
        self.assertIn("test x y 1 None", lines)
        self.assertIn("fuzz None 9", lines)
        self.assertEqual(lines[-1], "4 passed, 3 failed")
        # The only line of its kind
        self.assertEqual(1, sum("passed, " in line and line[0] != "#"
                                for line in lines))

    def test_some(self):
        _, lines = self.run_steps("one")
        self.assertEqual(lines[-1], "2 passed, 1 failed")
        with self.assertRaisesRegex(Problem, "no such step: four"):
            self.run_steps("four")

    def test_time(self):
        """The caller says how long, if the step is one that takes a time."""
        _, lines = self.run_steps("one", "three", GUNYAH_STORM_SECONDS="5")
        self.assertIn("fuzz None 5", lines)

    def test_documented(self):
        path = os.path.join(os.path.dirname(__file__), "../../../../..",
                            "Documentation/virt/gunyah/long-tests.rst")
        with open(path, encoding="utf-8") as f:
            documented = f.read()
        for step in long.STEPS:
            self.assertIn(f"\n``{step.name}``", documented)
            for tier in step.words.split():
                self.assertIn(tier, (*tiers.tier_names(), suite.ALL))
