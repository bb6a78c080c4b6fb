#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# A guest with disks: logs in, reads and writes. Its root file system is a disk
# image, and it has two more disks. One is full of data that it reads, with a
# checksum that both sides compute; to the other it copies the first part.
# OPTIONS are for gunyah_vmm.

# shellcheck source=tools/testing/gunyah/run/jobs/ktap.sh
. /job/ktap.sh

OUTPUT=/tmp/out

# 64 MiB without two equal sectors: 1 MiB of lines with numbers, then twice as
# much each time, the second half with larger bytes than the first
seq 1000000 1131071 >/tmp/data
for by in 1 2 4 8 16 32; do
	tr '\000-\377' "$(printf '\\%03o-\\377\\000-\\%03o' $by $((by - 1)))" \
		</tmp/data >/tmp/more
	cat /tmp/more >>/tmp/data
done
rm /tmp/more
sum() { md5sum | cut -d' ' -f1; }
all=$(sum </tmp/data)
part=$(dd if=/tmp/data bs=1M count=16 2>/dev/null | sum)
truncate -s 16M /tmp/copy

# A reader of its own keeps the pipe to the guest's console open
mkfifo /tmp/in
exec 3<>/tmp/in
{
	gunyah_vmm --image /guest/Image --disk /job/guest-disk.img \
		--disk /tmp/data,ro --disk /tmp/copy $OPTIONS </tmp/in 2>&1
	echo "status $?"
} >$OUTPUT &

# Wait until a line of the guest begins with something
sees()
{
	tries=0
	until tr -d '\r' <$OUTPUT | grep -q "^$1"; do
		tries=$((tries + 1))
		[ $tries -lt 500 ] && ! grep -q "^status" $OUTPUT || return 1
		sleep 0.2
	done
}
types() { echo "$1" >&3; }
logs_in() { sees "guest login: " && types root && sees ".*# "; }
reads() { types "md5sum /dev/vdb" && sees "$all  /dev/vdb"; }
# shellcheck disable=SC2016 # for the guest's shell
knows_read_only() { types 'echo $(cat /sys/block/vd[ab]/ro)' && sees "0 1"; }
copies()
{
	types "dd if=/dev/vdb of=/dev/vdc bs=1M count=16 conv=fsync"
	types "echo 3 >/proc/sys/vm/drop_caches; md5sum /dev/vdc"
	sees "$part  /dev/vdc"
}
arrived() { [ "$(sum </tmp/copy)" = "$part" ]; }
counts() { sees "gunyah_vmm: .* [1-9][0-9]* ioeventfd kicks, [1-9]"; }
ends() { types poweroff; wait; sees "status 0"; }

echo 1..7
check "login" logs_in
check "read" reads
check "read-only" knows_read_only
check "write and read back" copies
check "power off" ends
check "host sees what was written" arrived
check "ioeventfd and irqfd are used" counts
sed 's/^/# /' $OUTPUT
