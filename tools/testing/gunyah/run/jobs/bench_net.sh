#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The benchmark of the network: transfers of each kind, COUNT of them, with a guest
# of VMM. WORDS are for the guest's kernel.

tunctl -t tap0 && ifconfig tap0 10.0.0.1 netmask 255.255.255.0 up || exit 1
bench_net "$COUNT" tcp vsock &
host=$!
# It ends when the guest has switched itself off, after the last transfer
$VMM --image /guest/Image --ramdisk /guest/initramfs \
	--cmdline "console=ttyAMA0 quiet $WORDS -- tcp vsock" \
	--net tap=tap0,mac=02:00:00:00:00:02 --vsock 3 </dev/null || exit 1
if kill $host 2>/dev/null; then
	echo "the guest has ended before"
	exit 1
fi
wait $host
