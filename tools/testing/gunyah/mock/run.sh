#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# run.sh PROGRAM...: run selftests on the kernel of mock/build.sh. Results are in
# KTAP. What the kernel logs as a warning or worse comes with them.

# shellcheck source=tools/testing/gunyah/kernel/env.sh
. "$(dirname "$0")/../kernel/env.sh"

# Seconds; the longest program takes less than a minute
limit=1800

[ $# != 0 ] || die "which programs?"
[ -x "$build/mock/linux" ] || die "there is no kernel yet: mock/build.sh"
run=$(mktemp -d "$build/mock/run.XXXXXX")
trap 'rm -rf "$run"' EXIT

# glibc would register a place for the kernel of this machine to write to, which
# User Mode Linux unmaps in the processes that are those of its own programs.
export GLIBC_TUNABLES=glibc.pthread.rseq=0

# What the programs are told, in the environment of the first process
given=()
for name in GUNYAH_FUZZ_{SEED,SECONDS,VERBOSE} GUNYAH_STORM_SEED; do
	[ -z "${!name-}" ] || given+=("$name=${!name}")
done

# Sleeping costs no time: if nobody has anything to do, the clock goes on. Lent
# memory stays mapped, and is not taken away by anybody.
status=0
$bound timeout --foreground -k 5 $limit "$build/mock/linux" mem=768M \
	uml_dir="$run/" time-travel con=null con0=null,fd:1 stderr=1 \
	console=tty0 loglevel=5 gunyah.allow_unsafe_lend=1 root=/dev/root \
	rootfstype=hostfs rootflags="$build/mock/root" ro init=/init \
	"${given[@]}" -- "$@" \
	</dev/null 2>&1 | tee "$run/output" || status=$?
# The kernel has done everything by then. User Mode Linux takes itself down, and
# handles signals that are still pending without a task, which can end by SIGABRT.
if [ $status = 134 ] && grep -q 'reboot: Power down$' "$run/output"; then
	echo "# aborted after the kernel had switched off"
	status=0
fi
exit $status
