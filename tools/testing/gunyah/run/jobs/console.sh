#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The console of the sample VMM: readers that stop or go, its backends, much
# input, a restart, and what else needs a guest that one can log in to.

# shellcheck source=tools/testing/gunyah/run/jobs/ktap.sh
. /job/ktap.sh

OUTPUT=/tmp/out		# of the guest
SAID=/tmp/said		# by the VMM

# shellcheck source=tools/testing/gunyah/run/jobs/guest.sh
. /job/guest.sh

# The output goes through this pipe, whose reader can be stopped or ended
mkfifo /tmp/pipe

starts()
{
	# Left by a case that has failed
	if [ -n "$vmm" ]; then
		kill -KILL "$vmm" "$reader"
		wait "$vmm" "$reader"
	fi 2>/dev/null
	: >$OUTPUT
	: >$SAID
	cat </tmp/pipe >>$OUTPUT &
	reader=$!
	gunyah_vmm --image /guest/Image --disk $DISK "$@" \
		<$OUTPUT.in >/tmp/pipe 2>$SAID &
	vmm=$!
}
running() { kill -0 "$vmm" 2>/dev/null; }
has_ended() { ! running; }
# runs OPTION...: wait for a VMM
runs() { timeout -s KILL $LIMIT gunyah_vmm --image /guest/Image "$@"; }
says() { waits_for grep -q "$1" $SAID; }
# ends STATUS TEXT: the exit status, and what the VMM has said
ends()
{
	waits_for has_ended || return 1
	wait "$vmm"
	status=$?
	kill -CONT "$reader" 2>/dev/null
	wait "$reader"
	vmm='' reader=''
	[ $status = "$1" ] && grep -q "$2" $SAID && return
	echo "# status $status, not $1 and \"$2\""
	sed 's/^/# /' $SAID
	return 1
}

# Nobody reads a guest that prints without an end: sooner or later it waits, and
# the main thread has nothing to write
wakeups() { grep ctxt_switches "/proc/$vmm/task/$vmm/status"; }
sleeps()
{
	before=$(wakeups)
	sleep 3
	[ "$(wakeups)" = "$before" ]
}
stuck()
{
	starts "$@" && logs_in || return 1
	types "tr '\\000' y </dev/zero"
	sees y || return 1
	kill -STOP "$reader"
	waits_for sleeps && running
}
stuck_and_asked() { stuck "$@" && kill $vmm && ends 0 "nobody reads"; }
stuck_and_stopped()
{
	stuck "$@" && kill $vmm && says "asked to shut down" && kill $vmm &&
		ends 5 "was stopped"
}
reader_goes()
{
	starts --console uart && logs_in || return 1
	kill "$reader"
	wait "$reader"
	types "echo nobody sees this"
	types poweroff
	ends 0 "powered off"
}

# The VM starts again, with the same console, and nothing is left of the first
files() { find "/proc/$vmm/fd" "/proc/$vmm/task" -maxdepth 1 | wc -l; }
restarts()
{
	starts --restart --cpus 2 --console virtio && logs_in || return 1
	first=$(files)
	: >$OUTPUT
	types reboot
	logs_in && says "guest reset" || return 1
	second=$(files)
	if [ "$second" != "$first" ]; then
		echo "# $first files and threads, then $second"
		return 1
	fi
	types poweroff
	ends 0 "powered off"
}

# 10 KB of text at once, in lines of 32 bytes, while the guest is busy
make_text() { yes "0123456789 the quick brown fox." | head -c 10240; }
pastes()
{
	types "stty -echo; echo ready; sleep 2; head -c 10240 | md5sum; stty echo"
	sees ready || return 1
	# Waits while nobody takes it
	make_text >&3 &
	sees "$(make_text | md5sum)"
}
takes_all_input() { starts --console uart && logs_in && pastes; }
locked()
{
	! runs --disk $DISK >/tmp/second 2>&1 </dev/null &&
		grep -q "in use by another" /tmp/second
}
powers_off() { types poweroff; ends 0 "powered off"; }

# pty KIND: log in, paste and switch off on a pseudo terminal
pty()
{
	starts --console "$1",pty
	says "the console is /dev/pts/" || return 1
	path=$(sed -n 's/.*the console is //p' $SAID)
	# Nobody is there at first
	sleep 2
	exec 4>&3 3<>"$path"
	cat <"$path" >>$OUTPUT 2>/dev/null &
	cat=$!
	types ""
	logs_in && pastes && types poweroff && ends 0 "powered off"
	result=$?
	exec 3>&4 4>&-
	kill $cat 2>/dev/null
	return $result
}
to_file()
{
	runs --ramdisk /guest/initramfs.cpio.gz \
		--console virtio,file=/tmp/log >$OUTPUT 2>$SAID </dev/null &&
		grep -q guest-init: /tmp/log && [ ! -s $OUTPUT ]
}

# A devicetree that was written is read again; one whose pool is no pool
reads_devicetree()
{
	runs --disk $DISK --console virtio --dump-dtb /tmp/dtb &&
		starts --console virtio --dtb /tmp/dtb && logs_in && powers_off
}
explains_missing_pool()
{
	sed 's/restricted-dma-pool/restricted-dma-pond/' </tmp/dtb >/tmp/dtb2
	starts --dtb /tmp/dtb2 --console virtio
	says "needs CONFIG_DMA_RESTRICTED_POOL" || return 1
	kill $vmm
	says "asked to shut down"
	kill $vmm
	ends 5 "was stopped"
}

echo 1..12
check "nobody reads, virtio: asked" stuck_and_asked --console virtio --cpus 2
check "nobody reads, UART: stopped" stuck_and_stopped --console uart
check "the reader goes" reader_goes
check "restart" restarts
check "much input" takes_all_input
check "the disk is locked" locked
check "power off" powers_off
check "pseudo terminal, UART" pty uart
check "pseudo terminal, virtio" pty virtio
check "file" to_file
check "devicetree that was written" reads_devicetree
check "guest without a DMA pool" explains_missing_pool
