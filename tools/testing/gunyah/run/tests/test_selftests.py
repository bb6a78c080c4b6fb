# SPDX-License-Identifier: GPL-2.0-only
"""What kselftests that promise to be complete have."""
import os
import re
import unittest

TOP = os.path.abspath(os.path.join(os.path.dirname(__file__), "../../../../.."))
SELFTESTS = os.path.join(TOP, "tools/testing/selftests/gunyah")
# Calls on /dev/gunyah, which have no VM
OF_DEVICE = {"GH_CREATE_VM", "GH_GET_INFO", "GH_CREATE_MEM"}


def read(*path):
    with open(os.path.join(*path), encoding="utf-8") as f:
        return f.read()


class Pairs(unittest.TestCase):
    """gunyah_pairs makes each call that there is on a VM or a vCPU."""

    def setUp(self):
        self.text = read(SELFTESTS, "gunyah_pairs.c")
        header = read(TOP, "include/uapi/linux/gunyah.h")
        self.calls = set(re.findall(r"#define (GH_\w+)\s+_IO[WR]*\(", header))
        # Functions that make one call, or others that do
        self.helpers = dict(re.findall(
            r"^static inline int (gh_\w+)(\(.*?^})",
            read(SELFTESTS, "gunyah_utils.h"), re.M | re.S))

    def makes(self, text, what):
        return what in text or any(
            helper + "(" in text and self.makes(body, what)
            for helper, body in self.helpers.items())

    def test_each_call(self):
        self.assertGreater(len(self.calls), 15)
        self.assertEqual(
            set(), {call for call in self.calls - OF_DEVICE
                    if not self.makes(self.text, call)})

    def test_each_function(self):
        """Of each type of functions."""
        for kind in ("GH_FN_VCPU", "GH_FN_IRQFD", "GH_FN_IOEVENTFD"):
            self.assertTrue(self.makes(self.text, kind), kind)

    def test_each_has_a_variant(self):
        names = re.search(r"^enum \{\n(\s+SHARE,.*?)CALLS\n", self.text,
                          re.M | re.S)
        self.assertEqual(re.findall(r"\w+", names[1]),
                         re.findall(r"^PAIRS_OF\(\w+, (\w+)\);", self.text,
                                    re.M))
