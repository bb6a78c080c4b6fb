#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Without a hypervisor the driver has nothing to do and does no harm.

# shellcheck source=tools/testing/gunyah/run/jobs/ktap.sh
. /job/ktap.sh

echo 1..3
check "module is loaded" [ -d /sys/module/gunyah ]
check "no device" [ ! -e /dev/gunyah ]
check "module is unloaded" rmmod gunyah
