# SPDX-License-Identifier: GPL-2.0-only
"""Tasks of all tiers, several at a time.

The longest tasks start first, so that the last ones to run are short and all
processors have something to do until the end. How long a task took is kept in
the cache for the next time.
"""
import json
import os
import threading
import time
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Callable

UNKNOWN = 60		# seconds of a task that has never run


@dataclass
class Task:
    """Something to run; gives cases."""
    name: str
    run: Callable
    tier: str = ""
    early: bool = False		# quick, and worth knowing first
    seconds: float = 0		# that it took
    cpu: float = 0		# the same, of processor time
    only: str = ""		# tasks in whose place it runs


def slots():
    """Tasks at a time, unless JOBS says how many: one more than there are
    processors, because a machine with a clock of its own waits at times."""
    text = os.environ.get("JOBS", "")
    return int(text) if text.isdecimal() and int(text) else os.cpu_count() + 1


class Times:
    """Seconds that each task took when it ran last."""

    def __init__(self, path):
        self.path = path
        self.seconds = {}
        try:
            with open(path, encoding="utf-8") as f:
                self.seconds = {str(name): float(value)
                                for name, value in json.load(f).items()}
        except (OSError, ValueError, TypeError, AttributeError):
            pass	# a hint that is missing costs some time, nothing else

    @classmethod
    def kept(cls):
        """What the runs of this user have left."""
        cache = os.environ.get("GUNYAH_CACHE") or os.path.join(
            os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"),
            "gunyah")
        return cls(os.path.join(cache, "times.json"))

    def expected(self, name):
        return self.seconds.get(name, UNKNOWN)

    def save(self):
        try:
            os.makedirs(os.path.dirname(self.path), exist_ok=True)
            with open(self.path + ".new", "w", encoding="utf-8") as f:
                json.dump(self.seconds, f, indent=0, sort_keys=True)
            os.replace(self.path + ".new", self.path)
        except OSError:
            pass


def ordered(tasks, times):
    """@tasks as they are to be started."""
    return sorted(tasks, key=lambda task: (not task.early,
                                           -times.expected(task.name)))


class Pool:
    """Runs tasks, and says from time to time that it does."""

    def __init__(self, times, every=30):
        self.times = times
        self.every = every
        self.lock = threading.Lock()
        self.running = []

    def work(self, task):
        """In a thread of the pool. Returns the task's cases."""
        with self.lock:
            self.running.append(task.name)
        start = time.monotonic()
        try:
            return list(task.run())
        finally:
            task.seconds = time.monotonic() - start
            with self.lock:
                self.running.remove(task.name)
                self.times.seconds[task.name] = round(task.seconds, 1)

    def run(self, tasks, stop, more=tuple):
        """Give (task, future) as tasks end. @stop() is called if the caller
        goes away before the end. @more() gives tasks that are to follow, and
        @tasks run while it finds out which."""
        start = time.monotonic()
        pending = {}
        with ThreadPoolExecutor(slots()) as executor:
            try:
                for some in (lambda: tasks, more):
                    pending |= {executor.submit(self.work, task): task
                                for task in ordered(some(), self.times)}
                planned = len(pending)
                while pending:
                    done, _ = wait(pending, self.every, FIRST_COMPLETED)
                    for future in done:
                        yield pending.pop(future), future
                    if not done:
                        self.say(planned - len(pending), planned,
                                 time.monotonic() - start)
            except BaseException:
                executor.shutdown(wait=False, cancel_futures=True)
                stop()
                raise
        self.times.save()

    def say(self, done, planned, seconds):
        with self.lock:
            names = ", ".join(self.running)
        print(f"  ... {seconds:.0f} s, {done} of {planned} done, running: "
              f"{names}", flush=True)
