#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# build.sh: build everything that the test machine runs, into build/images, which
# its README describes.
#
# build.sh plain: without test hypervisor and selftests, for a machine without
# Gunyah.
# build.sh PIECE...: only these pieces, without an initramfs: kernel (with the
# driver), hypervisor, vmm, hello, selftests, guest, disk, bench. The last one
# needs kernel, selftests and vmm, and makes an initramfs of its own.

# shellcheck source=tools/testing/gunyah/kernel/env.sh
. "$(dirname "$0")/../kernel/env.sh"

# mke2fs and debugfs are not in the path of every user.
PATH+=:/usr/sbin:/sbin

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

# changed NAME INPUTS...: whether the files differ from those of the last success
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

# The header of the user ABI. "make headers" would remove nothing from it, and
# takes minutes.
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

# sample_vmm LOG OUTPUT FILE...: the sample VMM, with the files that make calls of
# the hypervisor
sample_vmm()
{
	local log=$build/logs/$1.log output=$2 sample=$top/samples/gunyah common

	shift 2
	# hello.c is a program of its own
	common=$(find "$sample" -name '*.c' ! -name vm.c ! -name vcpu.c \
		! -name hello.c)
	# shellcheck disable=SC2086 # a list of files
	logged "$log" ${cross}gcc -static -O2 -Wall -Wextra -I"$out/uapi" \
		-I"$sample" -o "$output" $common "$@" -lfdt -lz -lpthread
	grep -E 'warning:' "$log" || true
}

vmm()
{
	have samples/gunyah/gunyah_vmm.c gunyah_vmm
	changed vmm samples/gunyah include/uapi || return 0
	say "building gunyah_vmm"
	sample_vmm gunyah_vmm "$out/gunyah_vmm" \
		"$top"/samples/gunyah/{vm,vcpu}.c
	echo "$inputs" >"$stamp"
}

selftests()
{
	have tools/testing/selftests/gunyah/Makefile "the selftests"
	changed selftests tools/testing/selftests/gunyah include/uapi \
		tools/testing/gunyah/{include,rm} || return 0
	say "building the selftests"
	rm -rf "$out/selftests"
	selftests_objects arm64
	# In the tree, because the Makefile includes files of the framework.
	logged "$build/logs/selftests.log" make -j"$jobs" -C \
		"$tree/tools/testing/selftests" TARGETS=gunyah \
		O="$objects" ARCH=arm64 CROSS_COMPILE=$cross \
		KHDR_INCLUDES="-isystem $out/uapi" LDFLAGS=-static \
		INSTALL_PATH="$out/selftests" FORCE_TARGETS=1 install
	grep -E 'warning:' "$build/logs/selftests.log" || true
	rm -rf "$tests"
	mkdir -p "$tests"
	cp -r "$out/selftests" "$tests/selftests"
	${cross}strip "$tests"/selftests/gunyah/gunyah_*
	echo "$inputs" >"$stamp"
}

# The VMM of the manual, and all devicetrees that are files
hello()
{
	local name

	changed hello samples/gunyah include/uapi || return 0
	say "building hello"
	logged "$build/logs/hello.log" ${cross}gcc -static -O2 -Wall -Wextra \
		-I"$out/uapi" -o "$out/hello" "$top/samples/gunyah/hello.c"
	grep -E 'warning:' "$build/logs/hello.log" || true
	rm -rf "$out/dtb"
	mkdir -p "$out/dtb"
	for name in "$top"/samples/gunyah/*.dts; do
		logged "$build/logs/dtc.log" dtc -a 8 -i "$top/samples/gunyah" \
			-o "$out/dtb/$(basename "$name" .dts).dtb" "$name"
		grep 'Warning' "$build/logs/dtc.log" || true
	done
	echo "$inputs" >"$stamp"
}

# small NAME DIRECTORY: a program for what busybox cannot do
small()
{
	changed "$1" "tools/testing/gunyah/$2/$1.c" || return 0
	say "building $1"
	logged "$build/logs/$1.log" ${cross}gcc -static -nostdlib \
		-include "$tree/tools/include/nolibc/nolibc.h" -Os -Wall \
		-Wextra -fno-stack-protector -fno-asynchronous-unwind-tables \
		-o "$out/$1" "$here/$2/$1.c" -lgcc
	${cross}strip "$out/$1"
	echo "$inputs" >"$stamp"
}

guest()
{
	local module=$build/kernel/gunyah.ko

	have tools/testing/gunyah/guest/guest-init.c "the guest's init"
	[ -f "$module" ] || die "build the kernel first: the guest has its driver"
	if changed guest tools/testing/gunyah/guest samples/gunyah/shlog.h; then
		say "building the guest's init"
		rm -rf "$out/guest"
		mkdir -p "$out/guest/lib" "$out/guest/sbin"
		logged "$build/logs/guest.log" ${cross}gcc -static -O2 -Wall \
			-Wextra -o "$out/guest/init" \
			"$here"/guest/{guest-init,memory}.c
		ln -s ../init "$out/guest/sbin/poweroff"
		echo "$inputs" >"$stamp"
	fi
	${cross}strip -g -o "$out/guest/lib/gunyah.ko" "$module"
	"$here/image/mkcpio.py" "$out/guest-initramfs.cpio.gz" "$out/guest"
}

# The guest's disk: a root file system with busybox that asks for a login
disk()
{
	local dir=$out/disk image=$images/guest-disk.img
	local module=$build/kernel/gunyah.ko

	busybox
	small vsock guest
	changed disk tools/testing/gunyah/guest "$module" || return 0
	say "making the guest's disk"
	rm -rf "$dir"
	mkdir -p "$dir"/{bin,dev,etc,lib,proc,root,run,sbin,sys,tmp}
	cp "$cache/busybox-arm64/busybox" "$out/vsock" "$dir/bin/"
	ln -s busybox "$dir/bin/sh"
	ln -s ../bin/busybox "$dir/sbin/init"
	ln -s ../bin/busybox "$dir/sbin/poweroff"
	${cross}strip -g -o "$dir/lib/gunyah.ko" "$module"
	cp "$here"/guest/disk/* "$dir/etc/"
	chmod 755 "$dir"/etc/{rc,login,network}

	# Fixed times and UUIDs, so that the same files give the same image
	rm -f "$image.new"
	truncate -s 8M "$image.new"
	find "$dir" -exec touch -h -d @0 {} +
	E2FSPROGS_FAKE_TIME=1 mke2fs -q -t ext4 -d "$dir" -L guest \
		-U 00000000-0000-4000-8000-000000000001 \
		-O ^has_journal,^resize_inode -m 0 \
		-E hash_seed=00000000-0000-4000-8000-000000000002,root_owner=0:0 \
		"$image.new"
	# All files belong to root, whoever builds the image.
	(cd "$dir" && find . -mindepth 1 -printf '%P\n') | sort |
		sed 's|.*|sif /& uid 0\nsif /& gid 0\nsif /& ctime @0|' |
		E2FSPROGS_FAKE_TIME=1 debugfs -w -f - "$image.new" \
			>"$build/logs/guest-disk.log" 2>&1
	mv "$image.new" "$image"
	echo "$inputs" >"$stamp"
}

# The benchmark's programs and QEMU's plugin
bench_programs()
{
	local dir=$1 tests=$tree/tools/testing/selftests/gunyah
	local flags=(-static -O2 -Wall -Wextra -Wno-unused-parameter)

	logged "$build/logs/bench.log" ${cross}gcc "${flags[@]}" \
		-I"$out/uapi" -I"$tests" -o "$dir/gunyah_bench" \
		"$here"/bench/{gunyah_bench,gunyah,kvm}.c \
		"$here/bench/guest.S" "$tests/dtb.c" -lfdt -lpthread
	logged "$build/logs/bench-mem.log" ${cross}gcc "${flags[@]}" \
		-I"$out/uapi" -I"$tests" -o "$dir/bench_mem" \
		"$here/bench/bench_mem.c" "$tests/dtb.c" -lfdt
	logged "$build/logs/bench-page.log" ${cross}gcc "${flags[@]}" \
		-I"$out/uapi" -I"$tests" -o "$dir/bench_page" \
		"$here"/bench/{bench_page.c,touch.S} "$tests/dtb.c" -lfdt
	sample_vmm bench-vmm "$dir/kvm_vmm" "$here"/bench/kvm_{vm,vcpu}.c
	logged "$build/logs/bench-net.log" ${cross}gcc "${flags[@]}" \
		-o "$dir/bench_net" "$here/bench/bench_net.c"
	# By its address the plugin sees that it is the guest's
	logged "$build/logs/bench-guest.log" ${cross}gcc "${flags[@]}" \
		-Wl,-Ttext-segment=0x80000000 -o "$dir/guest/init" \
		"$here/bench/bench_net.c"
	logged "$build/logs/bench-plugin.log" gcc -shared -fPIC -O2 -Wall \
		-Wextra -Wno-unused-parameter -o "$dir/plugin.so" \
		"$here/bench/plugin.c"
	grep -hE 'warning:' "$build"/logs/bench{,-mem,-page,-net,-guest,-plugin}.log || true
	${cross}strip \
		"$dir"/{gunyah_bench,bench_{mem,page,net},kvm_vmm,guest/init}
}

# The benchmark, with a small initramfs of its own, and one for its Linux guest
bench()
{
	local dir=$out/bench

	have tools/testing/gunyah/bench/gunyah_bench.c "the benchmark"
	if changed bench tools/testing/gunyah/bench samples/gunyah \
			tools/testing/selftests/gunyah include/uapi; then
		say "building the benchmark"
		rm -rf "$dir"
		mkdir -p "$dir/guest"
		bench_programs "$dir"
		echo "$inputs" >"$stamp"
	fi
	cp "$dir/plugin.so" "$images/bench-plugin.so"
	"$here/image/mkcpio.py" "$images/bench-guest.cpio.gz" "$dir/guest"

	busybox
	rm -rf "$dir/root"
	mkdir -p "$dir/root/bin" "$dir/root/lib" "$dir/root/job"
	cp "$cache/busybox-arm64/busybox" \
		"$dir"/{gunyah_bench,bench_{mem,page,net},kvm_vmm} \
		"$out/gunyah_vmm" "$out/selftests/gunyah/gunyah_vcpu_host" \
		"$dir/root/bin/"
	${cross}strip "$dir"/root/bin/gunyah_{vmm,vcpu_host}
	cp "$here/image/host-init" "$dir/root/init"
	cp "$build/kernel/gunyah.ko" "$dir/root/lib/"
	${cross}strip -g "$dir/root/lib/gunyah.ko"
	"$here/image/mkcpio.py" "$images/bench.cpio.gz" "$dir/root"
}

# pack NAME DIRECTORY: an archive for the host's initramfs, in $images.
# Compressing takes seconds, so the same content is not compressed again.
pack()
{
	local inputs

	inputs=$( (cd "$2" && find . -type f -print0 | sort -z |
		xargs -0r sha256sum
		sha256sum "$here/image/mkcpio.py") | sha256sum | cut -c1-16)
	if [ ! -f "$images/$1" ] ||
	   [ "$(cat "$out/$1.inputs" 2>/dev/null)" != "$inputs" ]; then
		say "packing $1"
		"$here/image/mkcpio.py" "$images/$1" "$2"
		echo "$inputs" >"$out/$1.inputs"
	fi
}

# What modprobe has to know to load the module of a platform, which is asked for by
# its alias. modprobe is busybox', which needs no more.
platform_module()
{
	local dir module=$build/kernel/gunyah_qcom.ko

	dir=$1/lib/modules/$(cat "$build/kernel/kernel.release")
	mkdir -p "$dir" "$1/sbin"
	ln -s ../bin/busybox "$1/sbin/modprobe"
	${cross}strip -g -o "$dir/gunyah_qcom.ko" "$module"
	echo "gunyah_qcom.ko:" >"$dir/modules.dep"
	${cross}objcopy -O binary -j .modinfo "$module" /dev/stdout |
		tr '\0' '\n' | sed -n 's/^alias=\(.*\)/alias \1 gunyah_qcom/p' \
		>"$dir/modules.alias"
	[ -s "$dir/modules.alias" ] || die "$module has no alias"
}

# Archives of which a machine gets those that its job needs: what every host has,
# the guest's files, the VMM of the manual, and the selftests
host()
{
	rm -rf "$root" "$out"/{guest,hello}-files
	mkdir -p "$root/bin" "$root/lib" "$root/job" "$out/guest-files/guest"
	small power image
	cp "$cache/busybox-arm64/busybox" "$out/gunyah_vmm" "$out/vsock" \
		"$out/power" "$root/bin/"
	cp "$out"/dtb/*.dtb "$root/lib/"
	cp "$here/image/host-init" "$root/init"
	${cross}strip "$root/bin/gunyah_vmm"
	${cross}strip -g -o "$root/lib/gunyah.ko" "$build/kernel/gunyah.ko"
	platform_module "$root"
	pack initramfs.cpio.gz "$root"

	cp "$build/kernel/Image" "$out/guest-files/guest/"
	cp "$out/guest-initramfs.cpio.gz" \
		"$out/guest-files/guest/initramfs.cpio.gz"
	pack guest.cpio.gz "$out/guest-files"

	mkdir -p "$out/hello-files/bin"
	${cross}strip -o "$out/hello-files/bin/hello" "$out/hello"
	pack hello.cpio.gz "$out/hello-files"

	[ ! -d "$tests" ] || pack selftests.cpio.gz "$tests"
}

kernel()
{
	$bound "$here/kernel/build.sh"
	cmp -s "$build/kernel/Image" "$images/Image" ||
		cp "$build/kernel/Image" "$images/Image"
}

uapi
if [ $# != 0 ] && [ "$*" != plain ]; then
	for piece in "$@"; do
		case $piece in
		kernel|hypervisor|vmm|hello|selftests|guest|disk|bench)
			$piece ;;
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
hello
guest
disk

host
cmp -s "$here/image/README.images" "$images/README" ||
	cp "$here/image/README.images" "$images/README"
