#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# check.sh [GATE]...: the static checks. Each gate must find nothing. Results
# are in KTAP; what a gate found is in build/logs/check-GATE.log. "list" lists
# the gates, "common" stands for those that look at what people have, and
# "others" for the rest: other pages, processors and compilers.
#
# A gate that has found nothing is not run again while all that it reads stays
# as it is; FRESH=1 runs it nevertheless. planted.sh tests the gates.

# shellcheck source=tools/testing/gunyah/kernel/env.sh
. "$(dirname "$0")/../kernel/env.sh"

# From fast to slow
common="layers size series python codespell shellcheck yamllint binding patches
	kernel-doc checkpatch uapi gcc-m gcc-y sparse x86_64 i386 clang-m clang-y
	cocci kselftest sphinx kunit-um"
others="gcc-16k gcc-64k x86_64-m i386-m gcc-mock clang-16k clang-64k clang-mock"
gates=${*:-$common $others}
case $gates in
list)	echo $common $others
	exit 0 ;;
common)	gates=$common ;;
others)	gates=$others ;;
esac

binding=Documentation/devicetree/bindings/firmware/gunyah-hypervisor.yaml

# ours ENDING...: put our files with these endings, relative to $sources, in $files
ours()
{
	local ending expr=()

	for ending in "$@"; do
		expr+=(-o -name "*$ending")
	done
	mapfile -t files < <(find drivers include samples Documentation tools \
		-type f \( "${expr[@]:1}" \) | sort)
	[ ${#files[@]} != 0 ] || echo "there is no file to look at"
}

# tool STATUSES COMMAND...: a command that ends in another way is a finding
tool()
{
	local fine=" $1 " status=0

	shift
	"$@" || status=$?
	[[ $fine == *" $status "* ]] || echo "$1 ended with status $status"
}

# except GATE: drop what the list of exceptions allows, with its reasons; an
# exception that is not needed (any more) is a finding.
except()
{
	tool 0 python3 "$here/check/except.py" "$here/check/exceptions" "$1"
}

# What a gate reads, as one word: our files there, how the kernel tree is made,
# the gates themselves and the packages of the system
inputs()
{
	local dirs

	case $1 in
	shellcheck)		dirs="tools .ci packaging" ;;
	layers)			dirs=drivers ;;
	size)			dirs="drivers include samples tools" ;;
	python)			dirs=tools ;;
	patches | series)	dirs="drivers include samples Documentation tools" ;;
	kselftest)		dirs="include tools" ;;
	yamllint | binding)	dirs=Documentation/devicetree ;;
	uapi)			dirs=include ;;
	gcc-mock | clang-mock)	dirs="drivers include tools" ;;
	gcc-* | clang-* | sparse | x86_64* | i386* | kunit-um) dirs="drivers include" ;;
	cocci)			dirs="drivers include samples" ;;
	sphinx)			dirs="Documentation drivers include samples tools" ;;
	*)			dirs="drivers include samples Documentation tools
				      packaging .ci Makefile README.md CHANGES" ;;
	esac
	echo "$packages $(hash_files $dirs patches \
		tools/testing/gunyah/kernel tools/testing/gunyah/check)" |
		sha256sum | cut -c1-16
}

# --- gates: print findings, one or more lines each; silence, on standard error
# as well, is success. Each is run in a shell of its own. What it leaves in
# $logs/check-$gate.note is printed after a success.

# Who includes whom, and who may do what: see the file layers
gate_layers()
{
	tool 0 python3 "$here/check/layers.py" tools/testing/gunyah/check/layers \
		drivers/virt/gunyah
}

# Files and functions that are too long
gate_size()
{
	mapfile -t files < <(find drivers include samples tools -type f \
		-not -name '*.pyc' | sort)
	tool 0 python3 "$here/check/size.py" "${files[@]}" | except size
}

# Each of our files is in one patch of the series, which has no finding where the
# gate for sources does not look
gate_series()
{
	local added=$build/check/added.patch file files

	mkdir -p "$build/check"
	tool 0 python3 "$here/series/series.py" --base "$tree.orig" \
		"$build/check/series" >"$build/check/series.log"
	ours .patch .config
	for file in "${files[@]}"; do
		tool 1 diff -u --label /dev/null --label "b/$file" /dev/null "$file"
	done >"$added"
	(cd "$tree" && tool "0 1" perl scripts/checkpatch.pl --strict --terse \
		--showfile --no-summary --show-types \
		--ignore FILE_PATH_CHANGES,COMMIT_MESSAGE,MISSING_SIGN_OFF "$added") |
		except series | sed '/^$/d; /: not needed: /d'
}

gate_codespell()
{
	tool "0 1" codespell --ignore-words "$here/check/words" drivers include \
		samples Documentation tools patches packaging Makefile .ci README.md \
		CHANGES
}

gate_shellcheck()
{
	mapfile -t files < <(grep -rlE '^#!/bin/(ba)?sh' tools .ci packaging)
	files+=(tools/testing/gunyah/kernel/env.sh)
	# SC2086, SC2206, SC2046: lists of words are meant to be split. SC2034:
	# variables of env.sh are for others. SC2015: A && B || C with an echo.
	tool "0 1" shellcheck -x -f gcc \
		-e SC2086,SC2206,SC2046,SC2034,SC2015,SC2154 "${files[@]}"
}

gate_python()
{
	ours .py
	tool "0 1" pyflakes3 "${files[@]}"
}

gate_yamllint()
{
	cd "$tree/Documentation/devicetree/bindings" || return
	tool "0 1" yamllint -f parsable -c .yamllint \
		"${binding#Documentation/devicetree/bindings/}"
}

# What "make dt_binding_check" does, but with the schemas of one directory: all
# of them take minutes, and the version of Debian does not understand some.
gate_binding()
{
	local tmp=$build/check/binding dtb

	mkdir -p "$tmp"
	dtb=$tmp/example.dtb
	rm -f "$dtb"
	cd "$tree" || return
	tool 0 dt-doc-validate -u Documentation/devicetree/bindings "$binding" \
		2>&1
	dt-extract-example "$binding" >"$tmp/example.dts"
	tool 0 cpp -nostdinc -undef -x assembler-with-cpp -Iinclude \
		"$tmp/example.dts" "$tmp/example.pre"
	# The node that dt-extract-example puts around it has needless properties
	tool 0 dtc -Wno-avoid_unnecessary_addr_size -I dts -O dtb -o "$dtb" \
		"$tmp/example.pre" 2>&1
	tool 0 dt-mk-schema -j -o "$tmp/schema.json" \
		Documentation/devicetree/bindings/firmware 2>&1
	tool 0 dt-validate -M -s "$tmp/schema.json" "$dtb" >"$tmp/log" 2>&1
	grep -q '^[[:space:]].*/gunyah-hypervisor\.yaml#$' "$tmp/log" ||
		echo "the example is not validated"
	# "matched on schema(s)" and their names are no findings
	sed -E '/matched on schema\(s\)$/d; \,^\thttp://devicetree.org/,d' \
		"$tmp/log"
}

# The patches of the kernel's own files: git can apply them as well, checkpatch
# has nothing to say, and MAINTAINERS has an entry for each of our files.
gate_patches()
{
	local dir=$build/check/patches file patch files

	grep -n '[[:space:]]$' patches/*.patch
	rm -rf "$dir"
	mkdir -p "$dir"
	files=$(sed -n 's,^+++ b/,,p' patches/*.patch | sort -u)
	(cd "$tree.orig" && cp --parents $files "$dir")
	export HOME=$dir GIT_CONFIG_NOSYSTEM=1
	export GIT_COMMITTER_NAME=check GIT_COMMITTER_EMAIL=check@localhost
	(cd "$dir" && tool 0 git init -q && tool 0 git add . &&
		tool 0 git commit -q --author "check <check@localhost>" -m base &&
		tool 0 git am -q --whitespace=error "$sources"/patches/*.patch) 2>&1
	for file in $files; do
		cmp "$dir/$file" "$tree/$file" 2>&1
	done
	for patch in "$sources"/patches/*.patch; do
		(cd "$tree" && tool "0 1" perl scripts/checkpatch.pl --strict \
			--terse --no-summary --show-types \
			--ignore FILE_PATH_CHANGES "$patch")
	done | sed "/^\$/d; s,^$sources/,,"
	tool 0 python3 "$here/check/maintainers.py" "$tree/MAINTAINERS" GUNYAH \
		drivers include samples Documentation tools
}

gate_kernel-doc()
{
	ours .c .h
	cd "$tree" || return
	tool 0 perl scripts/kernel-doc -none -Wall "${files[@]}" 2>&1 |
		except kernel-doc
}

# FILE_PATH_CHANGES is about patches, not files. In the tree, since checkpatch
# allows more in some paths than in others. It takes minutes for all files, so
# one without a finding is not looked at again before it, or what else checkpatch
# reads, has changed.
gate_checkpatch()
{
	local clean=$cache/check/checkpatch.clean now=$build/check/checkpatch
	local known=$clean rules

	ours .c .h .S .dts .lds .sh .py .rst .yaml Kconfig Makefile
	mkdir -p "$build/check"
	cd "$tree" || return
	rules=$(echo "$packages" | cat - "$binding" | sha256sum | cut -c1-16)
	[ -f "$clean" ] && [ -z "${FRESH:-}" ] || known=/dev/null
	sha256sum "${files[@]}" | sed "s/^/$rules /" >"$now.all"
	grep -vxFf "$known" "$now.all" >"$now.new"
	cut -d' ' -f4- "$now.new" | tr '\n' '\0' |
		tool "0 123" nice xargs -0 -r -n 8 -P "$jobs" \
			perl scripts/checkpatch.pl --strict --terse --no-summary \
			--show-types --ignore FILE_PATH_CHANGES -f 2>&1 |
		sed '/^$/d' >"$now.found"
	except checkpatch <"$now.found" | tee "$now.left"
	[ ! -s "$now.left" ] || return
	cut -d: -f1 "$now.found" | sort -u | sed 's/^/  /; s/$/$/' >"$now.names"
	grep -v -f "$now.names" "$now.all" >"$clean"
}

# spatch_report SCRIPT: with the options that it wants to have
spatch_report()
{
	local options

	options=$(sed -n 's,^// *Options: *,,p' "$1")
	tool 0 timeout 120 spatch --very-quiet -D report $options \
		--cocci-file "$1" --dir . 2>&1 |
		sed -E -e '/^$/d' \
			-e '/^warning: line [0-9]+: should \w+ be a metavar/d'
}

# All semantic patches of the kernel that can report
gate_cocci()
{
	local dir=$build/check/cocci

	rm -rf "$dir"
	mkdir -p "$dir"
	cp -r --parents drivers/virt/gunyah samples/gunyah "$dir"
	cd "$dir" || return
	export -f tool spatch_report
	grep -lrZ '^virtual report' "$tree/scripts/coccinelle" | sort -z |
		tool 0 nice xargs -0 -I{} -P "$jobs" bash -c "spatch_report {}" |
		sort
}

# configure COMPILER ARCHITECTURE LINE...: the object directory $obj for these
# two, with the configuration of the test machine but for these lines, and what
# it takes to make something there
configure()
{
	local args=() line

	case $1-$2 in
	gcc-arm64)	args=(CROSS_COMPILE=$cross) ;;
	clang-*)	args=(LLVM=-14) ;;
	esac
	obj=$cache/obj-check-$1-$2-$(echo "$packages" | cut -c1-12)
	mkdir -p "$obj"
	# Each symbol once, or kconfig complains
	printf '%s\n' "${@:3}" | sed 's/^/^/; s/=.*/=/' >"$obj/check.names"
	(grep -vf "$obj/check.names" "$here/kernel/test.config"
	 printf '%s\n' "${@:3}") >"$obj/check.config"
	# Everything with W=1, or what both need is made again and again
	make=(nice make -C "$tree" O="$obj" ARCH="$2" "${args[@]}" -j"$jobs"
	      W=1)
	compile config allnoconfig KCONFIG_ALLCONFIG="$obj/check.config" ||
		return
	for line in "${@:3}"; do
		case $line in
		*=n)	! grep -q "^${line%n}" "$obj/.config" ;;
		*)	grep -qxF "$line" "$obj/.config" ;;
		esac || echo "Kconfig did not accept $line"
	done
}

# compile NAME WORD...: make it; $log is what that said
compile()
{
	log=$logs/check-$gate-$1.log
	shift
	"${make[@]}" "$@" >"$log" 2>&1 && return
	grep -E 'error:|\*\*\*' "$log" | sort -u || tail -n 3 "$log"
	return 1
}

# build_driver WORD...: all of it anew, where configure was
build_driver()
{
	compile base prepare || return
	# With the mock, the driver has objects there, too
	rm -rf "$obj/drivers/virt/gunyah" "$obj/tools/testing/gunyah"
	compile make "$@" drivers/virt/gunyah/ || return
	# Nothing but the driver was compiled: all of this is about it
	sed "s,$tree/,,g" "$log" | grep -iE 'warning|error' | sort -u
	[ -f "$obj/drivers/virt/gunyah/main.o" ] || echo "main.o was not built"
}

# gate_pages COMPILER KIB: with pages of that size
gate_pages()
{
	configure "$1" arm64 CONFIG_GUNYAH=m CONFIG_ARM64_4K_PAGES=n \
		"CONFIG_ARM64_$2K_PAGES=y" && build_driver
}

# gate_test ARCHITECTURE LINE...: with COMPILE_TEST, which makes warnings errors
# if nobody objects
gate_test()
{
	configure gcc "$1" CONFIG_COMPILE_TEST=y CONFIG_WERROR=n "${@:2}" &&
		build_driver
}

# gate_mock COMPILER: with the hypervisor in the kernel, and with sparse
gate_mock()
{
	configure "$1" x86_64 CONFIG_COMPILE_TEST=y CONFIG_WERROR=n \
		CONFIG_GUNYAH=y CONFIG_OF=y CONFIG_GUNYAH_TEST=y || return
	build_driver C=1 CF=-Wno-context
	[ -f "$obj/drivers/virt/gunyah/mock/device.o" ] ||
		echo "the mock was not built"
}

# What the driver can do without
without="CONFIG_OF=n CONFIG_SMP=n CONFIG_DEBUG_FS=n CONFIG_GCOV_KERNEL=n
	 CONFIG_KCOV=n CONFIG_FTRACE=n CONFIG_KUNIT=n CONFIG_COMPAT=n"

# note_size: what the driver takes of a machine's memory, without its unit tests
note_size()
{
	# Of what is linked from the others, nothing is counted twice
	${cross}size "$obj"/drivers/virt/gunyah/[!.]*.o | awk '
		NR > 1 && $6 !~ /gunyah(_qcom)?\.o$/ {
			text += $1; data += $2; bss += $3
		}
		END {
			printf "text %d KiB, data %d bytes, bss %d bytes\n",
			       text / 1024, data, bss
		}' >"$logs/check-$gate.note"
}

gate_gcc-m()	{ configure gcc arm64 CONFIG_GUNYAH=m && build_driver &&
		  note_size; }
gate_gcc-y()	{ configure gcc arm64 CONFIG_GUNYAH=y && build_driver &&
		  note_size; }
gate_gcc-16k()	{ gate_pages gcc 16; }
gate_gcc-64k()	{ gate_pages gcc 64; }
# sparse does not know that guard() unlocks at the end of a block
gate_sparse()	{ configure gcc arm64 CONFIG_GUNYAH=m &&
		  build_driver C=1 CF=-Wno-context; }
gate_x86_64()	{ gate_test x86_64 CONFIG_GUNYAH=y CONFIG_OF=y; }
gate_x86_64-m()	{ gate_test x86_64 CONFIG_GUNYAH=m $without; }
gate_i386()	{ gate_test i386 CONFIG_64BIT=n CONFIG_GUNYAH=y CONFIG_OF=y; }
gate_i386-m()	{ gate_test i386 CONFIG_64BIT=n CONFIG_GUNYAH=m $without; }
gate_gcc-mock()	{ gate_mock gcc; }
gate_clang-mock() { gate_mock clang; }
gate_clang-m()	{ configure clang arm64 CONFIG_GUNYAH=m && build_driver; }
gate_clang-y()	{ configure clang arm64 CONFIG_GUNYAH=y && build_driver; }
gate_clang-16k() { gate_pages clang 16; }
gate_clang-64k() { gate_pages clang 64; }

# The header alone, as user space has it, in old C as the kernel wants it and in
# newer one without extensions, for 32 and 64 bit. Of what comes with -isystem
# there are no warnings: ours must not come that way.
gate_uapi()
{
	local flags dir=$build/check/uapi

	configure gcc arm64 CONFIG_GUNYAH=m && compile make headers || return
	mkdir -p "$dir/linux"
	cp "$obj/usr/include/linux/gunyah.h" "$dir/linux"
	printf '#include <linux/gunyah.h>\nint unused;\n' >"$dir/user.c"
	for flags in "-std=c90" "-std=c90 -m32" "-std=c11 -pedantic"; do
		tool 0 gcc $flags -Wall -Wextra -Wpadded -Werror -fsyntax-only \
			-nostdinc -I"$dir" -isystem "$obj/usr/include" \
			"$dir/user.c" 2>&1
	done
}

# kselftest PREFIX: install the tests as kselftest.rst says, with the compiler of
# that prefix for 32-bit programs, in a shell that is not bash. What is made already
# is not made again.
kselftest()
{
	local out=$build/check/kselftest

	log=$logs/check-kselftest-make$1.log
	rm -rf "$out/install"
	mkdir -p "$out"
	made=$out/kselftest/gunyah
	installed=$out/install/gunyah
	nice make -C "$tree/tools/testing/selftests" -j"$jobs" TARGETS=gunyah \
		O="$out" ARCH=arm64 CROSS_COMPILE=$cross \
		CROSS_COMPILE_COMPAT="$1" SHELL=/bin/dash \
		KHDR_INCLUDES="-isystem $obj/usr/include" \
		INSTALL_PATH="$out/install" install >"$log" 2>&1 ||
		echo "make install ended with status $?, CROSS_COMPILE_COMPAT=$1"
	grep -E 'warning:|error:|not found' "$log" | sort -u
	[ -x "$installed/gunyah_abi" ]
}

# All programs, without a 32-bit compiler and with one
gate_kselftest()
{
	local file name tests=tools/testing/selftests dir=$build/check/ignored

	configure gcc arm64 CONFIG_GUNYAH=m && compile uapi headers || return
	rm -rf "$build/check/kselftest"
	kselftest none- || return
	find "$installed" -name '*_32'
	kselftest arm-linux-gnueabihf- || return
	mapfile -t files < <(grep -l '^TEST_HARNESS_MAIN' $tests/gunyah/*.c)
	for file in "${files[@]}"; do
		name=$(basename "$file" .c)
		grep -qx "gunyah:$name" "$installed/../kselftest-list.txt" &&
			[ -x "$installed/$name" ] || echo "$name is not installed"
	done
	${cross}readelf -h "$installed/gunyah_abi_32" 2>&1 | grep -qw ELF32 ||
		echo "gunyah_abi_32 is no 32-bit program"

	# git ignores what is made, if that is in the tree, and nothing else
	rm -rf "$dir"
	mkdir -p "$dir"
	# Debian has a last line there that ignores everything
	grep -vx '/\*' "$tree/.gitignore" >"$dir/.gitignore"
	cp --parents $tests/gunyah/.gitignore "$dir"
	git init -q "$dir"
	(cd "$made" && find . -type f) | sort >"$dir/made"
	(cd $tests/gunyah && find . -type f -not -name .gitignore) >"$dir/ours"
	cd "$dir/$tests/gunyah" || return
	comm -23 "$dir/made" <(git check-ignore --no-index --stdin <"$dir/made") |
		sed 's/$/ is not ignored by git/'
	git check-ignore --no-index --stdin <"$dir/ours" |
		sed 's/$/ is ignored by git/'
}

# Sphinx writes into the tree as well: ours is in the cache, that is no harm.
gate_sphinx()
{
	local log=$logs/check-sphinx-make.log out=$cache/doc

	rm -rf "$out/Documentation/output"
	mkdir -p "$out"
	tool 0 nice timeout 900 make -C "$tree" O="$out" \
		SPHINXDIRS=virt/gunyah htmldocs >"$log" 2>&1
	tail -n 1 "$log" | grep 'ended with status'
	sed "s,$tree/,,g; s,$cache/,,g" "$log" |
		grep -iE 'gunyah.*(warning|error)' | sort -u
	[ -s "$out/Documentation/output/virt/gunyah/index.html" ] ||
		echo "no page was made"
}

# The unit tests on the build machine, as kunit.rst says. It takes a kernel of
# its own, minutes the first time.
gate_kunit-um()
{
	local log=$logs/check-kunit-um-make.log

	obj=$cache/obj-check-um-$(echo "$packages" | cut -c1-12)
	mkdir -p "$obj"
	cd "$tree" || return
	tool 0 nice timeout 3600 python3 tools/testing/kunit/kunit.py run \
		--arch=um --build_dir="$obj" --jobs="$jobs" \
		--kunitconfig=drivers/virt/gunyah/.kunitconfig >"$log" 2>&1
	tail -n 1 "$log" | grep 'ended with status'
	grep -E '\[(FAILED|ERROR|CRASHED)\]|error:' "$log"
	grep -qE 'Ran ([1-9][0-9]*) tests: passed: \1$' "$log" ||
		echo "not all tests have passed"
}

# --- the gates in turn

lock_cache
logs=$build/logs
mkdir -p "$logs" "$cache/check"
cd "$sources" || exit

# Before the tree is made: what changes from now on is looked at next time.
packages=$(dpkg-query -W | sha256sum | cut -c1-16)
declare -A read=()
for gate in $gates; do
	declare -F "gate_$gate" >/dev/null || die "no such gate: $gate"
	read[$gate]=$(inputs "$gate")
done
tree=$("$here/kernel/tree.sh")

echo "KTAP version 1"
echo "1..$(echo $gates | wc -w)"
number=0
failed=0
for gate in $gates; do
	number=$((number + 1))
	found=$logs/check-$gate.log
	stamp=$cache/check/$gate-${read[$gate]}
	if [ -z "${FRESH:-}" ] && [ -f "$stamp" ]; then
		echo "ok $number $gate"
		sed "s/^/# $gate: /" "$stamp"
		echo "# unchanged since $(date -r "$stamp" '+%F %T')"
		continue
	fi
	start=$SECONDS
	: >"$logs/check-$gate.note"
	("gate_$gate" || true) >"$found" 2>"$found.err"
	cat "$found.err" >>"$found"
	rm -f "$found.err"
	count=$(wc -l <"$found")
	if [ "$count" = 0 ]; then
		echo "ok $number $gate"
		rm -f "$found" "$cache/check/$gate"-????????????????
		mv "$logs/check-$gate.note" "$stamp"
		sed "s/^/# $gate: /" "$stamp"
	else
		failed=$((failed + 1))
		echo "not ok $number $gate: $count findings, see $found"
		head -n 5 "$found" | sed 's/^/# /'
	fi
	echo "# $gate: $((SECONDS - start)) s"
done
[ "$failed" = 0 ]
