# SPDX-License-Identifier: GPL-2.0-only
"""Which lines of the driver the tests execute.

The tiers run with a module that counts, and each machine writes the counters to
its console before it ends. Machines that end in another way are missing.
"""
import base64
import binascii
import io
import json
import os
import re
import subprocess
import tarfile
import tempfile
import threading
from collections import defaultdict
from dataclasses import replace

import suite
from children import Problem

GCOV = "aarch64-linux-gnu-gcov-12"
ARCHIVE = re.compile(r"^gunyah-job: coverage\n([A-Za-z0-9+/=\s]+?)"
                     r"^gunyah-job: ", re.M)
TARGET = 95		# per cent of all lines
INLINED = "inlined"
EXPLAINED = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                         "uncovered")

# Those that load the driver, on a machine that lives until the end
TIERS = ("kunit", "plain", "module", "selftest", "threads", "prod", "seeded",
         "movable", "context", "firmware", "variants", "platform", "guest",
         "stop", "hello", "refuse", "console", "disk", "net", "memory", "power")


def explained(path):
    """{(file, function): number of lines} that are known not to be executed."""
    known = {}
    reason = False
    with open(path, encoding="utf-8") as f:
        for number, line in enumerate(f, 1):
            entry = re.fullmatch(r"\t(\S+) (\w+) (\d+)\n", line)
            if entry and reason:
                known[entry[1], entry[2]] = int(entry[3])
            elif re.match(r"[^\s#]", line):
                reason = True
            elif line.strip() and line[0] != "#":
                raise Problem(f"{path}:{number}: not a file, a function and a "
                              "number of lines below a reason")
    return known


class Coverage:
    """Counts of the driver's lines, of all machines together."""

    def __init__(self, build):
        self.build = os.path.join(build, "gcov")
        self.lock = threading.Lock()
        self.counts = defaultdict(lambda: defaultdict(int))	# file, line
        self.functions = {}	# file: [(first line, last line, name)]
        self.machines = self.without = 0

    def prepare(self, job):
        """The job, with the module that counts."""
        return replace(job, settings={**job.settings, "COVERAGE": 1},
                       copies={**job.copies, "lib/gunyah.ko":
                               os.path.join(self.build, "gunyah.ko")})

    def add(self, result):
        """Add what a machine has counted."""
        found = ARCHIVE.search(result.text)
        try:
            data = base64.b64decode(found[1]) if found else b""
            counts = self.read(data) if data else {}
        except (binascii.Error, tarfile.TarError, OSError):
            counts = {}
        with self.lock:
            self.machines += bool(counts)
            self.without += not counts
            for file, lines in counts.items():
                for line, count in lines.items():
                    self.counts[file][line] += count

    def read(self, data):
        """{file: {line: count}} of an archive of counters."""
        counts = defaultdict(lambda: defaultdict(int))
        with tempfile.TemporaryDirectory(prefix="gunyah-") as tmp:
            with tarfile.open(fileobj=io.BytesIO(data)) as archive:
                names = [member.name for member in archive.getmembers()
                         if member.isfile() and
                         re.fullmatch(r"\./[\w-]+\.gcda", member.name)]
                archive.extractall(tmp, [archive.getmember(name)
                                         for name in names])
            for name in names:
                notes = name[2:-len("gcda")] + "gcno"
                os.symlink(self.find(notes), os.path.join(tmp, notes))
            report = subprocess.run(
                [GCOV, "--json-format", "--stdout", *names], cwd=tmp,
                check=True, stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL, text=True)
        for line in report.stdout.splitlines():
            for file in json.loads(line)["files"]:
                with self.lock:
                    self.functions[file["file"]] = [
                        (fn["start_line"], fn["end_line"], fn["name"])
                        for fn in file["functions"]]
                for entry in file["lines"]:
                    counts[file["file"]][entry["line_number"]] += \
                        entry["count"]
        return counts

    def find(self, notes):
        """Where the compiler has written what the counters mean."""
        for path in (notes, os.path.join("tests", notes)):
            path = os.path.join(self.build, path)
            if os.path.exists(path):
                return path
        raise FileNotFoundError(notes)

    def name(self, file):
        return os.path.relpath(os.path.realpath(file),
                               os.path.realpath(self.build))

    def files(self):
        """[(name, {line: count})] of the driver itself."""
        return sorted((self.name(file), lines)
                      for file, lines in self.counts.items()
                      if not self.name(file).startswith(("..", "tests/")))

    def function(self, name, line):
        """The function that a line is in, INLINED if there is no copy of it."""
        for file, functions in self.functions.items():
            if self.name(file) == name:
                for first, last, function in functions:
                    if first <= line <= last:
                        return function
        return INLINED

    def unexplained(self, files, known):
        """[(file, function, number of lines)] that were never executed, and
        more than is known."""
        missing = defaultdict(int)
        for name, lines in files:
            for line, count in lines.items():
                if not count:
                    missing[name, self.function(name, line)] += 1
        return sorted((*place, number) for place, number in missing.items()
                      if number > known.get(place, 0))

    def report(self):
        """Print the table. Returns whether the target is met."""
        files = self.files()
        if not files:
            raise Problem("no machine has counted anything")
        print(f"\nLines of the driver that were executed on {self.machines} "
              f"machines ({self.without} ended without a count)\n")
        good = total = 0
        for name, lines in files:
            hit = sum(count > 0 for count in lines.values())
            good, total = good + hit, total + len(lines)
            print(f"  {hit * 100 / len(lines):6.1f} %  {hit:5} of "
                  f"{len(lines):5}  {name}")
        share = good * 100 / total
        print(f"  {share:6.1f} %  {good:5} of {total:5}  all, target "
              f"{TARGET} %")
        print(f"\nLines that were not are in {self.listing(files)}")
        places = self.unexplained(files, explained(EXPLAINED))
        if places:
            print(f"{os.path.basename(EXPLAINED)} does not say why:")
        for place in places:
            print("\t{} {} {}".format(*place))
        return share >= TARGET and not places

    def listing(self, files):
        """Write all lines that were never executed; returns where."""
        path = os.path.join(self.build, "uncovered.txt")
        with open(path, "w", encoding="utf-8") as out:
            for name, lines in files:
                with open(os.path.join(self.build, name),
                          encoding="utf-8") as f:
                    text = f.read().splitlines()
                for line in sorted(lines):
                    if not lines[line]:
                        print(f"{name}:{line}: {text[line - 1].strip()}",
                              file=out)
        return path


def main(machine, top, build, names):
    """Run tiers, or all that load the driver. Returns an exit status."""
    here = os.path.join(top, "tools/testing/gunyah")
    for cmd in ([os.path.join(here, "image/build.sh")],
                [os.path.join(here, "kernel/instrument.sh"), "gcov",
                 "GCOV_PROFILE=y"]):
        with machine.children.start(cmd, grace=None, start_new_session=True,
                                    stdin=subprocess.DEVNULL) as child:
            pass
        if child.returncode:
            raise Problem("the driver could not be built for counting")
    machine.coverage = Coverage(build)
    status = suite.main(machine, top, build, names or list(TIERS))
    return 0 if machine.coverage.report() and not status else 1
