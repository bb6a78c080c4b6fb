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

import ktap
from gunyah import GUEST_LINE, vmm_command
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

DETERMINISTIC = {"cpus": 2, "deterministic": True}
THREADS = {"cpus": 4, "words": "gunyah_hyp.caps=random gunyah_hyp.seed=1"}

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

    def selftests(self, suffix, without=(), **kwargs):
        """Every program in a machine of its own."""
        self.images()
        path = os.path.join(self.build,
                            "image/selftests/kselftest-list.txt")
        with open(path, encoding="utf-8") as f:
            programs = [line.strip().split(":")[1] for line in f if ":" in line]
        programs = [name for name in programs if name not in without]
        # More processors than there are: the clock runs while they wait
        slow = ("" if kwargs.get("deterministic") else
                "export GUNYAH_TEST_SLOW=3\n")
        # The last ones take longest
        for result in self.machines(
                Job(f"{program}-{suffix}",
                    f"{slow}cd /selftests/gunyah && exec ./{program}\n",
                    timeout=600, **kwargs) for program in reversed(programs)):
            program = result.job.name.removesuffix("-" + suffix)
            for case in self.cases(result):
                case.name = f"{program}.{case.name}"
                yield case
            print(f"     {program}: {result.seconds:.0f} s")

    def tier_selftest(self):
        """kselftests, deterministic"""
        return self.selftests("det", **DETERMINISTIC)

    def tier_threads(self):
        """kselftests, four processors, random capabilities"""
        return self.selftests("threads", **THREADS)

    def tier_prod(self):
        """kselftests, a resource manager without debug features"""
        # The longest of those for which the build of the firmware is the same
        return self.selftests("prod", ("gunyah_silence", "gunyah_quirk"),
                              cpus=4,
                              words="gunyah_hyp.caps=random gunyah_hyp.seed=2 "
                                    "gunyah_hyp.rm=prod")

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
