#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Find files and functions that are too long to be read at once.

size.py FILE...: at most 700 lines for a file, and 60 for a function of a C
file, from the line after its opening brace to the one before its closing brace.
"""
import re
import sys

FILE_LINES = 700
FUNCTION_LINES = 60


def functions(lines):
    """Yield the line of the opening brace, the head and the body's length."""
    start = None
    head = ""
    for number, line in enumerate(lines, 1):
        if line.startswith("{"):
            start = number
        elif line.startswith("}") and start is not None:
            yield start, head, number - start - 1
            start = None
        if start is None:
            # The head of a function begins at the left margin
            if re.match(r"[A-Za-z_]", line) and not line.endswith(":"):
                head = line
    if start is not None:
        yield start, head, len(lines) - start


def title(head):
    """The name in a head; of a macro such as TEST_F() its arguments as well."""
    match = re.match(r"(?:.*[\s*])?(\w+)\((.*)", head)
    if not match:
        return head
    if match.group(1).isupper():
        return f"{match.group(1)}({match.group(2).rstrip()}".replace(" ", "")
    return match.group(1) + "()"


def main():
    for name in sys.argv[1:]:
        with open(name, encoding="utf-8", errors="replace") as f:
            lines = f.read().splitlines()
        if len(lines) > FILE_LINES:
            print(f"{name}:1: has {len(lines)} lines, {FILE_LINES} are allowed")
        if not name.endswith((".c", ".h")):
            continue
        for line, head, length in functions(lines):
            if length > FUNCTION_LINES:
                print(f"{name}:{line}: {title(head)} has {length} lines,",
                      f"{FUNCTION_LINES} are allowed")


if __name__ == "__main__":
    main()
