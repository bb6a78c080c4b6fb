#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# make.sh [DIR]: write the series into build/series, for Debian's kernel source or
# for that in DIR, which must not have the driver.

# shellcheck source=tools/testing/gunyah/kernel/env.sh
. "$(dirname "$0")/../kernel/env.sh"

base=${1:-}
if [ -z "$base" ]; then
	lock_cache
	base=$("$here/kernel/tree.sh").orig
fi
python3 "$here/series/series.py" --base "$base" --version "${VERSION:-1}" \
	"$build/series"
