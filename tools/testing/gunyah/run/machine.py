# SPDX-License-Identifier: GPL-2.0-only
"""The test machine: QEMU with a hypervisor, a Linux host and a job.

A job is a shell script. It goes into the host as /job/run, in a cpio archive
behind the initramfs; the host's /init runs it, reports its exit status on the
console and powers off. Jobs that nobody watches have a limit for the whole time
and one for the time without output.
"""
import gzip
import lzma
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field

from children import Children, Problem
from console import BEGIN, Console, terminal

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "image"))
import mkcpio  # noqa: E402 pylint: disable=wrong-import-position

QEMU = "qemu-system-aarch64"
# cortex-a72 has no pages of 16 KiB
CPU = "cortex-a76" if os.environ.get("KERNEL") == "16k" else "cortex-a72"
EXIT = re.compile(r"^gunyah-job: exit=(\d+)\s*$", re.M)
# Exit statuses of the runner itself, as those of timeout(1)
TIME_LIMIT = 124
FAILURE = 125

# What is wrong with a job that was ended with Ctrl-A x
SWITCHED_OFF = "the machine was switched off"

# Archives that a host can have besides what every host has
PARTS = {"guest": "guest.cpio.gz", "selftests": "selftests.cpio.gz",
         "hello": "hello.cpio.gz"}
# Those that a Gunyah image gets in another format: it has little room
LARGE = ("guest.cpio.gz", "selftests.cpio.gz")

# Where Linux is loaded under the test hypervisor, which owns the 64 MiB below
IMAGE_ADDR = 0x44200000

# What a kernel says when something is wrong in it. Host and guest write to the
# same console, so a line of one can begin in the middle of a line of the other.
SPLAT = re.compile(
    r"\[ *\d+\.\d+\][^\n]*("
    # Races are of those that race, and each of the two is named
    r"\bBUG: (?!KCSAN: )|KCSAN: [^\n]*gunyah|\bWARNING: |-\[ cut here \]-|\bOops\b|Kernel panic|"
    r"Internal error: |Unable to handle kernel|Call trace:|UBSAN: |KASAN: |"
    r"KFENCE: |possible recursive locking|possible circular locking|"
    r"possible irq lock inversion|inconsistent lock state|"
    r"suspicious RCU usage|bad unlock balance|scheduling while atomic|"
    r"sleeping function called|blocked for more than|"
    r"\brcu\b[^\n]*\bstall|soft lockup|hard LOCKUP|refcount_t: |"
    r"nobody cared|Bad page state|unreferenced object)[^\n]*")


@dataclass
class Job:
    """What to run, and on what machine."""
    name: str
    script: str
    cpus: int = 2
    memory: str = "4G"
    deterministic: bool = False
    hypervisor: str = "hyp"	# "hyp", "none", or the path of a Gunyah image
    cpu: str = CPU
    kvm: bool = False		# without a hypervisor: leave EL2 to Linux
    kernel: str = "Image"	# a file of the images, like the initramfs
    initramfs: str = "initramfs.cpio.gz"
    qemu: list = field(default_factory=list)	# further arguments
    words: str = ""		# further words for the kernel's command line
    settings: dict = field(default_factory=dict)	# for the host's /init
    timeout: float = 300
    silence: float = 120
    parts: tuple = tuple(PARTS)	# archives that the host has, or their files
    files: tuple = ()		# images that the host finds in /job
    copies: dict = field(default_factory=dict)	# {path in the host: our file}
    interactive: bool = False	# the terminal belongs to the machine
    stdin: bool = False		# the machine gets what stands in our stdin
    show: bool = False		# show the job's output
    harmless: str = ""		# pattern of what its kernel may complain of

    @property
    def real(self):
        """Whether it boots a Gunyah image."""
        return self.hypervisor not in ("hyp", "none")

    @property
    def archives(self):
        """{part: its file}"""
        return {part: PARTS.get(part, part) for part in self.parts}


@dataclass
class Result:
    """How a job ended."""
    job: Job
    log: str
    text: str = ""
    status: int = None		# exit status of the job, None: it never ended
    problems: list = field(default_factory=list)
    limit: bool = False		# a limit was exceeded
    seconds: float = 0
    cpu: float = 0		# seconds of processor time

    @property
    def ok(self):
        return self.status == 0 and not self.problems

    @property
    def code(self):
        """Exit status for the runner: the job's, unless that is not all that
        there is to say."""
        if self.limit:
            return TIME_LIMIT
        return FAILURE if self.problems or self.status is None else self.status

    @property
    def output(self):
        """The job's own output, kernel messages in between included."""
        text = self.text.partition(BEGIN.decode() + "\n")[2]
        return EXIT.split(text)[0]

    @property
    def logs(self):
        """{what it is: path} of the logs that have something to say."""
        logs = {"the console's log": self.log,
                "the hypervisor's log": hypervisor_log(self.log)}
        return {what: path for what, path in logs.items()
                if os.path.exists(path) and os.path.getsize(path)}

    def why(self):
        """One line on what is wrong."""
        reasons = list(self.problems)
        if self.status:
            reasons.append(f"exit status {self.status}")
        return "; ".join(reasons) or "ok"


def hypervisor_log(console_log):
    """Where the test hypervisor writes its log."""
    return console_log.removesuffix(".log") + ".hyp.log"


def job_text(name, **variables):
    """The script jobs/NAME.sh, with values for its variables."""
    path = os.path.join(os.path.dirname(__file__), "jobs", name + ".sh")
    with open(path, encoding="utf-8") as f:
        text = f.read()
    return "".join(f"{key}={shlex.quote(str(value))}\n"
                   for key, value in variables.items()) + text


def job_archive(job, files):
    """The cpio archive that brings the job into the host, with some files."""
    with tempfile.TemporaryDirectory(prefix="gunyah-") as root:
        os.mkdir(os.path.join(root, "job"))
        path = os.path.join(root, "job", "run")
        with open(path, "w", encoding="utf-8", errors="surrogateescape") as f:
            f.write("#!/bin/sh\n" + job.script)
        os.chmod(path, 0o755)
        with open(os.path.join(root, "job", "settings"), "w",
                  encoding="utf-8") as f:
            for name, value in job.settings.items():
                f.write(f"{name}='{value}'\n")
        for path in files:
            shutil.copy(path, os.path.join(root, "job"))
        for name, path in job.copies.items():
            copy = os.path.join(root, name)
            os.makedirs(os.path.dirname(copy), exist_ok=True)
            shutil.copy(path, copy)
        data = mkcpio.archive(root)
        small = files and job.real	# where there is little room
        return mkcpio.pad(gzip.compress(data, 1) if small else data)


def unpacked(data):
    """Archives, one behind the other, without compression: here it takes a tenth
    of the time that it takes on the emulated machine."""
    if data.startswith(b"\x1f\x8b"):
        return gzip.decompress(data)
    return data


class Machine:
    """Runs jobs with the images of one folder. @coverage: an object with a
    module to load instead of that of the images, which gets each result."""

    def __init__(self, images, logs):
        self.images = images
        self.logs = logs
        self.children = Children()
        self.coverage = None
        self.lock = threading.Lock()	# who makes an archive smaller

    def image(self, name):
        path = os.path.join(self.images, name)
        if not os.path.exists(path):
            raise Problem(f"{path} is missing: run 'make images'")
        return path

    def archive(self, job, name):
        """Where an archive is that @job needs. xz notices that each selftest has
        the same library, but takes so long that only those wait who have to."""
        path = self.image(name)
        if not (job.real and name in LARGE):
            return path
        small = path.removesuffix(".gz") + ".xz"
        with self.lock:
            if not os.path.exists(small) or \
               os.path.getmtime(small) < os.path.getmtime(path):
                print(f"  packing {os.path.basename(small)}", flush=True)
                with open(path, "rb") as f, open(small + ".new", "wb") as out:
                    # The kernel's decoder knows only this checksum
                    out.write(mkcpio.pad(lzma.compress(
                        unpacked(f.read()), check=lzma.CHECK_CRC32)))
                os.replace(small + ".new", small)
        return small

    def check(self, job):
        """Find out early what is missing."""
        if not shutil.which(QEMU):
            raise Problem(f"{QEMU} is not installed")
        if job.real and not os.path.isfile(job.hypervisor):
            raise Problem(f"{job.hypervisor}: no such file")
        for name in (job.kernel, job.initramfs, *job.files,
                     *job.archives.values()):
            self.image(name)

    def command(self, job, initrd):
        """QEMU's command line without console."""
        words = "console=ttyAMA0 panic=-1 " + job.words
        cmd = [QEMU, "-smp", str(job.cpus), "-m", job.memory, "-nic", "none",
               "-no-reboot", "-display", "none"]
        if job.real:
            # pylint: disable=import-outside-toplevel
            import gunyah_image
            return gunyah_image.command(job, self.image(job.kernel), initrd,
                                        words)
        if job.deterministic:
            cmd += ["-icount", "shift=0,sleep=off"]
        else:
            cmd += ["-accel", "tcg,thread=multi"]
        machine = "virt,gic-version=3,dtb-randomness=off"
        if job.hypervisor == "hyp":
            machine += ",virtualization=on"
            hyp_log = hypervisor_log(os.path.join(self.logs,
                                                  job.name + ".log"))
            cmd += ["-kernel", self.image("hyp.bin"), "-device",
                    f"loader,file={self.image(job.kernel)},addr={IMAGE_ADDR:#x},"
                    "force-raw=on", "-chardev",
                    f"file,id=hyplog,path={hyp_log}", "-semihosting-config",
                    "enable=on,target=native,chardev=hyplog"]
        else:
            if job.kvm:
                machine += ",virtualization=on"
            cmd += ["-kernel", self.image(job.kernel)]
        return cmd + ["-M", machine, "-cpu", job.cpu, "-initrd", initrd,
                      "-append", words.strip()] + job.qemu

    def initramfs(self, job):
        """The host's initramfs and the job behind it."""
        archives = [job_archive(job, [self.image(name) for name in job.files])]
        parts = list(job.parts)
        if job.real:
            # pylint: disable=import-outside-toplevel
            import gunyah_image
            parts = gunyah_image.parts_that_fit(
                parts, {part: os.path.getsize(self.archive(job, name))
                        for part, name in job.archives.items()},
                os.path.getsize(self.image(job.initramfs)) + len(archives[0]))
        for name in [job.archives[part] for part in parts][::-1] + [job.initramfs]:
            with open(self.archive(job, name), "rb") as f:
                data = f.read()
            archives.insert(0, data if job.real else unpacked(data))
        return b"".join(archives)

    def run(self, job):
        """Run a job and wait for its end."""
        if self.coverage:
            job = self.coverage.prepare(job)
        self.check(job)
        os.makedirs(self.logs, exist_ok=True)
        result = Result(job, os.path.join(self.logs, job.name + ".log"))
        if os.path.exists(hypervisor_log(result.log)):
            os.unlink(hypervisor_log(result.log))	# of an earlier run
        start = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="gunyah-") as tmp:
            initrd = os.path.join(tmp, "initrd")
            with open(initrd, "wb") as out:
                out.write(self.initramfs(job))
            cmd = self.command(job, initrd)
            if job.interactive:
                cmd += ["-chardev", "stdio,id=con,mux=on,signal=off",
                        "-mon", "chardev=con,mode=readline"]
            else:
                cmd += ["-chardev", "stdio,id=con,signal=off",
                        "-monitor", "none"]
            cmd += ["-serial", "chardev:con"]
            self.serve(job, cmd, result)
        result.seconds = time.monotonic() - start
        self.judge(result)
        if self.coverage:
            self.coverage.add(result)
        return result

    def serve(self, job, cmd, result):
        """Start QEMU, serve its console, end it when a limit is reached."""
        stdin = subprocess.DEVNULL
        if job.interactive:
            stdin = None
        elif job.stdin:
            stdin = subprocess.PIPE
        with open(result.log, "wb") as out, \
             open(result.log + ".qemu", "wb") as err, \
             terminal(job.interactive), \
             self.children.start(cmd, grace=5, stdin=stdin,
                                 stdout=subprocess.PIPE, stderr=err) as qemu:
            console = Console(job, qemu, out)
            why = console.serve()
            if why:
                result.problems.append(why)
                result.limit = not console.display.ended
                self.children.end(qemu)
        result.cpu = qemu.cpu
        if qemu.returncode and not why:
            result.problems.append(f"QEMU ended with {qemu.returncode}")

    def judge(self, result):
        """Find the exit status and what the kernels complained about."""
        with open(result.log, encoding="utf-8", errors="replace") as f:
            result.text = f.read()
        found = EXIT.findall(result.text)
        if found:
            result.status = int(found[-1])
        elif not result.problems:
            last = result.text.strip().rpartition("\n")[2].strip()
            if result.job.interactive and last.endswith("QEMU: Terminated"):
                result.problems.append(SWITCHED_OFF)
            else:
                result.problems.append(
                    "the host ended without the job's result" +
                    (f", its last line: {last}" if last else ""))
        said = result.text
        if result.job.harmless:
            said = re.sub(result.job.harmless, "", said, flags=re.S)
        splat = SPLAT.search(said)
        if splat:
            result.problems.append("kernel: " + splat.group(0).strip())
        panic = re.search(r"^hypervisor panic: .*", result.text, re.M)
        if panic:
            result.problems.append(panic.group(0))
        err = result.log + ".qemu"
        with open(err, encoding="utf-8", errors="replace") as f:
            said = f.read().strip()
        if not said:
            os.unlink(err)
        elif result.status is None:
            result.problems.append("QEMU: " + said.splitlines()[-1])
