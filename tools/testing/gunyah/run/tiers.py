# SPDX-License-Identifier: GPL-2.0-only
"""The tests, in tiers from fast to slow.

Every tier gives a list of cases. A tier that gives none has failed, and so has
a program that failed without telling which case did. All tiers run whatever
happens to the ones before.
"""
import os
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor, as_completed

import bench
import disk
import ktap
from gunyah import DISK, GUEST_LINE, vmm_command
from ktap import Case
from machine import Job, Problem

KUNIT = r"""
insmod /lib/gunyah.ko || exit 1
dmesg | sed 's/^\[[^]]*\] //' | sed -n '/^KTAP version/,$p'
rmmod gunyah
"""

# Without a hypervisor the driver has nothing to do and does no harm.
PLAIN = r"""
echo 1..3
[ -d /sys/module/gunyah ] && echo 'ok 1 module is loaded' ||
	echo 'not ok 1 module is loaded'
[ ! -e /dev/gunyah ] && echo 'ok 2 no device' || echo 'not ok 2 no device'
rmmod gunyah && echo 'ok 3 module is unloaded' ||
	echo 'not ok 3 module is unloaded'
"""

# The module stays while it is used, goes when it is not, and can come back.
MODULE = r"""
n=0
check()
{
	n=$((n + 1))
	name=$1; shift
	if "$@"; then echo "ok $n $name"; else echo "not ok $n $name"; fi
}
stays() { ! rmmod gunyah 2>/dev/null; }
goes() { rmmod gunyah && [ ! -e /dev/gunyah ]; }
comes() { insmod /lib/gunyah.ko && [ -c /dev/gunyah ]; }
vmm() { exec gunyah_vmm --image /guest/Image --ramdisk /guest/initramfs.cpio.gz; }
boots() { vmm | grep guest-init; }

echo 1..8
exec 5<>/dev/gunyah
check "stays while the device is open" stays
exec 5>&-
check "goes" goes
check "comes back" comes
vmm >/tmp/out 2>&1 &
until grep -q Booting /tmp/out; do sleep 0.1; done
check "stays while a VM runs" stays
kill -9 $!; wait
check "goes after a VMM was killed" goes
check "comes back after that" comes
check "boots a guest" boots
check "goes after a guest" goes
"""

# Signals to the VMM: the first asks the guest to shut down, which a guest does
# that has the driver; the second stops it.
STOP = r"""
n=0
check()
{
	n=$((n + 1))
	name=$1; shift
	if "$@"; then echo "ok $n $name"; else echo "not ok $n $name"; fi
}
vmm()
{
	: >/tmp/out
	gunyah_vmm --image /guest/Image --ramdisk /guest/initramfs.cpio.gz \
		--cmdline "console=ttyAMA0 guest.action=$1" $2 \
		</dev/null >/tmp/out 2>&1 &
	until grep -q guest-init: /tmp/out; do sleep 0.1; done
}
# Exit status, and what is said last
ends()
{
	wait $!
	[ $? = "$1" ] && tail -n 1 /tmp/out | grep -q "$2" && return
	sed 's/^/# /' /tmp/out
	false
}
says() { until grep -q "$1" /tmp/out; do sleep 0.1; done; }
asked() { vmm "$@"; kill $!; ends 0 "powered off"; }
forced()
{
	vmm "$@"
	kill -INT $!
	says "asked to shut down"
	sleep 2
	kill -0 $! && kill $! && ends 5 "was stopped"
}

echo 1..6
check "asked: idle guest" asked hang
check "asked: busy guest with 2 CPUs" asked loop "--cpus 2"
check "asked: hypervisor schedules" asked hang "--sched hypervisor"
check "forced: idle guest without driver" forced "hang guest.module=no"
check "forced: busy guest with 2 CPUs" forced "loop guest.module=no" "--cpus 2"
check "forced: hypervisor schedules" forced "loop guest.module=no" \
	"--sched hypervisor"
"""

DETERMINISTIC = {"cpus": 2, "deterministic": True}
THREADS = {"cpus": 4, "words": "gunyah_hyp.caps=random gunyah_hyp.seed=1"}

# Programs that a tier leaves out. What wants processors of its own, or is about
# many calls at a time, is not better for being deterministic
NOT_DETERMINISTIC = ("gunyah_race", "gunyah_stop", "gunyah_memrun",
                     "gunyah_fault")
# Long waits are the same with more processors, and longer in real time
NOT_THREADS = ("gunyah_silence", "gunyah_quirk", "gunyah_errno")
# For these the build of the firmware makes no difference
NOT_PROD = ("gunyah_silence", "gunyah_quirk", "gunyah_fault", "gunyah_errno",
            "gunyah_race", "gunyah_stop", "gunyah_end", "gunyah_debugfs")

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
    ("hypervisor schedules 1 CPU",
     ["--sched", "hypervisor", "--cpus", "1"], 1, 128, 0),
    ("hypervisor schedules 2 CPUs",
     ["--sched", "hypervisor", "--cpus", "2"], 2, 128, 0),
    ("guest reboots",
     ["--cmdline", "console=ttyAMA0 guest.action=reboot"], 2, 128, 3),
)


class Tests:
    """Runs tiers and counts."""

    def __init__(self, machine, top, build):
        self.machine = machine
        self.top = top
        self.build = build
        self.here = os.path.join(top, "tools/testing/gunyah")
        self.count = {"passed": 0, "failed": 0, "skipped": 0}
        self.images_state = {}

    # What tiers share

    def record(self, tier, case):
        self.count[case.state] += 1
        mark = {"passed": "ok", "failed": "FAIL", "skipped": "skip"}
        why = f": {case.why}" if case.why else ""
        print(f"{mark[case.state]:5}{tier}: {case.name}{why}", flush=True)

    def program(self, name, cmd):
        """Run a program that reports in KTAP on the build machine."""
        os.makedirs(self.machine.logs, exist_ok=True)
        log = os.path.join(self.machine.logs, name + ".log")
        lines = []
        with open(log, "w", encoding="utf-8") as out:
            with subprocess.Popen(cmd, stdin=subprocess.DEVNULL, text=True,
                                  errors="replace", stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT) as proc:
                for line in proc.stdout:
                    out.write(line)
                    out.flush()
                    lines.append(line)
                    # Other output is of interest only if it goes wrong, but
                    # long steps tell that they go on.
                    if line.startswith("  "):
                        print(line, end="", flush=True)
        cases = ktap.parse("".join(lines))
        bad = any(case.state == "failed" for case in cases)
        if proc.returncode and not bad:
            last = lines[-1].strip() if lines else "no output"
            cases.append(Case("exit status", "failed",
                              f"{proc.returncode}: {last} (see {log})"))
        return cases

    def images(self, *pieces):
        """Build what the machine runs, once; whoever needs it fails if that
        is not possible."""
        if pieces not in self.images_state:
            done = subprocess.run([os.path.join(self.here, "image/build.sh"),
                                   *pieces],
                                  stdin=subprocess.DEVNULL, check=False)
            self.images_state[pieces] = done.returncode
        if self.images_state[pieces]:
            raise Problem("the images could not be built")

    def machines(self, jobs):
        """Run jobs, as many at a time as this computer has processors: most
        of the time a job waits for something. Results come as jobs end."""
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            running = [pool.submit(self.machine.run, job) for job in jobs]
            try:
                for done in as_completed(running):
                    yield done.result()
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise

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
        if result.problems or (result.status and not bad):
            cases.append(Case("the machine", "failed",
                              f"{result.why()} (see {result.log})"))
        elif bad:
            print(f"     the console's log is {result.log}")
        return cases

    def plain(self, name, script, **kwargs):
        """A job that reports in KTAP, on a machine without Gunyah."""
        self.images("plain")
        return self.cases(self.machine.run(
            Job(name, script, hypervisor="none", **DETERMINISTIC, **kwargs)))

    # The tiers, in their order

    def tier_runner(self):
        """unit tests of the build scripts, on the build machine"""
        return self.program("runner", [os.path.join(self.here, "run/unit.py")])

    def tier_rm(self):
        """unit tests of the resource manager model"""
        tree = subprocess.run(
            [os.path.join(self.here, "kernel/tree.sh")], check=False,
            stdout=subprocess.PIPE, text=True).stdout.strip()
        if not tree:
            raise Problem("there is no kernel tree")
        return self.program("rm", [
            "make", "--no-print-directory", "-s", "-C",
            os.path.join(self.here, "rm"), "check",
            "O=" + os.path.join(self.build, "rm"),
            f"LIBFDT={tree}/scripts/dtc/libfdt"])

    def tier_vmm(self):
        """unit tests of the sample VMM's virtio devices"""
        return self.program("vmm", [
            "make", "--no-print-directory", "-s", "-C",
            os.path.join(self.here, "vmm"), "check",
            "O=" + os.path.join(self.build, "vmm")])

    def tier_kunit(self):
        """KUnit tests in the module"""
        return self.plain("kunit", KUNIT, words="kunit.enable=1",
                          settings={"NO_MODULE": 1})

    def tier_plain(self):
        """the driver on a machine without Gunyah"""
        return self.plain("plain", PLAIN)

    def tier_module(self):
        """the module comes and goes"""
        self.images()
        return self.cases(self.machine.run(
            Job("module", MODULE, cpus=2, timeout=120)))

    def selftests(self, suffix, without=(), only=None, bits=64, **kwargs):
        """Every program in a machine of its own."""
        self.images()
        path = os.path.join(self.build,
                            "image/selftests/kselftest-list.txt")
        with open(path, encoding="utf-8") as f:
            programs = [line.strip().split(":")[1] for line in f if ":" in line]
        programs = [name for name in programs if name not in without and
                    name in (only or programs) and
                    name.endswith("_32") == (bits == 32)]
        # More processors than there are: the clock runs while they wait
        clock = ("export GUNYAH_TEST_ICOUNT=1\n"
                 if kwargs.get("deterministic") else
                 "export GUNYAH_TEST_SLOW=3\n")
        # The last ones take longest
        for result in self.machines(
                Job(f"{program}-{suffix}",
                    f"{clock}cd /selftests/gunyah && exec ./{program}\n",
                    timeout=600, **kwargs) for program in reversed(programs)):
            program = result.job.name.removesuffix("-" + suffix)
            for case in self.cases(result):
                case.name = f"{program}.{case.name}"
                yield case
            print(f"     {program}: {result.seconds:.0f} s")

    def tier_selftest(self):
        """kselftests, deterministic"""
        return self.selftests("det", NOT_DETERMINISTIC, **DETERMINISTIC)

    def tier_threads(self):
        """kselftests, four processors, random capabilities"""
        return self.selftests("threads", NOT_THREADS, **THREADS)

    def tier_prod(self):
        """kselftests, a resource manager without debug features"""
        return self.selftests("prod", NOT_PROD, cpus=4,
                              words="gunyah_hyp.caps=random gunyah_hyp.seed=2 "
                                    "gunyah_hyp.rm=prod")

    def tier_compat(self):
        """kselftests that are 32-bit programs"""
        return self.selftests("det", bits=32, **DETERMINISTIC)

    def tier_context(self):
        """a resource manager that lets the host set a VM's registers"""
        return self.selftests("context", only=("gunyah_boot",),
                              words="gunyah_hyp.boot_context=1",
                              **DETERMINISTIC)

    def tier_guest(self):
        """the main job and its variants"""
        self.images()
        expected = {"guest-" + row[0].replace(" ", "-"): row for row in GUESTS}
        for result in self.machines(
                Job(job, f"exec {vmm_command(row[1])}\n", cpus=4, timeout=180)
                for job, row in expected.items()):
            name, _, cpus, size, status = expected[result.job.name]
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

    def tier_stop(self):
        """guests are asked to shut down, and stopped"""
        self.images()
        return self.cases(self.machine.run(
            Job("stop", STOP, cpus=4, timeout=300)))

    def tier_disk(self):
        """guests with disks, a login and virtio devices"""
        self.images()
        names = {"disk-" + name.replace(" ", "-"): name
                 for name, _, _ in disk.ROWS}
        for result in self.machines(
                Job("disk-" + name.replace(" ", "-"),
                    f"OPTIONS='{options}'\n{disk.SCRIPT}", timeout=300,
                    files=(DISK,), **kwargs)
                for name, options, kwargs in disk.ROWS):
            for case in self.cases(result):
                case.name = f"{names[result.job.name]}: {case.name}"
                yield case
            print(f"     {names[result.job.name]}: {result.seconds:.0f} s")

    def tier_repeat(self):
        """the same deterministic run twice gives the same log"""
        self.images()
        results = list(self.machines(
            Job(f"repeat-{i}", f"exec {vmm_command([])}\n", **DETERMINISTIC)
            for i in (1, 2)))
        for result in results:
            yield Case(result.job.name, "passed" if result.ok else "failed",
                       "" if result.ok else f"{result.why()} "
                       f"(see {result.log})")
        same = results[0].text == results[1].text and results[0].ok
        yield Case("same log", "passed" if same else "failed",
                   "" if same else f"{results[0].log} and {results[1].log}")

    def tier_bench(self):
        """instructions that interrupts and MMIO take, compared with KVM"""
        self.images("kernel", "hypervisor", "bench")
        return bench.cases(self.machine)

    def tier_check(self):
        """static checks"""
        return self.program("check",
                            [os.path.join(self.here, "check/check.sh")])

    def run(self, name):
        """One tier."""
        tier = getattr(self, "tier_" + name)
        print(f"== {name}: {tier.__doc__}", flush=True)
        start = time.monotonic()
        ran = 0
        try:
            for case in tier():
                self.record(name, case)
                ran += 1
        except (Problem, OSError) as problem:
            self.record(name, Case("the tier", "failed", str(problem)))
            ran += 1
        if not ran:
            self.record(name, Case("the tier", "failed", "it ran no test"))
        print(f"   {time.monotonic() - start:.0f} s", flush=True)


def main(machine, top, build, names):
    """Run the tiers with these names, or all. Returns an exit status."""
    known = [name[5:] for name in vars(Tests) if name.startswith("tier_")]
    if names == ["list"]:
        for name in known:
            print(f"{name:10}{getattr(Tests, 'tier_' + name).__doc__}")
        return 0
    for name in names:
        if name not in known:
            raise Problem(f"no such tier: {name} (there are: "
                          f"{', '.join(known)})")
    tests = Tests(machine, top, build)
    for name in names or known:
        tests.run(name)
    count = tests.count
    if count["skipped"]:
        print(f"{count['skipped']} skipped")
    print(f"{count['passed']} passed, {count['failed']} failed")
    return 1 if count["failed"] or not count["passed"] else 0
