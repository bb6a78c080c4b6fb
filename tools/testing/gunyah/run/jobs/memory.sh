#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# A guest that is given memory while it runs. Its init takes commands from the
# console (guest/memory.c), and the VMM from a socket. OPTIONS are for gunyah_vmm.

# shellcheck source=tools/testing/gunyah/run/jobs/ktap.sh
. /job/ktap.sh

OUTPUT=/tmp/out
DATA=/tmp/data

# 64 MiB without two equal pages, which the guest knows: 1 MiB of lines with
# numbers, then twice as much each time, with larger bytes in the second half
seq 1000000 1131071 >$DATA
for by in 1 2 4 8 16 32; do
	tr '\000-\377' "$(printf '\\%03o-\\377\\000-\\%03o' $by $((by - 1)))" \
		<$DATA >/tmp/more
	cat /tmp/more >>$DATA
done
# What becomes of it when 1 is added to each byte
tr '\000-\377' '\001-\377\000' <$DATA >/tmp/more

# A reader of its own keeps the pipe to the guest's console open
mkfifo /tmp/in
exec 3<>/tmp/in
{
	gunyah_vmm --image /guest/Image --ramdisk /guest/initramfs.cpio.gz \
		--cmdline "console=ttyAMA0 loglevel=5 guest.action=memory" \
		--control /tmp/ctl $OPTIONS </tmp/in 2>&1
	echo "status $?"
} >$OUTPUT &

vmm() { gunyah_vmm --connect /tmp/ctl "$@" >/tmp/answer; }
refused() { ! vmm "$@" && grep -q "^error: " /tmp/answer; }

# The guest's kernel may write something behind the semicolon
all_replies() { tr -d '\r' <$OUTPUT | sed -n 's/^\(memory: [^;]*\);.*/\1/p'; }
replies() { all_replies | wc -l; }
# Wait for one more line of the guest
next()
{
	tries=0
	until [ "$(replies)" -gt "$1" ]; do
		tries=$((tries + 1))
		[ $tries -lt 500 ] && ! grep -q "^status" $OUTPUT || return 1
		sleep 0.2
	done
	reply=$(all_replies | sed -n "$(($1 + 1))p")
}
ask() { before=$(replies) && echo "$1" >&3 && next "$before"; }
words() { echo "$1" | cut -d" " -f1-2; }
# asks COMMAND ANSWER: what follows the command in the guest's line
asks()
{
	ask "$1" && [ "$reply" = "memory: $(words "$1"): $2" ] ||
		! echo "# $1: $reply" >>/tmp/wrong
}
value() { ask "$1" && value=${reply##*: }; }
# The guest's kernel has said it
logged() { tr -d '\r' <$OUTPUT | grep -q "gunyah: .*$1"; }

ready() { next 0 && [ "$reply" = "memory: ready: ok" ]; }

shared()
{
	vmm add-memory $DATA@7 && asks "wait 7" ok &&
		asks "show 7" "7 3 shared rw 67108864" && asks "check 7 0" ok
}
written() { asks "add 7" ok && cmp $DATA /tmp/more; }
kept()
{
	refused remove-memory 7 && asks "hold 7" ok &&
		asks "release 7" "Device or resource busy" && asks "check 7 1" ok
}
released()
{
	asks "drop" ok && asks "release 7" ok && asks "gone 7" ok &&
		vmm remove-memory 7 && refused remove-memory 7
}
again()
{
	vmm add-memory $DATA@7 && asks "wait 7" ok &&
		asks "check 7 1" ok && asks "release 7" ok &&
		asks "gone 7" ok && vmm remove-memory 7
}

read_only()
{
	vmm add-memory 2M@8,ro && asks "wait 8" ok &&
		asks "show 8" "8 3 shared r 2097152" &&
		asks "open 8 W" "Permission denied" && asks "open 8 R" ok &&
		asks "add 8" "Permission denied" && asks "check 8" ok
}
# All of it is zeroes at first
lent()
{
	vmm add-memory 4M@9,lend && asks "wait 9" ok &&
		asks "show 9" "9 3 lent rw 4194304" && asks "check 9" ok &&
		asks "add 9" ok && asks "release 9" ok && asks "gone 9" ok &&
		vmm remove-memory 9
}

# The guest began with 128 MiB
plugged()
{
	value total
	total=$value
	vmm add-memory 128M@20,lend,plug
	tries=0
	until [ "$value" != "$total" ] || [ $tries = 100 ]; do
		tries=$((tries + 1))
		sleep 0.2
		value total
	done
	[ "$value" = $((total + 131072)) ] && asks "use 160" ok
}
stays() { refused remove-memory 20; }
# The guest refuses what is no multiple of a memory block; the owner has it
odd_size()
{
	vmm add-memory 64M@21,lend,plug
	tries=0
	until logged "label 21 is not accepted" || [ $tries = 100 ]; do
		tries=$((tries + 1))
		sleep 0.2
	done
	[ $tries != 100 ] && vmm remove-memory 21
}
wrong()
{
	refused add-memory 128M@22,plug && refused add-memory 2M@8 &&
		refused add-memory 2M && refused add-memory 1@23 &&
		refused add-memory 2M@x && refused add-memory 2M@23,rw &&
		refused add-memory /nowhere/x@23 && refused add-memory &&
		refused remove-memory 23 && refused nonsense &&
		! gunyah_vmm --connect /tmp/nowhere status 2>/dev/null
}
listed()
{
	vmm status &&
		grep -q "^ok: running.* 8: 2048 KiB shared.* 20: 131072 KiB lent" \
			/tmp/answer
}

# The driver gives back what has a device; what was plugged is the kernel's
unloaded()
{
	asks "unload" ok && vmm remove-memory 8 && stays && asks "use 160" ok
}
ends() { echo end >&3; wait; grep -q "^status 0" $OUTPUT && [ ! -e /tmp/ctl ]; }

echo 1..15
check "guest runs" ready
check "shared memory" shared
check "host sees what the guest writes" written
check "memory that is used stays" kept
check "memory is given back" released
check "the same once more" again
check "memory that cannot be written" read_only
check "lent memory" lent
check "memory of the guest's kernel" plugged
check "it stays" stays
check "a size that the guest cannot use" odd_size
check "wrong commands" wrong
check "status" listed
check "driver is unloaded" unloaded
check "power off" ends
[ ! -e /tmp/wrong ] || cat /tmp/wrong
sed 's/^/# /' $OUTPUT
