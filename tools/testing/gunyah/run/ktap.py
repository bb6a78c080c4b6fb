# SPDX-License-Identifier: GPL-2.0-only
"""Read test results in the kernel's format (KTAP)."""
import re
from dataclasses import dataclass, field

RESULT = re.compile(r"^(?P<indent> *)(?P<state>not ok|ok) (?P<number>\d+)"
                    r"(?: -)?(?: (?P<name>.*))?$")
PLAN = re.compile(r"^1\.\.(\d+)$")
SKIP = re.compile(r"#\s*SKIP\b\s*(.*)", re.I)
# What a test says of its place; a failed assertion says what it has expected
REASON = re.compile(r"^\s*# (\S+\.(?:[ch]|py):\d+:\S+:.*)$")
EXPECTED = re.compile(r":\d+:\S+:Expected ")
# What a test says, but for that it begins or ends
SAID = re.compile(r"^\s*# (?! *(?:RUN|OK|FAIL) )(.*)$")
# So many of the last of these lines tell of a failed case
SAID_LINES = 24
# A kernel message that begins in the middle of a line
MESSAGE = re.compile(r"\[ *\d+\.\d+\] .*")


@dataclass
class Case:
    """One result."""
    name: str
    state: str	# "passed", "failed" or "skipped"
    why: str = ""
    logs: dict = field(default_factory=dict)	# {what: path} that tell more
    said: list = field(default_factory=list)	# its last lines, if it has failed


def reason(said):
    """The first failed assertion in the lines @said, or the first message."""
    found = [match.group(1) for match in map(REASON.match, said) if match]
    return next((line for line in found if EXPECTED.search(line)),
                found[0] if found else "")


def parse(text):
    """Return the cases in @text.

    The result of a suite is the sum of its cases and does not count, unless it
    tells of a failure that none of them has. A test that ends before it has
    reported all that it planned is a failure.
    """
    cases = []
    planned = reported = 0
    inner = {}		# number of failed cases, by depth, in a suite not closed
    said = []		# lines since the result before
    suites = []		# names of suites by "# Subtest:" lines
    for line in text.splitlines():
        line = MESSAGE.sub("", line)
        plan = PLAN.match(line)
        if plan:
            planned += int(plan.group(1))
            continue
        if line.lstrip().startswith("# Subtest: "):
            depth = len(line) - len(line.lstrip())
            suites = [s for s in suites if s[0] < depth]
            suites.append((depth, line.split(": ", 1)[1].strip()))
            continue
        if SAID.match(line):
            said.append(line)
        found = RESULT.match(line)
        if not found:
            continue
        failed = found["state"] == "not ok"
        lines, said = said if failed else [], []
        depth = len(found["indent"])
        name = (found["name"] or found["number"]).strip()
        skip = SKIP.search(name)
        why = skip.group(1) if skip else reason(lines)
        state = "failed" if failed else "skipped" if skip else "passed"
        name = name.split("#")[0].strip()
        reported += depth == 0
        below = [inner.pop(d) for d in list(inner) if d > depth]
        inner[depth] = inner.get(depth, 0) + (state == "failed")
        if below and (state != "failed" or sum(below)):
            continue
        path = [s[1] for s in suites if s[0] <= depth and s[1] != name]
        cases.append(Case(".".join(path + [name]), state, why,
                          said=[SAID.match(line).group(1)
                                for line in lines[-SAID_LINES:]]))
    if reported < planned:
        cases.append(Case("all results", "failed",
                          f"{planned} planned, {reported} reported"))
    return cases
