#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The module stays while it is used, goes when it is not, and can come back.

# shellcheck source=tools/testing/gunyah/run/jobs/ktap.sh
. /job/ktap.sh

OUTPUT=/tmp/out
: >$OUTPUT

stays() { ! rmmod gunyah 2>/dev/null; }
goes() { rmmod gunyah && [ ! -e /dev/gunyah ]; }
comes() { insmod /lib/gunyah.ko && [ -c /dev/gunyah ]; }
devices() { echo /sys/bus/platform/devices/*; }
vmm() { exec gunyah_vmm --image /guest/Image --ramdisk /guest/initramfs.cpio.gz; }
boots() { (vmm) >$OUTPUT 2>&1 && grep -q guest-init $OUTPUT; }

echo 1..9
before=$(devices)
exec 5<>/dev/gunyah
check "stays while the device is open" stays
exec 5>&-
check "goes" goes
# Those below the hypervisor's node, which is a bus
check "leaves the devices of the bus" [ "$(devices)" = "$before" ]
check "comes back" comes
vmm >$OUTPUT 2>&1 &
until grep -q Booting $OUTPUT; do sleep 0.1; done
check "stays while a VM runs" stays
kill -9 $!
wait
check "goes after a VMM was killed" goes
check "comes back after that" comes
check "boots a guest" boots
check "goes after a guest" goes
