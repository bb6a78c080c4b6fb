# SPDX-License-Identifier: GPL-2.0-only
"""The benchmark's demand paging: what a page costs that a VM gets when it needs
it, and what is saved at the start of a VM that does not need all of its memory.
"""
from dataclasses import dataclass

from bench_counts import (CPU, PARTS, WORDS, counts_of, figures_cases,
                          figures_good, heading, job, means,
                          row, run_all, verdict)
from machine import job_text
from variants import NEWER

WARM_UP = 1
COUNT = 1
MEMORY = "6G"		# for a VM of 4 GiB
LIMIT = 1800		# seconds, to lend that and to clear it again, in silence
HOST = PARTS.index("guest")	# the parts before that are the host's
START_TARGET = 0.05	# paged : lent, the host's part

WHAT = "page faults"


@dataclass
class Kind:
    """A kind of operation, with its number in bench.h."""
    number: int
    name: str
    faults: int = 0
    mib: float = 0		# that the VM gets
    target: int = None	# instructions of the host for each fault


BLOCKS = Kind(17, "2 MiB", 32, 64, 370000)
PAGES = Kind(18, "4 KiB", 1024, 4, 12300)
LENT = Kind(19, "lent at once")
PAGED = Kind(20, "page by page")
FAULTS = (BLOCKS, PAGES)
STARTS = (LENT, PAGED)
KINDS = FAULTS + STARTS


def host(values):
    """The host's part of the means of an operation."""
    return sum(values[:HOST])


@dataclass
class Figures:
    """What was measured."""
    counts: dict		# see counts_of()
    same: bool			# in two runs

    def mean(self, kind):
        return means(self.counts[kind.number])

    def each(self, kind, number):
        """The same for one of a number of things in an operation."""
        return [mean / number for mean in self.mean(kind)]

    def results(self):
        """[(what, value, target)]"""
        values = [(f"host, fault of {kind.name}",
                   host(self.each(kind, kind.faults)), kind.target)
                  for kind in FAULTS]
        values.append(("host, start, paged : lent",
                       host(self.mean(PAGED)) / host(self.mean(LENT)),
                       START_TARGET))
        return values


def page_job(machine, run):
    """A machine with firmware that pages."""
    return job(machine, f"bench-page-{run}", "gunyah",
               job_text("bench_page", COUNT=WARM_UP + COUNT), WARM_UP,
               memory=MEMORY, words=f"{WORDS} {NEWER}", timeout=LIMIT,
               silence=LIMIT)


def measure(machine):
    """Run everything twice."""
    results = run_all(machine, [page_job(machine, run) for run in (1, 2)])
    counts = [counts_of(machine, result, KINDS, COUNT) for result in results]
    return Figures(counts[0], counts[0] == counts[1])


def table(figures):
    """The lines of the table."""
    yield ""
    yield f"Memory that comes page by page, after {WARM_UP} to warm up ({CPU})"
    yield ""
    yield heading()
    yield "Instructions for each page fault"
    for kind in FAULTS:
        yield row(kind.name, figures.each(kind, kind.faults))
    yield "Instructions for each MiB"
    for kind in FAULTS:
        yield row("by " + kind.name, figures.each(kind, kind.mib))
    yield ("Start of a VM with 4 GiB of memory that writes to 64 MiB of it, "
           "instructions for each MiB of these")
    for kind in STARTS:
        yield row(kind.name, figures.each(kind, BLOCKS.mib))
    for result in figures.results():
        yield verdict(*result)


def cases(machine):
    """As a tier of the tests."""
    yield from figures_cases(measure(machine), WHAT)


def main(machine):
    """Returns whether all is well."""
    figures = measure(machine)
    return figures_good(figures, WHAT, table(figures))
