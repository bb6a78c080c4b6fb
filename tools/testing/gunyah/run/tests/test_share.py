# SPDX-License-Identifier: GPL-2.0-only
"""Programs that share a machine."""
import os
import re
import subprocess
import unittest

import programs
import selftests
import tiers
from machine import Job, Machine, Result
from selftests import ENDED, SHARED, Kind, Program, Selftest
from tests.support import RunnerTest

TESTS = os.path.join(os.path.dirname(__file__), "../../../selftests/gunyah")
ONE = "TAP version 13\n1..1\nok 1 first\n"
BAD = "TAP version 13\n1..1\nnot ok 1 second\n"


class Small(unittest.TestCase):
    def test_exist(self):
        for name in programs.SMALL:
            self.assertTrue(os.path.exists(os.path.join(
                TESTS, name.removesuffix("_32") + ".c")), name)

    def test_nothing_of_their_own(self):
        """No other memory, no messages that are to be overlooked."""
        self.assertFalse(set(programs.SMALL) & (
            selftests.NO_LIMIT.keys() | selftests.MEMORY.keys() |
            programs.HARMLESS.keys()))


class Share(RunnerTest):
    """Which programs, and how they are named."""

    def setUp(self):
        super().setUp()
        self.tests = tiers.Tests(Machine(self.path("images"), self.path("logs")),
                                 os.path.join(TESTS, "../../../.."),
                                 self.path("build"))
        self.kind = Kind("det", "", {"deterministic": True})

    def alone(self, name, kind=None):
        kind = kind or self.kind
        return Selftest(f"{name}-{kind.suffix}", None, program=Program(name),
                        kind=kind)

    def share(self, *given):
        return selftests.share(self.tests, given)

    def test_small(self):
        one, two = self.share(self.alone("gunyah_abi"), self.alone("gunyah_kill"),
                              self.alone("gunyah_boot"))
        self.assertEqual(one.name, "gunyah_abi-and-1-det")
        self.assertEqual(one.only, "gunyah_abi-det gunyah_boot-det")
        self.assertEqual((two.name, two.only), ("gunyah_kill-det", ""))

    def test_only_one(self):
        one, = self.share(self.alone("gunyah_abi"))
        self.assertIsInstance(one, Selftest)

    def test_other_machines(self):
        other = Kind("node", "gunyah_hyp.generation=2024", {})
        found = self.share(self.alone("gunyah_abi"),
                           self.alone("gunyah_boot", other),
                           self.alone("gunyah_calls"),
                           self.alone("gunyah_watch", other))
        self.assertEqual([task.only for task in found],
                         ["gunyah_abi-det gunyah_calls-det",
                          "gunyah_boot-node gunyah_watch-node"])

    def test_many(self):
        found = self.share(*(self.alone(name) for name in
                             programs.SMALL[:SHARED + 2]))
        self.assertEqual([len(task.only.split()) for task in found], [SHARED, 2])


class Ends(RunnerTest):
    """What a machine has said, as cases."""

    def cases(self, said, status=0, problems=()):
        result = Result(Job("name", ""), self.path("log"),
                        "gunyah-job: begin\n" + said + "\ngunyah-job: exit=0\n",
                        status, list(problems))
        return [(case.name, case.state) for case in selftests.cases_of(
            (Program("a", prefix="6.1 "), Program("b")), result)]

    def test_good(self):
        self.assertEqual(
            self.cases(f"{ONE}gunyah-program: a exit=0\n"
                       f"{ONE}gunyah-program: b exit=0\n"),
            [("6.1 a.first", "passed"), ("b.first", "passed")])

    def test_one_fails(self):
        self.assertEqual(
            self.cases(f"{BAD}gunyah-program: a exit=1\n"
                       f"{ONE}gunyah-program: b exit=0\n"),
            [("6.1 a.second", "failed"), ("b.first", "passed")])

    def test_fails_without_saying_so(self):
        self.assertEqual(
            self.cases(f"{ONE}gunyah-program: a exit=0\n"
                       f"{ONE}gunyah-program: b exit=139\n")[1:],
            [("b.first", "passed"), ("b.exit status", "failed")])

    def test_skipped(self):
        self.assertEqual(
            self.cases("1..0 # SKIP why\ngunyah-program: a exit=4\n"
                       f"{ONE}gunyah-program: b exit=0\n"),
            [("6.1 a.all", "skipped"), ("b.first", "passed")])

    def test_machine_dies(self):
        self.assertEqual(
            self.cases(f"{ONE}gunyah-program: a exit=0\n{ONE}", None, ["why"]),
            [("6.1 a.first", "passed"), ("b.first", "passed"),
             ("b.the machine", "failed")])

    def test_machine_dies_at_once(self):
        self.assertEqual(self.cases("", None, ["why"]),
                         [("6.1 a.the machine", "failed"),
                          ("b.all", "failed")])

    def test_kernel_complains(self):
        self.assertEqual(
            self.cases(f"{ONE}gunyah-program: a exit=0\n"
                       f"{ONE}gunyah-program: b exit=0\n",
                       problems=["kernel: WARNING"])[2:],
            [("the machine", "failed")])


class Script(RunnerTest):
    def test_each_runs(self):
        """In the shell, with programs that are scripts."""
        os.makedirs(self.path("programs"))
        for name, text in (("one", "echo $CLOCK; exit 3"), ("two", "exit 0")):
            self.write("programs/" + name, "#!/bin/sh\n" + text + "\n")
            os.chmod(self.path("programs/" + name), 0o755)
        tests = tiers.Tests(Machine(self.path("images"), self.path("logs")),
                            os.path.join(TESTS, "../../../.."),
                            self.path("build"))
        job = selftests.job(tests, "x", (Program("one"), Program("two")),
                            Kind("det", "", {"deterministic": True}))
        self.write("settings", "MODULE_ARGS=\n")
        script = job.script.replace("/selftests/gunyah", self.path("programs"))
        script = script.replace("/job/settings", self.path("settings"))
        script = re.sub(r"^\t(dmesg|stty) .*", "", script, flags=re.M)
        done = subprocess.run(["sh", "-c", script], check=True, text=True,
                              stdout=subprocess.PIPE)
        self.assertEqual(ENDED.findall(done.stdout), [("one", "3"), ("two", "0")])
