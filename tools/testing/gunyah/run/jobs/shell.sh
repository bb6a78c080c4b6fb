#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# A shell on the host, for a user at a terminal

echo "A shell on the host; exit ends the machine, Ctrl-A x at once."
exec sh
