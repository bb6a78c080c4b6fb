#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# A kernel that cannot take pages out of its linear map (rodata=on): memory is not
# lent unless the administrator allows it.

# shellcheck source=tools/testing/gunyah/run/jobs/ktap.sh
. /job/ktap.sh

OUTPUT=/tmp/out
ALLOW=/sys/module/gunyah/parameters/allow_unsafe_lend

vmm()
{
	gunyah_vmm --image /guest/Image --ramdisk /guest/initramfs.cpio.gz \
		"$@" </dev/null >$OUTPUT 2>&1
}
refused()
{
	! vmm && grep -q "the host's kernel log" $OUTPUT &&
		dmesg | grep -q "memory is not lent: boot with rodata=full"
}
shared() { vmm --share; }
allowed() { echo Y >$ALLOW && vmm; }

echo 1..3
check "lent memory is refused" refused
check "shared memory is not" shared
check "lent memory, allowed" allowed
