#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# hello, the VMM of the manual: what it prints, and what it says when something is
# wrong. These messages are in the manual. /job/relative.dtb is a devicetree that
# would crash the resource manager, and with /job/hangs.dtb the guest hangs.

# shellcheck source=tools/testing/gunyah/run/jobs/ktap.sh
. /job/ktap.sh

OUTPUT=/tmp/out
DTB=/lib/hello.dtb

# says STATUS TEXT COMMAND...: exit status, and all that a command prints
says()
{
	status=$1
	text=$2
	shift 2
	"$@" >$OUTPUT 2>&1
	[ $? = "$status" ] && [ "$(cat $OUTPUT)" = "$text" ]
}

mkdir -p /etc
echo user:x:1000:1000::/:/bin/sh >/etc/passwd
echo user:x:1000: >/etc/group
# A user without privileges
user() { start-stop-daemon -S -q -c user -x /bin/hello -- $DTB; }
# shellcheck disable=SC3045 # busybox has this limit
limited() { (ulimit -l 1024; user); }
another_driver()
{
	mount --bind /dev/null /dev/gunyah
	hello $DTB
	status=$?
	umount /dev/gunyah
	return $status
}
standard_output() { [ "$(hello $DTB 2>/dev/null)" = "Hello, world" ]; }
often() { for _ in 1 2 3 4 5 6 7 8 9 10; do standard_output || return; done; }
# The reader goes away: the program must end, and so must the VM
pipe() { hello $DTB 2>/dev/null | true && standard_output; }
# Signals interrupt GH_VCPU_RUN: the program goes on after SIGCONT, and SIGTERM
# ends it and the VM
hangs()
{
	hello /job/hangs.dtb >$OUTPUT 2>&1 &
	until grep -q world $OUTPUT; do
		kill -0 $! || return
		sleep 0.1
	done
	kill -STOP $! && kill -CONT $!
	sleep 0.3
	kill $! || return
	wait $!
	[ $? = 143 ] && standard_output
}
full() { hello $DTB >/dev/full; }

HELLO="Hello, world
hello: 13 MMIO writes"
MEM_INVALID="hello: cannot start the VM: Invalid argument
hello: start_reason 0, start_step 4, rm_error 0xa"
UNSAFE="hello: cannot start the VM: Invalid argument
hello: start_reason 3, start_step 0, rm_error 0"

echo 1..15
check "prints" says 0 "$HELLO" hello $DTB
check "standard output has the guest's text alone" standard_output
check "ten times" often
check "nobody reads" pipe
check "guest hangs" hangs
check "standard output is full" \
	says 1 "hello: standard output: No space left on device" full
check "no devicetree" says 1 "hello: usage: hello DTB" hello
check "devicetree is not there" \
	says 1 "hello: /nothing: No such file or directory" hello /nothing
check "devicetree is too large" says 1 "hello: /bin/hello: too large" \
	hello /bin/hello
check "not a devicetree" says 1 "$MEM_INVALID" hello /job/ktap.sh
check "devicetree that would crash the resource manager" \
	says 1 "$UNSAFE" hello /job/relative.dtb
check "another driver's device" \
	says 1 "hello: not this driver's /dev/gunyah: Inappropriate ioctl for device" \
	another_driver
chmod 600 /dev/gunyah
check "no permission" says 1 "hello: /dev/gunyah: Permission denied" user
chmod 666 /dev/gunyah
check "memory limit" \
	says 1 "hello: cannot lend memory: Cannot allocate memory" limited
rmmod gunyah
check "no driver" says 1 "hello: /dev/gunyah: No such file or directory" \
	hello $DTB
