# SPDX-License-Identifier: GPL-2.0-only
"""Runs tiers, side by side, and reports what they found."""
import os
import shlex
import time
from fnmatch import fnmatch

from children import Problem
from ktap import Case
from pool import Pool, Task, Times
from selftests import FOR_LONG, SEEDS, share
from tiers import (ALONE, EARLY, NAMED, NO_IMAGES, PLAIN, REAL, Tests, describe,
                   tier_names)


HERE = os.path.dirname(os.path.abspath(__file__))
LATER = os.path.join(HERE, "later")
ALL = "all"		# in the place of tiers: whatever need not be named


class Report:
    """Prints results, one tier after the other, and counts them."""

    MARK = {"passed": "ok", "failed": "FAIL", "skipped": "skip"}

    def __init__(self):
        self.count = {"passed": 0, "failed": 0, "skipped": 0}

    def tier(self, name, results, seconds):
        """@results: (task, cases) of all tasks."""
        print(f"== {name}: {describe(name)[0]}")
        ran = 0
        for task, cases in results:
            logs = {path: what for case in cases
                    for what, path in case.logs.items()}
            for case in cases:
                self.case(name, case)
                ran += 1
            for path, what in logs.items():
                print(f"     {what} is {path}")
            if any(case.state == "failed" for case in cases):
                print(f"     again: {again(name, task)}")
            if len(results) > 1:
                print(f"     {task.name}: {task.seconds:.0f} s, "
                      f"{task.cpu:.0f} s of processor time")
        if not ran:
            self.case(name, Case("the tier", "failed", "it ran no test"))
        print(f"   {seconds:.0f} s", flush=True)

    def case(self, tier, case):
        self.count[case.state] += 1
        why = f": {case.why}" if case.why else ""
        print(f"{self.MARK[case.state]:5}{tier}: {case.name}{why}")
        for line in case.said if len(case.said) > 1 else []:
            print(f"     | {line}")

    def close(self):
        """The closing line. Returns an exit status."""
        count = self.count
        if count["skipped"]:
            print(f"{count['skipped']} skipped")
        print(f"{count['passed']} passed, {count['failed']} failed", flush=True)
        return 1 if count["failed"] or not count["passed"] else 0


def again(tier, task):
    """The command that runs a task again."""
    given = {name: os.environ[name] for name in ("KERNEL", *FOR_LONG, *SEEDS)
             if os.environ.get(name)}
    if task.only:
        given["SHARE"] = "1"
    return " ".join([f"{name}={shlex.quote(value)}"
                     for name, value in given.items()] +
                    [f"make test TIERS={tier} "
                     f"ONLY={shlex.quote(task.only or task.name)}"])


def chosen(tasks):
    """Those that ONLY names, by patterns of the shell; all if it is not set."""
    patterns = os.environ.get("ONLY", "").split()
    return [task for task in tasks if not patterns or
            any(fnmatch(task.name, pattern) for pattern in patterns)]


def patterns_of(path):
    """The names in a file of tasks, each below a reason."""
    patterns = []
    reason = False
    with open(path, encoding="utf-8") as f:
        for number, line in enumerate(f, 1):
            if line.startswith("\t") and reason:
                patterns.append(line.strip())
            elif line.startswith("\t"):
                raise Problem(f"{path}:{number}: no reason above")
            elif line[0] != "#":
                reason = bool(line.strip())
    return patterns


def outcome(task, future):
    """The cases of a task."""
    try:
        return future.result()
    except (Problem, OSError) as problem:
        return [Case(task.name, "failed", str(problem))]


class Run:
    """Runs tiers side by side, without the tasks that patterns in @later name."""

    def __init__(self, tests, times, later=()):
        self.tests = tests
        self.later = later
        self.left = 0		# tasks that are left for later
        self.pool = Pool(times)
        self.report = Report()

    def tasks(self, name):
        """Of a tier. One that cannot even begin gives a task that says so."""
        def fail(problem):
            raise problem

        try:
            tasks = getattr(self.tests, "tier_" + name)()
        except (Problem, OSError) as problem:
            tasks = [Task(name, lambda problem=problem: fail(problem))]
        return tasks

    def plan(self, name):
        """The tasks of a tier that are to run, and how many are not."""
        tasks = chosen(self.tasks(name))
        now = [task for task in tasks if not
               any(fnmatch(task.name, pattern) for pattern in self.later)]
        left = len(tasks) - len(now)
        if (os.environ.get("SHARE") or not os.environ.get("ONLY")) and \
           not self.tests.real:
            now = share(self.tests, now)
        for task in now:
            task.tier, task.early = name, name in EARLY
        return now, left

    def side_by_side(self, names):
        planned = {}
        results = {name: {} for name in names}
        start = time.monotonic()

        def plan(names):
            """The tasks of all of these."""
            for name in sorted(names, key=lambda name: name in PLAIN):
                planned[name], left = self.plan(name)
                self.left += left
                if not (planned[name] or left or os.environ.get("ONLY")):
                    self.report.tier(name, [], 0)
            return [task for name in names for task in planned[name]]

        for task, future in self.pool.run(
                plan([name for name in names if name in NO_IMAGES]),
                self.tests.machine.children.stop,
                lambda: plan([name for name in names if name not in NO_IMAGES])):
            tier = task.tier
            results[tier][task.name] = (task, outcome(task, future))
            if len(results[tier]) == len(planned[tier]):
                self.report.tier(tier, [results[tier][task.name]
                                        for task in planned[tier]],
                                 time.monotonic() - start)

    def run(self, names):
        """Returns an exit status."""
        together = [name for name in names if name not in ALONE]
        if together:
            self.side_by_side(together)
        for name in names:
            if name in ALONE:
                self.side_by_side([name])
        if os.environ.get("ONLY") and not any(self.report.count.values()):
            raise Problem(f"ONLY: {os.environ['ONLY']}: no such task")
        if self.left:
            print(f"{self.left} machines and programs are left to "
                  "'make test-all'")
        return self.report.close()


def choose(names, real):
    """The tiers to run."""
    known = [name for name in tier_names() if not real or name in REAL]
    if names == [ALL]:
        names = []
    for name in names:
        if name not in known:
            where = " on a Gunyah image" if real and name in tier_names() \
                else ""
            raise Problem(f"no such tier{where}: {name} (there are: "
                          f"{', '.join(known)})")
    return list(dict.fromkeys(names)) or \
        [name for name in known if name not in NAMED]


def main(machine, top, build, names, hypervisor="hyp"):
    """Run the tiers with these names, or all but NAMED. Returns an exit status.

    Without a name, and on the test hypervisor, some tasks are left for later.
    """
    if names == ["list"]:
        for name in tier_names():
            title, covers = describe(name)
            print(f"{name:10}{title}")
            for line in covers:
                print(" " * 12 + line)
        return 0
    later = () if names or hypervisor != "hyp" or os.environ.get("ONLY") \
        else patterns_of(LATER)
    names = choose(names, hypervisor != "hyp")
    if hypervisor != "hyp" and not os.path.isfile(hypervisor):
        raise Problem(f"{hypervisor}: no such file")
    return Run(Tests(machine, top, build, hypervisor), Times.kept(),
               later).run(names)
