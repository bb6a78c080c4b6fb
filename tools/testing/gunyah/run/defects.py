# SPDX-License-Identifier: GPL-2.0-only
"""Defects that are put into the driver, one at a time: a test has to notice.

Each is a patch in ../defects. What comes before its "---" says what is wrong
with a driver that has it, and which test of which program fails then.
"""
import glob
import os
import re
import shutil
import subprocess
import threading
from dataclasses import dataclass
from fnmatch import fnmatch

from children import Problem
from kinds import DETERMINISTIC, LATER, THREADS
from ktap import Case
from machine import job_text
from pool import Pool, Task, Times
from programs import NOT_DETERMINISTIC, PAGING
from selftests import limits
from suite import Report, outcome
from tiers import Tests
from variants import NEWER

HEAD = re.compile(r"(?P<what>.+?)\n\nTest: (?P<program>\w+) (?P<case>\S+)"
                  r"(?P<threads> threads)?\n---\n", re.S)
STARTED = re.compile(r"^K?TAP version", re.M)


@dataclass
class Defect:
    """A patch."""
    name: str
    path: str
    what: str
    program: str	# one of the selftests, or "kunit"
    case: str		# name of the test that fails, a pattern of the shell
    threads: bool	# it needs a machine with processors that run side by side

    def filters(self):
        """Options that choose the test: by its own name, or by its fixture."""
        first, _, last = self.case.partition(".")
        last = last.rpartition(".")[2] or first
        return f"-f {first}" if "*" in last else f"-t {last}"


def read(path):
    name = os.path.basename(path)[:-len(".patch")]
    with open(path, encoding="utf-8") as f:
        head = HEAD.match(f.read())
    if not head:
        raise Problem(f"{path}: does not say what it is, and which test fails")
    return Defect(name, path, " ".join(head["what"].split()), head["program"],
                  head["case"], bool(head["threads"]) or
                  head["program"] in NOT_DETERMINISTIC)


def read_all(here):
    return [read(path) for path in
            sorted(glob.glob(os.path.join(here, "defects/*.patch")))]


def missed(defect, result, cases):
    """Why a test has not noticed a defect, or nothing."""
    if not STARTED.search(result.output):
        return f"{defect.program} did not run: {result.why()}"
    found = [case for case in cases if fnmatch(case.name, defect.case)]
    if any(case.state == "failed" for case in found):
        return ""
    # It did not survive the test
    if not found and (result.problems or result.status is None):
        return ""
    if not found:
        return f"{defect.program} has no test {defect.case}"
    return f"{defect.case} of {defect.program} did not fail"


class Defects:
    """Builds drivers with a defect, and runs the tests."""

    def __init__(self, machine, top, build):
        self.machine = machine
        self.tests = Tests(machine, top, build)
        self.build = os.path.join(build, "defect")
        self.modules = os.path.join(build, "defects")
        self.lock = threading.Lock()

    def module(self, defect):
        """Path of a driver with the defect. They are built one after the other:
        most objects are those of the driver before."""
        module = os.path.join(self.modules, defect.name + ".ko")
        with self.lock:
            with self.machine.children.start(
                    [self.tests.path("kernel/instrument.sh"), "defect"],
                    grace=None, start_new_session=True,
                    stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                    env={**os.environ, "PATCH": defect.path}) as child:
                pass
            if child.returncode:
                raise Problem("the driver could not be built, see "
                              f"{self.machine.logs}/defect.log")
            shutil.copy(os.path.join(self.build, "gunyah.ko"), module)
        return module

    def job(self, defect):
        name = "defect-" + defect.name
        copies = {"lib/gunyah.ko": self.module(defect)}
        if defect.program == "kunit":
            return self.tests.job(
                name, job_text("kunit"), hypervisor="none", copies=copies,
                words="kunit.enable=1", settings={"NO_MODULE": 1},
                **DETERMINISTIC)
        program = "selftests/gunyah/" + defect.program
        copies[program] = os.path.join(self.tests.build, "image/tests", program)
        if defect.threads:
            kind, clock = THREADS, f"GUNYAH_TEST_SLOW={3 * self.tests.slow}"
        else:
            paged = f"{NEWER} " if defect.program in PAGING else ""
            kind = {"words": paged + LATER, **DETERMINISTIC}
            clock = "GUNYAH_TEST_ICOUNT=1"
        return self.tests.job(
            name, f"export {clock}\ncd /selftests/gunyah\n"
            f"exec ./{defect.program} {defect.filters()}\n",
            copies=copies, **limits(self.tests.slow), **kind)

    def task(self, defect):
        def run():
            result = self.machine.run(self.job(defect))
            task.cpu = result.cpu
            why = missed(defect, result, self.tests.cases(result))
            yield Case(defect.name, "failed" if why else "passed",
                       f"{why} (see {result.log})" if why else defect.what)

        task = Task("defect-" + defect.name, run)
        return task

    def run(self, defects):
        self.tests.images()
        os.makedirs(self.modules, exist_ok=True)
        report = Report()
        pool = Pool(Times.kept())
        for task, future in pool.run([self.task(defect) for defect in defects],
                                     self.machine.children.stop):
            for case in outcome(task, future):
                report.case("defects", case)
        return report.close()


def main(machine, top, build, names):
    """Try defects, or all. Returns an exit status."""
    known = {defect.name: defect for defect in
             read_all(os.path.join(top, "tools/testing/gunyah"))}
    if names == ["list"]:
        for defect in known.values():
            print(f"{defect.name:24}{defect.what}")
        return 0
    for name in names:
        if name not in known:
            raise Problem(f"no such defect: {name} (there are: "
                          f"{', '.join(known)})")
    return Defects(machine, top, build).run([known[name] for name in
                                             names or known])
