# SPDX-License-Identifier: GPL-2.0-only
"""QEMU's command line, and what the host's initramfs has in it."""
import gzip
import lzma
import os
import shutil
import subprocess
import unittest
from unittest import mock

import gunyah_image
import mkcpio
from children import Problem
from gunyah import guest_job, job_from, parse
from machine import Job, Machine
from tests.support import RunnerTest


class Command(RunnerTest):
    """The command line of each kind of machine."""

    def setUp(self):
        super().setUp()
        self.write("hypvm.elf", "")
        self.write("initrd", "x" * 1000)
        self.machine = Machine(self.path("build/images"),
                               self.path("build/logs"))

    def command(self, **kwargs):
        with mock.patch.object(gunyah_image, "devicetree") as devicetree:
            cmd = self.machine.command(Job("name", "true", **kwargs),
                                       self.path("initrd"))
        self.devicetree = devicetree
        return cmd

    def option(self, cmd, name):
        """The one value of an option."""
        values = [value for option, value in zip(cmd, cmd[1:])
                  if option == name]
        self.assertEqual(len(values), 1, f"{name} in {cmd}")
        return values[0]

    def test_gunyah_image(self):
        cmd = self.command(hypervisor=self.path("hypvm.elf"), cpus=2,
                           words="quiet")
        self.assertEqual(self.option(cmd, "-cpu"), "max,pauth-impdef=on")
        self.assertEqual(self.option(cmd, "-accel"), "tcg,thread=single")
        self.assertEqual(self.option(cmd, "-icount"), "shift=0,sleep=off")
        self.assertEqual(self.option(cmd, "-kernel"), self.path("hypvm.elf"))
        self.assertEqual(self.option(cmd, "-machine"), "virt,virtualization="
                         "on,gic-version=3,highmem=off")
        self.assertEqual(self.option(cmd, "-m"), "2G")
        # Whatever CPUS says: the image is made for this number
        self.assertEqual(self.option(cmd, "-smp"), "8")
        self.assertNotIn("-append", cmd)
        loaded = [value.split(",")[1:3] for option, value in
                  zip(cmd, cmd[1:]) if option == "-device"]
        self.assertEqual(loaded, [
            ["file=" + self.path("build/images/Image"), "addr=0x41000000"],
            ["file=" + self.path("initrd"), "addr=0x40800000"],
            ["file=" + self.path("host.dtb"), "addr=0x40f00000"]])
        self.devicetree.assert_called_once_with(
            self.path("host.dtb"), 1000, "console=ttyAMA0 panic=-1 quiet")

    def test_gunyah_image_from_make(self):
        job = guest_job(parse(["run", "--hypervisor",
                               self.path("hypvm.elf")]), False)
        self.assertTrue(job.real)
        self.assertEqual(job.parts, ("guest",))

    def test_deterministic(self):
        cmd = self.command(deterministic=True)
        self.assertEqual(self.option(cmd, "-icount"), "shift=0,sleep=off")
        self.assertNotIn("-accel", cmd)
        self.assertIn("virtualization=on", self.option(cmd, "-M"))

    def test_threads(self):
        cmd = self.command(cpus=4, words="gunyah_hyp.caps=random")
        self.assertEqual(self.option(cmd, "-accel"), "tcg,thread=multi")
        self.assertNotIn("-icount", cmd)
        self.assertEqual(self.option(cmd, "-smp"), "4")
        self.assertTrue(self.option(cmd, "-append").endswith(
            " gunyah_hyp.caps=random"))

    def test_no_hypervisor(self):
        cmd = self.command(hypervisor="none")
        self.assertNotIn("virtualization", self.option(cmd, "-M"))
        self.assertEqual(self.option(cmd, "-kernel"),
                         self.path("build/images/Image"))

    def test_options_of_make(self):
        job = job_from(parse(["run", "--cpus", "3", "--memory", "2G",
                              "--words", "a b"]), "name", "true")
        self.assertEqual((job.cpus, job.memory, job.words), (3, "2G", "a b"))

    @unittest.skipUnless(shutil.which("qemu-system-aarch64") and
                         shutil.which("fdtget"), "needs QEMU and dtc")
    def test_devicetree(self):
        """QEMU itself accepts the processor and the machine."""
        path = self.path("host.dtb")
        gunyah_image.devicetree(path, 0x1234, "console=ttyAMA0 quiet")

        def get(*args):
            return subprocess.run(["fdtget", *args], text=True, check=True,
                                  stdout=subprocess.PIPE).stdout.split()

        self.assertEqual(get("-t", "x", path, "/chosen", "linux,initrd-start"),
                         ["0", "40800000"])
        self.assertEqual(get("-t", "x", path, "/chosen", "linux,initrd-end"),
                         ["0", "40801234"])
        self.assertEqual(get(path, "/chosen", "bootargs"),
                         ["console=ttyAMA0", "quiet"])
        self.assertEqual(len([node for node in get("-l", path, "/cpus")
                              if node.startswith("cpu@")]), 8)
        for node in get("-l", path, "/"):
            for child in get("-l", path, "/" + node):
                self.assertFalse(child.startswith("its@"))


class Initramfs(RunnerTest):
    """The archives that a host gets, one behind the other."""

    def setUp(self):
        super().setUp()
        self.write("hypvm.elf", "")
        self.machine = Machine(self.path("build/images"),
                               self.path("build/logs"))
        self.sizes(1400000, 4000000, 1200000)

    def sizes(self, base, guest, selftests, hello=250000):
        for name, letter, size in (("initramfs.cpio.gz", "b", base),
                                   ("guest.cpio.gz", "g", guest),
                                   ("guest.cpio.xz", "g", guest),
                                   ("selftests.cpio.gz", "s", selftests),
                                   ("selftests.cpio.xz", "s", selftests),
                                   ("hello.cpio.gz", "h", hello)):
            self.write("build/images/" + name, letter * size)

    def parts(self, **kwargs):
        """The order of the parts, with the job ("0": a cpio header)."""
        data = self.machine.initramfs(Job("name", "true", **kwargs))
        seen = [letter for letter in (b"b", b"g", b"s", b"h")
                if letter * 100 in data]
        places = {letter: data.index(letter * 100) for letter in seen}
        places[b"job"] = data.index(b"070701")
        return [name.decode() for name in sorted(places, key=places.get)]

    def test_all(self):
        self.assertEqual(self.parts(), ["b", "g", "s", "h", "job"])

    def test_guest(self):
        self.assertEqual(self.parts(parts=("guest",)), ["b", "g", "job"])

    def test_none(self):
        self.assertEqual(self.parts(parts=()), ["b", "job"])

    def real(self, **kwargs):
        return self.parts(hypervisor=self.path("hypvm.elf"), **kwargs)

    def test_everything_fits(self):
        self.assertEqual(self.real(), ["b", "g", "s", "h", "job"])

    def test_selftests_do_not_fit(self):
        self.sizes(1400000, 4800000, 1200000)
        with mock.patch("builtins.print") as said:
            self.assertEqual(self.real(), ["b", "g", "h", "job"])
        self.assertIn("no room for /selftests", said.call_args[0][0])
        self.assertEqual(self.parts(), ["b", "g", "s", "h", "job"])

    def test_hello_does_not_fit_either(self):
        self.sizes(1400000, 5900000, 1200000)
        with mock.patch("builtins.print") as said:
            self.assertEqual(self.real(), ["b", "g", "job"])
        self.assertIn("no room for /bin/hello", said.call_args[0][0])

    def test_a_selftest_fits_always(self):
        """A test's job has its program, and not the guest's files."""
        self.sizes(1400000, 7400000, 7400000)
        self.write("program", "p" * 700000)
        self.assertEqual(self.real(parts=(), copies={
            "selftests/gunyah/program": self.path("program")}), ["b", "job"])

    def test_smaller(self):
        """An archive that was built later is packed again, by those who need it."""
        path = self.path("build/images/guest.cpio.gz")
        small = self.path("build/images/guest.cpio.xz")
        os.unlink(small)
        for letter in "xy":
            data = mkcpio.pad(gzip.compress(letter.encode() * 1000))
            with open(path, "wb") as f:
                f.write(data)
            job = Job("name", "true", parts=("guest",))
            self.assertIn(letter.encode() * 1000, self.machine.initramfs(job))
            job.hypervisor = self.path("hypvm.elf")
            with mock.patch("builtins.print") as said:
                data = self.machine.initramfs(job)
                self.assertEqual(data, self.machine.initramfs(job))
            said.assert_called_once()
            with open(small, "rb") as f:
                self.assertEqual(lzma.decompress(f.read()), letter.encode() * 1000)
            os.utime(small, (0, 0))

    def test_nothing_fits(self):
        self.sizes(1400000, 6000000, 1200000)
        with mock.patch("builtins.print"), \
             self.assertRaisesRegex(Problem, "there is room for 7340032"):
            self.real()

    def test_exactly(self):
        job = len(self.machine.initramfs(Job(
            "name", "true", hypervisor=self.path("hypvm.elf"),
            parts=()))) - 1400000
        self.sizes(1400000, 7340032 - 1400000 - job, 0)
        self.real(parts=("guest",))
        self.sizes(1400000, 7340032 - 1400000 - job + 1, 0)
        with self.assertRaises(Problem):
            self.real(parts=("guest",))


class RealImages(unittest.TestCase):
    """What make images has built, if it has."""

    IMAGES = os.path.join(os.environ.get("GUNYAH_BUILD") or os.path.join(
        os.path.dirname(__file__), "../../../../../build"), "images")

    def test_guest_with_disk_fits(self):
        """The largest job that the runner itself makes."""
        if not os.path.exists(os.path.join(self.IMAGES, "guest-disk.img")):
            self.skipTest("there are no images")
        machine = Machine(self.IMAGES, "")
        job = Job("name", "true", hypervisor="hypvm.elf", parts=("guest",),
                  files=("guest-disk.img",))
        self.assertLessEqual(len(machine.initramfs(job)), 7340032)
