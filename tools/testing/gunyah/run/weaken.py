# SPDX-License-Identifier: GPL-2.0-only
"""What happens without a protection of lent memory.

A test that finds nothing must end the machine when the driver is loaded without
a protection: otherwise either of them is good for nothing.
"""
import os

from ktap import Case
from machine import hypervisor_log, job_text
from pool import Task

PROGRAM = "selftests/gunyah/gunyah_lent_mm"

# Name, bits of the driver's parameter "weaken", a test of the program, and
# whether the machine dies of that
WEAKENED = (
    ("system call", 0, "system_call", False),
    ("system call without fault", 4, "system_call", True),
    ("/dev/mem", 0, "dev_mem", False),
    ("/dev/mem without linear map", 1, "dev_mem", True),
    ("/proc/kcore", 0, "kcore", False),
    ("/proc/kcore without linear map", 1, "kcore", False),
    ("/proc/kcore without offline", 2, "kcore", False),
    ("/proc/kcore without linear map and offline", 3, "kcore", True),
)


def task_name(name):
    return "weaken-" + name.strip("/").replace(" ", "-").replace("/", "-")


def verdict(result, dies):
    """What is wrong with the end of a machine, or nothing."""
    with open(hypervisor_log(result.log), encoding="utf-8",
              errors="replace") as f:
        aborted = "host: abort" in f.read()
    if not dies:
        return result.why() if aborted or not result.ok else ""
    if not aborted:
        return "the host has not touched lent memory"
    if result.status is not None or \
       "synchronous external abort" not in result.text:
        return "the host has survived it"
    return ""


def task(tests, name, bits, test, dies):
    """A machine; @tests: the caller's Tests."""
    job = tests.job(
        task_name(name),
        job_text("weaken", TEST=test), memory="1G", timeout=600,
        settings={"MODULE_ARGS": f"weaken={bits}"},
        copies={PROGRAM: os.path.join(tests.build, "image/tests", PROGRAM)})

    def run():
        result = tests.machine.run(job)
        todo.cpu = result.cpu
        why = verdict(result, dies)
        yield Case(name, "failed" if why else "passed",
                   f"{why} (see {result.log})" if why else "")

    todo = Task(job.name, run)
    return todo


def tasks(tests):
    return [task(tests, *row) for row in WEAKENED]
