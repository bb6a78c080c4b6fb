#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Sourced by jobs: results in KTAP. The caller prints the plan ("1..N"). If
# OUTPUT names a file, the end of it explains a failure.

number=0

# check NAME COMMAND...: one test, passed if the command succeeds
check()
{
	name=$1
	shift
	number=$((number + 1))
	if "$@"; then
		echo "ok $number $name"
		return
	fi
	echo "not ok $number $name"
	[ -z "$OUTPUT" ] || tail -n 30 "$OUTPUT" | tail -c 4000 |
		sed 's/^/# /; $s/$/\n/'
}

# skip NAME REASON
skip()
{
	number=$((number + 1))
	echo "ok $number $1 # SKIP $2"
}

# What the driver has said, and not the kernel of a module that is not its own
driver_log()
{
	dmesg | grep "gunyah[: ]" | grep -vE "out-of-tree|signature and/or"
}
