#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Kernels as distributions have them, and one that panics.

# shellcheck source=tools/testing/gunyah/run/jobs/ktap.sh
. /job/ktap.sh

OUTPUT=/tmp/out

vmm() { timeout -s KILL 100 gunyah_vmm --image "$@" </dev/null >$OUTPUT 2>&1; }
boots()
{
	vmm "$1" --ramdisk /guest/initramfs.cpio.gz && grep -q guest-init: $OUTPUT
}
# A number as four bytes, the lowest first
le32()
{
	for shift in 0 8 16 24; do
		# shellcheck disable=SC2059 # the format is the byte
		printf "\\$(printf %03o $(($1 >> shift & 255)))"
	done
}
# An EFI zboot image has a header of 64 bytes; offset and size of its payload are
# in there
make_zboot()
{
	printf 'MZ\0\0zimg'
	le32 256
	le32 "$(stat -c %s "$1")"
	head -c 8 /dev/zero
	printf gzip
	head -c 228 /dev/zero
	cat "$1"
}
# Without a root file system Linux panics, and resets the VM as the default
# command line says
panics()
{
	vmm /guest/Image
	[ $? = 3 ] && grep -q "Unable to mount root fs" $OUTPUT &&
		tail -n 1 $OUTPUT | grep -q "guest reset"
}

gzip -c /guest/Image >/tmp/Image.gz
make_zboot /tmp/Image.gz >/tmp/vmlinuz.efi

echo 1..3
check "gzip" boots /tmp/Image.gz
check "EFI zboot" boots /tmp/vmlinuz.efi
check "panic" panics
