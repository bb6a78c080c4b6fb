#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Check who includes whom in the driver, and who may use what.

layers.py LIST DIRECTORY: report each file of DIRECTORY that does not keep to
LIST, see there. Files in subdirectories may include everything.
"""
import os
import re
import sys

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*"([^"]*)"', re.M)
# Strings come first, so that no comment begins in one of them
COMMENT = re.compile(r'("(?:\\.|[^"\\\n])*")|/\*.*?\*/|//[^\n]*', re.S)


def without_comments(text):
    """Blank the comments out, and keep the numbers of the lines."""
    return COMMENT.sub(
        lambda m: m.group(1) or re.sub(r"[^\n]", " ", m.group(0)), text)


class Layers:
    """What LIST says."""

    def __init__(self, name):
        self.name = name
        self.order = {}     # file: position, from the bottom to the top
        self.alone = {}     # file: the only files that it may include
        self.only = []      # pattern, files that may have it
        with open(name, encoding="utf-8") as f:
            for number, line in enumerate(f, 1):
                self.parse(line.partition("#")[0].split(), number)
        if not self.order or not self.only:
            print(f"{name}: has no layers, or nothing after them")

    def parse(self, words, number):
        if not words:
            return
        if words[0] == "only":
            files, pattern = words[1:-1], words[-1]
            self.only.append((re.compile(pattern), files))
            for file in files:
                if file not in self.order:
                    print(f"{self.name}:{number}: {file} is in no layer")
            return
        alone = words[0] == "alone"
        for file in words[alone:]:
            if file in self.order:
                print(f"{self.name}:{number}: {file} is here twice")
            self.order[file] = len(self.order)
            if alone:
                self.alone[file] = words[1:]

    def may_include(self, file, header):
        if file in self.alone and header not in self.alone[file]:
            return False
        return self.order[header] < self.order[file]

    def check(self, directory, file):
        path = os.path.join(directory, file)
        if file not in self.order:
            print(f"{path}:1: is in no layer of {self.name}")
            return
        with open(path, encoding="utf-8") as f:
            text = without_comments(f.read())
        for match in INCLUDE.finditer(text):
            line = text.count("\n", 0, match.start()) + 1
            header = match.group(1)
            if header not in self.order:
                print(f"{path}:{line}: {header} is in no layer")
            elif not self.may_include(file, header):
                print(f"{path}:{line}: {header} is above this file")
        for number, line in enumerate(text.split("\n"), 1):
            for pattern, files in self.only:
                match = pattern.search(line)
                if match and file not in files:
                    print(f"{path}:{number}: {match.group(0)} is for",
                          ", ".join(files))


def main():
    layers = Layers(sys.argv[1])
    directory = sys.argv[2]
    files = sorted(f for f in os.listdir(directory) if re.search(r"\.[chS]$", f))
    for file in layers.order:
        if file not in files:
            print(f"{layers.name}: there is no {file}")
    for file in files:
        layers.check(directory, file)


if __name__ == "__main__":
    main()
