#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# planted.sh [GATE]...: does each gate of check.sh find a fault that is planted
# in a copy of this checkout, and does it fail if its tool crashes? Takes as
# long as a check that starts from nothing. Results are in KTAP.

# shellcheck source=tools/testing/gunyah/kernel/env.sh
. "$(dirname "$0")/../kernel/env.sh"

gates=${*:-$("$here/check/check.sh" list)}
export GUNYAH_BUILD=$build/planted FRESH=1
copy=$GUNYAH_BUILD/copy
tools=$GUNYAH_BUILD/bin
check=tools/testing/gunyah/check/check.sh
driver=drivers/virt/gunyah
binding=Documentation/devicetree/bindings/firmware/gunyah-hypervisor.yaml

rm -rf "$GUNYAH_BUILD"
mkdir -p "$copy" "$tools"
cd "$top"
cp -r --parents drivers include samples Documentation tools patches packaging .ci \
	Makefile README.md CHANGES "$copy"
cd "$copy"

# At least one fault for each gate, such that the others can do their work.
# Words are put together here so that nobody finds them in this file.
echo "They rec""ieve it." >>README.md
echo 'echo $''[1 + 1]' >>tools/testing/gunyah/image/build.sh
echo "import planted" >>tools/testing/gunyah/run/ktap.py
sed -i 's/^title: /title:   /' $binding
sed -i '/^examples:/,$s/"gunyah-resource-manager"/"planted"/' $binding
printf '/**\n * %s() - planted\n */\nint %s(int a);\n' planted_doc planted_doc \
	>>samples/gunyah/uart.h
printf 'int planted_style( int a );\n' >>samples/gunyah/uart.h
cat >>$driver/runs.c <<-'EOF2'

	static int __maybe_unused planted_free(int *planted)
	{
		kfree(planted);
		return *planted;
	}

	static int __maybe_unused planted_user(int __user *planted)
	{
		return *planted;
	}

	#ifdef MODULE
	void planted_module(void)
	{
	}
	#else
	void planted_built_in(void)
	{
	}
	#endif

	#if PAGE_SHIFT == 14
	void planted_16k(void)
	{
	}
	#elif PAGE_SHIFT == 16
	void planted_64k(void)
	{
	}
	#endif

	#ifndef CONFIG_OF
	void planted_without(void)
	{
	}
	#elif defined(CONFIG_X86_64)
	void planted_x86_64(void)
	{
	}
	#elif defined(CONFIG_X86)
	void planted_i386(void)
	{
	}
	#endif

	#if 0
	#include "vm.h"
	#include "planted.h"
	static void planted_layer(void)
	{
		arm_smccc_1_1_hvc();
		pin_user_pages();
		copy_to_user();
EOF2
{
	printf '\tplanted();\n%.0s' {1..60}
	printf '}\n#endif\n'
} >>$driver/runs.c
printf '\nvoid planted_mock(void)\n{\n}\n' >>$driver/mock/irq.c
echo '#include "vm.h"' >$driver/planted.h
printf '\n%.0s' {1..701} >tools/testing/gunyah/planted.S
echo 'planted ' >tools/testing/gunyah/planted.config
sed -i '1a #include <linux/slab.h>' $driver/runs.c
# Before the #endif at the end
sed -i '$d' include/uapi/linux/gunyah.h
cat >>include/uapi/linux/gunyah.h <<-'EOF2'
	struct planted_padding {
		__u8 a;
		__u32 b;
	};
	#endif
EOF2
printf '\nSee planted_.\n' >>Documentation/virt/gunyah/vm-manager.rst
sed -i '/^Signed-off-by:/d; /^From: /,+1d; s/^Date: .*/& /' patches/0001-*
sed -i '/^+F:.*samples/s/samples/sample/' patches/*-maintainers-*
sed -i 's/^CFLAGS_32 = /&$''(KHDR_INCLUDES) /' \
	tools/testing/selftests/gunyah/Makefile
sed -i '0,/KUNIT_EXPECT_EQ(test, /s//&1 + /' $driver/tests/runs_kunit.c

# What the gate must say, lines, and the tool that it cannot do without
expected()
{
	case $1 in
	layers)		tool=python3
			said='vm.h is above this file
			      planted.h is in no layer
			      planted.h:1: is in no layer
			      smccc is for hypercall.c
			      pin_user_pages is for
			      copy_to_user is for' ;;
	size)		tool=python3
			said='planted.S:1: has 701 lines
			      planted_layer() has 63 lines' ;;
	series)		said='no commit has drivers/virt/gunyah/planted.h
			      planted.config:1: ERROR:TRAILING_WHITESPACE'
			tool=git ;;
	codespell)	said='==>'		tool=codespell ;;
	shellcheck)	said='SC2007'		tool=shellcheck ;;
	python)		said='planted'		tool=pyflakes3 ;;
	yamllint)	said='colons'		tool=yamllint ;;
	binding)	said="'planted'"	tool=dt-validate ;;
	patches)	tool=git
			said='0001-virt-gunyah-kbuild.patch:2:
			      empty ident name
			      MISSING_SIGN_OFF
			      there is no sample/gunyah/
			      samples/gunyah/Makefile: is not in' ;;
	kernel-doc)	said='planted_doc'	tool=perl ;;
	checkpatch)	said='SPACING'		tool=perl ;;
	cocci)		said='preceded by free'	tool=spatch ;;
	uapi)		said='padding struct'	tool=gcc ;;
	gcc-m)		said=planted_module	tool=${cross}gcc ;;
	gcc-y)		said=planted_built_in	tool=${cross}gcc ;;
	gcc-16k)	said=planted_16k	tool=${cross}gcc ;;
	gcc-64k)	said=planted_64k	tool=${cross}gcc ;;
	x86_64)		said=planted_x86_64	tool=gcc ;;
	i386)		said=planted_i386	tool=gcc ;;
	*86*-m)		said=planted_without	tool=gcc ;;
	gcc-mock)	said=planted_mock	tool=gcc ;;
	sparse)		said='noderef'		tool=sparse ;;
	clang-m)	said=planted_module	tool=clang-14 ;;
	clang-y)	said=planted_built_in	tool=clang-14 ;;
	clang-16k)	said=planted_16k	tool=clang-14 ;;
	clang-64k)	said=planted_64k	tool=clang-14 ;;
	clang-mock)	said=planted_mock	tool=clang-14 ;;
	kselftest)	said='__uint128_t'	tool=arm-linux-gnueabihf-gcc ;;
	sphinx)		said='planted'		tool=sphinx-build ;;
	kunit-um)	said='FAILED'		tool=python3 ;;
	*)		die "no fault for the gate $1" ;;
	esac
	mapfile -t said <<<"$said"
}

# found LOG: has the gate said all of it?
found()
{
	local words

	for words in "${said[@]}"; do
		# Without the space that it is indented by here
		grep -qF -- "${words#"${words%%[![:space:]]*}"}" "$1" || return
	done
}

result()
{
	number=$((number + 1))
	if [ "$1" = 0 ]; then
		echo "ok $number $2"
	else
		failed=$((failed + 1))
		echo "not ok $number $2"
	fi
}

echo "KTAP version 1"
echo "1..$(($(echo $gates | wc -w) * 2))"
number=0
failed=0
for gate in $gates; do
	expected "$gate"
	log=$GUNYAH_BUILD/logs/check-$gate.log
	status=0
	! $check "$gate" >"$GUNYAH_BUILD/log" && found "$log" || status=1
	result $status "$gate finds the fault"

	# Neither a finding nor a message, as after a signal
	printf '#!/bin/sh\nexit 139\n' >"$tools/$tool"
	chmod +x "$tools/$tool"
	status=0
	! PATH=$tools:$PATH $check "$gate" >"$GUNYAH_BUILD/log" &&
		! found "$log" || status=1
	result $status "$gate fails without $tool"
	rm "$tools/$tool"
done
[ "$failed" = 0 ]
