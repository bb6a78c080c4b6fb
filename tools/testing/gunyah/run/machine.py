# SPDX-License-Identifier: GPL-2.0-only
"""The test machine: QEMU with a hypervisor, a Linux host and a job.

A job is a shell script. It goes into the host as /job/run, in a cpio archive
behind the initramfs; the host's /init runs it, reports its exit status on the
console and powers off. Whatever happens, run() comes back: there is a limit for
the whole job and one for the time without output.
"""
import fcntl
import gzip
import os
import re
import select
import shutil
import subprocess
import sys
import tempfile
import termios
import time
from dataclasses import dataclass, field

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "image"))
import mkcpio  # noqa: E402 pylint: disable=wrong-import-position

QEMU = "qemu-system-aarch64"
BEGIN = "gunyah-job: begin"
EXIT = re.compile(r"^gunyah-job: exit=(\d+)\s*$", re.M)

# Where Linux is loaded under the test hypervisor, which owns the 64 MiB below
IMAGE_ADDR = 0x44200000

# What a kernel says when something is wrong in it. Host and guest write to the
# same console, so a line of one can begin in the middle of a line of the other.
SPLAT = re.compile(
    r"\[ *\d+\.\d+\][^\n]*("
    r"\bBUG: |\bWARNING: |-\[ cut here \]-|\bOops\b|Kernel panic|"
    r"Internal error: |Unable to handle kernel|Call trace:|UBSAN: |KASAN: |"
    r"KCSAN: |KFENCE: |possible recursive locking|possible circular locking|"
    r"possible irq lock inversion|inconsistent lock state|"
    r"suspicious RCU usage|bad unlock balance|scheduling while atomic|"
    r"sleeping function called|blocked for more than|"
    r"\brcu\b[^\n]*\bstall|soft lockup|hard LOCKUP|refcount_t: |"
    r"nobody cared|Bad page state|unreferenced object)[^\n]*")


class Problem(Exception):
    """Something that the user must see, without a traceback."""


@dataclass
class Job:
    """What to run, and on what machine."""
    name: str
    script: str
    cpus: int = 2
    memory: str = "4G"
    deterministic: bool = False
    hypervisor: str = "hyp"	# "hyp", "none", or the path of a Gunyah image
    cpu: str = "cortex-a72"
    kvm: bool = False		# without a hypervisor: leave EL2 to Linux
    initramfs: str = "initramfs.cpio.gz"
    qemu: list = field(default_factory=list)	# further arguments
    words: str = ""		# further words for the kernel's command line
    settings: dict = field(default_factory=dict)	# for the host's /init
    timeout: float = 300
    silence: float = 120
    files: tuple = ()		# images that the host finds in /job
    interactive: bool = False	# the terminal belongs to the machine
    show: bool = False		# show the job's output


@dataclass
class Result:
    """How a job ended."""
    job: Job
    log: str
    text: str = ""
    status: int = None		# exit status of the job, None: it never ended
    problems: list = field(default_factory=list)
    seconds: float = 0

    @property
    def ok(self):
        return self.status == 0 and not self.problems

    @property
    def output(self):
        """The job's own output, kernel messages in between included."""
        text = self.text.partition(BEGIN + "\n")[2]
        return EXIT.split(text)[0]

    def why(self):
        """One line on what is wrong."""
        reasons = list(self.problems)
        if self.status:
            reasons.append(f"exit status {self.status}")
        return "; ".join(reasons) or "ok"


class Display:
    """Shows what comes between the job's begin and its end, as it comes."""

    def __init__(self, enabled):
        self.enabled = enabled
        self.active = False
        self.pending = b""

    def feed(self, data):
        if not self.enabled:
            return
        self.pending += data
        while b"\n" in self.pending:
            line, self.pending = self.pending.split(b"\n", 1)
            if line.startswith(b"gunyah-job: "):
                self.active = line.rstrip() == BEGIN.encode()
            else:
                self.write(line + b"\n")
        # An unfinished line, a prompt for instance, unless it may be ours
        if not b"gunyah-job: ".startswith(self.pending[:12]):
            self.write(self.pending)
            self.pending = b""

    def write(self, data):
        if self.active:
            write_all(1, data)


def write_all(fd, data):
    """QEMU makes the terminal non-blocking, for us too."""
    while data:
        try:
            data = data[os.write(fd, data):]
        except BlockingIOError:
            select.select([], [fd], [])


def job_archive(job, files):
    """The cpio archive that brings the job into the host, with some files."""
    with tempfile.TemporaryDirectory() as root:
        os.mkdir(os.path.join(root, "job"))
        path = os.path.join(root, "job", "run")
        with open(path, "w", encoding="utf-8") as f:
            f.write("#!/bin/sh\n" + job.script)
        os.chmod(path, 0o755)
        with open(os.path.join(root, "job", "settings"), "w",
                  encoding="utf-8") as f:
            for name, value in job.settings.items():
                f.write(f"{name}='{value}'\n")
        for path in files:
            shutil.copy(path, os.path.join(root, "job"))
        data = mkcpio.archive(root)
        return mkcpio.pad(gzip.compress(data, 1) if files else data)


class Machine:
    """Runs jobs with the images of one folder."""

    def __init__(self, images, logs):
        self.images = images
        self.logs = logs

    def image(self, name):
        path = os.path.join(self.images, name)
        if not os.path.exists(path):
            raise Problem(f"{path} is missing: run 'make images'")
        return path

    def command(self, job, initrd):
        """QEMU's command line without console."""
        words = "console=ttyAMA0 panic=-1 " + job.words
        cmd = [QEMU, "-smp", str(job.cpus), "-m", job.memory, "-nic", "none",
               "-no-reboot", "-display", "none"]
        if job.hypervisor not in ("hyp", "none"):
            # pylint: disable=import-outside-toplevel
            import gunyah_image
            return gunyah_image.command(job, self.image("Image"), initrd, words)
        if job.deterministic:
            cmd += ["-icount", "shift=0,sleep=off"]
        else:
            cmd += ["-accel", "tcg,thread=multi"]
        machine = "virt,gic-version=3,dtb-randomness=off"
        if job.hypervisor == "hyp":
            machine += ",virtualization=on"
            hyp_log = os.path.join(self.logs, job.name + ".hyp.log")
            cmd += ["-kernel", self.image("hyp.bin"), "-device",
                    f"loader,file={self.image('Image')},addr={IMAGE_ADDR:#x},"
                    "force-raw=on", "-chardev",
                    f"file,id=hyplog,path={hyp_log}", "-semihosting-config",
                    "enable=on,target=native,chardev=hyplog"]
        else:
            if job.kvm:
                machine += ",virtualization=on"
            cmd += ["-kernel", self.image("Image")]
        return cmd + ["-M", machine, "-cpu", job.cpu, "-initrd", initrd,
                      "-append", words.strip()] + job.qemu

    def run(self, job):
        """Run a job and wait for its end."""
        os.makedirs(self.logs, exist_ok=True)
        log = os.path.join(self.logs, job.name + ".log")
        result = Result(job, log)
        start = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="gunyah-") as tmp:
            initrd = os.path.join(tmp, "initrd")
            with open(initrd, "wb") as out:
                with open(self.image(job.initramfs), "rb") as f:
                    out.write(f.read())
                out.write(job_archive(job, [self.image(name)
                                            for name in job.files]))
            cmd = self.command(job, initrd)
            if job.interactive:
                cmd += ["-chardev", "stdio,id=con,mux=on,signal=off",
                        "-mon", "chardev=con,mode=readline"]
            else:
                cmd += ["-chardev", "stdio,id=con,signal=off",
                        "-monitor", "none"]
            cmd += ["-serial", "chardev:con"]
            with open(log, "wb") as out, \
                 open(log + ".qemu", "wb") as err:
                self.supervise(job, cmd, out, err, result)
        result.seconds = time.monotonic() - start
        self.judge(result)
        return result

    @staticmethod
    def supervise(job, cmd, out, err, result):
        """Start QEMU, read its console, end it when a limit is reached."""
        terminal = None
        if job.interactive and sys.stdin.isatty():
            terminal = (termios.tcgetattr(0), fcntl.fcntl(0, fcntl.F_GETFL))
        stdin = None if job.interactive else subprocess.DEVNULL
        display = Display(job.show)
        try:
            qemu = subprocess.Popen(cmd, stdin=stdin, stdout=subprocess.PIPE,
                                    stderr=err)
        except FileNotFoundError as e:
            raise Problem(f"{cmd[0]} is not installed") from e
        start = last = time.monotonic()
        tail = b""
        ended = False
        try:
            while True:
                ready, _, _ = select.select([qemu.stdout], [], [], 0.5)
                now = time.monotonic()
                if ready:
                    data = os.read(qemu.stdout.fileno(), 65536)
                    if not data:
                        break
                    data = data.replace(b"\r", b"")
                    out.write(data)
                    out.flush()
                    display.feed(data)
                    last = now
                    tail = (tail + data)[-200:]
                    if b"\ngunyah-job: exit=" in tail and not ended:
                        ended = True
                if ended and now - last > 30:
                    result.problems.append("the host did not power off")
                    break
                if job.timeout and now - start > job.timeout:
                    result.problems.append(
                        f"stopped after {job.timeout:.0f} s: it takes too long")
                    break
                if job.silence and now - last > job.silence:
                    result.problems.append(
                        f"stopped after {job.silence:.0f} s without output: "
                        "it hangs")
                    break
        finally:
            if qemu.poll() is None:
                try:
                    qemu.wait(5 if not result.problems else 0)
                except subprocess.TimeoutExpired:
                    qemu.terminate()
            try:
                qemu.wait(5)
            except subprocess.TimeoutExpired:
                qemu.kill()
                qemu.wait()
            if terminal:
                termios.tcsetattr(0, termios.TCSANOW, terminal[0])
                fcntl.fcntl(0, fcntl.F_SETFL, terminal[1])
        if qemu.returncode and not result.problems:
            result.problems.append(f"QEMU ended with {qemu.returncode}")

    def judge(self, result):
        """Find the exit status and what the kernels complained about."""
        with open(result.log, encoding="utf-8", errors="replace") as f:
            result.text = f.read()
        found = EXIT.findall(result.text)
        if found:
            result.status = int(found[-1])
        elif not result.problems:
            result.problems.append("the host ended without the job's result")
        splat = SPLAT.search(result.text)
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
