#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Sourced by jobs that talk to a guest's console. The caller sets OUTPUT, the
# file with the console's output, and starts the guest by vmm. A caller that
# starts it in another way defines running, and sets SAID if messages of the VMM
# are in another file. DISK is the guest's root file system.

DISK=/job/guest-disk.img

# How long a job waits for one thing, in seconds; on a busy machine a login takes
# more than a minute
LIMIT=300

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
running() { ! grep -q "^status" $OUTPUT; }

seconds() { cut -d. -f1 /proc/uptime; }
# waits_for COMMAND...: until the command succeeds, or the guest has ended
waits_for()
{
	limit=$(($(seconds) + LIMIT))
	while running && [ "$(seconds)" -lt $limit ]; do
		"$@" && return
		sleep 0.2
	done
	# It may have ended after its last words
	"$@" && return
	echo "# waited for: $*"
	[ -z "$SAID" ] || sed 's/^/# /' $SAID
	return 1
}
# has_line TEXT [AFTER]: a line of the guest begins with TEXT, and does not come
# before the first that begins with AFTER. The terminal may send XON and XOFF.
has_line() { tr -d '\r\021\023' <$OUTPUT | sed -n "/^$2/,\$p" | grep -q "^$1"; }
# sees TEXT [AFTER]: wait for such a line
sees() { waits_for has_line "$@"; }
types() { echo "$1" >&3; }
# Only a prompt behind the login is the new shell's: what is typed for the shell
# before it runs is lost, because login empties the terminal's input.
logs_in() { sees "guest login: " && types root && sees ".*# " "guest login: "; }
ends() { types poweroff; sees "status 0"; }
sum() { md5sum | cut -d' ' -f1; }

# 16 MiB without two equal sectors: 1 MiB of lines with numbers, then twice as
# much each time, the second half with larger bytes than the first
make_data()
{
	seq 1000000 1131071 >"$1"
	for by in 1 2 4 8; do
		tr '\000-\377' \
			"$(printf '\\%03o-\\377\\000-\\%03o' $by $((by - 1)))" \
			<"$1" >/tmp/more
		cat /tmp/more >>"$1"
	done
	rm /tmp/more
}
