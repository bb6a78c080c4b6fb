# SPDX-License-Identifier: GPL-2.0-only
"""The order of tests, their output, and the tiers themselves."""
import contextlib
import fnmatch
import io
import os
import re
import threading
import time
import unittest
from unittest import mock

import guests
import ktap
import pool
import power
import programs
import selftests
import suite
import tiers
import variants
import weaken
from children import Problem
from ktap import Case
from machine import Machine
from pool import Pool, Task, Times
from tests.support import RunnerTest


class Order(RunnerTest):
    """What starts when."""

    def times(self, **seconds):
        times = Times(self.path("times.json"))
        times.seconds = seconds
        return times

    def names(self, tasks, **seconds):
        return [task.name for task in pool.ordered(tasks,
                                                   self.times(**seconds))]

    def test_longest_first(self):
        tasks = [Task(name, None) for name in "abc"]
        self.assertEqual(self.names(tasks, a=1, b=100, c=10), ["b", "c", "a"])

    def test_unknown_ones_count_as_long(self):
        tasks = [Task(name, None) for name in "abc"]
        self.assertEqual(self.names(tasks, a=1, b=100), ["b", "c", "a"])

    def test_early(self):
        tasks = [Task("a", None), Task("b", None, early=True)]
        self.assertEqual(self.names(tasks, a=100, b=1), ["b", "a"])

    def test_times_are_kept(self):
        times = self.times()
        list(Pool(times).run([Task("a", lambda: [])], lambda: None))
        self.assertLess(Times(self.path("times.json")).expected("a"), 30)

    def test_times_are_damaged(self):
        for text in ("", "[1]", '{"a": "b"}', '{"a": null}', "\xff"):
            self.write("times.json", text)
            self.assertEqual(Times(self.path("times.json")).expected("a"),
                             pool.UNKNOWN)

    def test_side_by_side(self):
        """Two tasks that wait for each other."""
        barrier = threading.Barrier(2)
        tasks = [Task(name, lambda: [barrier.wait(30)] and []) for name in "ab"]
        with mock.patch.dict(os.environ, JOBS="2"):
            for _, future in Pool(self.times()).run(tasks, lambda: None):
                future.result()

    def test_more(self):
        """A task that runs while it is not known yet what follows."""
        begun, known = threading.Event(), threading.Event()

        def more():
            self.assertTrue(begun.wait(30))
            known.set()
            return [Task("b", lambda: [])]

        def first():
            begun.set()
            self.assertTrue(known.wait(30))
            return []

        results = Pool(self.times()).run([Task("a", first)], lambda: None, more)
        self.assertEqual(sorted(task.name for task, future in results
                                if not future.result()), ["a", "b"])

    def test_more_fails(self):
        """What runs is told to stop."""
        stopped = threading.Event()

        def fail():
            raise KeyboardInterrupt

        with self.assertRaises(KeyboardInterrupt):
            list(Pool(self.times()).run(
                [Task("a", lambda: [stopped.wait(30)])], stopped.set, fail))
        self.assertTrue(stopped.is_set())

    def test_jobs(self):
        default = os.cpu_count() + 1
        for text, expected in (("5", 5), ("", default), ("0", default),
                               ("x", default)):
            with mock.patch.dict(os.environ, JOBS=text):
                self.assertEqual(pool.slots(), expected)

    def test_caller_goes_away(self):
        """Nothing new starts, and what runs is told to stop."""
        ran = []
        stopped = threading.Event()

        def run(name):
            ran.append(name)
            if name != "a":
                stopped.wait(30)
            return []

        tasks = [Task(name, lambda name=name: run(name)) for name in "abcdef"]
        with mock.patch.dict(os.environ, JOBS="2"):
            results = Pool(self.times(a=99)).run(tasks, stopped.set)
            next(results)
            results.close()
        self.assertTrue(stopped.is_set())
        self.assertLessEqual(len(ran), 4)

    def test_says_what_runs(self):
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            list(Pool(self.times(), every=0.05).run(
                [Task("slow", lambda: time.sleep(0.5) or [])], lambda: None))
        self.assertRegex(out.getvalue(),
                         r"  \.\.\. \d+ s, 0 of 1 done, running: slow\n")


class Planted(tiers.Tests):
    """Tiers that need no machine."""

    def tier_kunit(self):
        """first"""
        return [Task("one", lambda: [Case("x", "passed")]),
                Task("two", lambda: [Case("y", "skipped", "why")])]

    def tier_guest(self):
        """second"""
        return [Task("three", lambda: [Case("z", "failed", "because")])]

    def tier_stop(self):
        """no machine"""
        raise Problem("planted problem")

    def tier_disk(self):
        """nothing"""
        return []

    def tier_plain(self):
        """a task without a result"""
        return [Task("four", lambda: [])]

    def tier_module(self):
        """a task that cannot go on"""
        def run():
            yield Case("begins", "passed")
            raise Problem("planted problem")
        return [Task("five", run)]


class Output(RunnerTest):
    """Results are printed by tier, and the closing line is right."""

    def setUp(self):
        super().setUp()
        # These tests may themselves be chosen by them
        environ = mock.patch.dict(os.environ)
        environ.start()
        self.addCleanup(environ.stop)
        for name in ("KERNEL", "ONLY", "SHARE", *selftests.FOR_LONG, *selftests.SEEDS):
            os.environ.pop(name, None)

    def run_tiers(self, *names, later=()):
        """Returns (exit status, lines)."""
        machine = Machine(self.path("build/images"), self.path("build/logs"))
        tests = Planted(machine, self.fake, self.path("build"))
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            status = suite.Run(tests, Times(self.path("times.json")),
                               later).run(names)
        return status, out.getvalue().splitlines()

    def test_passed(self):
        status, lines = self.run_tiers("kunit")
        self.assertEqual(status, 0)
        self.assertRegex(lines[0], "^== kunit: ")
        self.assertIn("ok   kunit: x", lines)
        self.assertIn("skip kunit: y: why", lines)
        self.assertEqual(lines[-2:], ["1 skipped", "1 passed, 0 failed"])

    def test_failed(self):
        status, lines = self.run_tiers("guest", "kunit")
        self.assertEqual(status, 1)
        self.assertIn("FAIL guest: z: because", lines)
        self.assertEqual(lines[-1], "1 passed, 1 failed")

    def test_grouped(self):
        _, lines = self.run_tiers("guest", "kunit")
        tier = None
        for line in lines[:-2]:
            if line.startswith("== "):
                tier = line.split()[1].rstrip(":")
            elif line[0] != " ":
                self.assertIn(f" {tier}: ", line)

    def test_a_tier_that_cannot_begin(self):
        status, lines = self.run_tiers("stop", "kunit")
        self.assertEqual(status, 1)
        self.assertIn("FAIL stop: stop: planted problem", lines)
        self.assertEqual(lines[-1], "1 passed, 1 failed")

    def test_a_task_that_cannot_go_on(self):
        status, lines = self.run_tiers("module")
        self.assertEqual(status, 1)
        self.assertIn("FAIL module: five: planted problem", lines)

    def test_no_test(self):
        for name in ("disk", "plain"):
            status, lines = self.run_tiers(name)
            self.assertEqual(status, 1)
            self.assertIn(f"FAIL {name}: the tier: it ran no test", lines)


    def test_again(self):
        """The command for a task that has failed."""
        with mock.patch.dict(os.environ, KERNEL="debug",
                             GUNYAH_STORM_SEED="5"):
            _, lines = self.run_tiers("guest", "kunit")
        self.assertIn("     again: KERNEL=debug GUNYAH_STORM_SEED=5 "
                      "make test TIERS=guest ONLY=three", lines)
        self.assertEqual(1, sum("again" in line for line in lines))

    def test_only(self):
        for only, expected in (("two", "0 passed, 0 failed"),
                               ("t*", "0 passed, 1 failed"),
                               ("three one", "1 passed, 1 failed")):
            with mock.patch.dict(os.environ, ONLY=only):
                _, lines = self.run_tiers("guest", "kunit")
            self.assertEqual(lines[-1], expected)

    def test_only_unknown(self):
        with mock.patch.dict(os.environ, ONLY="on"):
            with self.assertRaisesRegex(Problem, "ONLY: on: no such task"):
                self.run_tiers("guest", "kunit")


    def test_later(self):
        """What is left is said, and a tier of which nothing runs is not there."""
        status, lines = self.run_tiers("guest", "kunit", later=("three", "t*"))
        self.assertEqual(status, 0)
        self.assertIn("ok   kunit: x", lines)
        self.assertFalse(any("guest" in line or ": y" in line
                             for line in lines))
        self.assertEqual(lines[-2:], [
            "2 machines and programs are left to 'make test-all'",
            "1 passed, 0 failed"])


class Later(RunnerTest):
    """What is left to "make test-all"."""

    def names(self):
        """Tasks that there are, and perhaps some more."""
        source = os.path.join(os.path.dirname(__file__),
                              "../../../selftests/gunyah")
        files = [name[:-2] for name in os.listdir(source)
                 if name.endswith(".c")]
        found = {f"{name}{bits}-{suffix}" for name in files
                 for bits in ("", "_32")
                 for suffix in ("threads", "det", "prod", "qcom", "mock")}
        found |= {f"{name}-kinds-threads" for name in programs.KINDS}
        for prefix, rows in (("guest", guests.GUESTS), ("disk", guests.DISKS),
                             ("net", guests.NETS), ("power", power.CASES),
                             ("memory", guests.MEMORIES)):
            found |= {f"{prefix}-{row[0]}".replace(" ", "-") for row in rows}
        found |= {weaken.task_name(row[0]) for row in weaken.WEAKENED}
        for firmware, _, _ in variants.FIRMWARES:
            found |= {f"guest-{firmware}-{row[0]}".replace(" ", "-")
                      for row in variants.GUESTS}
        found |= {f"{name}-{suffix}" for name in variants.ON_NEWER
                  for suffix in ("node", "no-node")}
        found |= {f"{name}-{row[0]}" for name in variants.PAGED
                  for row in variants.PAGING}
        return found | {"console", "bench", "check-others"}

    def test_tasks_exist(self):
        names = self.names()
        for pattern in suite.patterns_of(suite.LATER):
            self.assertTrue(fnmatch.filter(names, pattern), pattern)

    def test_halves(self):
        """Each kind of memory is in one of them, with its right name."""
        path = os.path.join(os.path.dirname(__file__),
                            "../../../selftests/gunyah/lent.h")
        with open(path, encoding="utf-8") as f:
            kinds = set(re.findall(r"LENT_VARIANT\(fixture, (\w+),", f.read()))
        (_, without), (_, only) = programs.HALVES
        self.assertEqual(without.replace("-V", "-v"), only)
        named = set(only.replace("-v", "").split())
        self.assertTrue(named < kinds, named)

    def test_newer_firmware(self):
        """Each program on newer firmware runs on one kind of it at least."""
        later = suite.patterns_of(suite.LATER)
        for program in variants.ON_NEWER:
            runs = [f"{program}-{suffix}" for suffix in ("node", "no-node")]
            runs += [f"{program}-{row[0]}" for row in variants.PAGING
                     if program in variants.PAGED]
            self.assertTrue(set(runs).difference(
                *(fnmatch.filter(runs, pattern) for pattern in later)), program)

    def test_every_program_runs(self):
        """In one tier at least."""
        later = suite.patterns_of(suite.LATER)
        source = os.path.join(os.path.dirname(__file__),
                              "../../../selftests/gunyah")
        names = {name[:-2] for name in os.listdir(source)
                 if name.startswith("gunyah_") and name.endswith(".c")}
        mock_without = programs.left_out(
            os.path.join(os.path.dirname(suite.HERE), "mock/without"), names)
        for program in names:
            runs = [f"{program}-{suffix}" for suffix, without in (
                ("det", programs.NOT_DETERMINISTIC),
                ("threads", programs.NOT_THREADS),
                ("mock", mock_without)) if program not in without]
            runs = [run for run in runs if not
                    any(fnmatch.fnmatch(run, pattern) for pattern in later)]
            self.assertTrue(runs or program in programs.ASSIGN, program)

    def test_reasons(self):
        for text in ("\tname\n", "# why\n\tname\n", "why\n\n\tname\n"):
            self.write("later", text)
            with self.assertRaisesRegex(Problem, "no reason above"):
                suite.patterns_of(self.path("later"))
        self.write("later", "# x\n\nwhy\nand why\n\ta*\n\tb\n")
        self.assertEqual(suite.patterns_of(self.path("later")), ["a*", "b"])


class Choice(unittest.TestCase):
    """Which tiers run."""

    def test_all(self):
        self.assertEqual(suite.choose([], False),
                         [name for name in tiers.tier_names()
                          if name not in tiers.NAMED])

    def test_named(self):
        """Some only run if they are named."""
        self.assertNotIn("stock", suite.choose([], False))
        self.assertNotIn("stock", suite.choose(["all"], False))
        self.assertEqual(suite.choose(["stock"], False), ["stock"])

    def test_some(self):
        self.assertEqual(suite.choose(["guest", "rm", "guest"], False),
                         ["guest", "rm"])

    def test_gunyah_image(self):
        self.assertEqual(suite.choose([], True), list(tiers.REAL))
        with self.assertRaisesRegex(Problem, "on a Gunyah image: rm"):
            suite.choose(["rm"], True)

    def test_sets_of_names(self):
        for names in (tiers.EARLY, tiers.ALONE, tiers.REAL, tiers.PLAIN,
                      tiers.NAMED):
            self.assertLessEqual(set(names), set(tiers.tier_names()))

    def test_described(self):
        """In the list, and in the documentation."""
        path = os.path.join(os.path.dirname(__file__), "../../../../..",
                            "Documentation/virt/gunyah/testing.rst")
        with open(path, encoding="utf-8") as f:
            documented = f.read()
        for name in tiers.tier_names():
            title, covers = tiers.describe(name)
            self.assertTrue(title and covers, name)
            self.assertTrue(f"\n``{name}``" in documented,
                            f"{name} is missing in testing.rst")


class GunyahImage(RunnerTest):
    """The jobs of make test GUNYAH=FILE."""

    def make_tests(self, hypervisor):
        machine = Machine(self.path("build/images"), self.path("build/logs"))
        top = os.path.join(os.path.dirname(__file__), "../../../../..")
        build = self.path("build")
        os.makedirs(self.path("build/image/tests/selftests/gunyah"))
        self.write("build/image/tests/selftests/kselftest-list.txt",
                   "gunyah:gunyah_vcpu\ngunyah:gunyah_race\n"
                   "gunyah:gunyah_vcpu_32\n")
        tests = tiers.Tests(machine, top, build, hypervisor)
        tests.images = lambda *pieces: None
        jobs = []
        tests.machine.run = lambda job: jobs.append(job) or self.fail()
        return tests, jobs

    def jobs(self, hypervisor, tier):
        """The jobs that a tier runs."""
        tests, jobs = self.make_tests(hypervisor)
        for task in getattr(tests, "tier_" + tier)():
            with contextlib.suppress(AssertionError):
                list(task.run())
        return jobs

    def test_machine(self):
        for tier in tiers.REAL:
            with self.subTest(tier):
                self.setUp()
                for job in self.jobs("/hypvm.elf", tier):
                    self.assertEqual(job.hypervisor, "/hypvm.elf")
                    self.assertEqual(job.words, "")
                    self.assertIn("REAL_GUNYAH=1", job.script)
                    self.assertNotIn("selftests", job.parts)

    def test_kselftests(self):
        jobs = self.jobs("/hypvm.elf", "selftest")
        self.assertEqual([job.name for job in jobs],
                         ["gunyah_vcpu-det", "gunyah_race-det"])
        for job in jobs:
            self.assertIn("GUNYAH_TEST_ICOUNT=1", job.script)
            self.assertIn("selftests/gunyah/" + job.name[:-4], job.copies)

    def test_stand_in(self):
        jobs = self.jobs("hyp", "selftest")
        self.assertEqual([job.name for job in jobs], ["gunyah_vcpu-det"])
        self.assertNotIn("REAL_GUNYAH", jobs[0].script)

    def test_guests(self):
        names = [job.name for job in self.jobs("/hypvm.elf", "guest")]
        self.assertIn("guest-lend-2-CPUs", names)
        self.assertNotIn("guest-share-2-CPUs", names)


class Mock(RunnerTest):
    """The tasks of the tier mock."""

    def tasks(self, listed):
        self.write("build/mock/root/selftests/kselftest-list.txt",
                   "".join(f"gunyah:{name}\n" for name in listed))
        machine = Machine(self.path("build/images"), self.path("build/logs"))
        top = os.path.join(os.path.dirname(__file__), "../../../../..")
        tests = tiers.Tests(machine, top, self.path("build"))
        tests.images = lambda *pieces: None
        tests.program = lambda name, cmd: [Case(cmd[-1], "passed")]
        with mock.patch("os.uname", return_value=mock.Mock(machine=self.arch)):
            return {task.name: list(task.run()) for task in tests.tier_mock()}

    def setUp(self):
        super().setUp()
        self.arch = "x86_64"
        os.makedirs(self.path("build/mock/root/selftests"))
        path = os.path.join(os.path.dirname(__file__), "../../mock/without")
        with open(path, encoding="utf-8") as f:
            self.without = [line.split(":")[0] for line in f if line[0] != "#"]

    def test_left_out(self):
        """Each program is run, or skipped with a reason."""
        tasks = self.tasks(["gunyah_new", *self.without])
        self.assertEqual(tasks["gunyah_new-mock"][0].state, "passed")
        for name in self.without:
            self.assertEqual(tasks[name + "-mock"][0].state, "skipped")
            self.assertTrue(tasks[name + "-mock"][0].why)

    def test_unknown(self):
        """A program that is left out, but does not exist."""
        with self.assertRaisesRegex(Problem, self.without[0]):
            self.tasks(["gunyah_new", *self.without[1:]])

    def test_other_processor(self):
        self.arch = "aarch64"
        self.assertEqual(self.tasks(["gunyah_new"])["mock"][0].state, "skipped")


class Ktap(unittest.TestCase):
    """How results are read."""

    def states(self, text):
        return [(case.name, case.state) for case in ktap.parse(text)]

    def test_flat(self):
        self.assertEqual(self.states("1..3\nok 1 a\nnot ok 2 - b\n"
                                     "ok 3 c # SKIP no\n"),
                         [("a", "passed"), ("b", "failed"), ("c", "skipped")])

    def test_too_few(self):
        self.assertEqual(self.states("1..2\nok 1 a\n")[-1],
                         ("all results", "failed"))

    def test_kernel_message_in_a_line(self):
        self.assertEqual(self.states("1..1\nok 1 a[    1.5] message\n"),
                         [("a", "passed")])

    def test_reason(self):
        case = ktap.parse("1..1\n# a.c:3:t:Expected 1 == 2\nnot ok 1 a\n")[0]
        self.assertEqual(case.why, "a.c:3:t:Expected 1 == 2")

    def test_assertion_is_the_reason(self):
        cases = ktap.parse("1..2\n# a.c:1:t:seed 7\nok 1 a\n"
                           "#  RUN           b ...\n# a.c:1:t:seed 8\n"
                           "# leak: pins: 0 before, 1 now\n"
                           "# a.c:3:t:Expected 0 == 1\n"
                           "# a.c:9:t:Expected 0 == 2\n"
                           "# b: Test failed\n#          FAIL  b\nnot ok 2 b\n")
        self.assertEqual(cases[0].said, [])
        self.assertEqual(cases[1].why, "a.c:3:t:Expected 0 == 1")
        self.assertEqual(cases[1].said,
                         ["a.c:1:t:seed 8", "leak: pins: 0 before, 1 now",
                          "a.c:3:t:Expected 0 == 1", "a.c:9:t:Expected 0 == 2",
                          "b: Test failed"])

    def test_last_lines_of_a_failed_case(self):
        lines = "".join(f"# line {n}\n" for n in range(40))
        case = ktap.parse(f"1..1\n{lines}not ok 1 a\n")[0]
        self.assertEqual(case.said, [f"line {n}" for n in range(16, 40)])
