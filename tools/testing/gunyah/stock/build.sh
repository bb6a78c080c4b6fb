#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# build.sh: Debian's kernels for the test machine, as they are, with the driver of
# the package gunyah-dkms. build/images/stock-RELEASE has of each:
#
#   Image		the kernel
#   release		its full name
#   host.cpio.gz	what a host has besides what every host has: the driver, and
#			modules of the kernel
#   guest.cpio.gz	the same kernel and an initramfs for a guest, in /stock
#
# Needs what image/build.sh makes. The packages are kept in the cache.

# shellcheck source=tools/testing/gunyah/kernel/env.sh
. "$(dirname "$0")/../kernel/env.sh"

# Of kmod, and not in the path of every user
PATH+=:/usr/sbin:/sbin

# Modules that tests need, and those that they depend on
modules="tun vhost_net vhost_vsock"

# release_of NAME: the newest kernel of this name that apt knows
release_of()
{
	local package=linux-image-$1-arm64

	[ "$1" != 6.1 ] || package=linux-image-arm64
	apt-cache show --no-all-versions "$package:arm64" 2>/dev/null |
		sed -n 's/^Depends: linux-image-\([^ ]*\).*/\1/p'
}

# The image, and the headers with programs for this machine
packages()
{
	echo "linux-image-$release:arm64" "linux-headers-$release:arm64"
	apt-cache show --no-all-versions "linux-headers-$release:arm64" |
		sed -n 's/^Depends: //p' |
		grep -oE 'linux-(headers|kbuild)-[^ ,]+' | sort -u
}

# Sets $dir, with the files of the kernel's packages
unpack()
{
	local version debs=$cache/stock-$release.debs

	version=$(apt-cache show --no-all-versions "linux-image-$release:arm64" |
		sed -n 's/^Version: //p')
	dir=$cache/stock-$release-${version//[!A-Za-z0-9.+-]/_}
	if [ ! -d "$dir" ]; then
		say "fetching Debian's Linux $release"
		rm -rf "$debs" "$dir.new"
		mkdir -p "$debs" "$dir.new"
		# shellcheck disable=SC2086 # a list of words
		(cd "$debs" && logged "$build/logs/stock-fetch.log" \
			apt-get download $(packages))
		for deb in "$debs"/*.deb; do
			dpkg-deb -x "$deb" "$dir.new"
		done
		rm -rf "$debs"
		[ -d "$dir.new/lib" ] || ln -s usr/lib "$dir.new/lib"
		depmod -b "$dir.new" "$release"
		sed -i "s|/usr/src|$dir/usr/src|" \
			"$dir.new/usr/src/linux-headers-$release/Makefile"
		mv "$dir.new" "$dir"
	fi
	touch "$dir"
}

# Builds the module as DKMS does, by the command and the names of dkms.conf. They
# are in $out/updates then.
driver()
{
	local dkms_tree=$out/dkms kernelver=$release i
	local kernel_source_dir=$dir/usr/src/linux-headers-$release
	local source PACKAGE_NAME PACKAGE_VERSION MAKE CLEAN
	local BUILD_EXCLUSIVE_ARCH BUILD_EXCLUSIVE_KERNEL BUILD_EXCLUSIVE_CONFIG
	local BUILT_MODULE_NAME BUILT_MODULE_LOCATION DEST_MODULE_LOCATION AUTOINSTALL

	mkdir -p "$out/updates"
	dpkg-deb -x "$build"/deb-dkms/gunyah-dkms_*.deb "$out/package"
	source=$(echo "$out"/package/usr/src/gunyah-*)
	# shellcheck disable=SC1091 # it is made by the build
	. "$source/dkms.conf"
	mkdir -p "$dkms_tree/$PACKAGE_NAME/$PACKAGE_VERSION"
	mv "$source" "$dkms_tree/$PACKAGE_NAME/$PACKAGE_VERSION/build"
	ARCH=arm64 CROSS_COMPILE=$cross MAKEFLAGS=-j$jobs \
		logged "$build/logs/stock-$1.log" nice sh -c "${MAKE[0]}"
	grep -E 'warning:' "$build/logs/stock-$1.log" || true
	for i in "${!BUILT_MODULE_NAME[@]}"; do
		${cross}strip -g -o "$out/updates/${BUILT_MODULE_NAME[i]}.ko" \
			"$dkms_tree/$PACKAGE_NAME/$PACKAGE_VERSION/build/$(
			)${BUILT_MODULE_LOCATION[i]}/${BUILT_MODULE_NAME[i]}.ko"
	done
}

# busybox' modprobe takes no compressed modules
host()
{
	local root=$out/host file name
	local to=$root/lib/modules/$release

	mkdir -p "$to/updates"
	cp "$out"/updates/*.ko "$to/updates/"
	cp "$out/updates/gunyah.ko" "$root/lib/"
	for name in $modules; do
		modprobe -d "$dir" -S "$release" --show-depends "$name"
	done | awk '$1 == "insmod" { print $2 }' | sort -u | while read -r file; do
		name=$to/$(basename "${file%.xz}")
		case $file in
		*.xz)	xz -dc "$file" >"$name" ;;
		*)	cp "$file" "$name" ;;
		esac
	done
	cp "$dir/lib/modules/$release"/modules.{order,builtin*} "$to/"
	depmod -b "$root" "$release"
	"$here/image/mkcpio.py" "$images/host.cpio.gz" "$root"
}

guest()
{
	local root=$out/guest

	mkdir -p "$root/stock" "$out/guest-root"
	cp -r "$build/image/guest/." "$out/guest-root"
	cp "$out/updates/gunyah.ko" "$out/guest-root/lib/"
	cp "$images/Image" "$root/stock/"
	"$here/image/mkcpio.py" "$root/stock/initramfs.cpio.gz" \
		"$out/guest-root"
	"$here/image/mkcpio.py" "$images/guest.cpio.gz" "$root"
}

lock_cache
for stock in 6.1 6.12; do
	release=$(release_of $stock)
	[ -n "$release" ] || die "apt knows no Linux $stock: apt-get update?"
	out=$build/stock/$stock
	images=$build/images/stock-$stock
	unpack
	inputs=$(hash_files packaging drivers include CHANGES \
		samples/gunyah/shlog.h tools/testing/gunyah/guest \
		tools/testing/gunyah/{stock/build.sh,image/mkcpio.py}
		)-${dir##*/}
	[ "$(cat "$images/inputs" 2>/dev/null)" != "$inputs" ] || continue
	[ -n "${packaged:-}" ] || "$top/packaging/build.sh" dkms
	packaged=1
	say "building the driver for Debian's Linux $release"
	rm -rf "$out"
	mkdir -p "$images"
	driver $stock
	cp "$dir/boot/vmlinuz-$release" "$images/Image"
	echo "$release" >"$images/release"
	host
	guest
	echo "$inputs" >"$images/inputs"
done
find "$cache" -maxdepth 1 -name 'stock-*' -mtime +30 -exec rm -rf {} +
