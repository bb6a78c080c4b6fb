# SPDX-License-Identifier: GPL-2.0-only
"""Processes that never outlive the runner."""
import os
import shutil
import signal
import subprocess
import threading
import time
from contextlib import contextmanager

# Ends a child even if the runner is killed; part of Debian's util-linux
SETPRIV = ("setpriv", "--pdeathsig", "KILL")


class Problem(Exception):
    """Something that the user must see, without a traceback."""


class Interrupted(BaseException):
    """A signal asks the runner to end. No "except Exception" may stop it."""

    def __init__(self, signum):
        super().__init__(signum)
        self.signum = signum


def catch_signals():
    """Let signals that end the runner unwind it, so that it cleans up."""
    def handler(signum, _frame):
        # The second one must not disturb the cleaning up after the first
        for other in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(other, signal.SIG_IGN)
        raise Interrupted(signum)

    for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        # nohup and background jobs of scripts ignore some of them: leave it so
        if signal.getsignal(signum) != signal.SIG_IGN:
            signal.signal(signum, handler)


def processor_time(pid):
    """Seconds that an ended process has used, with those that it waited for."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as f:
            fields = f.read().rpartition(")")[2].split()
    except OSError:
        return 0
    return sum(int(n) for n in fields[11:15]) / os.sysconf("SC_CLK_TCK")


class Children:
    """The processes that run at the moment, from whatever thread."""

    def __init__(self):
        self.lock = threading.Lock()
        self.running = set()
        self.stopped = False

    @contextmanager
    def start(self, cmd, grace=0, **kwargs):
        """Run @cmd; it is ended when the context is left. A child in a session
        of its own (start_new_session) is ended with all that it has started.
        @grace: seconds that it has to end by itself."""
        if not shutil.which(cmd[0]):
            raise Problem(f"{cmd[0]} is not installed")
        with self.lock:
            if self.stopped:
                raise Problem("the runner is being stopped")
            # pylint: disable=consider-using-with
            child = subprocess.Popen([*SETPRIV, *cmd], **kwargs)
            child.cpu = 0
            child.is_session = kwargs.get("start_new_session", False)
            self.running.add(child)
        try:
            yield child
            self.wait(child, grace)
        finally:
            self.end(child)
            with self.lock:
                self.running.discard(child)
            for pipe in (child.stdin, child.stdout):
                if pipe:
                    try:
                        pipe.close()
                    except BrokenPipeError:
                        pass

    @staticmethod
    def wait(child, seconds):
        """Returns whether it has ended; child.cpu is its processor time."""
        end = time.monotonic() + (seconds or 0)
        flags = os.WEXITED | os.WNOWAIT
        if seconds is not None:
            flags |= os.WNOHANG
        while child.returncode is None:
            try:
                ended = os.waitid(os.P_PID, child.pid, flags)
            except ChildProcessError:
                ended = True	# stop() was faster
            if ended:
                child.cpu = processor_time(child.pid)
                child.wait()
            elif time.monotonic() >= end:
                return False
            else:
                time.sleep(0.02)
        return True

    @staticmethod
    def signal(child, signum):
        """Not reaped yet, so the number is still that of our child."""
        if child.returncode is None:
            if child.is_session:
                os.killpg(child.pid, signum)
            else:
                child.send_signal(signum)

    def end(self, child):
        """End it, by force if it does not listen."""
        if child.poll() is None:
            self.signal(child, signal.SIGTERM)
            if not self.wait(child, 5):
                self.signal(child, signal.SIGKILL)
                child.wait()

    def stop(self):
        """End all of them, and start no others. Their threads do the rest."""
        with self.lock:
            self.stopped = True
            for child in self.running:
                if child.poll() is None:
                    self.signal(child, signal.SIGTERM)
