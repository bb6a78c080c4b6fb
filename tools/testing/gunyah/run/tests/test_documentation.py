# SPDX-License-Identifier: GPL-2.0-only
"""What the documentation shows and names: it exists, and is what it seems."""
import glob
import os
import re
import subprocess
import tempfile
import unittest

TOP = os.path.abspath(os.path.join(os.path.dirname(__file__), "../../../../.."))
FILES = (glob.glob(TOP + "/Documentation/virt/gunyah/*.rst") +
         [TOP + "/README.md"])
SAMPLES = os.path.join(TOP, "samples/gunyah")
# Directories in which all files are ours; others may be those of the kernel
OURS = re.compile(r"(?:Documentation/virt/gunyah|drivers/virt/gunyah|"
                  r"samples/gunyah|tools/testing/(?:selftests/)?gunyah|"
                  r"patches)/[\w./*-]*")
INCLUDE = re.compile(r"^\.\. literalinclude:: (\S+)$", re.M)
# An instruction in a comment, perhaps with a label
INSTRUCTION = re.compile(r"(0x[0-9a-f]{8}),\s*/\*\s*(.*?)\s*\*/")


def read(path):
    with open(path, encoding="utf-8") as f:
        return f.read()


class Names(unittest.TestCase):
    """Files that are named or included."""

    def test_named(self):
        for path in FILES:
            for name in OURS.findall(read(path)):
                name = name.rstrip(".")
                # Modules are not there before they are built
                if not name.endswith(".ko"):
                    self.assertTrue(glob.glob(os.path.join(TOP, name)),
                                    f"{path}: {name}")

    def test_included(self):
        found = set()
        for path in FILES:
            for name in INCLUDE.findall(read(path)):
                name = os.path.normpath(os.path.join(os.path.dirname(path),
                                                     name))
                self.assertTrue(os.path.isfile(name), name)
                found.add(os.path.basename(name))
        self.assertLessEqual({"hello.c", "hello.dts", "linux_vm.dts",
                              "linux_vm_disk.dts", "own-vmm.sh"}, found)

    def test_no_code_of_its_own(self):
        """What is shown is in a file that is compiled."""
        for path in FILES:
            text = read(path)
            self.assertNotIn("code-block::", text, path)
            self.assertEqual(re.findall(r"^\t.*[;{}]$", text, re.M), [], path)


class Devicetrees(unittest.TestCase):
    """The compiler has nothing to say about them."""

    def test_no_warning(self):
        found = glob.glob(SAMPLES + "/*.dts")
        self.assertGreaterEqual(len(found), 4)
        for path in found:
            with self.subTest(os.path.basename(path)):
                dtc = subprocess.run(
                    ["dtc", "-a", "8", "-i", SAMPLES, "-O", "dtb", "-o",
                     os.devnull, path], stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT, text=True, check=False)
                self.assertEqual((dtc.returncode, dtc.stdout), (0, ""))


class Guest(unittest.TestCase):
    """The instructions in hello.c."""

    def test_words_are_the_comments(self):
        lines = INSTRUCTION.findall(read(os.path.join(SAMPLES, "hello.c")))
        self.assertEqual(len(lines), 10)
        with tempfile.TemporaryDirectory(prefix="gunyah-test-") as tmp:
            out = os.path.join(tmp, "guest.o")
            source = "\n".join(line for _, line in lines) + "\ntext:\n"
            subprocess.run(["aarch64-linux-gnu-as", "-o", out, "-"],
                           input=source, text=True, check=True)
            subprocess.run(["aarch64-linux-gnu-objcopy", "-O", "binary", out,
                            out], check=True)
            with open(out, "rb") as f:
                code = f.read()
        words = [int.from_bytes(code[i:i + 4], "little")
                 for i in range(0, len(code), 4)]
        self.assertEqual([int(word, 16) for word, _ in lines], words)

    def test_short(self):
        self.assertLessEqual(len(read(SAMPLES + "/hello.c").splitlines()), 150)


if __name__ == "__main__":
    unittest.main()
