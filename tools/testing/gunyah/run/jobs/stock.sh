#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Debian's kernel RELEASE with the module that its package makes, as it is and as
# it can be told to be; the same kernel in a guest.

# shellcheck source=tools/testing/gunyah/run/jobs/ktap.sh
. /job/ktap.sh

OUTPUT=/tmp/out
ALLOW=/sys/module/gunyah/parameters/allow_unsafe_lend

# vmm DIRECTORY OPTION...: a guest with the kernel of a directory
vmm()
{
	dir=$1
	shift
	gunyah_vmm --image "$dir/Image" --ramdisk "$dir/initramfs.cpio.gz" \
		--cpus 2 --memory 256M "$@" </dev/null >$OUTPUT 2>&1 &&
		grep -q "guest-init: .*, 2 CPUs, 256 MiB" $OUTPUT
}
# stock OPTION...: it has Debian's kernel
stock() { vmm /stock "$@" && grep -q "guest-init: $RELEASE," $OUTPUT; }
quiet() { ! driver_log | grep -v ": hypervisor API" >$OUTPUT; }
refused()
{
	! vmm /guest && grep -q "the host's kernel log" $OUTPUT &&
		dmesg | grep -q "memory is not lent: this kernel is built without"
}
allow() { echo Y >$ALLOW; }
# Memory comes to its level only in the course of some runs here, but a leak shows in
# each of them
rounds()
{
	for _ in 1 2 3 4; do
		/selftests/gunyah/gunyah_rounds >$OUTPUT 2>&1 && return
	done
	return 1
}
again() { rmmod gunyah && [ ! -e /dev/gunyah ] && modprobe gunyah; }

echo 1..12
check "this is Debian's kernel" [ "$(uname -r)" = "$RELEASE" ]
check "there is a device" [ -c /dev/gunyah ]
check "the log has nothing else" quiet
check "lent memory is refused" refused
check "shared memory" vmm /guest --share
check "shared memory, Debian's kernel in the guest" stock --share
check "lending can be allowed" allow
check "lent memory" vmm /guest
check "lent memory, Debian's kernel in the guest" stock
check "many lives leave nothing" rounds
check "the module goes and comes" again
check "shared memory, after that" vmm /guest --share
