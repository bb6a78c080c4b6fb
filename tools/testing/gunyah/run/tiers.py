# SPDX-License-Identifier: GPL-2.0-only
"""The tests, in tiers.

A tier is a method that returns tasks; each task gives cases. Tasks of all tiers
run side by side, and a tier's results are printed together when its last task
has ended. A tier without a case has failed, and so has a program that failed
without telling which case did. All tiers run whatever happens to the others.

The first line of a method's documentation is the tier's title, the rest says
what it covers. "make test TIERS=list" prints both.
"""
import os
import subprocess

import bench
import ktap
import pagesizes
import power
import selftests
import stock
import variants
import weaken
from children import Problem
from gunyah import DISK, GUEST_LINE, vmm_command
from guests import (DISKS, GUESTS, MEMORIES, NETS, NOT_REAL, TOO_SMALL,
                    guest_fits)
from kinds import DETERMINISTIC, LATER, PROD, SLOW, THREADS
from ktap import Case
from machine import SPLAT, Job, job_text
from pool import Task
from programs import (ASSIGN, ASSIGNING, FIRMWARE, NOT_DETERMINISTIC, NOT_PROD,
                      NOT_THREADS, SEEDED, TWO_CPUS, left_out, programs_of)

# Tiers that take seconds start first: without them the others are pointless
EARLY = ("runner", "rm", "paging", "fuzz", "vmm", "mock", "kunit", "plain", "module")
# Those that need no image: they run while images are built
NO_IMAGES = ("runner", "rm", "fuzz", "vmm")
# Those that compare machines with each other run alone, after all others
ALONE = ("repeat", "bench")
# Those that run on a real Gunyah image, if one is given
REAL = ("module", "selftest", "compat", "guest", "stop", "hello", "disk")
# Those that only run if they are named: they need other kernels
NAMED = ("stock", "packages", "pages")
# Images that other scripts make
OTHERS = {("mock",): "mock/build.sh", ("stock",): "stock/build.sh",
          ("debian",): "stock/root.sh"}
# Those that can run even if the test hypervisor cannot be built
PLAIN = ("kunit", "plain", "external")

# Firmware that has to be told who gets memory
QCOM = "gunyah_hyp.platform=qcom"


def tier_names():
    return [name[5:] for name in vars(Tests) if name.startswith("tier_")]


def describe(name):
    """A tier's title, and lines on what it covers."""
    lines = [line.strip() for line in
             getattr(Tests, "tier_" + name).__doc__.strip().splitlines()]
    return lines[0], [line for line in lines[1:] if line]


class Tests:
    """Makes the tasks of the tiers."""

    def __init__(self, machine, top, build, hypervisor="hyp"):
        self.machine = machine
        self.top = top
        self.build = build
        self.here = os.path.join(top, "tools/testing/gunyah")
        self.hypervisor = hypervisor
        self.images_state = {}
        self.slow = SLOW.get(os.environ.get("KERNEL", ""), 1)
        # For all kselftests, to run them on other firmware
        self.words = " " + os.environ.get("WORDS", "")

    # What tiers share

    @property
    def real(self):
        return self.hypervisor != "hyp"

    def path(self, name):
        return os.path.join(self.here, name)

    def program(self, name, cmd):
        """Run a program that reports in KTAP on the build machine."""
        os.makedirs(self.machine.logs, exist_ok=True)
        log = os.path.join(self.machine.logs, name + ".log")
        lines = []
        with open(log, "w", encoding="utf-8") as out, \
             self.machine.children.start(
                 cmd, grace=None, start_new_session=True, text=True,
                 errors="replace", stdin=subprocess.DEVNULL,
                 stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as child:
            for line in child.stdout:
                out.write(line)
                out.flush()
                lines.append(line)
        cases = ktap.parse("".join(lines))
        bad = any(case.state == "failed" for case in cases)
        if child.returncode and not bad:
            said = SPLAT.search("".join(lines))
            why = said[0] if said else \
                lines[-1].strip() if lines else "no output"
            cases.append(Case("exit status", "failed",
                              f"{child.returncode}: {why} (see {log})"))
        return cases

    def unit_tests(self, name):
        """Unit tests on the build machine that need libfdt."""
        tree = subprocess.run([self.path("kernel/tree.sh")], check=False,
                              stdout=subprocess.PIPE, text=True).stdout.strip()
        if not tree:
            raise Problem("there is no kernel tree")
        return self.program(name, [
            "make", "--no-print-directory", "-s", "-C", self.path(name),
            "check", "O=" + os.path.join(self.build, name),
            f"LIBFDT={tree}/scripts/dtc/libfdt"])

    def images(self, *pieces):
        """Build what machines run, once; whoever needs it fails if that is not
        possible."""
        if pieces == ("plain",) and self.images_state.get(()) == 0:
            return		# it is a part of all
        if pieces not in self.images_state:
            command = [self.path("image/build.sh"), *pieces]
            if pieces in OTHERS:
                command = [self.path(OTHERS[pieces])]
            with self.machine.children.start(
                    command, grace=None, start_new_session=True,
                    stdin=subprocess.DEVNULL) as child:
                pass
            self.images_state[pieces] = child.returncode
        if self.images_state[pieces]:
            raise Problem("the images could not be built")

    @staticmethod
    def cases(result):
        """What a job has reported in KTAP, and whether it ended well."""
        cases = ktap.parse(result.output)
        # 4: everything was skipped
        if result.status == 4 and not result.problems:
            if not cases:
                cases.append(Case("all", "skipped"))
            result.status = 0
        bad = any(case.state == "failed" for case in cases)
        for case in cases:
            if case.state == "failed":
                case.logs = result.logs
        if result.problems or (result.status and not bad):
            cases.append(Case("the machine", "failed",
                              f"{result.why()} (see {result.log})"))
        return cases

    def job(self, name, script, **kwargs):
        """A job for a tier's machine. The timing of a real image is fixed."""
        if self.real:
            script = "export REAL_GUNYAH=1\n" + script
            kwargs |= {"hypervisor": self.hypervisor, "words": "",
                       "timeout": 1800, "silence": 600}
        kwargs.setdefault("parts", ())
        copies = {f"job/{name}.sh": self.path(f"run/jobs/{name}.sh")
                  for name in ("ktap", "guest", "tap")}
        return Job(name, script, **{**kwargs, "copies": {
            **copies, **kwargs.get("copies", {})}})

    def task(self, job, prefix=""):
        """A machine that reports in KTAP."""
        def run():
            result = self.machine.run(job)
            task.cpu = result.cpu
            for case in self.cases(result):
                case.name = prefix + case.name
                yield case

        task = Task(job.name, run)
        return task

    def plain_machine(self, name, script=None, **kwargs):
        """A machine without Gunyah."""
        self.images("plain")
        return [self.task(self.job(name, job_text(script or name),
                                   hypervisor="none", **DETERMINISTIC,
                                   **kwargs))]

    # The tiers

    def tier_runner(self):
        """the runner and the build scripts, on the build machine

        Installing packages, signals, limits, input and output of the machine,
        exit statuses, order of the tests, files that the documentation shows.
        """
        return [Task("runner", lambda: self.program(
            "runner", [self.path("run/unit.py")]))]

    def tier_rm(self):
        """unit tests of the resource manager model

        On the build machine, with sanitizers: each message, wrong lengths and
        values, random sequences, devicetrees, planned faults.
        """
        return [Task("rm", lambda: self.unit_tests("rm"))]

    def tier_paging(self):
        """a program in the place of Linux that pages a VM's memory

        On the test hypervisor, with firmware of 2024: hypercalls about memory
        extents and address spaces with all that can be wrong about them, which
        accesses of a guest wait for its owner, and how they go on.
        """
        self.images()
        return [Task("paging", lambda: self.program("paging", [
            "make", "--no-print-directory", "-s", "-C",
            self.path("hypervisor/tests"), "check",
            "O=" + os.path.join(self.build, "paging"),
            "CROSS_COMPILE=aarch64-linux-gnu-",
            "HYP=" + self.machine.image("hyp.bin")]))]

    def tier_fuzz(self):
        """seeds of the fuzzers, and what they have found

        On the build machine, with sanitizers: messages and devicetrees for the
        resource manager model, and what the driver makes of its messages.
        """
        return [Task("fuzz", lambda: self.unit_tests("fuzz"))]

    def tier_vmm(self):
        """unit tests of the sample VMM

        On the build machine, with sanitizers: virtio queues and requests of a
        guest that cannot be trusted, console, devicetree, kernel images.
        """
        return [Task("vmm", lambda: self.unit_tests("vmm"))]

    def tier_mock(self):
        """kselftests on a kernel that answers the hypercalls itself

        Under User Mode Linux, without hypervisor and emulator, with KASAN and
        lockdep. Guests are lists of operations, which the kernel interprets.
        """
        if os.uname().machine != "x86_64":
            return [Task("mock", lambda: [Case(
                "all", "skipped", "User Mode Linux needs an x86 processor")])]
        self.images("mock")
        programs = programs_of(os.path.join(self.build, "mock/root/selftests"))
        without = left_out(self.path("mock/without"), programs)

        def run(name):
            if name in without:
                return [Case(name, "skipped", without[name])]
            return self.program(f"{name}-mock", [self.path("mock/run.sh"), name])

        return [Task(f"{name}-mock", lambda name=name: run(name))
                for name in programs]

    def tier_kunit(self):
        """KUnit tests in the module

        Wire format, transport and calls of the resource manager, bookkeeping of
        memory: drivers/virt/gunyah/tests/.
        """
        return self.plain_machine("kunit", words="kunit.enable=1",
                                  settings={"NO_MODULE": 1})

    def tier_plain(self):
        """the driver on a machine without Gunyah

        It loads, provides no device, says nothing, costs little, and unloads:
        with nobody at EL2, with a kernel that was there, and one that is there.
        """
        words = {"words": "initcall_debug"}
        tasks = self.plain_machine("plain", **words)
        for name, cpu in (("left", "cortex-a72"), ("kept", "cortex-a76")):
            tasks += self.plain_machine(f"plain-el2-{name}", "plain", kvm=True,
                                        cpu=cpu, **words)
        return tasks

    def tier_module(self):
        """the module comes and goes

        Unloading while the device or a VM is open, after a VMM was killed, and
        after a guest. The same where the hypervisor's node is a bus and the
        driver's as well.
        """
        self.images()
        kinds = [("module", "", "")]
        if not self.real:
            kinds.append(("module-binding", "gunyah_hyp.dt=binding", "binding: "))
        return [self.task(self.job(name, job_text("module"), cpus=2, words=words,
                                   parts=("guest",), timeout=120), prefix)
                for name, words, prefix in kinds]

    def selftests(self, suffix, without=(), **kwargs):
        """Every program but @without: see selftests.tasks()."""
        return selftests.tasks(self, suffix, without, **kwargs)

    def tier_selftest(self):
        """kselftests, deterministic

        Every ioctl and errno, lives of VMs in every order, faults of the
        firmware; one thread, and a clock that counts instructions.
        """
        # Time is no matter on a real image: all that there is
        without = () if self.real else NOT_DETERMINISTIC
        return self.selftests("det", without, words=LATER, **DETERMINISTIC)

    def tier_threads(self):
        """kselftests, two or four processors, random capabilities

        The same with real concurrency, and the programs that need it: races,
        stopping; on two processors, memory that comes and goes, and attacks on
        lent memory.
        """
        return (self.selftests("threads", (*NOT_THREADS, *TWO_CPUS), halves=True,
                               **THREADS) +
                self.selftests("threads", NOT_THREADS, only=TWO_CPUS, halves=True,
                               **{**THREADS, "cpus": 2}))

    def tier_prod(self):
        """kselftests, a resource manager without debug features

        What differs in production builds of the firmware.
        """
        return self.selftests("prod", NOT_PROD, **PROD)

    def tier_compat(self):
        """kselftests that are 32-bit programs

        The same calls from a 32-bit VMM on the 64-bit kernel.
        """
        return self.selftests("det", bits=32, words=LATER, **DETERMINISTIC)

    def tier_seeded(self):
        """kselftests, with the races of the published firmware

        Busy vCPUs, lost halts, late interrupts and late news of an end happen
        at random, but the same in each run.
        """
        return self.selftests("seeded", only=SEEDED,
                              words="gunyah_hyp.races=1", **DETERMINISTIC)

    def tier_movable(self):
        """kselftests of memory files, on a host with a movable zone

        Ordinary memory has to be moved before it is shared, which can fail.
        """
        return self.selftests("movable", only=("gunyah_memfile",),
                              words="movablecore=256M " + LATER,
                              **DETERMINISTIC)

    def tier_context(self):
        """a resource manager that lets the host set a VM's registers

        The boot context, which older firmware refuses.
        """
        return self.selftests("context", only=("gunyah_boot",),
                              words="gunyah_hyp.boot_context=1 " + LATER,
                              **DETERMINISTIC)

    def tier_firmware(self):
        """a resource manager that has firmware for protected VMs

        With the messages of published and of newer firmware, debug and production
        build, and before the machine has booted.
        """
        words = "gunyah_hyp.firmware=ready "
        return (self.selftests("fw", only=FIRMWARE, words=words + LATER,
                               **DETERMINISTIC) +
                self.selftests("fw-2024", only=FIRMWARE, words=words +
                               "gunyah_hyp.generation=2024 " + LATER,
                               **DETERMINISTIC) +
                self.selftests("fw-prod", only=FIRMWARE,
                               **{**PROD, "words": words + PROD["words"]}) +
                self.selftests("fw-held", only=FIRMWARE[:1],
                               words="gunyah_hyp.firmware=held " + LATER,
                               **DETERMINISTIC))

    def tier_variants(self):
        """newer firmware, and ways to find it

        With an info area, with and without a node of the devicetree; what is
        wrong with the area; hypervisors that cannot be used, or are none. Linux
        guests there, with and without secure firmware.
        """
        self.images()
        return variants.tasks(self)

    def tier_platform(self):
        """kselftests on a platform whose firmware has to be told who gets memory

        The secure firmware of Qualcomm's platforms: faults of each request to
        assign memory, and other programs as they are. It refuses what the
        driver has not told it.
        """
        threads = [name for name in ASSIGNING if name in NOT_DETERMINISTIC]
        return (self.selftests("qcom", threads, only=ASSIGN + ASSIGNING,
                               words=f"{LATER} {QCOM}", **DETERMINISTIC) +
                self.selftests("qcom", only=threads, cpus=4,
                               words=f"{THREADS['words']} {QCOM}"))

    def tier_weaken(self):
        """protections of lent memory are needed, each of them

        A test that finds nothing ends the machine when the driver is loaded
        without one of them.
        """
        self.images()
        return weaken.tasks(self)

    def guest_task(self, name, options, cpus, size, status, words="", **kwargs):
        static = name.startswith("hypervisor schedules")
        text = job_text("command", COMMAND=vmm_command(options),
                        STATIC="1" if static else "")
        job = self.job("guest-" + name.replace(" ", "-"), text, cpus=max(2, cpus),
                       words=LATER if static else words, parts=("guest",),
                       timeout=180, **kwargs)

        def run():
            result = self.machine.run(job)
            task.cpu = result.cpu
            found = GUEST_LINE.search(result.output)
            if result.status != status:
                result.problems.append(
                    f"exit status {result.status}, not {status}")
            if not found:
                result.problems.append("the guest's init did not report")
            elif (int(found[2]), int(found[3])) != (cpus, size):
                result.problems.append(f"wrong guest: {found[0]}")
            why = "; ".join(result.problems)
            yield Case(name, "failed" if why else "passed",
                       f"{why} (see {result.log})" if why else "")

        task = Task(job.name, run)
        return task

    def tier_guest(self):
        """Linux guests: the main job and its variants

        Memory that is lent or shared, small and large, one to four CPUs, both
        kinds of scheduling, a reboot.
        """
        self.images()
        return [self.guest_task(*row) if guest_fits(row) else
                Task("guest-" + row[0].replace(" ", "-"),
                     lambda row=row: [Case(row[0], "skipped", TOO_SMALL)])
                for row in GUESTS
                if not (self.real and row[0].startswith(NOT_REAL))]

    def tier_pages(self):
        """guests with pages of another size than the host's

        Two other kernels are built: it runs only if it is named. On the kernel
        of KERNEL, which can be 16k or 64k.
        """
        self.images()
        return pagesizes.tasks(self)

    def tier_stop(self):
        """guests are asked to shut down, and stopped

        Signals to the sample VMM: idle and busy guests, with the driver and
        without.
        """
        self.images()
        return [self.task(self.job("stop", job_text("stop"), cpus=2,
                                   words=LATER, parts=("guest",),
                                   timeout=300))]

    def tier_hello(self):
        """the VMM of the manual

        What it prints, on both kinds of firmware, its messages, and the
        commands by which the manual compiles and runs it.
        """
        self.images()
        copies = {}
        for name in ("relative", "hangs"):
            dtb = os.path.join(self.build, "image", name + ".dtb")
            copies[f"job/{name}.dtb"] = dtb
            subprocess.run(
                ["dtc", "-i", os.path.join(self.top, "samples/gunyah"), "-a",
                 "8", "-o", dtb, self.path(f"run/jobs/{name}.dts")],
                check=True)
        tasks = [self.task(self.job(f"hello-{name}", job_text("hello"),
                                    parts=("hello",), copies=copies,
                                    **kwargs), name + ": ")
                 for name, kwargs in (("debug", DETERMINISTIC), ("prod", PROD))
                 if not (self.real and name == "prod")]
        if not self.real:
            tasks.append(Task("own-vmm", lambda: self.program(
                "own-vmm-test", [self.path("run/own-vmm-test.sh")])))
        return tasks

    def tier_refuse(self):
        """messages of the sample VMM when something is refused

        Which step failed, and what the user can do about it.
        """
        self.images()
        return [self.task(self.job("refuse", job_text("refuse"),
                                   parts=("guest",), timeout=300, **PROD)),
                self.task(self.job("refuse-lend", job_text("refuse_lend"),
                                   parts=("guest",), timeout=300,
                                   words="rodata=on"), "rodata=on: ")]

    def tier_console(self):
        """console of the sample VMM, and kernels that it loads

        Readers that stop or go, pseudo terminal, file, restart, much input;
        gzip and EFI zboot; a panic; a guest without a DMA pool.
        """
        self.images()
        return [self.task(self.job("console", job_text("console"), cpus=4,
                                   parts=("guest",), files=(DISK,),
                                   timeout=1200, silence=600), "console: "),
                self.task(self.job("image", job_text("image"), cpus=2,
                                   parts=("guest",), timeout=300), "image: ")]

    def tier_disk(self):
        """guests with disks, a login and virtio devices

        A root file system on virtio, 16 MiB read and compared, both consoles.
        """
        self.images()
        return [self.task(self.job(
            "disk-" + name.replace(" ", "-"),
            job_text("disk", OPTIONS=options), timeout=300,
            parts=("guest",), files=(DISK,), **kwargs), name + ": ")
            for name, options, kwargs in DISKS
            if not (self.real and name.startswith(NOT_REAL))]

    def tier_net(self):
        """guests with a network, sockets and random numbers

        16 MiB through vhost, and 8 MiB in each direction, with checksums. A VM
        that ends or is reset while vhost works, messages when something is
        missing.
        """
        self.images()
        return [self.task(self.job(
            "net-" + name.replace(" ", "-"),
            job_text("net", OPTIONS=options, LIVES=lives), cpus=4,
            timeout=1200, silence=600, parts=("guest",), files=(DISK,)),
            name + ": ")
            for name, options, lives in NETS]

    def tier_memory(self):
        """guests that are given memory while they run

        Shared with the guest, lent, and added to the memory of its kernel;
        given back, refused, and kept when the driver goes.
        """
        self.images()
        return [self.task(self.job(
            "memory-" + name.replace(" ", "-"),
            job_text("memory", OPTIONS=options), timeout=300,
            parts=("guest",), **kwargs), name + ": ")
            for name, options, kwargs in MEMORIES]

    def tier_power(self):
        """suspend, hibernation, reboot, kexec and crash kernel, with a VM

        Each with its defined result, and what happens without the driver's
        protections.
        """
        self.images()
        return power.tasks(self)

    def tier_repeat(self):
        """the same deterministic run twice gives the same log

        What the tier "selftest" and the benchmark rely on.
        """
        self.images()
        results = {}

        def run(name):
            results[name] = self.machine.run(self.job(
                name, job_text("command", COMMAND=vmm_command([]), STATIC=""),
                parts=("guest",), **DETERMINISTIC))
            result = results[name]
            yield Case(name, "passed" if result.ok else "failed",
                       "" if result.ok else f"{result.why()} "
                       f"(see {result.log})")
            if len(results) == 2:
                one, two = results.values()
                same = one.text == two.text and one.ok
                yield Case("same log", "passed" if same else "failed",
                           "" if same else f"{one.log} and {two.log}")

        return [Task(f"repeat-{i}", lambda i=i: run(f"repeat-{i}"))
                for i in (1, 2)]

    def tier_bench(self):
        """instructions of interrupts, MMIO and network, compared with KVM

        The benchmark's targets, and that a second run has the same figures.
        """
        self.images("kernel", "hypervisor", "selftests", "vmm", "bench")
        return [Task("bench", lambda: bench.cases(self.machine))]

    def tier_external(self):
        """this repository as an external module of a kernel

        Kbuild and Kconfig at its top, with the headers of a kernel that does
        not know the driver.
        """
        self.images("plain")
        return [Task("external", lambda: self.program(
            "external", [self.path("run/external.sh")]))]

    def tier_stock(self):
        """Debian's kernels, with the driver that its package makes

        Linux 6.1 and 6.12 of Debian 12, unchanged: what a module can and cannot
        do there, guests, kselftests.
        """
        self.images()
        self.images("stock")
        return stock.tasks(self, NOT_THREADS)

    def tier_packages(self):
        """a new Debian, in which apt installs the driver's packages

        DKMS builds the module there. After a reboot a user boots a guest, by the
        command of the package's manual.
        """
        self.images("hypervisor")
        return stock.packages(self)

    def tier_check(self):
        """static checks

        Style, documentation, warnings of compilers and analyzers: "make check
        GATES=list".
        """
        return [Task(name, lambda name=name, group=group: self.program(
            name, [self.path("check/check.sh"), group]))
                for name, group in (("check", "common"),
                                    ("check-others", "others"))]
