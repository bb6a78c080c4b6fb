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
cp -r --parents drivers include samples Documentation tools patches .ci \
	Makefile README.md "$copy"
cd "$copy"

# One fault for each gate, such that the others can do their work. Words are
# put together here so that nobody finds them in this file.
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
EOF2
sed -i '1a #include <linux/slab.h>' $driver/runs.c
cat >>include/uapi/linux/gunyah.h <<-'EOF2'
	struct planted_padding {
		__u8 a;
		__u32 b;
	};
EOF2
printf '\nSee planted_.\n' >>Documentation/virt/gunyah/vm-manager.rst

# What the gate must say, and the tool that it cannot do without
expected()
{
	case $1 in
	codespell)	said='==>'		tool=codespell ;;
	shellcheck)	said='SC2007'		tool=shellcheck ;;
	python)		said='planted'		tool=pyflakes3 ;;
	yamllint)	said='colons'		tool=yamllint ;;
	binding)	said="'planted'"	tool=dt-validate ;;
	kernel-doc)	said='planted_doc'	tool=perl ;;
	checkpatch)	said='SPACING'		tool=perl ;;
	cocci)		said='preceded by free'	tool=spatch ;;
	uapi)		said='padding struct'	tool=gcc ;;
	gcc-m)		said=planted_module	tool=${cross}gcc ;;
	gcc-y)		said=planted_built_in	tool=${cross}gcc ;;
	sparse)		said='noderef'		tool=sparse ;;
	clang-m)	said=planted_module	tool=clang-14 ;;
	clang-y)	said=planted_built_in	tool=clang-14 ;;
	sphinx)		said='planted'		tool=sphinx-build ;;
	*)		die "no fault for the gate $1" ;;
	esac
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
	! $check "$gate" >"$GUNYAH_BUILD/log" && grep -q "$said" "$log" ||
		status=1
	result $status "$gate finds the fault"

	# Neither a finding nor a message, as after a signal
	printf '#!/bin/sh\nexit 139\n' >"$tools/$tool"
	chmod +x "$tools/$tool"
	status=0
	! PATH=$tools:$PATH $check "$gate" >"$GUNYAH_BUILD/log" &&
		! grep -q "$said" "$log" || status=1
	result $status "$gate fails without $tool"
	rm "$tools/$tool"
done
[ "$failed" = 0 ]
