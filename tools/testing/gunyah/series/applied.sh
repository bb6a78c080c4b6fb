#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# applied.sh STEP: do with a kernel tree that has the series what its users do.
# Silence is success, as with the gates of check/check.sh. The steps, of which
# the first makes the tree:
#
#   apply          the patches apply without an offset or fuzz
#   headers        headers for user space are installed, and each compiles alone
#   selftests      kselftest installs the tests, and packs them
#   kunit-um       the unit tests run on the build machine
#   kunit-arm64    and in QEMU

# shellcheck source=tools/testing/gunyah/kernel/env.sh
. "$(dirname "$0")/../kernel/env.sh"

applied=$build/series-tree
out=$build/series-out/$1
log=$build/logs/series/applied-$1-make.log

# step COMMAND...: it must succeed; its output goes to the log
step()
{
	nice "$@" >>"$log" 2>&1 && return
	echo "'$*' has failed, see $log"
	return 1
}

arm64()
{
	step make -C "$applied" ARCH=arm64 CROSS_COMPILE=$cross -j"$jobs" "$@"
}

step_apply()
{
	local patch

	rm -rf "$applied" "$build/series-out"
	mkdir -p "$applied"
	tar -xJf "/usr/src/$source_package.tar.xz" -C "$applied" \
		--strip-components=1
	for patch in "$build/series"/v*-0*.patch; do
		case $patch in
		*-0000-*) ;;
		*) patch -d "$applied" -p1 -s --no-backup-if-mismatch <"$patch" ;;
		esac
	done 2>&1
}

step_headers()
{
	mkdir -p "$out"
	printf 'CONFIG_%s=y\n' HEADERS_INSTALL UAPI_HEADER_TEST >"$out/config"
	arm64 O="$out" allnoconfig KCONFIG_ALLCONFIG="$out/config" &&
		arm64 O="$out" headers_install INSTALL_HDR_PATH="$out/installed" &&
		arm64 O="$out" usr/ || return
	cmp "$out/installed/include/linux/gunyah.h" \
		"$out/usr/include/linux/gunyah.h" 2>&1
	[ -f "$out/usr/include/linux/gunyah.hdrtest" ] ||
		echo "the header was not compiled alone"
	grep -iE 'gunyah.*(warning|error)' "$log" || true
}

step_selftests()
{
	local list=$out/install/kselftest-list.txt test

	mkdir -p "$out"
	arm64 headers O="$out" && arm64 O="$out" -C tools/testing/selftests \
		TARGETS=gunyah KHDR_INCLUDES="-isystem $out/usr/include" \
		INSTALL_PATH="$out/install" gen_tar || return
	grep -q '^gunyah:gunyah_abi$' "$list" || echo "gunyah_abi is not in $list"
	# In the archive there is what the list promises
	tar -tf "$out"/install/kselftest-packages/kselftest.tar.gz >"$out/packed"
	while IFS=: read -r _ test; do
		grep -qx "\./gunyah/$test" "$out/packed" ||
			echo "$test is not packed"
	done <"$list"
}

# kunit WORD...: kunit.py says how many tests of how many have passed
kunit()
{
	step python3 "$applied/tools/testing/kunit/kunit.py" run \
		--build_dir="$out" --jobs="$jobs" \
		--kunitconfig=drivers/virt/gunyah "$@" || return
	grep -qE 'Ran ([1-9][0-9]*) tests: passed: \1$' "$log" ||
		echo "not all tests have passed"
}

step_kunit-um()
{
	kunit --arch=um
}

step_kunit-arm64()
{
	kunit --arch=arm64 --cross_compile=$cross
}

mkdir -p "$(dirname "$log")"
rm -f "$log"
"step_$1"
