# SPDX-License-Identifier: GPL-2.0-only
"""Random input for all that reads what others write, for FUZZ_SECONDS.

libFuzzer runs the parsers of the driver and of the resource manager model on the
build machine. In the test machine gunyah_fuzz makes random calls, guided by the
coverage of a driver that is built for it, and runs guests that cannot be trusted.
"""
import glob
import os
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from children import Problem
from kinds import SLOW, THREADS
from tiers import Tests

TARGETS = ("messages", "tree", "driver", "area")
MACHINES = ("calls", "guests", "saved_programs")
PLACE = "__sanitizer_cov_trace_pc"
DEFAULT_SECONDS = 600


@dataclass
class Outcome:
    """What a fuzzer has done."""
    name: str
    figures: str = ""
    findings: list = field(default_factory=list)


def seconds():
    text = os.environ.get("FUZZ_SECONDS") or str(DEFAULT_SECONDS)
    if not text.isdecimal() or not int(text):
        raise Problem(f"FUZZ_SECONDS: not a number of seconds: {text}")
    return int(text)


def libfuzzer_figures(text):
    """(executions, edges) of libFuzzer's output."""
    runs = re.findall(r"stat::number_of_executed_units: (\d+)", text)
    cover = re.findall(r"\bcov: (\d+)", text)
    return int(runs[-1]) if runs else 0, int(cover[-1]) if cover else 0


def machine_figures(text):
    """(programs, places, guests, exits) of gunyah_fuzz's output."""
    calls = re.findall(r"# fuzz(?: end)?: (\d+) programs, \d+ kept, "
                       r"(\d+) places", text)
    guests = re.findall(r"# fuzz end: (\d+) guests, (\d+) exits", text)
    found = (calls or [(0, 0)])[-1] + (guests or [(0, 0)])[-1]
    return tuple(map(int, found))


class Fuzz:
    """Runs the fuzzers side by side."""

    def __init__(self, machine, top, build):
        self.machine = machine
        self.tests = Tests(machine, top, build)
        self.build = build
        self.out = os.path.join(build, "fuzz")
        self.seconds = seconds()
        self.total = 0

    def command(self, *cmd):
        with self.machine.children.start(
                list(cmd), grace=None, start_new_session=True,
                stdin=subprocess.DEVNULL) as child:
            pass
        if child.returncode:
            raise Problem(f"{os.path.basename(cmd[0])} has failed")

    def make(self, *words):
        """Command line of fuzz/Makefile."""
        tree = subprocess.run([self.tests.path("kernel/tree.sh")], check=True,
                              stdout=subprocess.PIPE, text=True).stdout.strip()
        return ["make", "--no-print-directory", "-s", "-C",
                self.tests.path("fuzz"), f"O={self.out}",
                f"LIBFDT={tree}/scripts/dtc/libfdt", *words]

    def prepare(self):
        self.tests.images()
        # Without its tests, which no call reaches
        self.command(self.tests.path("kernel/instrument.sh"), "kcov",
                     "KCOV_INSTRUMENT=y", "CONFIG_GUNYAH_KUNIT_TEST=")
        self.command(*self.make(f"-j{os.cpu_count()}", "all",
                                os.path.join(self.out, "seeds")))
        module = os.path.join(self.build, "kcov/gunyah.ko")
        listing = subprocess.run(
            ["aarch64-linux-gnu-objdump", "-r", "-j", ".text", module],
            check=True, stdout=subprocess.PIPE, text=True).stdout
        self.total = listing.count(PLACE)

    def libfuzzer(self, name):
        start = time.time()
        log = os.path.join(self.machine.logs, f"fuzz-{name}.log")
        with open(log, "w", encoding="utf-8") as out, \
             self.machine.children.start(
                 self.make(f"SECONDS={self.seconds}", f"run-{name}"),
                 grace=None, start_new_session=True, stdout=out,
                 stdin=subprocess.DEVNULL,
                 stderr=subprocess.STDOUT) as child:
            pass
        with open(log, encoding="utf-8", errors="replace") as f:
            runs, edges = libfuzzer_figures(f.read())
        outcome = Outcome(name, f"{runs} executions, {edges} edges")
        if child.returncode:
            found = [path for path in glob.glob(
                os.path.join(self.out, "found", name + "-*"))
                if os.path.getmtime(path) >= start]
            outcome.findings = found + [f"see {log}"]
        elif not runs:
            outcome.findings = [f"nothing was run, see {log}"]
        return outcome

    def in_machine(self, name):
        slow = 3 * SLOW.get(os.environ.get("KERNEL", ""), 1)
        variables = {"GUNYAH_TEST_SLOW": slow, "GUNYAH_FUZZ_VERBOSE": 1,
                     "GUNYAH_FUZZ_SECONDS": self.seconds}
        seed = os.environ.get("GUNYAH_FUZZ_SEED")
        if seed:
            variables["GUNYAH_FUZZ_SEED"] = seed
        script = "".join(f"export {key}='{value}'\n"
                         for key, value in variables.items())
        program = os.path.join(self.build, "image/tests/selftests/gunyah",
                               "gunyah_fuzz")
        job = self.tests.job(
            "fuzz-" + name, script + f"exec /job/gunyah_fuzz -t {name}\n",
            timeout=3 * self.seconds + 600 * slow, silence=300 * slow,
            copies={"job/gunyah_fuzz": program, "lib/gunyah.ko":
                    os.path.join(self.build, "kcov/gunyah.ko")}, **THREADS)
        result = self.machine.run(job)
        programs, places, guests, exits = machine_figures(result.text)
        outcome = Outcome(name, {
            "calls": f"{programs} programs, {places} of {self.total} places "
                     "in the driver",
            "guests": f"{guests} guests, {exits} exits"}.get(name, ""))
        if not result.ok:
            lines = re.findall(r"# fuzz failed.*", result.text)
            # If the kernel has not survived: what it was doing
            lines = lines or re.findall(r"# fuzz run:.*", result.text)[-1:]
            outcome.findings = [result.why(), f"see {result.log}", *lines]
        return outcome

    def report(self, outcome):
        """Returns whether something was found."""
        print(f"{'FAIL' if outcome.findings else 'ok':5}"
              f"{outcome.name}: {outcome.figures or 'done'}")
        for finding in outcome.findings:
            print(f"     {finding}")
        sys.stdout.flush()
        return bool(outcome.findings)

    def run(self, names):
        print(f"  fuzzing for {self.seconds} s", flush=True)
        with ThreadPoolExecutor(len(names)) as executor:
            try:
                futures = [executor.submit(
                    self.libfuzzer if name in TARGETS else self.in_machine,
                    name) for name in names]
                bad = sum(self.report(future.result()) for future in futures)
            except BaseException:
                executor.shutdown(wait=False, cancel_futures=True)
                self.machine.children.stop()
                raise
        print(f"{len(names) - bad} passed, {bad} failed", flush=True)
        return 1 if bad else 0


def main(machine, top, build, names):
    """Run fuzzers, or all. Returns an exit status."""
    known = TARGETS + MACHINES
    for name in names:
        if name not in known:
            raise Problem(f"no such fuzzer: {name} (there are: "
                          f"{', '.join(known)})")
    fuzzers = Fuzz(machine, top, build)
    os.makedirs(machine.logs, exist_ok=True)
    fuzzers.prepare()
    return fuzzers.run(names or known)
