# SPDX-License-Identifier: GPL-2.0-only
"""The tiers of Debian's kernels and packages."""
import os
import re
from unittest import mock

import stock
import tiers
from machine import Machine, Result
from tests.support import RunnerTest

TOP = os.path.join(os.path.dirname(__file__), "../../../../..")


class Stock(RunnerTest):
    """Tasks of the tiers, and the jobs that they run."""

    def setUp(self):
        super().setUp()
        for kernel in stock.KERNELS:
            os.makedirs(self.path(f"build/images/stock-{kernel}"))
            self.write(f"build/images/stock-{kernel}/release", kernel + "-x\n")
        os.makedirs(self.path("build/image/tests/selftests"))
        with open(os.path.join(TOP, "tools/testing/gunyah/stock/without"),
                  encoding="utf-8") as f:
            self.without = re.findall(r"^(\w+):", f.read(), re.M)
        self.write("build/image/tests/selftests/kselftest-list.txt",
                   "".join(f"gunyah:{name}\n"
                           for name in ("gunyah_new", *self.without)))
        machine = Machine(self.path("build/images"), self.path("build/logs"))
        self.tests = tiers.Tests(machine, TOP, self.path("build"))
        self.tests.images = lambda *pieces: None
        self.jobs = []
        machine.run = self.run_job

    def run_job(self, job):
        self.jobs.append(job)
        return Result(job, "", status=0, text="gunyah-job: begin\n" + self.said)

    said = "1..1\nok 1 it\n"

    def cases(self, tasks):
        return [case for task in tasks for case in task.run()]

    def test_every_program(self):
        """It runs on each kernel, or there is a reason."""
        cases = self.cases(self.tests.tier_stock())
        for kernel in stock.KERNELS:
            for name in self.without:
                found = [case for case in cases
                         if case.name == f"{kernel} {name}"]
                self.assertEqual([case.state for case in found], ["skipped"])
                self.assertTrue(found[0].why)
            self.assertIn(f"{kernel} gunyah_new.it",
                          [case.name for case in cases])

    def test_kernel(self):
        """Each machine has Debian's kernel, and its driver behind all others."""
        self.cases(self.tests.tier_stock())
        for job in self.jobs:
            kernel = re.search(r"stock-(\d+\.\d+)", job.name)[1]
            self.assertEqual(job.kernel, f"stock-{kernel}/Image")
            self.assertEqual(list(job.archives.values())[-1],
                             f"stock-{kernel}/host.cpio.gz")

    def packages(self):
        os.makedirs(self.path("build/images/debian"))
        os.makedirs(self.path("build/stock"))
        for name in ("root.img", "packages.img"):
            self.write("build/images/debian/" + name, "")
        with mock.patch("os.geteuid", return_value=0):
            return self.cases(self.tests.tier_packages())

    def test_packages(self):
        """Two boots of the same disk."""
        self.assertEqual([case.name for case in self.packages()],
                         ["install: it", "use: it"])
        self.assertEqual(*(job.qemu for job in self.jobs))
        self.assertFalse(os.path.exists(self.path("build/stock/root.img")))

    def test_packages_that_fail(self):
        """There is no second boot."""
        self.said = "1..2\nok 1 it\n"
        self.assertEqual([case.state for case in self.packages()],
                         ["passed", "failed"])

    def test_not_root(self):
        with mock.patch("os.geteuid", return_value=1000):
            cases = self.cases(self.tests.tier_packages())
        self.assertEqual([case.state for case in cases], ["skipped"])
