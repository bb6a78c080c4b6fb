#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The machine as a whole sleeps, goes down or starts another kernel while a VM has
# memory. MODE says which; power.py knows how the machine has to end. PAGED: the VM
# gets its memory page by page.

OUTPUT=/tmp/out

# shellcheck source=tools/testing/gunyah/run/jobs/ktap.sh
. /job/ktap.sh
# shellcheck source=tools/testing/gunyah/run/jobs/guest.sh
. /job/guest.sh

TEST_CONTROL=0x0b000000
INITRD=/sys/firmware/initrd

# testctl OFFSET VALUE: see gunyah_testctl.h
testctl() { devmem $((TEST_CONTROL + $1)) 64 "$2"; }
# fault ACTION MESSAGE COUNT: the next messages to the resource manager, all (0) or
# those of one kind
fault()
{
	testctl 0x100 "$2"
	testctl 0x108 1
	testctl 0x110 "$3"
	testctl 0x118 $BUSY
	testctl 0x120 "$1"
}
# pages ERROR: all calls that donate pages fail with it, or none any more (0)
pages()
{
	testctl 0x180 0x61
	testctl 0x188 1
	testctl 0x1a0 1
	testctl 0x190 "$1"
}
DENIED=30
FAIL=1
DIE=10
BUSY=5
MEM_RECLAIM=0x51000015

say() { echo "<1>power: $1" >/dev/kmsg; }

# A guest with 8 MiB that nobody else knows, in memory
starts() { guest --cpus 2 && logs_in && fills; }
guest() { vmm ${PAGED:+--lazy} "$@"; }
fills()
{
	types "dd if=/dev/urandom of=/tmp/d bs=1M count=8"
	types "md5sum /tmp/d"
	sees ".*  /tmp/d"
	data=$(tr -d '\r' <$OUTPUT | grep '^[0-9a-f]*  /tmp/d')
}
# intact NUMBER: it is the same, and the guest works
intact()
{
	types "md5sum /tmp/d && echo intact $1"
	sees "intact $1" &&
		[ "$(tr -d '\r' <$OUTPUT | grep -c "^$data")" -gt "$1" ]
}

# sleeps STATE NUMBER: for seconds, until the clock wakes the machine
sleeps() { power sleep "$1" 4 && intact "$2"; }
# as_far_as LEVEL STATE NUMBER: the kernel's tests of suspend
as_far_as()
{
	echo "$1" >/sys/power/pm_test && power sleep "$2" 4 && intact "$3"
}
suspending()
{
	echo 0 >/sys/module/suspend/parameters/pm_test_delay
	echo 1..9
	check "guest runs" starts
	check "freezer" as_far_as freezer mem 1
	check "devices" as_far_as devices mem 2
	check "processors" as_far_as processors mem 3
	check "core" as_far_as core mem 4
	echo none >/sys/power/pm_test
	check "to idle" sleeps freeze 5
	check "to RAM" sleeps mem 6
	check "to RAM again" sleeps mem 7
	check "power off" ends
}

WAKEUP=/sys/class/misc/gunyah/power/wakeup
is_forbidden() { [ "$(cat $WAKEUP)" = disabled ]; }
# within MIN MAX COMMAND...: it takes so many seconds
within()
{
	least=$1
	most=$2
	shift 2
	began=$(date +%s)
	"$@" || return 1
	took=$(($(date +%s) - began))
	[ $took -ge "$least" ] && [ $took -le "$most" ] || say "$took s: $*"
	[ $took -ge "$least" ] && [ $took -le "$most" ]
}
# A guest that waits for its clock for so long while the machine sleeps
waits() { types "sleep $1; echo slept $2"; sleep 1; }
waking()
{
	echo 1..9
	check "not allowed by default" is_forbidden
	check "guest runs" starts
	waits 5 1
	check "sleeps on" within 12 60 power sleep freeze 15
	check "guest goes on" sees "slept 1"
	check "power off" ends
	echo enabled >$WAKEUP
	check "guest runs again" starts
	waits 5 2
	check "is woken" within 0 40 power sleep freeze 60
	check "guest goes on again" sees "slept 2"
	check "power off again" ends
}

hibernate() { echo disk >/sys/power/state; }
busy() { hibernate 2>&1 | grep -q "resource busy"; }
logged() { dmesg | grep -q "gunyah: no hibernation while VMs have memory"; }
refused() { busy && logged && intact "$1"; }
# The image is written, read, and put in the place of what runs
hibernates() { echo test_resume >/sys/power/disk && hibernate; }
# A VM's end that the firmware does not carry out
keeps()
{
	: >$OUTPUT
	guest && logs_in || return 1
	if [ -n "$PAGED" ]; then
		pages $DENIED
	else
		fault $FAIL $MEM_RECLAIM 1000
	fi
	types poweroff
	wait
	busy
}
# The driver tries again at growing intervals
gives_back()
{
	fault 0 0 0
	pages 0
	until [ -z "$(ls -d /sys/kernel/debug/gunyah/*/)" ]; do sleep 1; done
	hibernates
}
runs_again() { guest && logs_in && ends; }
hibernation()
{
	mkswap /dev/vda >/dev/null && swapon /dev/vda
	echo 1..7
	check "guest runs" starts
	check "refused while it runs" refused 1
	check "guest ends" ends
	check "hibernates after that" hibernates
	check "refused while memory is not back" keeps
	check "hibernates when it is back" gives_back
	check "guest runs after that" runs_again
}

# What comes after the power is off is in another machine's log
hibernation_off()
{
	starts && ends && echo shutdown >/sys/power/disk && hibernate
	hibernated=$?
	echo
	echo "gunyah-job: begin"
	echo 1..2
	check "goes on after power off" [ $hibernated = 0 ]
	check "guest runs after that" runs_again
}

# VMs that come and go: each time either the machine hibernates or a VM starts
hellos()
{
	until [ -e /tmp/stop ]; do
		hello /lib/hello.dtb >/tmp/hello 2>&1 ||
			grep "resource busy" /tmp/hello || cat /tmp/hello >&2
		sleep 0.3
	done >/dev/null
}
races()
{
	echo 0 >/tmp/done
	echo 0 >/tmp/refused
	for _ in 1 2 3 4 5 6 7 8 9 10 11 12; do
		if hibernates 2>/tmp/why; then
			echo "$(($(cat /tmp/done) + 1))" >/tmp/done
		elif grep -q "resource busy" /tmp/why; then
			echo "$(($(cat /tmp/refused) + 1))" >/tmp/refused
		else
			return 1
		fi
	done
	echo "# $(cat /tmp/done) times, $(cat /tmp/refused) times refused"
}
some() { [ "$(cat "$1")" -gt 0 ]; }
quiet() { touch /tmp/stop; wait; [ ! -s "$OUTPUT" ]; }
hibernation_races()
{
	mkswap /dev/vda >/dev/null && swapon /dev/vda
	echo 1..5
	hellos 2>$OUTPUT &
	check "refused or done" races
	check "done at least once" some /tmp/done
	check "refused at least once" some /tmp/refused
	check "starts fail with EBUSY only" quiet
	check "guest runs after that" runs_again
}

goes_down()
{
	say "going down"
	"$@"
	# Never reached
	say "still here"
}

next_kernel()
{
	power "$1" /guest/Image $INITRD "$(cat /proc/cmdline) $2"
}

# All memory but what this kernel needs itself
fill_memory()
{
	free=$(awk '/MemAvailable/ { print int($2 / 1024) - 48 }' /proc/meminfo)
	mount -t tmpfs -o size=100% tmpfs /root
	dd if=/dev/zero of=/root/fill bs=1M count=$free 2>/dev/null
	filled=$?
	umount /root
	return $filled
}
second_kernel()
{
	say "second kernel"
	echo 1..2
	check "all memory can be used" fill_memory
	check "guest runs" runs_again
}

has_driver() { [ -c /dev/gunyah ]; }
# note TEXT: in what the kernel that died tells of itself
note() { dd if=/proc/vmcore bs=64k count=1 2>/dev/null | grep -q "$1"; }
is_elf() { [ "$(dd if=/proc/vmcore bs=1 skip=1 count=3 2>/dev/null)" = ELF ]; }
# The first segment is the old kernel's text, which is never lent
has_text() { dd if=/proc/vmcore of=/dev/null bs=64k skip=1 count=64 2>/dev/null; }
crash_kernel()
{
	echo 1..5
	check "the dump is an ELF file" is_elf
	check "it tells its kernel" note "OSRELEASE=$(uname -r)"
	check "it tells which pages to skip" \
		note "NUMBER(PAGE_OFFLINE_MAPCOUNT_VALUE)"
	check "it has the text of its kernel" has_text
	check "the driver comes up" has_driver
}

case $MODE/$(cat /proc/cmdline) in
kexec*/*power.second*)
	second_kernel
	exit ;;
crash/*power.second*)
	crash_kernel
	exit ;;
crash-all/*power.second*)
	cat /proc/vmcore >/dev/null
	exit ;;
suspend/*)
	suspending ;;
wake/*)
	waking ;;
hibernate/*)
	hibernation ;;
hibernate-off/*)
	mkswap /dev/vda >/dev/null && swapon /dev/vda
	hibernation_off ;;
hibernate-races/*)
	hibernation_races ;;
hibernate-dies/*)
	mkswap /dev/vda >/dev/null && swapon /dev/vda
	starts && hibernates ;;
reboot/*)
	starts && goes_down reboot -f ;;
reboot-silent/*)
	starts && fault $DIE 0 1 && goes_down reboot -f ;;
kexec/*)
	starts && next_kernel load power.second && goes_down power kexec ;;
kexec-silent/*)
	starts && next_kernel load power.second && fault $DIE 0 1 &&
		goes_down power kexec ;;
crash*/*)
	starts && next_kernel panic "nr_cpus=1 power.second" &&
		echo c >/proc/sysrq-trigger ;;
esac
sed 's/^/# /' $OUTPUT
