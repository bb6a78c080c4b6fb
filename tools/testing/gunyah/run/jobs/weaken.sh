#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# TEST, one of gunyah_lent_mm. The machine's settings tell which protections of
# lent memory the driver leaves out.

export GUNYAH_TEST_SLOW=3
cd /selftests/gunyah && exec ./gunyah_lent_mm -t "${TEST?}"
