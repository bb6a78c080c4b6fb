# SPDX-License-Identifier: GPL-2.0-only
"""The console of a machine that runs: its output, its input and its limits."""
import fcntl
import os
import select
import sys
import termios
import time
from contextlib import contextmanager

PREFIX = b"gunyah-job: "
BEGIN = PREFIX + b"begin"
EXIT = PREFIX + b"exit="
POWER_OFF = 30		# seconds that the host has to switch itself off


class Display:
    """Shows what comes between the job's begin and its end, as it comes."""

    def __init__(self, enabled):
        self.enabled = enabled
        self.active = False
        self.begun = False
        self.ended = False
        self.pending = b""

    def feed(self, data):
        self.pending += data
        while b"\n" in self.pending:
            line, self.pending = self.pending.split(b"\n", 1)
            if line.startswith(PREFIX):
                self.active = line.rstrip() == BEGIN
                self.begun |= self.active
                self.ended |= line.startswith(EXIT)
            else:
                self.write(line + b"\n")
        # An unfinished line, a prompt for instance, unless it may be ours
        if not PREFIX.startswith(self.pending[:len(PREFIX)]):
            self.write(self.pending)
            self.pending = b""

    def write(self, data):
        if self.enabled and self.active:
            write_all(1, data)


def write_all(fd, data):
    """QEMU makes the terminal non-blocking, for the runner too."""
    while data:
        try:
            data = data[os.write(fd, data):]
        except BlockingIOError:
            select.select([], [fd], [])


@contextmanager
def terminal(enabled):
    """Put the terminal back as it was, after QEMU has used it."""
    if not (enabled and sys.stdin.isatty()):
        yield
        return
    mode, flags = termios.tcgetattr(0), fcntl.fcntl(0, fcntl.F_GETFL)
    try:
        yield
    finally:
        try:
            termios.tcsetattr(0, termios.TCSANOW, mode)
            fcntl.fcntl(0, fcntl.F_SETFL, flags)
        except (OSError, termios.error):
            pass	# the terminal is gone


class Console:
    """Serves one machine until it ends or has to be ended."""

    def __init__(self, job, qemu, log):
        self.job = job
        self.out = qemu.stdout.fileno()
        self.keys = qemu.stdin
        self.typed = b""	# read, but the machine has no room for it yet
        self.log = log
        self.display = Display(job.show)
        self.poll = select.poll()
        self.poll.register(self.out, select.POLLIN)
        if job.show:
            # No event is wanted, but errors are always reported
            self.poll.register(1, 0)
        if self.keys:
            os.set_blocking(self.keys.fileno(), False)
        self.start = self.last = time.monotonic()

    def serve(self):
        """Returns why the machine has to be ended, or None if it has ended."""
        while True:
            self.want_input()
            for fd, event in self.poll.poll(500):
                if fd == self.out:
                    if not self.read_output():
                        return None
                elif fd == 1:
                    raise BrokenPipeError
                elif fd == 0:
                    self.read_input()
                elif self.keys:
                    self.write_input(event)
            why = self.limit()
            if why:
                return why

    def limit(self):
        """The limit that has been exceeded, or None."""
        now = time.monotonic()
        job = self.job
        if self.display.ended and now - self.last > POWER_OFF:
            return "the host did not power off"
        if job.timeout and now - self.start > job.timeout:
            return f"stopped after {job.timeout:.0f} s: it takes too long"
        if job.silence and now - self.last > job.silence:
            return f"stopped after {job.silence:.0f} s without output: it hangs"
        return None

    def read_output(self):
        data = os.read(self.out, 65536)
        if not data:
            return False
        data = data.replace(b"\r", b"")
        self.log.write(data)
        self.log.flush()
        self.display.feed(data)
        self.last = time.monotonic()
        return True

    def want_input(self):
        """Input waits until there is a job to read it, and until the machine
        has taken what it was given before."""
        if not self.keys:
            return
        if self.typed:
            self.unregister(0)
            self.poll.register(self.keys.fileno(), select.POLLOUT)
        else:
            self.unregister(self.keys.fileno())
            if self.display.begun:
                self.poll.register(0, select.POLLIN)

    def unregister(self, fd):
        try:
            self.poll.unregister(fd)
        except KeyError:
            pass

    def read_input(self):
        self.typed = os.read(0, 4096)
        if not self.typed:
            self.close_input()

    def write_input(self, event):
        try:
            if event & select.POLLOUT:
                self.typed = self.typed[os.write(self.keys.fileno(),
                                                 self.typed):]
            else:
                self.close_input()
        except BlockingIOError:
            pass
        except BrokenPipeError:
            self.close_input()	# the machine is about to end

    def close_input(self):
        self.unregister(0)
        self.unregister(self.keys.fileno())
        self.keys.close()
        self.keys = None
