#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# A guest with a network device, sockets to the host and random numbers. It
# downloads 16 MiB, and 8 MiB go in each direction through network and sockets,
# with a checksum that both sides compute. The counters of the driver show that
# the VMM has no part in it. OPTIONS are for gunyah_vmm. With LIVES, guests are
# also reset, killed and stopped meanwhile, and two of them talk to each other.

OUTPUT=/tmp/out
DATA=/tmp/www/data
PART=/tmp/www/part
TAKE_PART="dd if=/dev/vdb bs=1M count=8"
HOST=192.168.76.1
GUEST=192.168.76.2
CID=3

# shellcheck source=tools/testing/gunyah/run/jobs/ktap.sh
. /job/ktap.sh
# shellcheck source=tools/testing/gunyah/run/jobs/guest.sh
. /job/guest.sh

mkdir /tmp/www
make_data $DATA
dd if=$DATA of=$PART bs=1M count=8 2>/dev/null
all=$(sum <$DATA)
part=$(sum <$PART)
/job/tap.sh tap0 $HOST/24
# nc ends with its input: this one never ends
mkfifo /tmp/idle
exec 4<>/tmp/idle
httpd -p $HOST:80 -h /tmp/www

boots()
{
	vmm --disk $DATA,ro --net tap=tap0 --vsock $CID --rng --restart $OPTIONS
	logs_in
}
# guest NAME COMMAND...: run a command in the guest, and wait for its end
guest()
{
	what=$1
	shift
	types "$* && echo $what-'done'"
	sees "$what-done"
}
pings() { ping -c 3 -W 10 $GUEST >/dev/null; }
# counter NAME: the sum of a counter of all vCPUs, or of all interrupts
counter()
{
	cat /sys/kernel/debug/gunyah/*/functions | tr ' ' '\n' |
		awk -F= -v name="$1" '$1 == name { n += $2 } END { print n + 0 }'
}
count()
{
	rings=$(counter rings)
	kicks=$(counter ioeventfd)
	writes=$(($(counter mmio_write) - kicks))
	reads=$(counter mmio_read)
}
# The checksum of what comes from the other side is on a line with its name. What
# is typed is defined before, because the console's echo counts, too.
downloads()
{
	types "get() { wget -q -O - http://$HOST/data | md5sum; }"
	guest ready true
	sleep 1
	count
	was_rings=$rings was_kicks=$kicks was_writes=$writes was_reads=$reads
	types "get | sed s/-/download/"
	sees "$all  download" || return 1
	count
	rings=$((rings - was_rings)) kicks=$((kicks - was_kicks))
	reads=$((reads - was_reads)) writes=$((writes - was_writes))
}
# The VMM handled no write: a notification of a queue and an acknowledgment of an
# interrupt reach an eventfd. A read of the status is an exit for each interrupt.
left_alone()
{
	echo "# $rings interrupts, $kicks notifications, for the VMM" \
		"$reads reads and $writes writes"
	[ $rings -gt 100 ] && [ $kicks -gt 100 ] &&
		[ $reads -le $((rings + 50)) ] && [ $writes -lt $((reads / 2)) ]
}
# listens PORT: keep what one connection brings, in the background
listens()
{
	nc -l -p "$1" <&4 >/tmp/received &
	until netstat -ltn 2>/dev/null | grep -q ":$1"; do sleep 0.1; done
}
uploads()
{
	listens 5001
	guest upload "$TAKE_PART | nc $HOST 5001"
	wait $!
	cmp /tmp/received $PART
}
# sends NAME: the guest sends the part
sends()
{
	: >/tmp/state
	vsock listen 5002 >/tmp/received 2>/tmp/state &
	until grep -q listening /tmp/state; do sleep 0.1; done
	guest "$1" "$TAKE_PART | vsock send 2 5002"
	wait $!
	cmp /tmp/received $PART
}
receives()
{
	types "vsock listen 5003 | md5sum | sed s/-/receive/"
	sees "vsock: listening" && vsock send $CID 5003 <$PART &&
		sees "$part  receive"
}
both_ways()
{
	listens 5004
	guest both "wget -q -O - http://$HOST/part | nc $HOST 5004"
	wait $!
	cmp /tmp/received $PART
}
random()
{
	types "cat /sys/class/misc/hw_random/rng_current"
	types "for i in 1 2; do head -c 4096 /dev/hwrng >/tmp/\$i; done"
	types "cmp /tmp/1 /tmp/2 | sed 's/ differ.*/ differ/'"
	types "gzip -c /tmp/1 | wc -c"
	sees "virtio_rng" && sees "/tmp/1 /tmp/2 differ" && sees "41[0-9][0-9]$"
}

# The driver goes and comes back while packets arrive
resets()
{
	types "cd /sys/bus/virtio/drivers/virtio_net"
	types "wget -q -O /dev/null http://$HOST/data &"
	sleep 2
	types "d=\$(echo virtio*); echo \$d >unbind; sleep 1; echo \$d >bind"
	guest reset "/etc/network; cd"
	pings
}

# A guest that reboots gets new devices, with the same tap and CID
reboots()
{
	types reboot
	sees "gunyah_vmm: guest reset" || return 1
	: >$OUTPUT
	logs_in &&
		guest network "wget -q -O - http://$HOST/part | md5sum | grep $part" &&
		sends again
}

# says TEXT OPTION...: what the VMM says when it fails at once
says()
{
	text=$1
	shift
	gunyah_vmm --image /guest/Image "$@" </dev/null >/tmp/refused 2>&1
	if [ $? != 1 ] || ! tail -n 1 /tmp/refused | grep -qF -- "$text"; then
		sed 's/^/# /' /tmp/refused
		return 1
	fi
}
# without FILE COMMAND...: run it without a device file
without()
{
	mv "$1" /dev/gone
	file=$1
	shift
	"$@"
	status=$?
	mv /dev/gone "$file"
	return $status
}
unprivileged()
{
	mkdir -p /etc
	echo "user:x:1000:1000::/:/bin/sh" >/etc/passwd
	chmod 666 /dev/net/tun
	su user -c "gunyah_vmm --image /guest/Image --net tap=tap9" \
		</dev/null >/tmp/refused 2>&1
	[ $? = 1 ] && grep -qF "ip tuntap add" /tmp/refused
}

# The guest does nothing but download
loads() { types "while :; do wget -q -O /dev/null http://$HOST/data; done"; }
killed()
{
	loads
	sleep 3
	kill -9 "$(pidof gunyah_vmm)"
	wait
}
stopped()
{
	loads
	sleep 3
	kill "$(pidof gunyah_vmm)"
	until grep -q "once more stops it" $OUTPUT; do sleep 0.1; done
	kill "$(pidof gunyah_vmm)"
	wait
	grep -qE "^status [05]" $OUTPUT
}
# A second guest on a tap of its own, with a copy of the disk. In a subshell, as
# it has another console.
# shellcheck disable=SC2030,SC2031 # OUTPUT is to change in there only
second()
(
	OUTPUT=/tmp/out2
	# shellcheck source=tools/testing/gunyah/run/jobs/guest.sh
	. /job/guest.sh
	DISK=/tmp/disk2
	cp /job/guest-disk.img $DISK
	/job/tap.sh tap1 192.168.77.1/24
	echo 1 >/proc/sys/net/ipv4/ip_forward
	vmm --disk $DATA,ro --net tap=tap1 --vsock 4 $OPTIONS
	logs_in || exit 1
	types "ip addr flush dev eth0; ip addr add 192.168.77.2/24 dev eth0"
	guest route "ip route add default via 192.168.77.1"
	guest ping2 "ping -c 3 -W 10 $GUEST" || exit 1
	types "nc -l -p 5005 | md5sum | sed s/-/second/"
	echo "until $TAKE_PART | nc 192.168.77.2 5005; do sleep 1; done" \
		>/tmp/out.in
	sees "$part  second" && ends
)
counts() { sees "gunyah_vmm: .* [1-9][0-9]* ioeventfd kicks, [1-9]"; }

if [ -n "$LIVES" ]; then echo 1..25; else echo 1..11; fi
check "login" boots
check "ping" pings
check "download" downloads
check "the VMM has no part in it" left_alone
check "upload" uploads
check "both ways" both_ways
check "socket from the guest" sends send
check "socket to the guest" receives
check "random numbers" random
if [ -n "$LIVES" ]; then
	check "reset of a busy device" resets
	check "reboot" reboots
	check "tap is busy" says "--net: tap0: Device or resource busy; another" --net tap=tap0
	check "CID is in use" says "--vsock 3: Address already in use" --vsock 3
	check "no vhost-net" without /dev/vhost-net \
		says "/dev/vhost-net: No such file or directory" --net tap=tap1
	check "no vhost-vsock" without /dev/vhost-vsock \
		says "/dev/vhost-vsock: No such file or directory" --vsock 4
	check "no tun" without /dev/net/tun \
		says "/dev/net/tun: No such file or directory" --net tap=tap1
	check "no right to create a tap" unprivileged
	check "VMM is killed while the guest downloads" killed
	check "guest with the same tap and CID" boots
	check "download again" \
		guest again "wget -q -O - http://$HOST/part | md5sum | grep $part"
	check "guest is stopped while it downloads" stopped
	check "guest after that" boots
	check "a second guest" second
fi
check "power off" ends
check "ioeventfd and irqfd are used" counts
# shellcheck disable=SC2031 # see second()
sed 's/^/# /' $OUTPUT
