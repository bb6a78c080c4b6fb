#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# instrument.sh NAME [WORD]...: build the driver's module once more, with these
# words for make, such as KCOV_INSTRUMENT=y or GCOV_PROFILE=y, and with $PATCH if
# that is set. The sources, the objects and gunyah.ko are then in build/NAME. It
# fits the kernel that build.sh builds, and brings that up to date first.
#
# direct_map.c is a part of the kernel itself: the module does not have it.

# shellcheck source=tools/testing/gunyah/kernel/env.sh
. "$(dirname "$0")/env.sh"

name=${1:?}
shift
out=$build/$name

lock_cache
tree=$("$here/kernel/tree.sh")
"$here/kernel/build.sh"
obj=$(cat "$build/kernel/objects")

mkdir -p "$out"
inputs="$(cat "$obj/gunyah.built") $* ${PATCH:+$(sha256sum <"$PATCH")}"
[ "$(cat "$out/inputs" 2>/dev/null)" != "$inputs" ] || exit 0
say "building the driver with ${PATCH:-$*}"
rm -f "$out/inputs"
rsync -rlpc "$tree/drivers/virt/gunyah/" "$out/"
[ -z "${PATCH:-}" ] || patch -s -f -p4 -d "$out" <"$PATCH" || die "it does not apply"
logged "$build/logs/$name.log" kmake M="$out" "$@" modules
[ -f "$out/gunyah.ko" ] || die "no gunyah.ko was made"
echo "$inputs" >"$out/inputs"
