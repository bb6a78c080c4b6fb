#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# root.sh: a new Debian 12 for the test machine, and what is to be installed in
# it. build/images/debian has:
#
#   root.img		its root file system
#   Image, initrd.img	its kernel, and the initramfs that it has made
#   packages.img	a file system with a repository of the driver's packages and
#			of all that they depend on, and with the job
#
# Programs for arm64 have to run on this machine, which needs qemu-user-static on
# others; and root. All but the driver's packages is kept in the cache.

# shellcheck source=tools/testing/gunyah/kernel/env.sh
. "$(dirname "$0")/../kernel/env.sh"
# shellcheck source=tools/testing/gunyah/kernel/debian.sh
. "$here/kernel/debian.sh"

PATH+=:/usr/sbin:/sbin

suite=bookworm
# What a small machine has: init, modules by themselves, users
packages=systemd-sysv,udev,adduser,linux-image-arm64,initramfs-tools
# What the driver's packages depend on, and the kernel's headers
wanted="dkms linux-headers-arm64 libfdt1 zlib1g"
images=$build/images/debian
work=$build/stock/debian

# Hooks for the shell of mmdebstrap, which has the new root as $1
# shellcheck disable=SC2016
{
# The initramfs needs no more than the machine's disk: collecting all modules takes
# many minutes here
small_initramfs='mkdir -p "$1/etc/initramfs-tools/conf.d" \
	"$1/usr/share/initramfs-tools/modules.d" &&
	echo MODULES=list >"$1/etc/initramfs-tools/conf.d/machine" &&
	printf "%s\n" virtio_mmio virtio_blk ext4 \
		>"$1/usr/share/initramfs-tools/modules.d/machine"'
file_systems='printf "LABEL=%s\n" "root / ext4 defaults 0 1" \
	"packages /srv ext4 ro 0 0" >"$1/etc/fstab"; echo host >"$1/etc/hostname"'
# From outside, where apt is faster
download='APT_CONFIG=$MMDEBSTRAP_APT_CONFIG apt-get install -y --download-only \
	'$wanted' && mkdir "$1/debs" && mv "$1"/var/cache/apt/archives/*.deb "$1/debs"'
}

make_root()
{
	local sources root=$base.new/root

	mapfile -t sources < <(apt_sources)
	rm -rf "$base.new"
	mkdir -p "$base.new"
	apt_options >"$base.new/apt.conf"
	say "making a Debian $suite for arm64; this takes some minutes"
	logged "$build/logs/stock-debian.log" mmdebstrap --mode=root \
		--variant=apt --architectures=arm64 \
		--aptopt="$base.new/apt.conf" --include="$packages" \
		--essential-hook="$small_initramfs" \
		--customize-hook="$file_systems" --customize-hook="$download" \
		"$suite" "$root" "${sources[@]}"
	mv "$root/debs" "$base.new/debs"
	cp "$root"/boot/vmlinuz-* "$base.new/Image"
	cp "$root"/boot/initrd.img-* "$base.new/initrd.img"
	# Another archive may follow
	truncate -s %4 "$base.new/initrd.img"
	truncate -s 4G "$base.new/root.img"
	mke2fs -q -t ext4 -L root -d "$root" "$base.new/root.img"
	rm -rf --one-file-system "$root"
	mv "$base.new" "$base"
}

# A repository for apt, and the job
make_packages()
{
	local dir=$work/packages

	rm -rf "$work"
	mkdir -p "$dir/repository"
	cp "$base"/debs/*.deb "$dir/repository"
	cp "$build"/deb/gunyah-{dkms,tools}_*.deb "$dir/repository"
	(cd "$dir/repository" && dpkg-scanpackages . >Packages \
		2>"$build/logs/stock-scan.log")
	cp "$here"/run/jobs/{debian,ktap}.sh "$dir"
	chmod 755 "$dir/debian.sh"
	rm -f "$images/packages.img"
	truncate -s 512M "$images/packages.img"
	mke2fs -q -t ext4 -L packages -d "$dir" "$images/packages.img"
}

lock_cache
[ "$(id -u)" = 0 ] || die "needs root, to make a root file system"
version=$(apt-cache show --no-all-versions linux-image-arm64:arm64 |
	sed -n 's/^Version: //p')
base=$cache/stock-root-${version//[!A-Za-z0-9.+-]/_}-$(
	hash_files "tools/testing/gunyah/stock/${0##*/}")
arch-test arm64 >/dev/null 2>&1 ||
	die "programs for arm64 do not run here: is binfmt_misc mounted?"
[ -d "$base" ] || make_root
touch "$base"
mkdir -p "$images"
for file in Image initrd.img root.img; do
	ln -sf "$base/$file" "$images/$file"
done
inputs=$(hash_files packaging drivers include CHANGES samples \
	tools/testing/selftests/gunyah tools/testing/gunyah/{rm,include} \
	tools/testing/gunyah/run/jobs/{debian,ktap}.sh)-${base##*/}
if [ "$(cat "$images/inputs" 2>/dev/null)" != "$inputs" ]; then
	"$top/packaging/build.sh" >/dev/null
	make_packages
	echo "$inputs" >"$images/inputs"
fi
