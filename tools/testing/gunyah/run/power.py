# SPDX-License-Identifier: GPL-2.0-only
"""The tier "power": what becomes of VMs when the machine as a whole sleeps, goes
down, or starts another kernel.

A machine ends in different ways here, so each case says which one is right. Some
leave out a protection of the driver, and the machine has to die of that: without
these, the others could pass though they test nothing.
"""
import os
import re
from dataclasses import replace

from gunyah import DISK
from ktap import Case
from machine import EXIT, SPLAT, hypervisor_log, job_text
from pool import Task
from variants import NEWER

# What the hypervisor's log ends with, if the host did not die
OFF, RESET = "host: system off", "host: system reset"
ABORT = re.compile(r"^host: abort.*", re.M)
# Seconds of the host that the driver may take to end VMs, and some for the rest
SHUTDOWN_LIMIT = 20 + 5
TIMES = re.compile(r"^\[ *(\d+\.\d+)\] (power: going down|"
                   r"reboot: Restarting system)", re.M)

# Protections of the driver, see drivers/virt/gunyah/weaken.h
NO_HIBERNATION_GATE = 2 + 8	# it is the second one: pages are also marked
NO_SHUTDOWN_GATE = 16

ONE_CPU_CLOCK = {"cpus": 2, "deterministic": True}
# The host has all archives that the next kernel needs
NEXT_KERNEL = "retain_initrd"
CRASH_KERNEL = "retain_initrd crashkernel=256M"
# Firmware with which a VM gets its memory page by page
PAGES = NEWER + " "


def hypervisor_said(result):
    try:
        with open(hypervisor_log(result.log), encoding="utf-8",
                  errors="replace") as f:
            return f.read()
    except OSError:
        return ""


def ended_by(result, how):
    """Why the machine did not end that way, or an empty string."""
    said = hypervisor_said(result)
    abort = ABORT.search(said)
    if abort:
        return abort[0]
    if result.limit:
        return result.why()
    last = said.strip().rpartition("\n")[2]
    return "" if last == how else f"the last line is '{last}', not '{how}'"


def splat(text):
    found = SPLAT.search(text)
    return "kernel: " + found[0].strip() if found else ""


def reports(result, tests):
    """The job reports in KTAP and ends well."""
    return tests.cases(result)


def reports_later(result, tests):
    """The same by a kernel that a panic has started."""
    panic, _, later = result.text.rpartition("Starting crashdump kernel")
    result.problems = [problem for problem in result.problems
                       if not problem.startswith("kernel: ")]
    why = ended_by(result, OFF) or splat(later)
    if not panic:
        why = "no crash kernel was started"
    if why:
        result.problems.append(why)
    return tests.cases(result)


def reboots(result, _tests):
    """The host goes down in time."""
    why = ended_by(result, RESET) or splat(result.text)
    times = dict((what, float(time)) for time, what in
                 TIMES.findall(result.text))
    if not why and len(times) != 2:
        why = "the host did not reboot by itself"
    elif not why:
        begin, end = times["power: going down"], \
            times["reboot: Restarting system"]
        if end - begin > SHUTDOWN_LIMIT:
            why = f"it took {end - begin:.0f} s"
    return [Case("the host goes down", "failed" if why else "passed", why)]


def reboots_instead(result, _tests):
    """Not another kernel, but the firmware."""
    why = ended_by(result, RESET) or splat(result.text)
    if not why and "rebooting instead of starting another kernel" not in \
            result.text:
        why = "the kernel does not say that it does not start another"
    if not why and "power: second kernel" in result.text:
        why = "another kernel was started"
    return [Case("a reboot takes its place", "failed" if why else "passed",
                 why)]


def resumes(result, tests):
    """The machine is off, and another one goes on with the job."""
    why = ended_by(result, OFF) or splat(result.text)
    if why:
        return [Case("the machine is off", "failed", why)]
    again = replace(result.job, name=result.job.name + "-again")
    return tests.cases(tests.machine.run(again))


def dies(result, _tests):
    """An access of the host to memory that a VM has."""
    why = ""
    if not ABORT.search(hypervisor_said(result)):
        why = "the host did not touch memory that it has not"
    elif EXIT.search(result.text):
        why = "the host survived that"
    return [Case("the host dies", "failed" if why else "passed", why)]


# Name, MODE of jobs/power.sh, what is right, settings of the machine
CASES = (
    ("suspend", "suspend", reports, {"cpus": 4, "words": "no_console_suspend"}),
    ("a VM wakes the machine", "wake", reports,
     {"cpus": 4, "words": "no_console_suspend"}),
    ("hibernation", "hibernate", reports, {"cpus": 2}),
    ("hibernation with power off", "hibernate-off", resumes,
     {"cpus": 2, "words": "resume=/dev/vda"}),
    ("hibernation while VMs come and go", "hibernate-races", reports,
     {"cpus": 4, "parts": ("guest", "hello")}),
    ("hibernation without the gate", "hibernate-dies", dies,
     {"cpus": 2, "settings": {"MODULE_ARGS":
                              f"weaken={NO_HIBERNATION_GATE}"}}),
    ("reboot", "reboot", reboots, ONE_CPU_CLOCK),
    ("reboot with a silent resource manager", "reboot-silent", reboots,
     ONE_CPU_CLOCK),
    ("kexec", "kexec", reports, {"cpus": 4, "words": NEXT_KERNEL}),
    ("kexec with a silent resource manager", "kexec-silent", reboots_instead,
     {**ONE_CPU_CLOCK, "words": NEXT_KERNEL}),
    ("kexec without the gate", "kexec", dies,
     {"cpus": 4, "words": NEXT_KERNEL,
      "settings": {"MODULE_ARGS": f"weaken={NO_SHUTDOWN_GATE}"}}),
    ("crash kernel", "crash", reports_later,
     {"cpus": 4, "words": CRASH_KERNEL}),
    ("crash kernel that reads everything", "crash-all", dies,
     {"cpus": 4, "words": CRASH_KERNEL}),
    ("hibernation of a paged VM", "hibernate", reports,
     {"cpus": 2, "words": PAGES}),
    ("reboot with a paged VM", "reboot", reboots,
     {**ONE_CPU_CLOCK, "words": PAGES}),
    ("kexec with a paged VM", "kexec", reports,
     {**ONE_CPU_CLOCK, "words": PAGES + NEXT_KERNEL}),
    ("kexec with a paged VM without the gate", "kexec", dies,
     {**ONE_CPU_CLOCK, "words": PAGES + NEXT_KERNEL,
      "settings": {"MODULE_ARGS": f"weaken={NO_SHUTDOWN_GATE}"}}),
)


def disk(tests, name):
    """A new file for the host's swap space; it has no blocks yet."""
    path = os.path.join(tests.build, "image", name + ".swap")
    with open(path, "wb") as f:
        f.truncate(512 << 20)
    return ["-drive", f"if=none,id=swap,format=raw,file={path}",
            "-device", "virtio-blk-device,drive=swap"]


def job(tests, name, mode, settings):
    paged = "1" if PAGES in settings.get("words", "") else ""
    return tests.job("power-" + name.replace(" ", "-"),
                     job_text("power", MODE=mode, PAGED=paged),
                     **{"memory": "1G", "timeout": 600, "silence": 300,
                        "parts": ("guest",), "files": (DISK,), **settings})


def task(tests, name, mode, right, settings):
    """One machine."""
    work = job(tests, name, mode, settings)

    def run():
        if mode.startswith("hibernate"):
            work.qemu = disk(tests, work.name)
        result = tests.machine.run(work)
        me.cpu = result.cpu
        for case in right(result, tests):
            case.name = f"{name}: {case.name}"
            if case.state == "failed":
                case.logs = result.logs
            yield case

    me = Task(work.name, run)
    return me


def tasks(tests):
    return [task(tests, *row) for row in CASES]
