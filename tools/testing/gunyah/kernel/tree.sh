#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# tree.sh: bring the kernel tree in the cache up to date with this checkout:
# Debian's source package, with patches/, what User Mode Linux needs to run the
# tests, and our files. Files that have not changed are left alone, because make
# would rebuild what depends on them.
# Prints the tree's path.

# shellcheck source=tools/testing/gunyah/kernel/env.sh
. "$(dirname "$0")/env.sh"

# Directories of our own, and our files in directories of others
dirs="drivers/virt/gunyah samples/gunyah Documentation/virt/gunyah
      tools/testing/selftests/gunyah tools/testing/gunyah"
files="include/uapi/linux/gunyah.h
       Documentation/ABI/testing/debugfs-gunyah
       Documentation/ABI/testing/sysfs-class-misc-gunyah
       Documentation/ABI/testing/sysfs-platform-gunyah-mem
       Documentation/devicetree/bindings/firmware/gunyah-hypervisor.yaml"

lock_cache
set_tree
orig=$tree.orig

if [ ! -d "$tree" ]; then
	say "unpacking $source_package $(source_version)" >&2
	rm -rf "$tree.new"
	mkdir "$tree.new"
	tar -xJf "/usr/src/$source_package.tar.xz" -C "$tree.new" \
		--strip-components=1
	rm -rf "$orig"
	mv "$tree.new" "$tree"
fi
mkdir -p "$orig"

patches=("$sources"/patches/*.patch "$here"/mock/*.patch)
# Files that patches change or add, from their "+++ b/FILE" lines
patched=$(sed -n 's,^+++ b/\([^[:space:]]*\).*,\1,p' "${patches[@]}" \
	2>/dev/null | sort -u)

for file in $patched; do
	if [ ! -f "$orig/$file" ] && [ -f "$tree/$file" ]; then
		mkdir -p "$orig/$(dirname "$file")"
		cp -p "$tree/$file" "$orig/$file"
	fi
done

# Patch copies of all files that were ever patched: a file that no patch changes
# any more gets its old content back.
stage=$(mktemp -d "$cache/stage.XXXXXX")
trap 'rm -rf "$stage"' EXIT
cp -a "$orig/." "$stage"
for patch in "${patches[@]}"; do
	[ -f "$patch" ] || continue
	patch -d "$stage" -p1 -s -f --no-backup-if-mismatch <"$patch" >&2 ||
		die "${patch#"$sources"/} does not apply to $source_package" \
		    "$(source_version)"
done

# rsync replaces files instead of writing into them.
(cd "$stage" && find . -type f -printf '%P\0') |
	rsync -c --files-from=- --from0 "$stage/" "$tree/"
for dir in $dirs; do
	if [ -d "$sources/$dir" ]; then
		mkdir -p "$tree/$dir"
		rsync -rlpc --delete --exclude=__pycache__ "$sources/$dir/" "$tree/$dir/"
	else
		rm -rf "${tree:?}/$dir"
	fi
done
for file in $files; do
	if [ -f "$sources/$file" ]; then
		rsync -c "$sources/$file" "$tree/$file"
	else
		rm -f "${tree:?}/$file"
	fi
done

echo "$tree"
