# SPDX-License-Identifier: GPL-2.0-only
"""QEMU's command line for a real Gunyah image (hypvm.elf).

Gunyah itself is at 0x80000000, as its ELF file says. Its host gets the first
GiB: what the devicetree says that QEMU would give to a machine of that size,
without what Gunyah does not hand on (the interrupt translation service). The
resource manager adds the hypervisor's node.
"""
import os
import subprocess

from children import Problem
from machine import QEMU

MACHINE = "virt,virtualization=on,gic-version=3,highmem=off"
# Pointer authentication as the architecture has it takes most of the time of
# "-cpu max"; several threads, or a clock that does not wait for them, take
# minutes on a busy computer.
CPU = "max,pauth-impdef=on"
TIMING = ("-accel", "tcg,thread=single", "-icount", "shift=0,sleep=off")
IMAGE_ADDR = 0x41000000
INITRD_ADDR = 0x40800000
DTB_ADDR = 0x40f00000
ROOM = DTB_ADDR - INITRD_ADDR
CPUS = 8


def parts_that_fit(parts, sizes, base):
    """Leave out parts if there is no room for them in the initramfs.
    @sizes: of the parts; @base: of all else."""
    total = base + sum(sizes[part] for part in parts)
    for name, path in (("selftests", "/selftests"), ("hello", "/bin/hello")):
        if total > ROOM and name in parts:
            print(f"  no room for {path}: {total} bytes, {ROOM} fit",
                  flush=True)
            parts = [part for part in parts if part != name]
            total -= sizes[name]
    if total > ROOM:
        raise Problem(f"the initramfs has {total} bytes, but under Gunyah "
                      f"there is room for {ROOM} (7 MiB)")
    return parts


def run(*cmd):
    done = subprocess.run(cmd, stdin=subprocess.DEVNULL, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          check=False)
    if done.returncode:
        raise Problem(f"{cmd[0]} failed: {done.stdout.strip()}")
    return done.stdout


def devicetree(path, initrd_size, words):
    """Write the host's devicetree."""
    run(QEMU, "-machine", f"{MACHINE},dumpdtb={path}", "-cpu", CPU, "-m",
        "1G", "-smp", str(CPUS), "-nic", "none", "-display", "none")
    for node in run("fdtget", "-l", path, "/").split():
        if node.startswith("intc@"):
            for child in run("fdtget", "-l", path, "/" + node).split():
                if child.startswith("its@"):
                    run("fdtput", "-r", path, f"/{node}/{child}")
        elif node.startswith("pcie@"):
            props = run("fdtget", "-p", path, "/" + node).split()
            if "msi-map" in props:
                run("fdtput", "-d", path, "/" + node, "msi-map")
    end = INITRD_ADDR + initrd_size
    for name, addr in (("start", INITRD_ADDR), ("end", end)):
        run("fdtput", "-t", "x", path, "/chosen", "linux,initrd-" + name,
            "0", f"{addr:x}")
    run("fdtput", "-t", "s", path, "/chosen", "bootargs", words)


def command(job, image, initrd, words):
    """QEMU's command line without console."""
    dtb = os.path.join(os.path.dirname(initrd), "host.dtb")
    devicetree(dtb, os.path.getsize(initrd), words.strip())
    cmd = [QEMU, "-machine", MACHINE, "-cpu", CPU, *TIMING, "-m", "2G",
           "-smp", str(CPUS), "-nic", "none", "-no-reboot", "-display", "none",
           "-kernel", job.hypervisor]
    for path, addr in ((image, IMAGE_ADDR), (initrd, INITRD_ADDR),
                       (dtb, DTB_ADDR)):
        cmd += ["-device", f"loader,file={path},addr={addr:#x},force-raw=on"]
    return cmd
