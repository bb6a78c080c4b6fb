#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The benchmark of demand paging: COUNT operations of each kind.

# Time to do what booting has left to do; for the clock it is nothing
sleep 3
bench_page "$COUNT"
