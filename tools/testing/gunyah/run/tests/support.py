# SPDX-License-Identifier: GPL-2.0-only
"""A runner with images that are empty and a QEMU that only plays one."""
import os
import signal
import subprocess
import tempfile
import time
import unittest

RUN = os.path.abspath(os.path.join(os.path.dirname(__file__), ".."))
RUNNER = os.path.join(RUN, "gunyah.py")

# It does what $FAKE_QEMU says, and leaves its process id in $FAKE/pid
QEMU = r"""#!/bin/bash
echo "$$" >"$FAKE/pid"
printf '%s\n' "$@" >"$FAKE/arguments"
begin() { echo "booting"; echo "gunyah-job: begin"; }
end() { echo "gunyah-job: exit=$1"; exit; }
eval "$FAKE_QEMU"
"""


def lives(pid):
    """Whether a process runs; one that nobody has waited for does not."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as f:
            return f.read().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def until(condition, seconds=60):
    """Wait for a condition. Returns what it was in the end."""
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.02)
    return condition()


def default_signals():
    """In a new process: whoever started the tests may ignore some of them."""
    for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(signum, signal.SIG_DFL)


class RunnerTest(unittest.TestCase):
    """Has a folder of its own for everything that the runner writes."""

    def setUp(self):
        # pylint: disable=consider-using-with
        tmp = tempfile.TemporaryDirectory(prefix="gunyah-test-")
        self.addCleanup(tmp.cleanup)
        self.fake = tmp.name
        self.addCleanup(self.kill_qemu)
        for folder in ("bin", "tmp", "build/images"):
            os.makedirs(os.path.join(self.fake, folder))
        for name in ("Image", "hyp.bin", "initramfs.cpio.gz", "guest.cpio.gz",
                     "selftests.cpio.gz", "hello.cpio.gz"):
            self.write("build/images/" + name, "")
        self.write("bin/qemu-system-aarch64", QEMU)
        os.chmod(os.path.join(self.fake, "bin/qemu-system-aarch64"), 0o755)
        self.write("job", "true\n")

    def kill_qemu(self):
        """A test that fails leaves nothing behind either."""
        if os.path.exists(self.path("pid")) and self.read("pid").strip():
            pid = int(self.read("pid"))
            if lives(pid):
                os.kill(pid, signal.SIGKILL)

    def path(self, name):
        return os.path.join(self.fake, name)

    def write(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as f:
            f.write(text)

    def read(self, name):
        with open(self.path(name), encoding="utf-8") as f:
            return f.read()

    def env(self, qemu):
        return dict(os.environ, FAKE=self.fake, FAKE_QEMU=qemu,
                    TMPDIR=self.path("tmp"), GUNYAH_BUILD=self.path("build"),
                    PATH=self.path("bin") + ":" + os.environ["PATH"])

    def start(self, qemu, *args, **kwargs):
        """The runner, with a QEMU that does @qemu."""
        child = subprocess.Popen(
            [RUNNER, *args], env=self.env(qemu),
            **{"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE,
               "stderr": subprocess.PIPE, "preexec_fn": default_signals,
               **kwargs})
        self.addCleanup(self.reap, child)
        return child

    def reap(self, child):
        if child.poll() is None:
            child.kill()
        child.wait()
        for pipe in (child.stdin, child.stdout, child.stderr):
            if pipe and not pipe.closed:
                pipe.close()

    def run_runner(self, qemu, *args, **kwargs):
        """Returns (exit status, output, errors)."""
        child = self.start(qemu, *args, **kwargs)
        out, err = child.communicate(timeout=120)
        return (child.returncode, (out or b"").decode(),
                (err or b"").decode())

    def qemu_pid(self):
        """Wait until QEMU runs."""
        self.assertTrue(until(lambda: os.path.exists(self.path("pid")) and
                              self.read("pid").strip()), "QEMU did not start")
        return int(self.read("pid"))

    def assertNothingIsLeft(self):
        pid = self.qemu_pid()
        self.assertTrue(until(lambda: not lives(pid)), "QEMU still runs")
        self.assertEqual(os.listdir(self.path("tmp")), [])
