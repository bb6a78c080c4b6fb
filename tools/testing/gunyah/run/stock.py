# SPDX-License-Identifier: GPL-2.0-only
"""Debian's kernels as hosts, and as guests: the tiers "stock" and "packages"."""
import os
import subprocess

from gunyah import DISK
from kinds import DETERMINISTIC, LATER, THREADS
from ktap import Case
from machine import job_text
from pool import Task
from programs import left_out, programs_of

KERNELS = ("6.1", "6.12")
# The driver lends memory there only if it is told to
LEND = {"MODULE_ARGS": "allow_unsafe_lend=1"}
# Jobs of other tiers: name, script with its variables, files
JOBS = (
    ("disk", ("disk", {"OPTIONS": "--console virtio --share --cpus 2"})),
    ("net", ("net", {"OPTIONS": "--console virtio --share --cpus 2",
                     "LIVES": ""})),
    ("memory", ("memory", {"OPTIONS": "--share --cpus 2"})),
    ("stop", ("stop", {})),
)


def machine(kernel, *parts):
    """Arguments of a job for a host with this kernel."""
    return {"kernel": f"stock-{kernel}/Image",
            "parts": (*parts, f"stock-{kernel}/host.cpio.gz")}


def guests(tests, kernel):
    """What differs from a kernel with CONFIG_GUNYAH, and guests."""
    with open(tests.machine.image(f"stock-{kernel}/release"),
              encoding="utf-8") as f:
        release = f.read().strip()
    rounds = "selftests/gunyah/gunyah_rounds"
    kind = {"cpus": 4, "words": LATER, "timeout": 900,
            **machine(kernel, "guest", f"stock-{kernel}/guest.cpio.gz")}
    yield tests.task(tests.job(
        f"stock-{kernel}", job_text("stock", RELEASE=release), **kind,
        copies={rounds: os.path.join(tests.build, "image/tests", rounds)}),
        f"{kernel}: ")
    for name, (script, variables) in JOBS:
        text = "modprobe -a tun vhost_net vhost_vsock\n" + \
            job_text(script, **variables)
        yield tests.task(tests.job(
            f"stock-{kernel}-{name}", text, files=(DISK,), settings=LEND,
            **kind), f"{kernel} {name}: ")


def selftests(tests, kernel, slow):
    """All of them, or a line on why one is left out. @slow: those that wait for
    long, on a machine where that costs nothing."""
    programs = programs_of(os.path.join(tests.build, "image/tests/selftests"))
    without = left_out(tests.path("stock/without"), programs)
    for name, why in without.items():
        yield Task(f"{name}-stock-{kernel}", lambda name=name, why=why: [
            Case(f"{kernel} {name}", "skipped", why)])
    kwargs = {"prefix": kernel + " ", "settings": LEND, **machine(kernel)}
    yield from tests.selftests(f"stock-{kernel}", {*without, *slow}, **kwargs,
                               **THREADS)
    yield from tests.selftests(f"stock-{kernel}", without, only=slow,
                               words=LATER, **kwargs, **DETERMINISTIC)


def tasks(tests, slow):
    """The tasks of the tier."""
    return [task for kernel in KERNELS
            for task in (*guests(tests, kernel),
                         *selftests(tests, kernel, slow))]


def boot(tests, disk, step):
    """Debian's init runs jobs/debian.sh from its second disk."""
    image = tests.machine.image("debian/packages.img")
    qemu = []
    for name, drive in (("root", f"file={disk}"),
                        ("packages", f"readonly=on,file={image}")):
        qemu += ["-drive", f"if=none,id={name},format=raw,{drive}",
                 "-device", f"virtio-blk-device,drive={name}"]
    return tests.machine.run(tests.job(
        f"packages-{step}", "", kernel="debian/Image",
        initramfs="debian/initrd.img", qemu=qemu, timeout=7200, silence=3600,
        words=f"root=LABEL=root rw systemd.run=/srv/debian.sh step={step}"))


def packages(tests):
    """The tasks of the tier: two boots of a machine."""
    def run():
        tests.images("debian")
        disk = os.path.join(tests.build, "stock/root.img")
        subprocess.run(["cp", "--sparse=always", "-L",
                        tests.machine.image("debian/root.img"), disk],
                       check=True)
        for step in ("install", "use"):
            result = boot(tests, disk, step)
            task.cpu += result.cpu
            cases = tests.cases(result)
            for case in cases:
                case.name = f"{step}: {case.name}"
                yield case
            if any(case.state == "failed" for case in cases):
                return		# and the disk stays
        os.unlink(disk)

    if os.geteuid():
        return [Task("packages", lambda: [Case(
            "all", "skipped", "needs root, to make a root file system")])]
    task = Task("packages", run)
    return [task]
