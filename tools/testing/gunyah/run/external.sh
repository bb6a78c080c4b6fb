#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# external.sh: is this repository an external module for a prepared kernel that
# does not know the driver, with Kbuild and Kconfig at its top? Uses the objects
# of the test machine's kernel. Results are in KTAP.

# shellcheck source=tools/testing/gunyah/kernel/env.sh
. "$(dirname "$0")/../kernel/env.sh"

dir=$build/external
copy=$dir/gunyah
headers=$dir/headers
log=$build/logs/external-make.log

obj=$(find "$cache" -maxdepth 1 -name 'obj-*' -exec test -f '{}/gunyah.built' \; \
	-printf '%T@ %p\n' | sort -n | tail -n 1 | cut -d' ' -f2)
[ -n "$obj" ] || die "there is no kernel yet: make images"

# What a distribution's package of headers has, of a kernel without the driver
prepare()
{
	rm -rf "$dir"
	mkdir -p "$copy" "$headers/arch/arm64"
	(cd "$top" && cp -r --parents Kbuild Kconfig Makefile drivers include \
		samples "$copy")
	cp -r "$obj"/{.config,Makefile,Module.symvers,include,scripts} "$headers"
	cp -r "$obj/arch/arm64/include" "$headers/arch/arm64"
	configure
}

# configure [LINE]: what the kernel's configuration says about the driver
configure()
{
	local file

	for file in .config include/config/auto.conf include/generated/autoconf.h
	do
		sed -i '/CONFIG_GUNYAH/d' "$headers/$file"
	done
	[ $# = 0 ] || echo "$1" >>"$headers/include/config/auto.conf"
}

module()
{
	nice make -C "$headers" M="$copy" ARCH=arm64 CROSS_COMPILE=$cross \
		-j"$jobs" "$@" >"$log" 2>&1
}

builds()
{
	module && [ -f "$copy/drivers/virt/gunyah/gunyah.ko" ]
}

is_quiet()
{
	! grep -iE 'warning|error' "$log"
}

is_for_this_kernel()
{
	grep -aq "vermagic=$(cat "$obj/include/config/kernel.release") " \
		"$copy/drivers/virt/gunyah/gunyah.ko"
}

has_our_header()
{
	grep -q "$copy/include/uapi/linux/gunyah.h" \
		"$copy"/drivers/virt/gunyah/.main.o.cmd
}

is_cleaned()
{
	module clean && [ -z "$(find "$copy" -name '*.o' -o -name '*.ko')" ]
}

refuses_built_in()
{
	configure CONFIG_GUNYAH=y
	! module && grep -q 'has the driver built in' "$log"
}

# menus SOURCE: a tree's Kconfig with ours sourced as SOURCE
menus()
{
	local symbol

	{
		# Macros and symbols of the kernel's own files
		grep -E '^(if-success|success) = ' \
			"$obj/source/scripts/Kconfig.include"
		for symbol in ARM64 MMU KUNIT DEBUG_FS CC_CAN_LINK_STATIC \
			      HEADERS_INSTALL EVENTFD IRQ_DOMAIN; do
			printf 'config %s\n\tdef_bool y\n' $symbol
		done
		echo "source \"$1\""
	} >"$dir/Kconfig"
	rm -f "$dir/config"
	(cd "$headers" && srctree=$dir CC=${cross}gcc \
		KCONFIG_CONFIG=$dir/config "$obj/scripts/kconfig/conf" \
		--allyesconfig Kconfig) >"$log" 2>&1 || return
	for symbol in GUNYAH GUNYAH_KUNIT_TEST SAMPLE_GUNYAH; do
		grep -qx "CONFIG_$symbol=y" "$dir/config" || return
	done
}

number=0
failed=0
test_case()
{
	local name=$1

	shift
	number=$((number + 1))
	if "$@"; then
		echo "ok $number $name"
	else
		failed=$((failed + 1))
		sed 's/^/# /' "$log" | tail -n 15
		echo "not ok $number $name"
	fi
}

prepare
: >"$log"
echo "KTAP version 1"
echo "1..8"
test_case "module builds" builds
test_case "without a warning" is_quiet
test_case "module is for this kernel" is_for_this_kernel
test_case "header is ours" has_our_header
test_case "clean" is_cleaned
test_case "a kernel with the driver built in is refused" refuses_built_in
test_case "menus with an absolute path" menus "$copy/Kconfig"
test_case "menus with a path in the tree" menus gunyah/Kconfig
[ "$failed" = 0 ]
