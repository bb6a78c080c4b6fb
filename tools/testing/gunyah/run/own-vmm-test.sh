#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Do what the manual says about running a VMM of one's own: own-vmm.sh, but with
# the images that exist already. Results are in KTAP.

run=$(cd "$(dirname "$0")" && pwd)
cd "$run/../../../.." || exit
output=$(mktemp)
trap 'rm -f "$output"' EXIT

# shellcheck disable=SC2317 # own-vmm.sh calls it
make()
{
	for word; do
		case $word in
		*=*) export "${word?}" ;;
		esac
	done
	"$run/gunyah.py" "$1" --name own-vmm --files="$FILES" "$JOB"
}

echo 1..2
(
	set -e
	# shellcheck source=tools/testing/gunyah/run/own-vmm.sh
	. "$run/own-vmm.sh"
) >"$output" 2>&1
status=$?
[ $status = 0 ] || printf 'not '
echo "ok 1 exit status"
if grep -qx "Hello, world" "$output" && ! grep -qi "warning" "$output"; then
	echo "ok 2 output"
else
	echo "not ok 2 output"
fi
sed 's/^/# /' "$output"
exit $status
