#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# PROGRAM, one of the kselftests, with OPTIONS of their harness. CLOCK is a variable
# that tells it about time.

leaks=/sys/kernel/debug/kmemleak

[ ! -e "$leaks" ] || echo clear >"$leaks"
export "${CLOCK?}"
# For programs that load the driver again
# shellcheck disable=SC1091 # the runner makes it
. /job/settings
export GUNYAH_KO_PARAMETERS="$MODULE_ARGS"
# shellcheck disable=SC2086 # words
cd /selftests/gunyah && "./$PROGRAM" $OPTIONS
status=$?
[ -e "$leaks" ] || exit "$status"

# Objects are reported when they are some seconds old, and were found twice
for _ in 1 2; do
	sleep 6
	echo scan >"$leaks"
done
if [ -n "$(cat "$leaks")" ]; then
	cat "$leaks"
	echo "kmemleak: see above"
	status=1
fi
exit "$status"
