# SPDX-License-Identifier: GPL-2.0-only
"""The kselftests: which there are, and which a machine leaves out."""
import os

from children import Problem


def programs_of(selftests):
    """The programs that kselftest has installed there."""
    with open(os.path.join(selftests, "kselftest-list.txt"),
              encoding="utf-8") as f:
        return [line.strip().split(":")[1] for line in f if ":" in line]


def left_out(path, programs):
    """{program: why it is left out} of a file with lines "NAME: reason"."""
    with open(path, encoding="utf-8") as f:
        without = dict(line.strip().split(": ", 1) for line in f
                       if not line.startswith("#"))
    unknown = without.keys() - programs
    if unknown:
        raise Problem("/".join(path.split("/")[-2:]) + " names no program: " +
                      " ".join(sorted(unknown)))
    return without
