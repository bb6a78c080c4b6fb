# SPDX-License-Identifier: GPL-2.0-only
"""The benchmark's memory: what it costs to lend it, beside sharing it.

Lending copies the content once, which should not take much more than a program
needs to copy as much. What else it does for each page should not be much more
than to pin a page of the user.
"""
from dataclasses import dataclass

from bench_counts import (CPU, PARTS, SYMBOLS, counts_of, figures_cases,
                          figures_good, heading, job, means,
                          profile_of, row, run_all, verdict)
from machine import job_text

WARM_UP = 1
COUNT = 3
MIB = 64		# BENCH_MEM_SIZE in bench.h
TARGET = 2.0		# lent : shared, the kernel's part without the copy
COPY_TARGET = 1.3	# the kernel's copy : that of a program
COPY_FUNCTIONS = ("copy_page", "__pi_copy_page")

WHAT = "memory"


@dataclass
class Kind:
    """A kind of memory, with its number in bench.h."""
    number: int
    name: str


COPY = Kind(12, "copied by a program")
KINDS = (
    COPY,
    Kind(13, "shared, 2 MiB pages"),
    Kind(14, "lent, 2 MiB pages"),
    Kind(15, "shared, 4 KiB pages"),
    Kind(16, "lent, 4 KiB pages"),
)
# Kinds that are compared: shared, lent
PAIRS = (("2 MiB", KINDS[1], KINDS[2]), ("4 KiB", KINDS[3], KINDS[4]))


@dataclass
class Figures:
    """What was measured."""
    counts: dict		# see counts_of()
    copied: dict		# {kind: instructions of an operation that copy}
    same: bool			# in two runs

    def per_mib(self, kind):
        return [mean / MIB for mean in means(self.counts[kind.number])]

    def score(self, shared, lent):
        """What TARGET is about."""
        kernel = PARTS.index("kernel")
        return ((self.per_mib(lent)[kernel] -
                 self.copied[lent.number] / MIB) /
                self.per_mib(shared)[kernel])

    def copy_score(self, lent):
        """What COPY_TARGET is about."""
        return (self.copied[lent.number] / MIB /
                self.per_mib(COPY)[PARTS.index("user")])

    def results(self):
        """[(what, value, target)]"""
        values = []
        for pages, shared, lent in PAIRS:
            values.append((f"lent : shared, {pages}",
                           self.score(shared, lent), TARGET))
            values.append((f"copy, {pages}", self.copy_score(lent),
                           COPY_TARGET))
        return values


def measure(machine):
    """Run everything twice, the second time with a profile."""
    jobs = [job(machine, f"bench-mem-{run}", "gunyah",
                job_text("bench_mem", COUNT=WARM_UP + COUNT, SYMBOLS=SYMBOLS),
                WARM_UP, profile=run == 2) for run in (1, 2)]
    results = run_all(machine, jobs)
    counts = [counts_of(machine, result, KINDS, COUNT) for result in results]
    profile = profile_of(machine, results[1], KINDS)
    copied = {kind: sum(functions[name] for name in COPY_FUNCTIONS) / COUNT
              for kind, functions in profile.items()}
    return Figures(counts[0], copied, counts[0] == counts[1])


def table(figures):
    """The lines of the table."""
    yield ""
    yield (f"VMs with {MIB} MiB of memory, instructions for each MiB from the "
           f"creation to the end, mean of {COUNT} ({CPU})")
    yield ""
    yield heading()
    for kind in KINDS:
        yield row(kind.name, figures.per_mib(kind))
    for result in figures.results():
        yield verdict(*result)


def cases(machine):
    """As a tier of the tests."""
    yield from figures_cases(measure(machine), WHAT)


def main(machine):
    """Returns whether all is well."""
    figures = measure(machine)
    return figures_good(figures, WHAT, table(figures))
