# SPDX-License-Identifier: GPL-2.0-only
"""Newer firmware, and how the driver finds the resource manager: the tier
"variants".
"""
import re
import shlex

from children import Problem
from kinds import DETERMINISTIC, LATER
from machine import job_text

# How the driver finds the resource manager: name of the machine, words, and what
# the driver is tried with there: what the attribute "discovery" says, text of a
# line in the log, parameters; empty if there is to be none
NEWER = "gunyah_hyp.generation=2024"
NO_NODE = NEWER + " gunyah_hyp.dt=none"
UNKNOWN_API = "unknown version 2 of the hypervisor's API"
NO_QUEUES = "the hypervisor has no message queues"
NO_AREA = "the hypervisor has no info area, and the devicetree no resource"
DISCOVERIES = (
    ("node-only", "", (("devicetree", "", ""),)),
    ("plain-node", NEWER + " gunyah_hyp.dt=binding gunyah_hyp.bus=none",
     (("info-area", "", ""),)),
    ("by-hvc", NO_NODE + " gunyah_hyp.psci=hvc", (("info-area", "", ""),)),
    ("not-by-smc", NO_NODE + " gunyah_hyp.identity=hvc",
     (("", "", ""), ("info-area", "", "probe=1"), ("", "", "probe=0"))),
    ("neither", "gunyah_hyp.dt=none", (("", NO_AREA, ""),)),
    ("api-node", "gunyah_hyp.identity=api", (("", UNKNOWN_API, ""),)),
    ("api", NO_NODE + " gunyah_hyp.identity=api", (("", UNKNOWN_API, ""),)),
    ("no-queues", NO_NODE + " gunyah_hyp.identity=msgq",
     (("", NO_QUEUES, ""),)),
    ("other-node", "gunyah_hyp.identity=other", (("", "", ""),)),
    ("other", NO_NODE + " gunyah_hyp.identity=other gunyah_hyp.psci=hvc",
     (("", "", ""), ("", "", "probe=1"))),
    # An hvc would be undefined
    ("no-hypervisor", NO_NODE + " gunyah_hyp.identity=none", (("", "", ""),)),
)
# What the driver says to each GH_INFO_FAULT_... of gunyah_testctl.h
BAD_RANGE = "bad range of addresses"
BAD_PLACE = "an entry is in a wrong place"
BAD_SIZE = "bad size of the resource manager's entry"
BAD_CAPIDS = "bad capability ids"
NO_IRQ = "there is no such interrupt"
TOO_LONG = "packets do not fit into the queues"
AREA_FAULTS = {
    "EMPTY": BAD_RANGE, "UNALIGNED": BAD_RANGE, "PART_OF_PAGE": BAD_RANGE,
    "WRAPS": BAD_RANGE, "BEYOND": "cannot be mapped",
    "IN_RAM": "in the host's memory", "HUGE": BAD_RANGE,
    "NO_ENTRY": "no entry for the resource manager",
    "TWICE": "two entries for the resource manager",
    "NO_END": "the table has no end", "BAD_END": "bad end of the table",
    "OFFSET": BAD_PLACE, "OFFSET_WRAPS": BAD_PLACE,
    "OFFSET_UNALIGNED": BAD_PLACE, "OFFSET_IN_TABLE": BAD_PLACE,
    "SIZE": BAD_PLACE, "ENTRY_SHORT": BAD_SIZE, "ENTRY_LONG": BAD_SIZE,
    "NO_CAP": BAD_CAPIDS, "ONE_CAP": BAD_CAPIDS, "VIRQ_0": NO_IRQ,
    "VIRQ_RANGE": NO_IRQ, "VIRQ_IN_USE": NO_IRQ,
    "ONE_VIRQ": "both queues have the same interrupt",
    "DEPTH": "a queue without room", "TX_SIZE": TOO_LONG, "RX_SIZE": TOO_LONG,
}
AREA_FAULT = re.compile(r"^#define GH_INFO_FAULT_(\w+)\s+(\d+)", re.M)
# Machines that have all of these faults, and what the driver uses then
BAD_AREAS = (
    ("faults-node", NEWER, "devicetree"),
    ("faults-no-node", NO_NODE + " gunyah_hyp.caps=random gunyah_hyp.seed=4",
     ""),
)
# Linux guests: name and words of the firmware, and which of the guests; name, options
# for gunyah_vmm, and processors. Production firmware refuses shared images
QCOM = " gunyah_hyp.platform=qcom"
FIRMWARES = (
    ("prod", "gunyah_hyp.rm=prod", ("lend",)),
    ("newer", NEWER, ("lend", "share", "lazy")),
    ("newer prod", NEWER + " gunyah_hyp.rm=prod", ("lend", "lazy")),
    ("newer qcom", NEWER + QCOM, ("lend", "share", "lazy")),
    ("newer qcom no node", NO_NODE + QCOM + " gunyah_hyp.caps=random",
     ("lend", "share", "lazy")),
)
GUESTS = (
    ("lend 1 CPU", ["--cpus", "1"], 1),
    ("lend 4 CPUs", ["--cpus", "4"], 4),
    ("share 1 CPU", ["--share", "--cpus", "1"], 1),
    ("share 4 CPUs", ["--share", "--cpus", "4"], 4),
    ("lazy 1 CPU", ["--lazy", "--cpus", "1"], 1),
    ("lazy 4 CPUs", ["--lazy", "--cpus", "4"], 4),
)
# Kselftests on newer firmware, with and without a node
PAGED = ("gunyah_paging", "gunyah_pagefail", "gunyah_pageexit")
ON_NEWER = ("gunyah_boot", "gunyah_hyp", "gunyah_life", "gunyah_watch",
            "gunyah_unload", *PAGED)
# And where it has more processors, and other firmware below it
PAGING = (
    ("paged", NEWER + " gunyah_hyp.caps=random gunyah_hyp.seed=5", {"cpus": 4}),
    ("paged-qcom", NEWER + QCOM, DETERMINISTIC),
)


def machine(tests, name, words, lines):
    """A machine that loads and unloads the driver in some ways."""
    return tests.task(tests.job(
        "variants-" + name,
        "\n".join([job_text("discover"), f"echo 1..{len(lines)}", *lines]),
        words=words, settings={"NO_MODULE": 1}, timeout=600 * tests.slow,
        **DETERMINISTIC), name + ": ")


def area_faults(header, how):
    """Lines for a machine whose info area has each fault once."""
    with open(header, encoding="utf-8") as f:
        faults = dict(AREA_FAULT.findall(f.read()))
    if faults.keys() != AREA_FAULTS.keys():
        raise Problem("AREA_FAULTS and gunyah_testctl.h differ: " +
                      " ".join(faults.keys() ^ AREA_FAULTS.keys()))
    for name, number in faults.items():
        text = shlex.quote("info area: " + AREA_FAULTS[name])
        yield f"check {name} fault {number} try {shlex.quote(how)} {text}"


def tasks(tests):
    """The tasks of the tier."""
    found = []
    for name, words, tries in DISCOVERIES:
        found.append(machine(tests, name, words, [
            f"check {shlex.quote(parameters or 'no parameter')} "
            f"try {shlex.quote(how)} {shlex.quote(text)} {parameters}"
            for how, text, parameters in tries]))
    header = tests.path("include/gunyah_testctl.h")
    for name, words, how in BAD_AREAS:
        found.append(machine(tests, name, words, [
            "check 'no fault' try info-area ''", *area_faults(header, how)]))
    for firmware, words, kinds in FIRMWARES:
        found += [tests.guest_task(f"{firmware} {name}", options, cpus, 128, 0,
                                   words) for name, options, cpus in GUESTS
                  if name.split()[0] in kinds]
    for suffix, words in (("node", NEWER), ("no-node", NO_NODE)):
        found += tests.selftests(suffix, only=ON_NEWER,
                                 words=f"{words} {LATER}",
                                 **DETERMINISTIC)
    for suffix, words, kind in PAGING:
        found += tests.selftests(suffix, only=PAGED,
                                 words=f"{words} {LATER}", **kind)
    return found
