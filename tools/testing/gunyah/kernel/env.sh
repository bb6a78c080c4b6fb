# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Sourced by the other scripts: paths, and functions that all of them use.
#
# What is expensive and serves several checkouts is in the cache, which all
# checkouts of a user share:
#
#   linux-VERSION/       kernel tree of the Debian source package with patches/
#                        and the files of the checkout that was last built
#   linux-VERSION.orig/  unpatched copies of the files that patches/ changes
#   obj-KEY/             objects of a kernel, one directory per configuration
#                        and compiler
#   busybox-arm64/       busybox for the test machine
#
# Everything else is in build/ of the checkout.

set -euo pipefail

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../../.." && pwd -P)
here=$top/tools/testing/gunyah
# Files for the kernel come from here: other ones than ours for series/check.sh
sources=${GUNYAH_SOURCES:-$top}
# Another kernel, see kernel/*.config, has its own images
KERNEL=${KERNEL:-}
build=${GUNYAH_BUILD:-$top/build}${KERNEL:+/$KERNEL}
cache=${GUNYAH_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/gunyah}
# Objects contain the path of their sources, so it must not depend on symlinks.
cache=$(realpath -m "$cache")
cross=aarch64-linux-gnu-
source_package=linux-source-6.12
jobs=${JOBS:-$(nproc)}

export LC_ALL=C PYTHONDONTWRITEBYTECODE=1

# Options of a make that starts these scripts are not for the makes below.
unset MAKEFLAGS MFLAGS MAKEOVERRIDES MAKELEVEL ARCH CROSS_COMPILE LLVM

say()
{
	printf '  %s\n' "$*"
}

die()
{
	printf '%s: %s\n' "${0##*/}" "$*" >&2
	exit 1
}

# Only one build at a time uses the cache. Scripts that the holder calls may too.
lock_cache()
{
	[ -z "${GUNYAH_LOCKED:-}" ] || return 0
	mkdir -p "$cache"
	exec 9>"$cache/lock"
	if ! flock -n 9; then
		# Callers of tree.sh read its standard output
		say "waiting for another build that uses $cache" >&2
		flock 9
	fi
	export GUNYAH_LOCKED=1
}

# Prefix of commands that end when the script that runs them is killed: an
# orphaned build would go on and hold the lock.
bound="setpriv --pdeathsig TERM"

# kmake WORD...: make of the kernel with sources $tree and objects $obj
kmake()
{
	$bound nice make -C "$tree" O="$obj" ARCH=arm64 CROSS_COMPILE=$cross -j"$jobs" \
		KBUILD_BUILD_TIMESTAMP='Thu Jan  1 00:00:00 UTC 1970' \
		KBUILD_BUILD_USER=gunyah KBUILD_BUILD_HOST=test \
		KBUILD_BUILD_VERSION=1 "$@"
}

# Version of the kernel sources, empty if the package is not installed
source_version()
{
	dpkg-query -W -f '${Version}' "$source_package" 2>/dev/null || true
}

set_tree()
{
	local version

	version=$(source_version)
	[ -n "$version" ] || die "package $source_package is not installed"
	# make cannot handle all characters that a version may contain
	tree=$cache/linux-${version//[!A-Za-z0-9.+-]/_}
}

# hash_files FILE-OR-DIRECTORY...: a hash of names and contents below $sources
hash_files()
{
	(cd "$sources" && find "$@" -type f -print0 2>/dev/null | sort -z |
		xargs -0r sha256sum | sha256sum | cut -c1-16)
}

# selftests_objects ARCH: put in $objects where the selftests are made, so that make
# makes what has changed. The name has what their Makefile does not look at.
selftests_objects()
{
	local name key

	key=$( (dpkg-query -W; hash_files include/uapi patches \
		tools/testing/gunyah/{include,rm} \
		tools/testing/selftests/gunyah/Makefile) | sha256sum | cut -c1-12)
	objects=$cache/obj-selftests-$1-$key
	for name in "$cache/obj-selftests-$1"-*; do
		[ "$name" = "$objects" ] || rm -rf "$name"
	done
	mkdir -p "$objects"
}

# logged LOG COMMAND...: run a command with its output in a file. Shows progress
# every ten seconds, and on failure the end of the output.
logged()
{
	local log=$1 pid status=0 start=$SECONDS shown=$SECONDS

	shift
	mkdir -p "$(dirname "$log")"
	"$@" </dev/null >"$log" 2>&1 9>&- &
	pid=$!
	# shellcheck disable=SC2064 # the pid of now is meant
	trap "kill $pid 2>/dev/null || true; exit 130" INT TERM
	while kill -0 "$pid" 2>/dev/null; do
		if [ $((SECONDS - shown)) -ge 10 ]; then
			shown=$SECONDS
			say "... $((SECONDS - start)) s, $(wc -l <"$log") lines of output"
		fi
		sleep 0.2
	done
	wait "$pid" || status=$?
	trap - INT TERM
	[ "$status" = 0 ] && return 0
	grep -nE 'error|Error|\*\*\*' "$log" | tail -n 15 >&2 || true
	echo "--- end of $log:" >&2
	tail -n 15 "$log" >&2
	echo "failed: $1 (see $log)" >&2
	return "$status"
}
