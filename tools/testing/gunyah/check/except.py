#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Drop findings that are explained.

except.py LIST GATE: findings come on standard input, those that no line of LIST
allows go to standard output, and so do lines of LIST that nothing needed. A
line of LIST is "GATE FILES TEXT: reason"; FILES is a shell pattern, TEXT a part
of the finding without spaces.
"""
import fnmatch
import sys


def main():
    name, gate = sys.argv[1:]
    allowed = []
    with open(name, encoding="utf-8") as f:
        for line in f:
            head, _, reason = line.partition(": ")
            words = head.split()
            if not words or line.startswith("#"):
                continue
            if len(words) != 3 or not reason.strip():
                print(f"{name}: not an exception with a reason: {line.strip()}")
            elif words[0] == gate:
                allowed.append([words[1], words[2], 0])
    for line in sys.stdin:
        path = line.split(":")[0]
        for entry in allowed:
            if fnmatch.fnmatch(path, entry[0]) and entry[1] in line:
                entry[2] += 1
                break
        else:
            sys.stdout.write(line)
    for files, text, used in allowed:
        if not used:
            print(f"{name}: not needed: {gate} {files} {text}")


if __name__ == "__main__":
    main()
