#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Signals to the VMM: the first asks the guest to shut down, which a guest with
# the driver does; the second stops it, and so does the end of a limit.

# shellcheck source=tools/testing/gunyah/run/jobs/ktap.sh
. /job/ktap.sh

OUTPUT=/tmp/out

vmm()
{
	: >$OUTPUT
	gunyah_vmm --image /guest/Image --ramdisk /guest/initramfs.cpio.gz \
		--cmdline "console=ttyAMA0 guest.action=$1" $2 \
		</dev/null >$OUTPUT 2>&1 &
	until grep -q guest-init: $OUTPUT; do sleep 0.1; done
}
# ends STATUS TEXT: the exit status, and a part of the last line of output
ends()
{
	wait $!
	[ $? = "$1" ] && tail -n 1 $OUTPUT | grep -q "$2"
}
says() { until grep -q "$1" $OUTPUT; do sleep 0.1; done; }
asked() { vmm "$@"; kill $!; ends 0 "powered off"; }
forced()
{
	vmm "$@"
	kill -INT $!
	says "asked to shut down"
	sleep 2
	kill -0 $! && kill $! && ends 5 "was stopped"
}
# The guest does not react: one request is enough all the same
unanswered()
{
	vmm "$@"
	kill $! && ends 5 "was stopped" &&
		grep -q "not shut down in 2 s; stopping it by force" $OUTPUT
}
# scheduled NAME COMMAND...: VMs that the hypervisor schedules
scheduled()
{
	if [ -n "$REAL_GUNYAH" ]; then
		skip "$1" "the published resource manager dies when it ends one"
	else
		echo Y >/sys/module/gunyah/parameters/allow_static_vcpus
		check "$@"
	fi
}

echo 1..7
check "asked: idle guest" asked hang
check "asked: busy guest with 2 CPUs" asked loop "--cpus 2"
scheduled "asked: hypervisor schedules" asked hang "--sched hypervisor"
check "forced: idle guest without driver" forced "hang guest.module=no"
check "forced: busy guest with 2 CPUs" forced "loop guest.module=no" "--cpus 2"
scheduled "forced: hypervisor schedules" forced "loop guest.module=no" \
	"--sched hypervisor"
check "asked, without an answer" unanswered "hang guest.module=no" \
	"--stop-timeout 2"
