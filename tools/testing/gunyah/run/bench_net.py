# SPDX-License-Identifier: GPL-2.0-only
"""The benchmark's network: a Linux guest that sends and receives.

The sample VMM runs the guest on Gunyah, and with another back end on KVM. All
else is the same: vhost, the tap, the programs at both ends. The targets are about
the host as a whole, because the work that the test hypervisor does for a VM is in
the kernel with KVM.
"""
from dataclasses import dataclass

from bench_counts import (BACKENDS, CPU, PARTS, WORDS, heading, job, means,
                          measure, row, verdict)
from ktap import Case
from machine import job_text

WARM_UP = 4
COUNT = 8
BLOCKS = 64		# in a transfer, BENCH_BLOCKS in bench.h
HOST = PARTS.index("guest")	# the parts before that are the host's


@dataclass
class Kind:
    """A kind of transfer, with its number in bench.h."""
    number: int
    name: str
    what: str
    target: float	# the host's part, divided by that with KVM


KINDS = (
    Kind(6, "TCP sent", "64 KiB from a program in the guest to one on the host, "
         "by vhost-net and a tap", 1.03),
    Kind(7, "TCP received", "the other way round", 1.03),
    Kind(8, "TCP echo", "a byte to the guest and back", 0.9),
    Kind(9, "vsock sent", "64 KiB from a program in the guest to one on the "
         "host, by vhost-vsock", 1.03),
    Kind(10, "vsock received", "the other way round", 1.03),
    Kind(11, "vsock echo", "a byte to the guest and back", 0.9),
)

# The targets compare guests whose memory is shared with the host. On Gunyah memory
# is usually lent: then the guest copies all data to and from a DMA pool.
LENT = "gunyah, lent"

VMMS = {
    "gunyah": "gunyah_vmm --share",
    "kvm": "kvm_vmm --share",
    LENT: "gunyah_vmm",
}


def net_job(machine, backend, run):
    """A machine that does all transfers."""
    script = job_text("bench_net", COUNT=WARM_UP + COUNT, VMM=VMMS[backend],
                      WORDS=WORDS)
    hypervisor, _, kind = backend.partition(", ")
    name = "-".join(("bench-net", hypervisor, kind or str(run)))
    return job(machine, name, hypervisor, script, WARM_UP,
               copies={"guest/Image": machine.image("Image"),
                       "guest/initramfs": machine.image("bench-guest.cpio.gz")})


def per_block(ops):
    return [mean / BLOCKS for mean in means(ops)]


def score(figures, kind):
    """What the kind's target is about."""
    gunyah, kvm = (sum(means(figures[backend][kind.number])[:HOST])
                   for backend in BACKENDS)
    return gunyah / kvm


def table(figures):
    """The lines of the table: figures[backend][kind] are counts."""
    yield ""
    yield (f"Network, instructions per operation, mean of {COUNT} times "
           f"{BLOCKS} after {WARM_UP} times to warm up ({CPU})")
    yield ""
    yield heading()
    for kind in KINDS:
        yield f"{kind.name}: {kind.what}"
        for backend in (*BACKENDS, LENT):
            yield row(backend, per_block(figures[backend][kind.number]))
        yield verdict("host, Gunyah : KVM", score(figures, kind), kind.target)


def measure_all(machine, once=()):
    """({backend: counts}, backends with other figures in a second run)"""
    return measure(machine, lambda *args: net_job(machine, *args), KINDS, COUNT,
                   once)


def cases(machine):
    """As a tier of the tests."""
    figures, differ = measure_all(machine)
    for kind in KINDS:
        value = score(figures, kind)
        yield Case(kind.name, "passed" if value <= kind.target else "failed",
                   f"{value:.2f} of KVM's instructions on the host, target "
                   f"{kind.target}")
    yield Case("same figures of the network twice",
               "failed" if differ else "passed",
               " and ".join(differ) + " not" if differ else "")


def main(machine):
    """Returns whether all is well."""
    figures, differ = measure_all(machine, (LENT,))
    print("\n".join(table(figures)))
    for backend in differ:
        print(f"bench: {backend}: another run had other figures of the network")
    return not differ and all(score(figures, kind) <= kind.target
                              for kind in KINDS)
