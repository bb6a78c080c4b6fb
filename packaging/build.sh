#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# build.sh: the Debian packages gunyah-dkms and gunyah-tools, in build/deb. The
# version is the one at the top of CHANGES.
# build.sh dkms: only gunyah-dkms, which takes seconds, in build/deb-dkms

# shellcheck source=tools/testing/gunyah/kernel/env.sh
. "$(dirname "$0")/../tools/testing/gunyah/kernel/env.sh"

out=$build/deb${1:+-$1}
log=$build/logs/deb.log
version=$(sed -n '/^[0-9]/{s/ .*//p;q}' "$top/CHANGES")
date=$(sed -n '/^[0-9]/{s/.*(\(.*\))/\1/p;q}' "$top/CHANGES")
source=$out/gunyah-$version

lock_cache
tree=$("$here/kernel/tree.sh")
rm -rf "$out"
mkdir -p "$source" "$build/logs"

# Ours, and those files of the kernel that the tests are built with
(cd "$top" && cp -r --parents CHANGES packaging drivers/virt/gunyah include \
	samples/gunyah tools/testing/selftests/gunyah \
	tools/testing/gunyah/{include,rm} "$source")
(cd "$tree" && cp -r --parents scripts/dtc/libfdt \
	tools/testing/selftests/{lib.mk,kselftest.h,kselftest_harness.h} \
	"$source")
find "$source" -name __pycache__ -prune -exec rm -rf {} +
cp -r "$top/packaging/debian" "$source"
cat >"$source/debian/changelog" <<-EOF
	gunyah ($version) unstable; urgency=medium

	  * See CHANGES.

	 -- Gunyah driver developers <linux-arm-msm@vger.kernel.org>  $(date -R -d "$date")
EOF

cd "$source"
# Debian's cross compilers are not what debhelper depends on by their names
logged "$log" dpkg-buildpackage -us -uc $([ $# = 0 ] && echo -b || echo -A) \
	-d -aarm64
cd "$out"
[ $# = 0 ] || exit 0
lintian --fail-on error --profile debian ./*.changes
ls ./*.deb
