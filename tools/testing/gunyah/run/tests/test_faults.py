# SPDX-License-Identifier: GPL-2.0-only
"""What the documentation and the sweeps say about faults: it is true."""
import glob
import os
import re
import unittest

TOP = os.path.abspath(os.path.join(os.path.dirname(__file__), "../../../../.."))
SELFTESTS = os.path.join(TOP, "tools/testing/selftests/gunyah")
TEST = re.compile(r"^TEST(_F|_F_TIMEOUT|_SIGNAL)?\((\w+)(?:,\s*(\w+))?", re.M)
VARIANT = re.compile(r"FIXTURE_VARIANT_ADD\((\w+), (\w+)\)")
PROGRAM = re.compile(r"``(gunyah_\w+)``:? ?(.*)")


def read(*path):
    with open(os.path.join(TOP, *path), encoding="utf-8") as f:
        return f.read()


def kunit_cases():
    text = "".join(read(path) for path in
                   glob.glob(TOP + "/drivers/virt/gunyah/tests/*.c"))
    return set(re.findall(r"KUNIT_CASE(?:_PARAM)?\((\w+)", text))


def kunit_tests():
    """Names of all KUnit tests, with their suites."""
    tests = set()
    for path in glob.glob(TOP + "/drivers/virt/gunyah/tests/*.c"):
        text = read(path)
        for suite in re.findall(r'\.name = "(\w+)",', text):
            tests |= {f"{suite}.{case}" for case in
                      re.findall(r"KUNIT_CASE(?:_PARAM)?\((\w+)", text)}
    return tests


def program_tests(name):
    """Names of a program's tests, without and with their variants."""
    text = read(SELFTESTS, name + ".c")
    tests = {match[2] + ("." + match[3] if match[1] else "")
             for match in TEST.finditer(text)}
    variants = VARIANT.findall(text)
    tests |= {f"{fixture}.{variant}.{test.split('.')[1]}"
              for fixture, variant in variants for test in tests
              if test.startswith(fixture + ".")}
    return tests


def named_tests(cell):
    """Yield (program or "KUnit", test or pattern) of a cell of the table."""
    program = None
    for part in re.split("[;,] ", cell):
        match = PROGRAM.match(part)
        if match:
            program, part = match[1], match[2]
        elif part.startswith("KUnit: "):
            program, part = "KUnit", part[7:]
        elif " " in part:
            program = None
        if program:
            yield program, part


class Defects(unittest.TestCase):
    """The table of defects names tests that exist."""

    def test_tests_exist(self):
        text = read("Documentation/virt/gunyah/faults.rst")
        table = text.split("\nDefects and the tests")[1]
        cells = re.findall(r"^     - (.*(?:\n       .*)*)", table, re.M)
        kunit = kunit_cases()
        number = 0
        for cell in cells:
            for program, test in named_tests(" ".join(cell.split())):
                tests = kunit if program == "KUnit" else program_tests(program)
                if " " in test or not test:
                    continue
                number += 1
                pattern = re.escape(test).replace(r"\*", ".*")
                self.assertTrue(any(re.fullmatch(pattern, name)
                                    for name in tests), f"{program}: {test}")
        self.assertGreater(number, 80)


class Errnos(unittest.TestCase):
    """The sweeps expect errnos that the header of the user ABI lists."""

    HEADER = read("include/uapi/linux/gunyah.h")

    def documented(self, call):
        """The errnos in the comment of a call."""
        comment = re.search(rf"/\*\*\n \* {call} - .*?\*/", self.HEADER, re.S)
        self.assertTrue(comment, call)
        return set(re.findall(r"\bE[A-Z0-9]{2,}\b",
                              comment[0].split("Return:")[1]))

    def test_listed(self):
        table = read(SELFTESTS, "sweep.c").split("} calls[")[1].split("};")[0]
        rows = re.findall(r'"(GH_\w+)"(?:,\s*ERRNOS\(([^)]*)\))?', table)
        self.assertGreater(len(rows), 10)
        for call, errnos in rows:
            listed = self.documented(call)
            for errno in re.findall(r"\w+", errnos):
                self.assertIn(errno, listed, call)


if __name__ == "__main__":
    unittest.main()
