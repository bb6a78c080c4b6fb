#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# What the sample VMM says when something is refused: the step and the resource
# manager's error by name, and what the user can do about it.

# shellcheck source=tools/testing/gunyah/run/jobs/ktap.sh
. /job/ktap.sh

OUTPUT=/tmp/out

# says STATUS TEXT OPTION...: exit status and message of a VMM with options
says()
{
	status=$1
	text=$2
	shift 2
	gunyah_vmm --image /guest/Image --ramdisk /guest/initramfs.cpio.gz \
		"$@" </dev/null >$OUTPUT 2>&1
	[ $? = "$status" ] && tail -n 1 $OUTPUT | grep -qF "$text"
}

CPUS="the resource manager refused INIT: NORESOURCE (0x2); too many vCPUs"
BASE="the resource manager refused INIT: ARG_INVALID (0x6); a number"
SHARE="the resource manager refused START: NORESOURCE (0x2); this firmware"

echo 1..4
check "another driver's device" says 1 "another driver's device" \
	--device /dev/null
check "too many vCPUs" says 2 "$CPUS" --cpus 9
check "memory beyond the VM's addresses" says 2 "$BASE" --base 0x1000000000
check "shared image" says 2 "$SHARE" --share
