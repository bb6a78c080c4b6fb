#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Write this tree as a series of patches for a kernel.

series.py --base DIR [--version N] [--states DIR] OUT: OUT gets the patches of
"git format-patch", with a cover letter. The base is a kernel's source tree, or
the files of one that patches/ changes. Of each commit the states have a
directory with what this repository would be then, for check.sh.

The files in patches/ next to this script are the commits, in the order of their
names: a message, a line "---", and then what the commit adds, a line each:

	PATTERN		files of this tree; a file belongs to the first commit
			with a pattern for it, and to no other
	FILE = OTHER	a file that this directory has in an earlier form
	config SYMBOL	a symbol of Kconfig; the others come with their file

A pattern also names files of the kernel that the patches of the overlay change.
What Makefiles, Kconfig and MAINTAINERS list is there from the commit on that
adds it, so that each commit builds.
"""
import argparse
import fnmatch
import os
import re
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.normpath(os.path.join(HERE, "../../../.."))
DRIVER = "drivers/virt/gunyah/"
ENTRY = "GUNYAH HYPERVISOR DRIVER"

# Where files for a kernel are, and what of that only this repository needs
DIRS = ("Documentation", "drivers", "include", "samples", "tools")
OURS = "tools/testing/gunyah/series/"


class Problem(Exception):
    """What the user is told, without a traceback."""


def run(*command, **how):
    """The output of a command."""
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False,
                          **how)
    if done.returncode:
        raise Problem(f"{command[0]} {command[1]} has failed")
    return done.stdout


def read(path):
    """The bytes of a file."""
    with open(path, "rb") as f:
        return f.read()


def own_files():
    """{path: where it is} of what this repository has for kernels."""
    found = {}
    for top in DIRS:
        for folder, dirs, names in os.walk(os.path.join(TOP, top)):
            dirs[:] = [d for d in dirs if d != "__pycache__"]
            for name in names:
                path = os.path.join(folder, name)
                found[os.path.relpath(path, TOP)] = path
    return {name: path for name, path in found.items()
            if not name.startswith(OURS)}


def changed_files(base, stage):
    """{path: patched copy} of the kernel's files that patches/ changes."""
    patches = sorted(os.listdir(os.path.join(TOP, "patches")))
    found = {}
    for patch in patches:
        text = read(os.path.join(TOP, "patches", patch)).decode()
        for name in re.findall(r"^\+\+\+ b/(\S+)", text, re.M):
            found[name] = os.path.join(stage, name)
            if not os.path.exists(found[name]):
                os.makedirs(os.path.dirname(found[name]), exist_ok=True)
                shutil.copy(os.path.join(base, name), found[name])
    for patch in patches:
        with open(os.path.join(TOP, "patches", patch), "rb") as f:
            run("patch", "-d", stage, "-p1", "-s", "-f",
                "--no-backup-if-mismatch", stdin=f)
    return found


class Commit:
    """A file of patches/."""

    def __init__(self, path):
        text = read(path).decode()
        self.name = os.path.basename(path)
        self.message, _, what = text.partition("\n---\n")
        self.patterns, self.early, self.symbols = [], {}, []
        for line in what.splitlines():
            if line.startswith("config "):
                self.symbols.append(line.split()[1])
            elif " = " in line:
                file, _, other = line.partition(" = ")
                self.early[file] = os.path.join(HERE, other)
            else:
                self.patterns.append(line)

    def take(self, left):
        """Names among those left that are this commit's."""
        taken = set()
        for pattern in self.patterns:
            names = set(fnmatch.filter(left, pattern))
            if not names and pattern != "MAINTAINERS":
                raise Problem(f"{self.name}: there is no {pattern}")
            taken |= names
        return taken


def only_built(text, exists):
    """A Makefile without the objects that have no source yet."""
    out, comment = [], []
    for line in text.split("\n"):
        if line.startswith("#"):
            comment.append(line)
            continue
        rule = re.match(r"((?:obj|gunyah)-\S+ [+:]?= )(.*)", line)
        if rule:
            objects = [o for o in rule[2].split()
                       if o == "gunyah.o" or exists(re.sub(r"\.o$", ".c", o))]
            if not objects:
                comment = []
                continue
            line = rule[1] + " ".join(objects)
        out += comment + [line]
        comment = []
    return re.sub(r"\n{3,}", "\n\n", "\n".join(out + comment)).rstrip("\n") + "\n"


def only_configs(text, missing):
    """A Kconfig without some symbols."""
    for symbol in missing:
        text, count = re.subn(rf"(\n# [^\n]*)?\nconfig {symbol}\n(?:[ \t][^\n]*\n|\n(?=[ \t]))*",
                              "", text)
        if count != 1:
            raise Problem(f"Kconfig has config {symbol} {count} times")
    return text


def only_maintained(text, exists):
    """MAINTAINERS with those files of our entry that exist."""
    head, entry, rest = re.match(rf"(.*\n{ENTRY}\n)(.*?\n)(\n.*)", text,
                                 re.S).groups()
    lines = [line for line in entry.splitlines(True)
             if not line.startswith("F:") or exists(line[2:].strip())]
    return head + "".join(lines) + rest


class Series:
    """The commits, made in a repository that has only what they change."""

    def __init__(self, base, repo, stage):
        self.base, self.repo = base, repo
        folder = os.path.join(HERE, "patches")
        self.commits = [Commit(os.path.join(folder, name))
                        for name in sorted(os.listdir(folder))]
        self.changed = changed_files(base, stage)
        self.left = {**own_files(), **self.changed}
        self.missing = [s for commit in self.commits for s in commit.symbols]
        self.derived = {}	# path: the complete file
        self.root = None	# commit before the first

    def git(self, *words, **how):
        """The output of git in the repository."""
        return run("git", "-C", self.repo, *words, **how)

    def exists(self, name):
        """Is there a file, or one in a directory, by now?"""
        return os.path.exists(os.path.join(self.repo, name))

    def write(self, name, data, mode=None):
        """Write a file of the repository."""
        path = os.path.join(self.repo, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as f:
            f.write(data)
        if mode is not None:
            os.chmod(path, mode)

    def begin(self):
        """What the kernel has before the series."""
        self.git("init", "-q")
        for key in ("user.name", "user.email"):
            # Whoever makes the series; it need not be from a checkout of git
            value = run("git", "config", "--default", "", key, cwd=TOP).strip()
            self.git("config", key, value or "nobody")
        for name in self.changed:
            self.write(name, read(os.path.join(self.base, name)))
        self.git("add", "-A")
        self.git("commit", "-q", "-m", "base")

    def derive(self):
        """Let the files that list others have what there is."""
        rules = {
            DRIVER + "Makefile": lambda text: only_built(
                text, lambda name: self.exists(DRIVER + name)),
            DRIVER + "Kconfig": lambda text: only_configs(text, self.missing),
            "MAINTAINERS": lambda text: only_maintained(text, self.exists),
        }
        for name, rule in rules.items():
            if name in self.derived:
                text = read(self.derived[name]).decode()
                self.write(name, rule(text).encode())

    def commit(self, commit):
        """Make a commit."""
        for name in sorted(commit.take(self.left)):
            source = self.left.pop(name)
            if name in (DRIVER + "Makefile", DRIVER + "Kconfig", "MAINTAINERS"):
                self.derived[name] = source
            else:
                self.write(name, read(source), os.stat(source).st_mode & 0o777)
        for name, source in commit.early.items():
            self.write(name, read(source))
        self.missing = [s for s in self.missing if s not in commit.symbols]
        self.derive()
        self.git("add", "-A")
        self.git("commit", "-q", "-s", "-F", "-", input=commit.message + "\n")

    def save_state(self, path):
        """Our files, and those of the kernel as a patch, as of the last commit."""
        shutil.copytree(self.repo, path, ignore=lambda *_: (".git",))
        for name in self.changed:
            os.unlink(os.path.join(path, name))
        os.mkdir(os.path.join(path, "patches"))
        diff = self.git("diff", self.root, "HEAD", "--", *self.changed)
        with open(os.path.join(path, "patches", "kernel.patch"), "w",
                  encoding="utf-8") as f:
            f.write(diff)

    def make(self, states):
        """Make all commits."""
        self.begin()
        self.root = self.git("rev-parse", "HEAD").strip()
        for number, commit in enumerate(self.commits, 1):
            self.commit(commit)
            if states:
                self.save_state(os.path.join(states, f"{number:04}"))
        if self.left:
            raise Problem("no commit has " + ", ".join(sorted(self.left)))
        for name, source in self.derived.items():
            if read(os.path.join(self.repo, name)) != read(source):
                raise Problem(f"{name} is not complete at the end")


def write_cover(path):
    """Replace what git leaves open in a cover letter."""
    subject, _, body = read(os.path.join(HERE, "cover")).decode().partition("\n\n")
    text = read(path).decode()
    text = text.replace("*** SUBJECT HERE ***", subject)
    text = text.replace("*** BLURB HERE ***\n", body)
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)


def main():
    """Command line."""
    parser = argparse.ArgumentParser(description="write the series of patches")
    parser.add_argument("--base", required=True)
    parser.add_argument("--version", type=int, default=1)
    parser.add_argument("--states")
    parser.add_argument("out")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as work:
        repo, stage = os.path.join(work, "repo"), os.path.join(work, "stage")
        os.mkdir(repo)
        os.mkdir(stage)
        series = Series(args.base, repo, stage)
        for path in filter(None, (args.out, args.states)):
            shutil.rmtree(path, ignore_errors=True)
            os.makedirs(path)
        series.make(args.states)
        series.git("format-patch", "-q", "--cover-letter", "--no-signature",
                   "-M", f"--reroll-count={args.version}", "-o",
                   os.path.abspath(args.out), f"{series.root}..")
    for name in os.listdir(args.out):
        if "cover-letter" in name:
            write_cover(os.path.join(args.out, name))
    print(f"{len(series.commits)} patches are in {args.out}")


if __name__ == "__main__":
    try:
        main()
    except Problem as e:
        sys.exit(f"series: {e}")
