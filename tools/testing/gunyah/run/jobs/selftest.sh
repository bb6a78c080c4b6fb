#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# PROGRAM, one of the kselftests. CLOCK is a variable that tells it about time.

export "${CLOCK?}"
cd /selftests/gunyah && exec "./$PROGRAM"
