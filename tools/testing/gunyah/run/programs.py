# SPDX-License-Identifier: GPL-2.0-only
"""The kselftests: which there are, and which a machine leaves out."""
import os

from children import Problem

# Programs that attack lent memory: the firmware, and how it schedules, make no
# difference, and they take long
LENT = ("gunyah_lent_other", "gunyah_lent_file", "gunyah_lent_pins",
        "gunyah_lent_back", "gunyah_lent_linear", "gunyah_lent_move",
        "gunyah_lent_big", "gunyah_lent_mm", "gunyah_lent_pits",
        "gunyah_lent_cost", "gunyah_lent_end", "gunyah_storm")

# Programs that attack six kinds of memory in the same ways, and options of the
# kselftest harness for two machines with three kinds each. Tests without a kind run
# in the first
KINDS = ("gunyah_lent", "gunyah_lent_other", "gunyah_lent_back",
         "gunyah_lent_move", "gunyah_lent_pins")
HALVES = (("", "-V thp -V memfd -V private_memfd"),
          ("-kinds", "-v thp -v memfd -v private_memfd"))

# Programs about lives of VMs at the same time as something else
LIVES = ("gunyah_kill", "gunyah_close", "gunyah_pairs", "gunyah_threads",
         "gunyah_rounds", "gunyah_many")

# Programs about memory and about many lives: four processors on a build machine that
# has two only wait for each other
TWO_CPUS = (*LENT, "gunyah_lent", "gunyah_memrun", "gunyah_memadd",
            "gunyah_filemem", "gunyah_kill", "gunyah_rounds", "gunyah_many")

# About firmware that has to be told who gets memory, and what gives memory to VMs
# in many ways
ASSIGN = ("gunyah_assign",)
ASSIGNING = ("gunyah_life", "gunyah_end", "gunyah_mem", "gunyah_lent",
             "gunyah_memrun", "gunyah_filemem", "gunyah_fault")
# About firmware that pages VMs: see variants.py
PAGING = ("gunyah_paging", "gunyah_pagefail", "gunyah_pageexit")

# Programs that a tier leaves out. What wants processors of its own, or is about
# many calls at a time, is not better for being deterministic
NOT_DETERMINISTIC = ("gunyah_race", "gunyah_stop", "gunyah_memrun",
                     "gunyah_fault", "gunyah_fuzz", *ASSIGN, *LENT, *LIVES)
# Long waits are the same with more processors, and longer in real time. Linux 6.12
# warns if tasks starve on a processor that goes, as they do when the build machine
# is busy: sched_cpu_dying() takes the deadline server for a task
NOT_THREADS = ("gunyah_silence", "gunyah_quirk", "gunyah_errno",
               "gunyah_sweep", "gunyah_failnth", "gunyah_hotplug", *ASSIGN,
               *PAGING)
# For these the build of the firmware makes no difference
NOT_PROD = ("gunyah_silence", "gunyah_quirk", "gunyah_fault", "gunyah_errno",
            "gunyah_race", "gunyah_stop", "gunyah_end", "gunyah_debugfs",
            "gunyah_memfile", "gunyah_sweep", "gunyah_failnth", "gunyah_fuzz",
            "gunyah_hotplug", *ASSIGN, *PAGING, *LENT, *LIVES)

# About VMs that start in firmware, and how existing VMMs make them
FIRMWARE = ("gunyah_protected", "gunyah_vmms")

# The programs that run guests, in which the firmware's races happen
SEEDED = ("gunyah_calls", "gunyah_life", "gunyah_end", "gunyah_vcpu",
          "gunyah_irqfd", "gunyah_ioeventfd", "gunyah_control", "gunyah_vmms")

# Programs of a second or two, which the driver and the firmware survive: several
# share a machine
SMALL = tuple("gunyah_" + name for name in (
    "abi", "again", "boot", "calls", "channel", "clock", "control", "image",
    "ioeventfd", "irqshare", "memfile", "protected", "refuse", "region", "vcpu",
    "vmms", "watch", "abi_32", "calls_32", "ioeventfd_32", "vcpu_32"))

# What the kernel complains of in a program, and no driver can help: there was no
# memory for a file in /proc/irq, and that is missed when the interrupt goes
HARMLESS = {"gunyah_failnth": r"\[ *\d+\.\d+\] -+\[ cut here \]-+\r?\n"
            r"[^\n]* name '(node|spurious|(effective_|smp_)?affinity\w*)'\r?\n"
            r"[^\n]* at fs/proc/generic\.c[^\n]* remove_proc_entry\b"
            r"((?!cut here).)*?-+\[ end trace "}


def programs_of(selftests):
    """The programs that kselftest has installed there."""
    with open(os.path.join(selftests, "kselftest-list.txt"),
              encoding="utf-8") as f:
        return [line.strip().split(":")[1] for line in f if ":" in line]


def left_out(path, programs):
    """{program: why it is left out} of a file with lines "NAME: reason"."""
    with open(path, encoding="utf-8") as f:
        without = dict(line.strip().split(": ", 1) for line in f
                       if not line.startswith("#"))
    unknown = without.keys() - programs
    if unknown:
        raise Problem("/".join(path.split("/")[-2:]) + " names no program: " +
                      " ".join(sorted(unknown)))
    return without
