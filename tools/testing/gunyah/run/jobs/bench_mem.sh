#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The benchmark of memory: COUNT operations of each kind. After the line SYMBOLS
# come the kernel's symbols.

# Time to do what booting has left to do; for the clock it is nothing
sleep 3
bench_mem "$COUNT" || exit 1
echo "$SYMBOLS"
grep -E '^f[0-9a-f]* [tTwW] ' /proc/kallsyms
