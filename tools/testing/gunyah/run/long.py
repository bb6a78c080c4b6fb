# SPDX-License-Identifier: GPL-2.0-only
"""What takes too long for every change: kernels that look for faults in
themselves, other page sizes, and programs that try for hours.

Each step is "make test", or a command like it, with other variables, so that what
has failed can be run again by the command that the step prints.
"""
import os
import re
import subprocess
import sys
import time
from dataclasses import dataclass, field

from children import Problem
from programs import LIVES
from selftests import FOR_LONG
from variants import NEWER, QCOM

CLOSING = re.compile(r"^(\d+) passed, (\d+) failed$")
HOUR = 3600


@dataclass
class Step:
    """A run of the runner with other variables."""
    name: str
    what: str
    words: str		# tiers, or what the command takes
    env: dict = field(default_factory=dict)
    command: str = "test"


STEPS = (
    Step("all", "all tests on the usual kernel", "all"),
    Step("debug", "all selftests on a kernel with KASAN, UBSAN, lockdep, "
         "kmemleak, poisoned pages and fault injection", "threads module prod",
         {"KERNEL": "debug"}),
    Step("kcsan", "the same on a kernel that looks for data races",
         "threads", {"KERNEL": "kcsan"}),
    Step("rt", "the same on a kernel whose spinlocks sleep, with lockdep",
         "threads module guest", {"KERNEL": "rt"}),
    Step("newer", "all selftests on newer firmware", "selftest threads prod",
         {"WORDS": NEWER}),
    Step("qcom", "the same, on a platform whose firmware has to be told who "
         "gets memory", "selftest threads", {"WORDS": NEWER + QCOM}),
    Step("stock", "Debian's own kernels, and a Debian with the driver's packages",
         "stock packages"),
    Step("4k", "guests with larger pages than the host", "pages"),
    Step("16k", "a host with pages of 16 KiB", "threads guest variants pages",
         {"KERNEL": "16k"}),
    Step("64k", "a host with pages of 64 KiB", "threads guest variants pages",
         {"KERNEL": "64k"}),
    Step("sweep", "each fault at each place of the lives of VMs", "selftest",
         {"ONLY": "gunyah_sweep-*", "GUNYAH_TEST_LONG": "1"}),
    Step("failnth", "each allocation and copy fails once", "selftest",
         {"KERNEL": "debug", "ONLY": "gunyah_failnth-*",
          "GUNYAH_TEST_LONG": "1"}),
    Step("lives", "thousands of lives of VMs, killed, closed and disturbed "
         "at every point", "selftest threads",
         {"ONLY": " ".join(f"{name}-*" for name in LIVES + ("gunyah_hotplug",)),
          "GUNYAH_TEST_LONG": "1"}),
    Step("storm", "attacks on lent memory, for an hour", "threads",
         {"KERNEL": "debug", "ONLY": "gunyah_storm-*",
          "GUNYAH_STORM_SECONDS": str(HOUR)}),
    Step("defects", "a test fails if the driver has a known defect", "",
         command="defects"),
    Step("fuzz", "random input for two hours", "",
         {"KERNEL": "debug", "FUZZ_SECONDS": str(2 * HOUR)}, "fuzz"),
    Step("coverage", "which lines of the driver the tests execute", "",
         command="coverage"),
)


def run_step(children, top, step):
    """Returns (passed, failed)."""
    # How long is what the caller says
    given = {name: os.environ[name] for name in (*FOR_LONG, "FUZZ_SECONDS")
             if os.environ.get(name) and name in step.env}
    env = {**os.environ, **step.env, **given}
    cmd = [sys.executable, os.path.join(top, "tools/testing/gunyah/run",
                                        "gunyah.py"), step.command,
           *step.words.split()]
    found = None
    with children.start(cmd, grace=None, start_new_session=True, text=True,
                        errors="replace", stdin=subprocess.DEVNULL, env=env,
                        stdout=subprocess.PIPE,
                        stderr=subprocess.STDOUT) as child:
        for line in child.stdout:
            found = CLOSING.match(line) or found
            if not CLOSING.match(line):
                print(line, end="", flush=True)
    if not found:
        return 0, 1
    return int(found[1]), int(found[2])


def main(machine, top, names):
    """Run steps, or all. Returns an exit status."""
    if names == ["list"]:
        for step in STEPS:
            print(f"{step.name:10}{step.what}")
        return 0
    known = {step.name: step for step in STEPS}
    for name in names:
        if name not in known:
            raise Problem(f"no such step: {name} (there are: "
                          f"{', '.join(known)})")
    passed = failed = 0
    for name in names or known:
        start = time.monotonic()
        print(f"#### {name}: {known[name].what}", flush=True)
        good, bad = run_step(machine.children, top, known[name])
        passed, failed = passed + good, failed + bad
        print(f"#### {name}: {good} passed, {bad} failed, "
              f"{(time.monotonic() - start) / 60:.0f} min", flush=True)
    print(f"{passed} passed, {failed} failed", flush=True)
    return 1 if failed or not passed else 0
