#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# packages.sh GROUP...: install the Debian packages that a group of targets
# needs and that are missing. Prints nothing if none is. Groups: run, check,
# fresh, deb, stock, and all of these.

# shellcheck source=tools/testing/gunyah/kernel/env.sh
. "$(dirname "$0")/env.sh"

run="linux-source-6.12 gcc-aarch64-linux-gnu libc6-dev-arm64-cross
     gcc-arm-linux-gnueabihf libc6-dev-armhf-cross libfdt-dev:arm64
     zlib1g-dev:arm64
     gcc libc6-dev make flex bison bc libssl-dev libelf-dev
     qemu-system-arm device-tree-compiler rsync xz-utils patch perl python3
     util-linux e2fsprogs"

# What make test and make check need in addition
check="sparse codespell coccinelle ocaml-nox ocaml-findlib libpython3.11
       dt-schema yamllint pyflakes3 python3-sphinx python3-sphinx-rtd-theme
       shellcheck clang-14 libclang-rt-14-dev lld-14 llvm-14 git"

# What make test-fresh needs on the machine that starts it
fresh="mmdebstrap git util-linux"

# What make deb needs in addition
deb="debhelper dh-dkms dpkg-dev lintian"

# What make test-stock needs in addition to that
stock="kmod pahole mmdebstrap arch-test"

# Programs for arm64 run by themselves there
[ "$(uname -m)" = aarch64 ] || stock+=" qemu-user-static binfmt-support"

wanted=
for group in "$@"; do
	case $group in
	run)	wanted+=" $run" ;;
	check)	wanted+=" $check" ;;
	fresh)	wanted+=" $fresh" ;;
	deb)	wanted+=" $deb" ;;
	stock)	wanted+=" $stock" ;;
	all)	wanted+=" $run $check $fresh $deb $stock" ;;
	*)	die "no such group: $group" ;;
	esac
done

command -v dpkg-query >/dev/null ||
	die "this needs Debian 12, whose packages it uses:" $wanted
native=$(dpkg --print-architecture)

# is_installed PACKAGE[:ARCHITECTURE]: dpkg also knows packages that were
# removed, are half unpacked, or belong to another architecture. Without an
# architecture, the one of this machine or "all" is meant.
is_installed()
{
	local name=${1%:*} arch=$native states

	[ "$name" = "$1" ] || arch=${1#*:}
	# It fails if one of the names is unknown
	states=$(dpkg-query -W -f '${Architecture} ${db:Status-Status}\n' \
		"$name" "$name:$arch" 2>/dev/null || true)
	grep -qxE "($arch|all) installed" <<<"$states"
}

missing=
# Groups may have some in common
for package in $(printf '%s\n' $wanted | awk '!seen[$0]++'); do
	is_installed "$package" || missing+=" $package"
done
[ -n "$missing" ] || exit 0

foreign=
case $missing in
*:arm64*)
	dpkg --print-foreign-architectures | grep -qx arm64 || foreign=arm64 ;;
esac

if [ "$(id -u)" != 0 ]; then
	echo "These Debian packages are missing. Install them as root:" >&2
	[ -z "$foreign" ] || echo "  dpkg --add-architecture $foreign" >&2
	echo "  apt-get update" >&2
	echo "  apt-get install --no-install-recommends$missing" >&2
	exit 1
fi

say "installing Debian packages:$missing"
export DEBIAN_FRONTEND=noninteractive
[ -z "$foreign" ] || dpkg --add-architecture "$foreign"
logged "$build/logs/apt-update.log" apt-get update
# A new machine may be busy with its own updates.
# shellcheck disable=SC2086 # a list of words
logged "$build/logs/apt-install.log" apt-get -o DPkg::Lock::Timeout=600 \
	install -y --no-install-recommends $missing
