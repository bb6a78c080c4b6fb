#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# A guest with disks: logs in, reads and writes. Its root file system is a disk
# image, and it has two more disks. One is full of data that it reads, with a
# checksum that both sides compute; to the other it copies the first part.
# OPTIONS are for gunyah_vmm.

OUTPUT=/tmp/out

# shellcheck source=tools/testing/gunyah/run/jobs/ktap.sh
. /job/ktap.sh
# shellcheck source=tools/testing/gunyah/run/jobs/guest.sh
. /job/guest.sh

make_data /tmp/data
all=$(sum </tmp/data)
part=$(dd if=/tmp/data bs=1M count=16 2>/dev/null | sum)
truncate -s 16M /tmp/copy

boots()
{
	vmm --disk /tmp/data,ro --disk /tmp/copy $OPTIONS
	logs_in
}
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

echo 1..7
check "login" boots
check "read" reads
check "read-only" knows_read_only
check "write and read back" copies
check "power off" ends
check "host sees what was written" arrived
check "ioeventfd and irqfd are used" counts
sed 's/^/# /' $OUTPUT
