# SPDX-License-Identifier: GPL-2.0-only
"""Guests that the sample VMM runs: what it is given, and what is expected."""
import os

from kinds import DETERMINISTIC, PROD, THREADS

# The main job's variants: name, options for gunyah_vmm, and what is expected:
# processors and MiB that the guest sees, exit status of gunyah_vmm
GUESTS = (
    ("lend 1 CPU", ["--cpus", "1"], 1, 128, 0),
    ("lend 2 CPUs", ["--cpus", "2"], 2, 128, 0),
    ("lend 4 CPUs", ["--cpus", "4"], 4, 128, 0),
    ("share 1 CPU", ["--share", "--cpus", "1"], 1, 128, 0),
    ("share 2 CPUs", ["--share", "--cpus", "2"], 2, 128, 0),
    ("share 4 CPUs", ["--share", "--cpus", "4"], 4, 128, 0),
    ("lend 32 MiB", ["--memory", "32M"], 2, 32, 0),
    ("share 32 MiB", ["--share", "--memory", "32M"], 2, 32, 0),
    ("lend 1 GiB", ["--memory", "1G"], 2, 1024, 0),
    ("share 1 GiB", ["--share", "--memory", "1G"], 2, 1024, 0),
    ("lazy on older firmware", ["--lazy", "--cpus", "2"], 2, 128, 0),
    ("hypervisor schedules 1 CPU",
     ["--sched", "hypervisor", "--cpus", "1"], 1, 128, 0),
    ("hypervisor schedules 2 CPUs",
     ["--sched", "hypervisor", "--cpus", "2"], 2, 128, 0),
    ("devicetree of a file", ["--dtb", "/lib/linux_vm.dtb"], 2, 128, 0),
    ("devicetree of a file with a disk",
     ["--dtb", "/lib/linux_vm_disk.dtb", "--ramdisk",
      "/guest/initramfs.cpio.gz", "--disk", "/tmp/disk"], 2, 136, 0),
    ("hypervisor schedules devicetree of a file",
     ["--dtb", "/lib/sample_vm.dtb"], 2, 128, 0),
    ("guest reboots",
     ["--cmdline", "console=ttyAMA0 guest.action=reboot"], 2, 128, 3),
)
# Production builds refuse shared images, the published resource manager dies
# when it ends a VM that the hypervisor schedules, and the host has 1 GiB
NOT_REAL = ("share", "hypervisor schedules", "lend 1 GiB")
TOO_SMALL = "this kernel needs more memory"

# Guests that are given memory: name, options for gunyah_vmm, settings of the
# machine
MEMORIES = (
    ("lend 2 CPUs", "--cpus 2", THREADS),
    ("share 1 CPU", "--share --cpus 1", DETERMINISTIC),
    ("lend 2 CPUs prod", "--cpus 2", PROD),
)

# Guests with disks: name, options for gunyah_vmm, settings of the machine
DISKS = (
    ("lend 4 CPUs", "--console virtio --cpus 4", {"cpus": 4}),
    ("lend 1 CPU deterministic", "--console virtio --cpus 1", DETERMINISTIC),
    ("share 4 CPUs UART", "--console uart --share --cpus 4", {"cpus": 4}),
    ("lend 2 CPUs prod", "--console virtio --cpus 2",
     {"cpus": 4, "words": "gunyah_hyp.rm=prod gunyah_hyp.caps=random "
                          "gunyah_hyp.seed=3"}),
)

# Guests with a network: name, options for gunyah_vmm, LIVES of jobs/net.sh. Not
# the deterministic machine, where one thread does the work of host and guest
NETS = (
    ("lend 4 CPUs", "--console virtio --cpus 4", "1"),
    ("share 2 CPUs", "--console virtio --share --cpus 2", ""),
)


def guest_fits(row):
    """Whether the kernel of this run can do with a guest's memory."""
    return os.environ.get("KERNEL") not in ("64k", "rt") or row[3] >= 64
