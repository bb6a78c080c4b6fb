#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The benchmark: OPERATIONS of each of the KINDS, a mask, on BACKEND. With PROFILE
# also the kernel's symbols, after the line SYMBOLS.

# Time to do what booting has left to do; for the clock it is nothing
sleep 3
gunyah_bench "$BACKEND" "$OPERATIONS" "$KINDS" || exit 1
if [ -n "$PROFILE" ]; then
	echo "$SYMBOLS"
	grep -E '^f[0-9a-f]* [tTwW] ' /proc/kallsyms
fi
