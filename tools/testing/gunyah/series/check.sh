#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# check.sh [NUMBER | STEP]...: does checkpatch like each patch of the series, or
# these, does get_maintainer.pl find the driver's list, and does the driver build
# after it with each compiler, as a module and built in, and pass its unit tests?
# And what can be done with a tree that has all of them: the steps of applied.sh.
# Takes an hour. Results are in KTAP, and logs in build/logs/series.
#
# All else that check/check.sh looks for is in files, which no patch changes.

# shellcheck source=tools/testing/gunyah/kernel/env.sh
. "$(dirname "$0")/../kernel/env.sh"

out=$build/series
states=$build/series-states
logs=$build/logs/series

# except GATE: drop what the list of exceptions allows; most patches need none
except()
{
	python3 "$here/check/except.py" "$here/check/exceptions" "$1" |
		{ grep -v ': not needed: ' || true; }
}

# The findings that the files themselves may have, and a few in text files
checkpatch()
{
	(cd "$tree" && perl scripts/checkpatch.pl --strict --terse --showfile \
		--no-summary --show-types --ignore FILE_PATH_CHANGES "$1" ||
		true) | sed '/^$/d' | except checkpatch | except series
}

# By the entry that the whole series adds to MAINTAINERS: the tree is at one of the
# patches, once it was built
maintainers()
{
	local list

	list=$(sed -n '/^GUNYAH HYPERVISOR DRIVER/,/^$/s/^L:\t//p' "$entries")
	(cd "$tree" && perl scripts/get_maintainer.pl --no-git \
		--no-git-fallback --mpath "$entries" "$1") | grep -F "${list:?}" >/dev/null ||
		echo "it does not go to $list"
}

# gates NUMBER GATE...: those of check/check.sh, for what is there by then
gates()
{
	GUNYAH_SOURCES=$states/$1 GUNYAH_BUILD=$build/series-build \
		"$here/check/check.sh" "${@:2}"
}

number=0
failed=0
# result NAME LOG COMMAND...: it must succeed, without a word or with KTAP
result()
{
	local name=$1 log=$2 said=ok

	shift 2
	number=$((number + 1))
	if ! "$@" >"$log" 2>&1 || grep -qvE '^(KTAP|1\.\.|ok|#) ?' "$log"; then
		failed=$((failed + 1))
		said="not ok"
		sed 's/^/# /' "$log" | tail -n 15
	fi
	echo "$said $number $name"
}

lock_cache
tree=$("$here/kernel/tree.sh")
python3 "$here/series/series.py" --base "$tree.orig" --states "$states" "$out" \
	>/dev/null
mkdir -p "$logs"
entries=$build/series-maintainers
cp "$tree/MAINTAINERS" "$entries"

echo "KTAP version 1"
for patch in "$out"/v*-0*.patch; do
	name=$(basename "$patch" .patch)
	name=${name#v*-}
	nr=${name%%-*}
	[ "$nr" != 0000 ] || continue
	[ $# = 0 ] || [[ " $* " == *" $nr "* ]] || continue
	result "$name-checkpatch" "$logs/$nr-checkpatch.log" checkpatch "$patch"
	result "$name-maintainers" "$logs/$nr-maintainers.log" maintainers "$patch"
	[ -f "$states/$nr/drivers/virt/gunyah/Makefile" ] || continue
	for gate in gcc-m gcc-y clang-m clang-y; do
		result "$name-$gate" "$logs/$nr-$gate.log" gates "$nr" $gate
	done
	[ ! -f "$states/$nr/drivers/virt/gunyah/.kunitconfig" ] ||
		result "$name-kunit" "$logs/$nr-kunit.log" gates "$nr" kunit-um
done
for step in apply headers selftests kunit-um kunit-arm64; do
	[ $# = 0 ] || [[ " $* " == *" $step "* ]] || continue
	result "$step" "$logs/$step.log" "$here/series/applied.sh" "$step"
done
echo "1..$number"
[ "$failed" = 0 ]
