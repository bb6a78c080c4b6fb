# SPDX-License-Identifier: GPL-2.0-only
"""The benchmark: instructions that an operation takes, on Gunyah and on KVM.

The same program does the same operations with the same guest on two machines
that differ in what is at EL2: the test hypervisor, or KVM. A plugin of QEMU
counts how many instructions each part of the machine executes. The targets are
about the kernel's part, because the driver has an influence only on that.

bench_mem.py measures what memory costs that is given to a VM, bench_page.py that
which comes page by page, bench_net.py the network of a Linux guest. A further job measures what an
idle guest and the removal of functions cost threads and processors of the host
that have nothing to do with it.
"""
import re
from dataclasses import dataclass

import bench_mem
import bench_net
import bench_page
from bench_counts import (BACKENDS, CPU, PARTS, SYMBOLS, heading, means,
                          measure, profile_of, row, run_all, verdict)
from bench_counts import job as counting_job
from children import Problem
from ktap import Case
from machine import Job, job_text

WARM_UP = 100
COUNT = 1000
PROFILE_LINES = 25


@dataclass
class Kind:
    """A kind of operation, with its number in bench.h."""
    number: int
    name: str
    what: str
    target: float = None	# see @total; None: for information
    total: bool = False	# the target is a number of instructions, of kernel
			# and user, else the kernel's part divided by KVM's


KINDS = (
    Kind(3, "irqfd", "eventfd signal to the interrupt handler of the guest, "
         "which idles", 0.58),
    Kind(2, "ioeventfd", "guest write to eventfd readable, and the guest goes "
         "on", 0.42),
    Kind(0, "MMIO write", "guest write to user space and back", 0.26),
    Kind(1, "MMIO read", "guest read to user space and back", 0.18),
    Kind(4, "call", "run the vCPU with immediate_exit, which returns at once",
         384, total=True),
    Kind(5, "no call", "a call of the vCPU that does not exist: the way into "
         "any driver and back"),
)


@dataclass
class Figure:
    """A figure that gunyah_vcpu_host prints."""
    name: str
    what: str
    target: float = None	# at most; None: for information


FIGURES = (
    Figure("idle_first_switches", "switches to the vCPU that naps, a second"),
    Figure("idle_off_switches", "switches to the 7 vCPUs that are off, a second",
           0),
    Figure("idle_poll_switches", "switches to a thread that polls the VM, a "
           "second", 0),
    Figure("idle_off_runs", "runs of the vCPUs that are off, a second", 0),
    Figure("idle_hypercalls", "hypercalls of the host, a second"),
    Figure("idle_ipis", "interrupts between its processors, a second"),
    Figure("ioeventfd_ipis", "interrupts of a processor that has nothing to do "
           "with it, for each ioeventfd that is removed", 0.5),
    Figure("vcpu_ipis", "the same for each vCPU that is removed while it runs",
           0.5),
)


def job(machine, backend, run, profile=False):
    """A machine that does all operations."""
    kinds = sum(1 << kind.number for kind in KINDS)
    script = job_text("bench", BACKEND=backend, OPERATIONS=WARM_UP + COUNT,
                      KINDS=kinds, PROFILE="1" if profile else "",
                      SYMBOLS=SYMBOLS)
    return counting_job(machine, f"bench-{backend}-{run}", backend, script,
                        WARM_UP, profile)


def table(figures):
    """The lines of the table: figures[backend][kind] are counts."""
    yield (f"Instructions per operation, mean of {COUNT} after {WARM_UP} to "
           f"warm up ({CPU})")
    yield ""
    yield heading()
    for kind in KINDS:
        yield f"{kind.name}: {kind.what}"
        for backend in BACKENDS:
            yield row(backend, means(figures[backend][kind.number]))
        if kind.target is not None:
            yield verdict("driver, kernel and user" if kind.total else
                          "driver : KVM", score(figures, kind), kind.target)
    yield (f"  call, beyond KVM's no call  {beyond_nothing(figures):8.2f}")


def score(figures, kind):
    """What the kind's target is about."""
    driver, kvm = (means(figures[backend][kind.number]) for backend in BACKENDS)
    kernel = PARTS.index("kernel")
    if kind.total:
        return driver[kernel] + driver[PARTS.index("user")]
    return driver[kernel] / kvm[kernel]


def beyond_nothing(figures):
    """Instructions of "call" beyond those that KVM needs to refuse a call: about
    what the driver itself takes, without the way into the kernel and back."""
    call, nothing = (next(kind.number for kind in KINDS if kind.name == name)
                     for name in ("call", "no call"))
    return (sum(means(figures["gunyah"][call])) -
            sum(means(figures["kvm"][nothing])))


def host_figures(machine):
    """[(figure, value)] of what the rest of the host is disturbed by."""
    job_ = Job("bench-host", "gunyah_vcpu_host", cpus=4,
               initramfs="bench.cpio.gz", parts=())
    output = run_all(machine, [job_])[0].output
    values = dict(re.findall(r"^# figure (\w+) (\S+)$", output, re.M))
    missing = [f.name for f in FIGURES if f.name not in values]
    if missing:
        raise Problem(f"bench-host: no figure {', '.join(missing)}")
    return [(figure, float(values[figure.name])) for figure in FIGURES]


def met(figure, value):
    return figure.target is None or value <= figure.target


def host_table(values):
    """The lines of the second table."""
    yield ""
    yield "What an idle guest with 8 vCPUs, and removals, cost the host"
    yield ""
    for figure, value in values:
        line = f"  {value:10.2f}  {figure.what}"
        if figure.target is not None:
            line += (f"    target {figure.target}: "
                     f"{'ok' if met(figure, value) else 'MISSED'}")
        yield line


def measure_all(machine):
    """({backend: counts}, backends with other figures in a second run)"""
    return measure(machine, lambda *args: job(machine, *args), KINDS, COUNT)


def cases(machine):
    """As a tier of the tests."""
    figures, differ = measure_all(machine)
    for kind in KINDS:
        if kind.target is None:
            continue
        value = score(figures, kind)
        good = value <= kind.target
        what = "instructions" if kind.total else "of KVM's instructions"
        yield Case(kind.name, "passed" if good else "failed",
                   f"{value:.2f} {what}, target {kind.target}")
    for figure, value in host_figures(machine):
        if figure.target is not None:
            yield Case(figure.name,
                       "passed" if met(figure, value) else "failed",
                       f"{value:.2f}, target {figure.target}")
    yield Case("same figures twice", "failed" if differ else "passed",
               " and ".join(differ) + " not" if differ else "")
    yield from bench_mem.cases(machine)
    yield from bench_page.cases(machine)
    yield from bench_net.cases(machine)


def show_profile(machine):
    """Which functions of the kernel take how many instructions."""
    for result in run_all(machine, [job(machine, backend, "profile", True)
                                    for backend in BACKENDS]):
        totals = profile_of(machine, result, KINDS)
        for kind in KINDS:
            print(f"\n{kind.name}, kernel, {result.job.name}: instructions per "
                  "operation by function")
            functions = totals[kind.number].most_common()
            rest = sum(count for _, count in functions[PROFILE_LINES:])
            functions = functions[:PROFILE_LINES] + [("others", rest)]
            for name, count in functions:
                print(f"{count / COUNT:10.1f}  {name}")


def main(machine, profile):
    """Returns an exit status."""
    figures, differ = measure_all(machine)
    print("\n".join(table(figures)))
    if profile:
        show_profile(machine)
    for backend in differ:
        print(f"bench: {backend}: another run had other figures")
    good = bench_mem.main(machine)
    good = bench_page.main(machine) and good
    good = bench_net.main(machine) and good
    host = host_figures(machine)
    print("\n".join(host_table(host)))
    missed = [kind for kind in KINDS if kind.target is not None and
              score(figures, kind) > kind.target]
    missed += [figure for figure, value in host if not met(figure, value)]
    return 1 if missed or differ or not good else 0
