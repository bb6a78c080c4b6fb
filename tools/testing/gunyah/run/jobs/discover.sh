#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# How the driver finds the resource manager, and what it says. The runner adds
# lines with check, fault and try.

# shellcheck source=tools/testing/gunyah/run/jobs/ktap.sh
. /job/ktap.sh

OUTPUT=/tmp/out
INFO_FAULT=0x0b000250	# a register of the test hypervisor

comes() { dmesg -c >/dev/null && insmod /lib/gunyah.ko "$@"; }
goes() { rmmod gunyah && [ ! -e /dev/gunyah ]; }
nothing() { [ ! -e /dev/gunyah ] && [ ! -e /sys/class/misc/gunyah ]; }

# found HOW: the device is there, and the resource manager has answered
found()
{
	[ "$(cat /sys/class/misc/gunyah/discovery)" = "$1" ] &&
		[ -c /dev/gunyah ] && [ "$(cat /sys/class/misc/gunyah/vmid)" = 3 ]
}

# says LINES TEXT: the driver has written that many lines, one of them with TEXT
says()
{
	driver_log >$OUTPUT
	[ "$(wc -l <$OUTPUT)" = "$1" ] || return 1
	[ -z "$2" ] || [ "$(grep -cF "$2" $OUTPUT)" = 1 ]
}

# looks HOW TEXT: what there is after loading it
looks()
{
	case "$1:$2" in
	:) nothing && says 0 ;;
	:*) nothing && says 1 "$2" ;;
	*:) found "$1" && says 1 "hypervisor API" ;;
	*) found "$1" && says 2 "$2" ;;
	esac
}

# try HOW TEXT [PARAMETER]...: load the driver with parameters, and unload it. HOW
# is what the attribute "discovery" says, empty if there is to be no device; TEXT is
# in a line of the log, empty if there is to be none but that of success.
try()
{
	how=$1
	text=$2
	shift 2
	comes "$@" || return 1
	if looks "$how" "$text"; then
		goes
	else
		rmmod gunyah
		false
	fi
}

# fault NUMBER COMMAND...: the info area has this fault
fault()
{
	devmem $INFO_FAULT 64 "$1"
	shift
	"$@"
}
