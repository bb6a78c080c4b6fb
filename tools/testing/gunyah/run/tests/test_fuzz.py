# SPDX-License-Identifier: GPL-2.0-only
"""fuzz/gunyah.txt, the description of the user ABI for syzkaller, and the report
of make fuzz."""
import contextlib
import io
import os
import re
import subprocess
import tempfile
import threading
import unittest
from unittest import mock

import fuzz
from children import Interrupted, Problem

TOP = os.path.abspath(os.path.join(os.path.dirname(__file__), "../../../../.."))
HEADER = os.path.join(TOP, "include/uapi/linux/gunyah.h")
DESCRIPTION = os.path.join(TOP, "tools/testing/gunyah/fuzz/gunyah.txt")
SIZES = {"int8": 1, "int16": 2, "int32": 4, "int64": 8, "vma64": 8,
         "fd_event": 4}


def read(path):
    with open(path, encoding="utf-8") as f:
        return f.read()


def structs(text):
    """{name: [(member, type)]} of a description."""
    return {name: [tuple(line.split(None, 1)) for line in body.split("\n")
                   if line.strip()]
            for name, body in re.findall(r"^(\w+) \{\n(.*?)^\}", text,
                                         re.M | re.S)}


class Description(unittest.TestCase):
    """It says what the header says."""

    def setUp(self):
        self.header = read(HEADER)
        self.text = read(DESCRIPTION)
        self.structs = structs(self.text)

    def size(self, kind, numbers):
        """Size of a member, in bytes."""
        array = re.fullmatch(r"array\[(.*), (\w+)\]", kind)
        if array:
            count = array[2]
            return self.size(array[1], numbers) * int(
                count if count.isdecimal() else numbers[count])
        if kind.startswith("ptr64"):
            return 8
        width = re.search(r"int(8|16|32|64)\b", kind)
        return int(width[1]) // 8 if width else SIZES[kind]

    def compiled(self, expressions):
        """{expression: number} as the compiler sees the header."""
        with tempfile.TemporaryDirectory() as tmp:
            source = os.path.join(tmp, "a.c")
            with open(source, "w", encoding="utf-8") as f:
                f.write("#include <stddef.h>\n#include <stdio.h>\n"
                        f'#include "{HEADER}"\nint main(void) {{\n' +
                        "".join(f'printf("%llu\\n", (unsigned long long)'
                                f"({expr}));\n" for expr in expressions) +
                        "return 0; }\n")
            program = os.path.join(tmp, "a")
            subprocess.run(["gcc", "-o", program, source], check=True)
            out = subprocess.run([program], check=True, text=True,
                                 stdout=subprocess.PIPE).stdout
        return dict(zip(expressions, map(int, out.split())))

    def test_every_call(self):
        """Each call of the header, with its own number, and no other."""
        calls = set(re.findall(r"^#define (GH_\w+)\s+_IOW?R?\(", self.header,
                               re.M))
        self.assertGreater(len(calls), 15)
        described = re.findall(r"^ioctl\$(GH_\w+?)(?:_vcpu|_vm)?\(fd \w+, "
                               r"cmd const\[(\w+)\]", self.text, re.M)
        self.assertEqual(calls, {name for name, _ in described})
        for name, number in described:
            self.assertEqual(name, number)

    def test_argument(self):
        """Each call has the struct of its number."""
        for name, kind in re.findall(
                r"#define (GH_\w+)\s+_IOW?R?\([^)]*struct (\w+)\)",
                self.header):
            self.assertRegex(self.text, rf"ioctl\${name}\(.*, {kind}\]\)")

    def test_every_struct(self):
        """Each member is where the compiler puts it."""
        names = set(re.findall(r"^struct (gh_\w+) \{", self.header, re.M))
        names -= {"gh_vcpu_run", "gh_fn_desc"}		# memory; a union
        self.assertGreater(len(names), 10)
        self.assertLessEqual(names, set(self.structs))
        arrays = re.findall(r"array\[\w+, (GH_\w+)\]", self.text)
        wanted = [f"offsetof(struct {name}, {member})" for name in names
                  for member, _ in self.structs[name]]
        wanted += [f"sizeof(struct {name})" for name in names]
        numbers = self.compiled(wanted + arrays)
        for name in names:
            at = 0
            for member, kind in self.structs[name]:
                self.assertEqual(
                    at, numbers[f"offsetof(struct {name}, {member})"],
                    f"{name}.{member}")
                at += self.size(kind, numbers)
            self.assertEqual(at, numbers[f"sizeof(struct {name})"], name)

    def test_flags(self):
        """All flags that a caller can set, and all types of functions."""
        for prefix in ("GH_MEM_", "GH_VCPU_FLAGS_", "GH_IRQFD_FLAGS_",
                       "GH_IOEVENTFD_FLAGS_", "GH_VM_STOP_", "GH_FN_"):
            names = set(re.findall(rf"^#define ({prefix}\w+)\s+(?:\(1UL|\d+$)",
                                   self.header, re.M))
            names -= {"GH_FN_MAX_ARG_SIZE"}
            self.assertTrue(names, prefix)
            for name in names:
                self.assertRegex(self.text, rf"\b{name}\b")


class Run(unittest.TestCase):
    """Fuzzers side by side."""

    def fuzz(self, in_machine):
        """A Fuzz without anything that it needs. Its libFuzzer runs until the
        children are ended."""
        it = fuzz.Fuzz.__new__(fuzz.Fuzz)
        ended = threading.Event()
        it.seconds = 1
        it.machine = mock.Mock()
        it.machine.children.stop = ended.set

        def libfuzzer(name):
            self.assertTrue(ended.wait(60))
            return fuzz.Outcome(name)

        it.libfuzzer, it.in_machine = libfuzzer, in_machine
        return it

    def test_interrupted(self):
        """Whatever ends the runner ends the fuzzers."""
        def interrupt(name):
            raise Interrupted(2)

        with contextlib.redirect_stdout(io.StringIO()), \
             self.assertRaises(Interrupted):
            self.fuzz(interrupt).run(["calls", "tree"])

    def test_findings(self):
        out = io.StringIO()
        it = self.fuzz(lambda name: fuzz.Outcome(
            name, findings=["a"] if name == "calls" else []))
        with contextlib.redirect_stdout(out):
            self.assertEqual(it.run(["guests"]), 0)
            self.assertEqual(it.run(["calls", "guests"]), 1)
        self.assertIn("FAIL calls", out.getvalue())
        self.assertTrue(out.getvalue().endswith("\n1 passed, 1 failed\n"))

    def test_names(self):
        with self.assertRaisesRegex(Problem, "no such fuzzer: none"):
            fuzz.main(None, TOP, "", ["none"])


class Report(unittest.TestCase):
    """What is taken from the output of the fuzzers."""

    def test_libfuzzer(self):
        text = ("#100 NEW    cov: 31 ft: 40 corp: 3/5b\n"
                "#200 REDUCE cov: 32 ft: 41 corp: 4/9b\n"
                "stat::number_of_executed_units: 345\n")
        self.assertEqual(fuzz.libfuzzer_figures(text), (345, 32))
        self.assertEqual(fuzz.libfuzzer_figures("nothing\n"), (0, 0))

    def test_machine(self):
        text = ("# fuzz: 10 programs, 1 kept, 2 places, 3 steps\n"
                "[ 5.0] # fuzz end: 20 programs, 4 kept, 5 places, 6 steps\n"
                "# fuzz end: 7 guests, 8 exits\n")
        self.assertEqual(fuzz.machine_figures(text), (20, 5, 7, 8))
        self.assertEqual(fuzz.machine_figures(""), (0, 0, 0, 0))
