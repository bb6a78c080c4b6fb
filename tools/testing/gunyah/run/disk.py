# SPDX-License-Identifier: GPL-2.0-only
"""A guest with disks: logs in, reads and writes.

The guest's root file system is a disk image, and it has two more disks. One is
full of data that it reads, with a checksum that both sides compute; to the
other it copies the first part of them.
"""

# Name, options for gunyah_vmm, settings of the job
ROWS = (
    ("lend 4 CPUs", "--console virtio --cpus 4", {"cpus": 4}),
    ("lend 1 CPU deterministic", "--console virtio --cpus 1",
     {"cpus": 2, "deterministic": True}),
    ("share 4 CPUs UART", "--console uart --share --cpus 4", {"cpus": 4}),
    ("lend 2 CPUs prod", "--console virtio --cpus 2",
     {"cpus": 4, "words": "gunyah_hyp.rm=prod gunyah_hyp.caps=random "
                          "gunyah_hyp.seed=3"}),
)

SCRIPT = r"""
echo 1..7
n=0
check()
{
	n=$((n + 1))
	name=$1; shift
	"$@" && echo "ok $n $name" && return
	echo "not ok $n $name"
	tail -n 30 /tmp/out | sed 's/^/# /'
}

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
} >/tmp/out &

# Wait until a line of the guest begins with something
sees()
{
	tries=0
	until tr -d '\r' </tmp/out | grep -q "^$1"; do
		tries=$((tries + 1))
		[ $tries -lt 500 ] && ! grep -q "^status" /tmp/out || return 1
		sleep 0.2
	done
}
types() { echo "$1" >&3; }
logs_in() { sees "guest login: " && types root && sees ".*# "; }
reads() { types "md5sum /dev/vdb" && sees "$all  /dev/vdb"; }
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

check "login" logs_in
check "read" reads
check "read-only" knows_read_only
check "write and read back" copies
check "power off" ends
check "host sees what was written" arrived
check "ioeventfd and irqfd are used" counts
sed 's/^/# /' /tmp/out
"""
