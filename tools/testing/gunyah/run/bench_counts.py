# SPDX-License-Identifier: GPL-2.0-only
"""What the parts of the benchmark have in common: machines that count."""
import bisect
import os
import statistics
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import ktap
from children import Problem
from ktap import Case
from machine import Job

PARTS = ("hypervisor", "kernel", "user", "guest")
BACKENDS = ("gunyah", "kvm")
CPU = "neoverse-n1"	# the kernel runs at EL2 itself if it has KVM (VHE)
# Newer processors need no loop at every entry into the kernel, which would hide
# what the entry into the driver costs
WORDS = "nospectre_bhb"
SYMBOLS = "bench-symbols:"	# the machine's symbols follow this line


def counts_path(machine, name):
    """Where the plugin writes what it has counted in the job of that name."""
    return os.path.join(machine.logs, name + ".counts")


def job(machine, name, backend, script, skip, profile=False, words=WORDS,
        **kwargs):
    """A machine that counts all operations but the first @skip of each kind."""
    plugin = (f"{machine.image('bench-plugin.so')},"
              f"counts={counts_path(machine, name)},skip={skip}")
    if profile:
        plugin += ",profile=on"
    gunyah = backend == "gunyah"
    return Job(name, script, cpus=1, cpu=CPU, deterministic=True,
               hypervisor="hyp" if gunyah else "none", kvm=not gunyah,
               words=words,
               settings={} if gunyah else {"NO_MODULE": 1},
               initramfs="bench.cpio.gz", parts=(),
               qemu=["-plugin", plugin], **kwargs)


def run_all(machine, jobs):
    """Run jobs, as many at a time as there are processors."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        results = list(pool.map(machine.run, jobs))
    for result in results:
        if not result.ok:
            failed = [f"{case.name}: {case.why}" for case in
                      ktap.parse(result.output) if case.state == "failed"]
            raise Problem(f"{result.job.name}: "
                          f"{'; '.join([result.why()] + failed)} "
                          f"(see {result.log})")
    return results


def counts_of(machine, result, kinds, count):
    """{kind: [[count of each part] for each operation]}"""
    ops = {kind.number: [] for kind in kinds}
    with open(counts_path(machine, result.job.name), encoding="ascii") as f:
        for line in f:
            what, kind, *numbers = line.split()
            if what == "op":
                ops[int(kind)].append([int(n) for n in numbers])
    for kind in kinds:
        if len(ops[kind.number]) != count:
            raise Problem(f"{result.job.name}: {len(ops[kind.number])} "
                          f"operations of {count} counted: {kind.name}")
    return ops


def measure(machine, make_job, kinds, count, once=()):
    """Run everything twice: ({backend: counts}, backends that differ).
    make_job(backend, run) gives the job; @once: further ones that run once."""
    runs = [(backend, run) for run in (1, 2) for backend in BACKENDS]
    runs[len(BACKENDS):len(BACKENDS)] = [(backend, 1) for backend in once]
    results = run_all(machine, [make_job(*run) for run in runs])
    counts = [counts_of(machine, result, kinds, count) for result in results]
    by_run = dict(zip(runs, counts))
    figures = {backend: by_run[backend, 1] for backend in (*BACKENDS, *once)}
    return figures, [backend for backend in BACKENDS
                     if figures[backend] != by_run[backend, 2]]


class Symbols:
    """The kernel's functions, as the machine itself lists them."""

    def __init__(self, text):
        table_of = {}
        for line in text.partition(SYMBOLS + "\n")[2].splitlines():
            words = line.split()
            # Address, type, name, and of a module's: "[module]". "$x" is no
            # name, but tells that code begins.
            if (len(words) in (3, 4) and len(words[0]) == 16 and
                    not words[2].startswith("$")):
                # Of several names of an address the first one will do
                table_of.setdefault(int(words[0], 16), " ".join(words[2:]))
        self.addresses = sorted(table_of)
        self.names = [table_of[address] for address in self.addresses]
        if not self.names:
            raise Problem("the machine has listed no symbols")

    def at(self, address):
        index = bisect.bisect_right(self.addresses, address) - 1
        return self.names[index] if index >= 0 else f"{address:#x}"


def profile_of(machine, result, kinds):
    """{kind: Counter of the instructions of each function of the kernel}"""
    symbols = Symbols(result.output)
    totals = {kind.number: Counter() for kind in kinds}
    with open(counts_path(machine, result.job.name), encoding="ascii") as f:
        for line in f:
            if line.startswith("at "):
                _, kind, address, count = line.split()
                if int(kind) in totals:
                    totals[int(kind)][symbols.at(int(address, 16))] += int(
                        count)
    return totals


def means(ops):
    """The mean of each part."""
    return [statistics.fmean(column) for column in zip(*ops)]


def heading():
    """The line above a table of rows."""
    return " " * 22 + "".join(f"{part:>12}" for part in PARTS + ("total",))


def row(name, values):
    """A line with a number for each part, and their sum."""
    return f"  {name:20}" + "".join(
        f"{value:12.1f}" for value in list(values) + [sum(values)])


def verdict(what, value, target):
    """A line that compares a figure with its target."""
    return (f"  {what:23} {value:10.2f}    target {target:.2f}: "
            f"{'ok' if value <= target else 'MISSED'}")


def figures_cases(figures, what):
    """Cases of figures with results(), [(name, value, target)], and same."""
    for name, value, target in figures.results():
        yield Case(name, "passed" if value <= target else "failed",
                   f"{value:.3f}, target {target}")
    yield Case(f"same figures of {what} twice",
               "passed" if figures.same else "failed")


def figures_good(figures, what, lines):
    """Print the lines of a table of such figures. Returns whether all is well."""
    print("\n".join(lines))
    if not figures.same:
        print(f"bench: another run had other figures of {what}")
    return figures.same and all(value <= target
                                for _, value, target in figures.results())
