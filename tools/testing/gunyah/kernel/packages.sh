#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# packages.sh GROUP...: install the Debian packages that a group of targets
# needs and that are not there. Says what it does; does nothing when all are
# there. Groups: run, check.

# shellcheck source=tools/testing/gunyah/kernel/env.sh
. "$(dirname "$0")/env.sh"

run="linux-source-6.12 gcc-aarch64-linux-gnu libc6-dev-arm64-cross
     gcc-arm-linux-gnueabihf libc6-dev-armhf-cross libfdt-dev:arm64
     gcc libc6-dev make flex bison bc libssl-dev libelf-dev
     qemu-system-arm device-tree-compiler rsync xz-utils patch perl python3
     util-linux e2fsprogs"

# What make test and make check need beyond that
check="sparse codespell coccinelle ocaml-nox ocaml-findlib dt-schema yamllint
       pyflakes3 python3-sphinx python3-sphinx-rtd-theme shellcheck clang-14
       lld-14 llvm-14 libfdt-dev"

wanted=
for group in "$@"; do
	case $group in
	run)	wanted+=" $run" ;;
	check)	wanted+=" $check" ;;
	*)	die "no such group: $group" ;;
	esac
done

command -v dpkg-query >/dev/null ||
	die "this needs Debian 12: it works with its packages" $wanted

missing=
for package in $wanted; do
	state=$(dpkg-query -W -f '${db:Status-Status}\n' "$package" 2>/dev/null ||
		true)
	case $state in
	*installed*)	;;
	*)		missing+=" $package" ;;
	esac
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" != 0 ]; then
	echo "These Debian packages are missing; install them as root:" >&2
	echo "  dpkg --add-architecture arm64 && apt-get update" >&2
	echo "  apt-get install --no-install-recommends$missing" >&2
	exit 1
fi

say "installing Debian packages:$missing"
export DEBIAN_FRONTEND=noninteractive
dpkg --print-foreign-architectures | grep -qx arm64 ||
	dpkg --add-architecture arm64
logged "$build/logs/apt-update.log" apt-get update
# shellcheck disable=SC2086 # a list of words
logged "$build/logs/apt-install.log" \
	apt-get install -y --no-install-recommends $missing
