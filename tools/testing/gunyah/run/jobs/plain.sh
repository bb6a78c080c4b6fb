#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Without Gunyah the driver has nothing to do, says nothing and does no harm.

# shellcheck source=tools/testing/gunyah/run/jobs/ktap.sh
. /job/ktap.sh

OUTPUT=/tmp/out

silent() { ! dmesg | grep "gunyah[: ]" >$OUTPUT; }

echo 1..7
check "module is loaded" [ -d /sys/module/gunyah ]
check "no device" [ ! -e /dev/gunyah ]
check "says nothing" silent
check "module is unloaded" rmmod gunyah
check "module is loaded, and told to ask" insmod /lib/gunyah.ko probe=1
check "no device then" [ ! -e /dev/gunyah ]
check "says nothing then" silent
