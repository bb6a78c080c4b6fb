#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Check the entry of MAINTAINERS that begins with a word.

maintainers.py FILE WORD DIRECTORY...: the entry is where the alphabet wants it,
all that it lists exists next to FILE, and it lists all files in the
directories.
"""
import os
import sys


def main():
    name, word = sys.argv[1:3]
    with open(name, encoding="utf-8") as f:
        text = f.read()
    entries = [e.split("\n") for e in text[text.index("\n3C59X") + 1:].split("\n\n")]
    found = [i for i, e in enumerate(entries) if e[0].startswith(word + " ")]
    if len(found) != 1:
        print(f"MAINTAINERS: {len(found)} entries begin with {word}")
        return
    at = found[0]
    if not entries[at - 1][0] < entries[at][0] < entries[at + 1][0]:
        print(f"MAINTAINERS: {entries[at][0]} is at the wrong place,",
              f"between {entries[at - 1][0]} and {entries[at + 1][0]}")
    paths = [line[3:] for line in entries[at] if line.startswith("F:\t")]
    for path in paths:
        if not os.path.exists(os.path.join(os.path.dirname(name), path)):
            print(f"MAINTAINERS: there is no {path}")
    for top in sys.argv[3:]:
        for directory, dirs, files in os.walk(top):
            dirs[:] = [d for d in dirs if d != "__pycache__"]
            for file in files:
                file = os.path.join(directory, file)
                if not any(file.startswith(p) if p.endswith("/") else file == p
                           for p in paths):
                    print(f"{file}: is not in MAINTAINERS")


if __name__ == "__main__":
    main()
