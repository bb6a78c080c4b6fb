#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Without Gunyah the driver has nothing to do, says nothing and does no harm.

# shellcheck source=tools/testing/gunyah/run/jobs/ktap.sh
. /job/ktap.sh

OUTPUT=/tmp/out

# Instructions, because the clock counts them
LIMIT=180000

silent() { ! driver_log >$OUTPUT; }

# Those of the functions that the module is loaded and probed with
cost()
{
	dmesg | grep -E "initcall gunyah_init|probe of .*gunyah" >$OUTPUT
	usecs=$(sed -n 's/.*initcall gunyah_init.* after \([0-9]*\) usecs$/\1/p' \
		$OUTPUT)
	[ -n "$usecs" ] && [ $((usecs * 1000)) -le $LIMIT ]
}

echo 1..8
check "module is loaded" [ -d /sys/module/gunyah ]
check "no device" [ ! -e /dev/gunyah ]
check "says nothing" silent
check "costs little" cost
sed 's/^/# /' $OUTPUT
grep "^gunyah " /proc/modules | sed 's/^/# /'
check "module is unloaded" rmmod gunyah
check "module is loaded, and told to ask" insmod /lib/gunyah.ko probe=1
check "no device then" [ ! -e /dev/gunyah ]
check "says nothing then" silent
