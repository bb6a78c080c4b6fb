#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Sourced by jobs that talk to a guest's console. The caller sets OUTPUT, the
# file with the console's output, and starts the guest by vmm. DISK is the guest's
# root file system.

DISK=/job/guest-disk.img

# A reader of its own keeps the pipe to the guest's console open
mkfifo $OUTPUT.in
exec 3<>$OUTPUT.in

# vmm OPTION...: a guest in the background
vmm()
{
	: >$OUTPUT
	{
		gunyah_vmm --image /guest/Image --disk $DISK "$@" \
			<$OUTPUT.in 2>&1
		echo "status $?"
	} >>$OUTPUT &
}

# sees TEXT: wait until a line of the guest begins with it
sees()
{
	tries=0
	until tr -d '\r' <$OUTPUT | grep -q "^$1"; do
		tries=$((tries + 1))
		[ $tries -lt 1000 ] && ! grep -q "^status" $OUTPUT || return 1
		sleep 0.2
	done
}
types() { echo "$1" >&3; }
logs_in() { sees "guest login: " && types root && sees ".*# "; }
ends() { types poweroff; wait; sees "status 0"; }
sum() { md5sum | cut -d' ' -f1; }

# 64 MiB without two equal sectors: 1 MiB of lines with numbers, then twice as
# much each time, the second half with larger bytes than the first
make_data()
{
	seq 1000000 1131071 >"$1"
	for by in 1 2 4 8 16 32; do
		tr '\000-\377' \
			"$(printf '\\%03o-\\377\\000-\\%03o' $by $((by - 1)))" \
			<"$1" >/tmp/more
		cat /tmp/more >>"$1"
	done
	rm /tmp/more
}
