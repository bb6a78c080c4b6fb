#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# build.sh: make build/images from everything that the test machine runs.
# build/images/README tells what is in it.
#
# build.sh plain: the same without test hypervisor and selftests, for a machine
# without Gunyah.
# build.sh PIECE...: only build these, without an initramfs: kernel (with the
# driver), hypervisor, vmm, selftests, guest.

# shellcheck source=tools/testing/gunyah/kernel/env.sh
. "$(dirname "$0")/../kernel/env.sh"

lock_cache
tree=$("$here/kernel/tree.sh")

images=$build/images
out=$build/image
root=$out/root
tests=$out/tests
mkdir -p "$images" "$out" "$build/logs"

have()
{
	[ -e "$top/$1" ] || die "$1 is missing: cannot build $2"
}

# changed NAME INPUTS...: do the files differ from those of the last success?
changed()
{
	local name=$1

	shift
	inputs=$(hash_files "$@")
	stamp=$out/$name.inputs
	[ "$(cat "$stamp" 2>/dev/null)" != "$inputs" ]
}

busybox()
{
	local dir=$cache/busybox-arm64

	[ ! -x "$dir/busybox" ] || return 0
	say "fetching busybox-static:arm64"
	rm -rf "$dir.new"
	mkdir -p "$dir.new"
	(cd "$dir.new" && logged "$build/logs/busybox.log" \
		apt-get download busybox-static:arm64 &&
		dpkg-deb -x busybox-static_*.deb x && mv x/bin/busybox . &&
		rm -rf x)
	rm -rf "$dir"
	mv "$dir.new" "$dir"
}

# The user ABI's header as user space sees it: there is nothing in it that
# "make headers" would take out, and a full header installation takes minutes.
uapi()
{
	mkdir -p "$out/uapi/linux"
	cmp -s "$top/include/uapi/linux/gunyah.h" "$out/uapi/linux/gunyah.h" ||
		cp "$top/include/uapi/linux/gunyah.h" "$out/uapi/linux/"
}

hypervisor()
{
	have tools/testing/gunyah/hypervisor/Makefile "the test hypervisor"
	changed hyp tools/testing/gunyah/hypervisor tools/testing/gunyah/rm \
		tools/testing/gunyah/include || return 0
	say "building the test hypervisor"
	logged "$build/logs/hypervisor.log" make -C "$here/hypervisor" \
		-j"$jobs" O="$out/hypervisor" CROSS_COMPILE=$cross \
		LIBFDT="$tree/scripts/dtc/libfdt"
	grep -E 'warning:' "$build/logs/hypervisor.log" || true
	[ -f "$out/hypervisor/hyp.bin" ] || die "no hyp.bin was made"
	cp "$out/hypervisor/hyp.bin" "$images/hyp.bin"
	echo "$inputs" >"$stamp"
}

vmm()
{
	have samples/gunyah/gunyah_vmm.c gunyah_vmm
	changed vmm samples/gunyah include/uapi || return 0
	say "building gunyah_vmm"
	logged "$build/logs/gunyah_vmm.log" ${cross}gcc -static -O2 -Wall \
		-Wextra -I"$out/uapi" -o "$out/gunyah_vmm" \
		"$top"/samples/gunyah/*.c -lfdt -lpthread
	grep -E 'warning:' "$build/logs/gunyah_vmm.log" || true
	echo "$inputs" >"$stamp"
}

selftests()
{
	have tools/testing/selftests/gunyah/Makefile "the selftests"
	changed selftests tools/testing/selftests/gunyah include/uapi \
		tools/testing/gunyah/include || return 0
	say "building the selftests"
	rm -rf "$out/selftests" "$out/kselftest"
	mkdir -p "$out/kselftest"
	# From the tree: the Makefile needs the kselftest files around it.
	logged "$build/logs/selftests.log" make -j"$jobs" -C \
		"$tree/tools/testing/selftests" TARGETS=gunyah \
		O="$out/kselftest" ARCH=arm64 CROSS_COMPILE=$cross \
		KHDR_INCLUDES="-isystem $out/uapi" LDFLAGS=-static \
		INSTALL_PATH="$out/selftests" FORCE_TARGETS=1 install
	grep -E 'warning:' "$build/logs/selftests.log" || true
	echo "$inputs" >"$stamp"
}

guest()
{
	have tools/testing/gunyah/guest/init.c "the guest's init"
	if changed guest tools/testing/gunyah/guest samples/gunyah/shlog.h; then
		say "building the guest's init"
		rm -rf "$out/guest"
		mkdir -p "$out/guest"
		logged "$build/logs/guest.log" ${cross}gcc -static -O2 -Wall \
			-Wextra -o "$out/guest/init" "$here/guest/init.c"
		echo "$inputs" >"$stamp"
	fi
	"$here/image/mkcpio.py" "$out/guest-initramfs.cpio.gz" "gz:$out/guest"
}

host()
{
	rm -rf "$root"
	mkdir -p "$root/bin" "$root/lib" "$root/guest" "$root/job"
	cp "$cache/busybox-arm64/busybox" "$root/bin/busybox"
	cp "$here/image/init" "$root/init"
	cp "$build/kernel/gunyah.ko" "$root/lib/"
	cp "$out/gunyah_vmm" "$root/bin/"
	# There is room for 7 MiB under Gunyah. The selftests consist of the
	# same library each, which only xz notices; gzip is faster for the rest.
	rm -rf "$tests"
	mkdir -p "$tests"
	if [ -d "$out/selftests" ]; then
		cp -r "$out/selftests" "$tests/selftests"
		${cross}strip "$tests"/selftests/gunyah/gunyah_*
	fi
	${cross}strip -g "$root/lib/gunyah.ko"
	${cross}strip "$root/bin/gunyah_vmm"
	cp "$build/kernel/Image" "$root/guest/Image"
	cp "$out/guest-initramfs.cpio.gz" "$root/guest/initramfs.cpio.gz"
	"$here/image/mkcpio.py" "$images/initramfs.cpio.gz" "gz:$root" \
		"xz:$tests"
}

kernel()
{
	"$here/kernel/build.sh"
	cmp -s "$build/kernel/Image" "$images/Image" ||
		cp "$build/kernel/Image" "$images/Image"
}

uapi
if [ $# != 0 ] && [ "$*" != plain ]; then
	for piece in "$@"; do
		case $piece in
		kernel|hypervisor|vmm|selftests|guest)	$piece ;;
		*)	die "no such piece: $piece" ;;
		esac
	done
	exit 0
fi
kernel
if [ "$*" != plain ]; then
	hypervisor
	selftests
fi
vmm
guest
busybox

# gzip takes seconds: once for the same content
rootfs=$( (cd "$out" && sha256sum guest/init gunyah_vmm &&
	find selftests -type f -print0 2>/dev/null | sort -z |
		xargs -0r sha256sum
	sha256sum "$build/kernel/Image" "$build/kernel/gunyah.ko" \
		"$here"/image/*) | sha256sum | cut -c1-16)
if [ ! -f "$images/initramfs.cpio.gz" ] ||
   [ "$(cat "$out/rootfs.inputs" 2>/dev/null)" != "$rootfs" ]; then
	say "packing the host's initramfs"
	host
	echo "$rootfs" >"$out/rootfs.inputs"
fi
cmp -s "$out/guest-initramfs.cpio.gz" "$images/guest-initramfs.cpio.gz" ||
	cp "$out/guest-initramfs.cpio.gz" "$images/"
cmp -s "$here/image/README.images" "$images/README" ||
	cp "$here/image/README.images" "$images/README"
