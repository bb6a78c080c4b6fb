#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# build.sh: build a kernel for User Mode Linux that answers Gunyah's hypercalls
# itself, and the tests for it: build/mock/linux and build/mock/root.

# shellcheck source=tools/testing/gunyah/kernel/env.sh
. "$(dirname "$0")/../kernel/env.sh"

lock_cache
tree=$("$here/kernel/tree.sh")

out=$build/mock
config=$here/mock/kernel.config
mkdir -p "$out"

key=$( (source_version; gcc --version) | sha256sum | cut -c1-12)
obj=$cache/obj-mock-$key
mkdir -p "$obj"

kmake()
{
	$bound nice make -C "$tree" O="$obj" ARCH=um -j"$jobs" \
		KBUILD_BUILD_TIMESTAMP='Thu Jan  1 00:00:00 UTC 1970' \
		KBUILD_BUILD_USER=gunyah KBUILD_BUILD_HOST=test \
		KBUILD_BUILD_VERSION=1 "$@"
}

inputs=$(hash_files patches drivers include tools/testing/gunyah/rm \
	tools/testing/gunyah/include \
	tools/testing/gunyah/mock/{kernel.config,um-xstate.patch,um-fork-fails.patch} \
	tools/testing/selftests/gunyah/payloads.h)
if [ "$(cat "$obj/mock.built" 2>/dev/null)" != "$inputs" ]; then
	rm -f "$obj/mock.built"
	[ -f "$obj/linux" ] ||
		say "first build of this kernel: 3 to 10 minutes on two processors"
	say "configuring the kernel for User Mode Linux"
	logged "$build/logs/mock-config.log" \
		kmake allnoconfig KCONFIG_ALLCONFIG="$config"
	missing=$(grep '^CONFIG_' "$config" | grep -vxFf "$obj/.config" || true)
	[ -z "$missing" ] ||
		die "Kconfig did not accept these lines of ${config#"$top/"}:" $missing
	say "building the kernel for User Mode Linux"
	logged "$build/logs/mock-kernel.log" kmake linux
	echo "$inputs" >"$obj/mock.built"
	grep -hE "gunyah.*(warning|error):" "$build/logs/mock-kernel.log" || true
fi
touch "$obj"
cmp -s "$obj/linux" "$out/linux" || cp "$obj/linux" "$out/linux"

# The tests
inputs=$(hash_files tools/testing/selftests/gunyah include/uapi \
	tools/testing/gunyah/include tools/testing/gunyah/rm/rm.h)-$key
if [ "$(cat "$out/built" 2>/dev/null)" != "$inputs" ]; then
	rm -rf "$out/root" "$out/built"
	selftests_objects x86_64
	mkdir -p "$out/uapi/linux" "$out"/root/{dev,proc,sys,tmp,selftests}
	cp "$top/include/uapi/linux/gunyah.h" "$out/uapi/linux"
	say "building the selftests for User Mode Linux"
	logged "$build/logs/mock-selftests.log" $bound nice make -j"$jobs" -C \
		"$tree/tools/testing/selftests" TARGETS=gunyah \
		O="$objects" ARCH=x86_64 LDFLAGS=-static FORCE_TARGETS=1 \
		KHDR_INCLUDES="-isystem $out/uapi" \
		INSTALL_PATH="$out/root/selftests" install
	grep -E 'warning:' "$build/logs/mock-selftests.log" || true
	echo "$inputs" >"$out/built"
fi

# The first process
[ "$out/root/init" -nt "$here/mock/init.c" ] ||
	gcc -static -O2 -Wall -Wextra -o "$out/root/init" "$here/mock/init.c"
