#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# check.sh [GATE]...: the static checks. Each gate must find nothing. Results
# are in KTAP; what a gate found is in build/logs/check-GATE.log. "list" lists
# the gates.
#
# A gate that has found nothing is not run again while all that it reads stays
# as it is; FRESH=1 runs it nevertheless. planted.sh tests the gates.

# shellcheck source=tools/testing/gunyah/kernel/env.sh
. "$(dirname "$0")/../kernel/env.sh"

# From fast to slow
all="codespell shellcheck python yamllint binding kernel-doc checkpatch cocci
     uapi gcc-m gcc-y sparse clang-m clang-y sphinx"
gates=${*:-$all}
if [ "$gates" = list ]; then
	echo $all
	exit 0
fi

binding=Documentation/devicetree/bindings/firmware/gunyah-hypervisor.yaml

# ours ENDING...: put our files with these endings, relative to $top, in $files
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
	python3 "$here/check/except.py" "$here/check/exceptions" "$1"
}

# What a gate reads, as one word: our files there, how the kernel tree is made,
# the gates themselves and the packages of the system
inputs()
{
	local dirs

	case $1 in
	shellcheck)		dirs="tools .ci" ;;
	python)			dirs=tools ;;
	yamllint | binding)	dirs=Documentation/devicetree ;;
	uapi)			dirs=include ;;
	gcc-* | clang-* | sparse) dirs="drivers include" ;;
	cocci)			dirs="drivers include samples" ;;
	sphinx)			dirs="Documentation drivers include" ;;
	*)			dirs="drivers include samples Documentation tools
				      .ci Makefile README.md" ;;
	esac
	echo "$packages $(hash_files $dirs patches \
		tools/testing/gunyah/kernel tools/testing/gunyah/check)" |
		sha256sum | cut -c1-16
}

# --- gates: print findings, one or more lines each; silence, on standard error
# as well, is success. Each is run in a shell of its own.

gate_codespell()
{
	tool "0 1" codespell --ignore-words "$here/check/words" drivers include \
		samples Documentation tools patches Makefile .ci README.md
}

gate_shellcheck()
{
	mapfile -t files < <(grep -rlE '^#!/bin/(ba)?sh' tools .ci)
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

gate_kernel-doc()
{
	ours .c .h
	cd "$tree" || return
	tool 0 perl scripts/kernel-doc -none -Wall "${files[@]}" 2>&1 |
		except kernel-doc
}

# FILE_PATH_CHANGES is about patches, not files. In the tree, since checkpatch
# allows more in some paths than in others.
gate_checkpatch()
{
	ours .c .h .S .dts .lds .sh .py .rst .yaml Kconfig Makefile
	cd "$tree" || return
	printf '%s\0' "${files[@]}" |
		tool "0 123" nice xargs -0 -n 8 -P "$jobs" \
			perl scripts/checkpatch.pl --strict --terse --no-summary \
			--show-types --ignore FILE_PATH_CHANGES -f |
		sed '/^$/d' | except checkpatch
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

# configure COMPILER y|m: the compiler's object directory $obj, with the driver
# built in or as a module, and what it takes to make something there
configure()
{
	local args

	case $1 in
	gcc)	args=(CROSS_COMPILE=$cross) ;;
	clang)	args=(LLVM=-14) ;;
	esac
	obj=$cache/obj-check-$1-$(echo "$packages" | cut -c1-12)
	mkdir -p "$obj"
	sed "s/^CONFIG_GUNYAH=.*/CONFIG_GUNYAH=$2/" \
		"$here/kernel/test.config" >"$obj/check.config"
	# Everything with W=1, or what both need is made again and again
	make=(nice make -C "$tree" O="$obj" ARCH=arm64 "${args[@]}" -j"$jobs"
	      W=1)
	compile config allnoconfig KCONFIG_ALLCONFIG="$obj/check.config"
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

# gate_build COMPILER y|m WORD...: the driver, all of it anew
gate_build()
{
	configure "$1" "$2" && compile base prepare || return
	rm -rf "$obj/drivers/virt/gunyah"
	compile make "${@:3}" drivers/virt/gunyah/ || return
	# Nothing but the driver was compiled: all of this is about it
	sed "s,$tree/,,g" "$log" | grep -iE 'warning|error' | sort -u
	[ -f "$obj/drivers/virt/gunyah/main.o" ] || echo "main.o was not built"
}

gate_gcc-m()	{ gate_build gcc m; }
gate_gcc-y()	{ gate_build gcc y; }
gate_sparse()	{ gate_build gcc m C=1; }
gate_clang-m()	{ gate_build clang m; }
gate_clang-y()	{ gate_build clang y; }

# The header alone, as user space has it, in old C as the kernel wants it and in
# newer one without extensions, for 32 and 64 bit. Of what comes with -isystem
# there are no warnings: ours must not come that way.
gate_uapi()
{
	local flags dir=$build/check/uapi

	configure gcc m && compile make headers || return
	mkdir -p "$dir/linux"
	cp "$obj/usr/include/linux/gunyah.h" "$dir/linux"
	printf '#include <linux/gunyah.h>\nint unused;\n' >"$dir/user.c"
	for flags in "-std=c90" "-std=c90 -m32" "-std=c11 -pedantic"; do
		tool 0 gcc $flags -Wall -Wextra -Wpadded -Werror -fsyntax-only \
			-nostdinc -I"$dir" -isystem "$obj/usr/include" \
			"$dir/user.c" 2>&1
	done
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

# --- the gates in turn

lock_cache
logs=$build/logs
mkdir -p "$logs" "$cache/check"
cd "$top" || exit

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
		echo "# unchanged since $(date -r "$stamp" '+%F %T')"
		continue
	fi
	start=$SECONDS
	("gate_$gate" || true) >"$found" 2>"$found.err"
	cat "$found.err" >>"$found"
	rm -f "$found.err"
	count=$(wc -l <"$found")
	if [ "$count" = 0 ]; then
		echo "ok $number $gate"
		rm -f "$found" "$cache/check/$gate"-????????????????
		touch "$stamp"
	else
		failed=$((failed + 1))
		echo "not ok $number $gate: $count findings, see $found"
		head -n 5 "$found" | sed 's/^/# /'
	fi
	echo "# $gate: $((SECONDS - start)) s"
done
[ "$failed" = 0 ]
