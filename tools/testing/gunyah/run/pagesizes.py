# SPDX-License-Identifier: GPL-2.0-only
"""Guests with pages of another size than the host's: the tier "pages"."""
import os
import subprocess

from children import Problem

KERNELS = {"": "4 KiB", "16k": "16 KiB", "64k": "64 KiB"}
# The processor of the other machines has no pages of 16 KiB
CPU = "cortex-a76"
# Name, options for gunyah_vmm
GUESTS = (
    ("lend", ["--cpus", "4"]),
    ("share", ["--share", "--cpus", "2"]),
    ("lazy", ["--lazy", "--cpus", "2"]),
)
NEWER = "gunyah_hyp.generation=2024"


def build(tests, kernel):
    """The directory with Image and initramfs of a guest of another kernel."""
    top = os.environ.get("GUNYAH_BUILD") or os.path.join(tests.top, "build")
    with tests.machine.children.start(
            [tests.path("image/build.sh"), "kernel", "guest"], grace=None,
            start_new_session=True, stdin=subprocess.DEVNULL,
            env={**os.environ, "KERNEL": kernel}) as child:
        pass
    if child.returncode:
        raise Problem(f"the kernel with pages of {KERNELS[kernel]} could not "
                      "be built")
    return os.path.join(top, kernel)


def tasks(tests):
    """The tasks of the tier."""
    own = os.environ.get("KERNEL", "")
    if own not in KERNELS:
        raise Problem(f"KERNEL={own}: not a kernel with another page size")
    found = []
    for kernel, size in KERNELS.items():
        if kernel == own:
            continue
        path = build(tests, kernel)
        copies = {"job/Image": os.path.join(path, "images/Image"),
                  "job/initramfs": os.path.join(
                      path, "image/guest-initramfs.cpio.gz")}
        for name, options in GUESTS:
            found.append(tests.guest_task(
                f"{name} guest with {size}",
                ["--image", "/job/Image", "--ramdisk", "/job/initramfs",
                 *options], int(options[-1]), 128, 0,
                NEWER if name == "lazy" else "", copies=copies, cpu=CPU))
    return found
