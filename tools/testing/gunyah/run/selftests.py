# SPDX-License-Identifier: GPL-2.0-only
"""Machines that run kselftests: a program each, or several small ones.

A machine takes longer to boot than a small program to run. Programs that share one
start where the one before has left the driver and the firmware.
"""
import os
import re
import shlex
from dataclasses import dataclass

import ktap
from ktap import Case
from machine import job_text
from pool import Task
from programs import HALVES, HARMLESS, KINDS, SMALL, programs_of

# Room for the memory entries of a test that counts what many of them cost
NO_LIMIT = {"gunyah_mem": " gunyah_hyp.max_entries=0",
            "gunyah_lent_mm": " gunyah_hyp.max_entries=0"}
# Less memory for tests that use most of it
MEMORY = {"gunyah_lent_mm": "1G", "gunyah_lent_big": "2G"}

# Variables for programs that have something to do for longer than in these tests
FOR_LONG = ("GUNYAH_STORM_SECONDS", "GUNYAH_FUZZ_SECONDS", "GUNYAH_TEST_LONG")
SEEDS = ("GUNYAH_STORM_SEED", "GUNYAH_FUZZ_SEED")
LONG_LIMIT = 6 * 3600	# seconds
SHARED = 7		# programs on a machine, so that there is something to do for all
ENDED = re.compile(r"^gunyah-program: (\S+) exit=(\d+)\s*$", re.M)
# A line for the runner, which no message of the kernel may interrupt
TELL = """tell()
{
	dmesg -n 1
	echo "gunyah-program: $1 exit=$2"
	stty sane
	dmesg -n 7
}
"""


@dataclass(frozen=True)
class Program:
    """A program, with options of the kselftest harness."""
    name: str
    options: str = ""
    prefix: str = ""		# of the names of its cases


@dataclass
class Kind:
    """What is the same for all machines of a tier."""
    suffix: str			# of the tasks' names
    words: str
    kwargs: dict		# arguments of machine.Job


@dataclass
class Selftest(Task):
    """A program in a machine of its own."""
    program: Program = None
    kind: Kind = None


def given_variables():
    """What the caller's environment has for the programs in the machine."""
    return "".join(f"export {name}={shlex.quote(os.environ[name])}\n"
                   for name in FOR_LONG + SEEDS if name in os.environ)


def limits(slow):
    """Limits of a machine that runs a selftest."""
    if any(name in os.environ for name in FOR_LONG):
        return {"timeout": LONG_LIMIT, "silence": LONG_LIMIT}
    return {"timeout": 600 * slow, "silence": 120 * slow}


def clock_of(tests, kind):
    """What tells programs about time. With more processors than there are, the
    clock runs while they wait."""
    if kind.kwargs.get("deterministic") or tests.real:
        return "GUNYAH_TEST_ICOUNT=1"
    return f"GUNYAH_TEST_SLOW={3 * tests.slow}"


def job(tests, name, programs, kind):
    """A machine that runs @programs, one after the other."""
    path = os.path.join(tests.build, "image/tests/selftests/gunyah")
    clock = clock_of(tests, kind)
    script = [given_variables(), TELL]
    for program in programs:
        text = job_text("selftest", PROGRAM=program.name, CLOCK=clock,
                        OPTIONS=program.options)
        script.append(f"(\n{text})\ntell {program.name} $?\n")
    first = programs[0].name
    return tests.job(
        name, "".join(script) + "exit 0\n", **limits(tests.slow),
        copies={f"selftests/gunyah/{program.name}": f"{path}/{program.name}"
                for program in programs},
        words=kind.words + NO_LIMIT.get(first, "") + tests.words,
        memory=MEMORY.get(first, "4G"), harmless=HARMLESS.get(first, ""),
        **kind.kwargs)


def cases_of(programs, result):
    """Cases of all programs. One that has not ended, because the machine has, has
    failed, and so have those that come after it."""
    pieces = ENDED.split(result.output)
    ended = {name: (text, int(status)) for text, name, status in
             zip(pieces[::3], pieces[1::3], pieces[2::3])}
    for i, program in enumerate(programs):
        text, status = ended.get(program.name, (pieces[-1], None))
        cases = ktap.parse(text)
        bad = any(case.state == "failed" for case in cases)
        if status == 4:		# everything was skipped
            cases = cases or [Case("all", "skipped")]
        elif status and not bad:
            cases.append(Case("exit status", "failed",
                              f"{status} (see {result.log})"))
        for case in cases:
            case.name = f"{program.prefix}{program.name}.{case.name}"
            yield case
        if status is None:
            yield Case(f"{program.prefix}{program.name}.the machine", "failed",
                       f"{result.why()} (see {result.log})")
            for other in programs[i + 1:]:
                yield Case(f"{other.prefix}{other.name}.all", "failed",
                           "it did not run")
            return
    if not result.ok:
        yield Case("the machine", "failed", f"{result.why()} (see {result.log})")


def machine(tests, task, programs, kind):
    """Gives @task a machine to run."""
    def run():
        result = tests.machine.run(job(tests, task.name, programs, kind))
        task.cpu = result.cpu
        for case in cases_of(programs, result):
            if case.state == "failed":
                case.logs = result.logs
            yield case

    task.run = run
    return task


def tasks(tests, suffix, without=(), only=None, bits=64, words="", prefix="",
          halves=False, **kwargs):
    """Every program in a machine of its own, or some in two."""
    tests.images()
    names = programs_of(os.path.join(tests.build, "image/tests/selftests"))
    kind = Kind(suffix, words, kwargs)
    found = []
    for name in names:
        if name in without or name not in (only or names) or \
           name.endswith("_32") != (bits == 32):
            continue
        for half, options in HALVES if halves and name in KINDS else (("", ""),):
            program = Program(name, options, prefix)
            found.append(machine(tests, Selftest(
                f"{name}{half}-{suffix}", None, program=program, kind=kind),
                [program], kind))
    return found


def share(tests, given):
    """@given, with small programs of the same kind on the same machines."""
    found = []
    groups = {}
    for task in given:
        if isinstance(task, Selftest) and task.program.name in SMALL:
            key = repr(task.kind)
            if len(groups.get(key, ())) % SHARED == 0:
                groups[key] = []
                found.append(groups[key])
            groups[key].append(task)
        else:
            found.append([task])
    for group in found:
        if len(group) > 1:
            first, kind = group[0].program, group[0].kind
            task = Task(f"{first.name}-and-{len(group) - 1}-{kind.suffix}", None,
                        only=" ".join(one.name for one in group))
            group[:] = [machine(tests, task, [one.program for one in group],
                                kind)]
    return [task for group in found for task in group]
