# SPDX-License-Identifier: GPL-2.0-only
"""How the benchmark judges what its machines have counted."""
import io
import os
import tempfile
import unittest
from contextlib import redirect_stdout

import bench_net
import bench_page
from bench_counts import counts_path
from children import Problem
from machine import Result

# Instructions of hypervisor, kernel, user and guest for a transfer
GUNYAH = (3000, 50000, 100, 30000)
KVM = (0, 55000, 100, 10000)
TWICE = "same figures of the network twice"


class FakeMachine:
    """Its jobs count what they are told to, for a part of a job's name."""

    def __init__(self, logs, **counts):
        self.logs = logs
        self.counts = {"gunyah": GUNYAH, "kvm": KVM, **counts}
        self.times = bench_net.COUNT

    @staticmethod
    def image(name):
        return name

    def run(self, job):
        counts = [counts for name, counts in self.counts.items()
                  if name.replace("_", "-") in job.name][-1]
        with open(counts_path(self, job.name), "w", encoding="ascii") as f:
            for kind in bench_net.KINDS:
                line = f"op {kind.number} {' '.join(map(str, counts))}\n"
                f.write(line * self.times)
        return Result(job, job.name + ".log", status=0)


class Judgement(unittest.TestCase):
    """The cases of the tier."""

    def setUp(self):
        # pylint: disable=consider-using-with
        tmp = tempfile.TemporaryDirectory(prefix="gunyah-test-")
        self.addCleanup(tmp.cleanup)
        self.logs = tmp.name

    def failed(self, **counts):
        """Names of the cases that fail, with these counts."""
        cases = list(bench_net.cases(FakeMachine(self.logs, **counts)))
        self.assertEqual(len(cases), len(bench_net.KINDS) + 1)
        return {case.name: case.why for case in cases if case.state == "failed"}

    def kinds(self, below):
        """Names of the operations whose target is below a ratio."""
        return [kind.name for kind in bench_net.KINDS if kind.target < below]

    def test_less_than_kvm(self):
        # (3000 + 40000 + 100) / (55000 + 100): the guest's part does not count
        self.assertEqual(self.failed(gunyah=(3000, 40000, 100, 90000)), {})

    def test_more_than_kvm(self):
        names = self.kinds(1.09)
        failed = self.failed(gunyah=(10000, 50000, 100, 0))
        self.assertEqual(list(failed), names)
        self.assertTrue(failed[names[0]].startswith("1.09 of KVM's"))

    def test_only_some_targets(self):
        self.assertEqual(list(self.failed()), self.kinds(0.96))

    def test_another_run_differs(self):
        for other in ("gunyah_2", "kvm_2"):
            counts = {other: (1, 2, 3, 4)}
            with self.subTest(other):
                self.assertEqual(self.failed(**counts)[TWICE],
                                 other.removesuffix("_2") + " not")

    def test_lent_memory_has_no_target(self):
        good = {"gunyah": (3000, 40000, 100, 30000)}
        for counts, well in ((good, True), ({}, False)):
            machine = FakeMachine(self.logs, gunyah_lent=(10 ** 9, 0, 0, 0),
                                  **counts)
            output = io.StringIO()
            with self.subTest(well=well), redirect_stdout(output):
                self.assertEqual(bench_net.main(machine), well)
            self.assertIn("gunyah, lent", output.getvalue())
            self.assertEqual("MISSED" in output.getvalue(), not well)

    def test_operations_are_missing(self):
        machine = FakeMachine(self.logs)
        machine.times -= 1
        with self.assertRaisesRegex(Problem, "7 operations of 8 counted: TCP"):
            list(bench_net.cases(machine))
        self.assertTrue(os.listdir(self.logs))


class Pages(unittest.TestCase):
    """The same for memory that comes page by page."""

    def setUp(self):
        # pylint: disable=consider-using-with
        tmp = tempfile.TemporaryDirectory(prefix="gunyah-test-")
        self.addCleanup(tmp.cleanup)
        self.logs = tmp.name
        # Instructions of the host for an operation of each kind
        self.host = {kind.number: 1000 for kind in bench_page.KINDS}
        self.host[bench_page.LENT.number] = 10 ** 6
        self.more = 0		# in the second run

    def run_job(self, job):
        more = self.more if job.name.endswith("2") else 0
        with open(counts_path(self, job.name), "w", encoding="ascii") as f:
            for number, host in self.host.items():
                f.write(f"op {number} 0 {host + more} 0 10000000\n" *
                        bench_page.COUNT)
        return Result(job, job.name + ".log", status=0)

    def failed(self):
        """Names of the cases that fail."""
        machine = FakeMachine(self.logs)
        machine.run = self.run_job
        cases = list(bench_page.cases(machine))
        self.assertEqual(len(cases), 4)
        return [case.name for case in cases if case.state == "failed"]

    def test_good(self):
        self.assertEqual(self.failed(), [])

    def test_fault_takes_longer(self):
        for kind in bench_page.FAULTS:
            self.setUp()
            self.host[kind.number] = (kind.target + 1) * kind.faults
            self.assertEqual(self.failed(), [f"host, fault of {kind.name}"])

    def test_start_takes_longer(self):
        self.host[bench_page.PAGED.number] = 10 ** 6
        self.assertEqual(self.failed(), ["host, start, paged : lent"])

    def test_another_run_differs(self):
        self.more = 1
        self.assertEqual(self.failed(), ["same figures of page faults twice"])


if __name__ == "__main__":
    unittest.main()
