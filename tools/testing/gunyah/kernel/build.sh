#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# build.sh: build the test machine's kernel and the driver as a module.
# Leaves Image, the modules, config and the path of the objects in build/kernel.
# KERNEL=NAME merges NAME.config over test.config.

# shellcheck source=tools/testing/gunyah/kernel/env.sh
. "$(dirname "$0")/env.sh"

lock_cache
tree=$("$here/kernel/tree.sh")

# merge_config FILE...: all lines; a symbol has the value of the last file
merge_config()
{
	awk '/^(# )?CONFIG_/ {
		symbol = $0; sub(/^# /, "", symbol); sub(/[ =].*/, "", symbol)
		if (!(symbol in value)) order[++n] = symbol
		value[symbol] = $0
	} END { for (i = 1; i <= n; i++) print value[order[i]] }' "$@"
}

# What CONFIG_EXPERT only shows stays as it is without: allnoconfig would
# switch it off
configure()
{
	grep -v CONFIG_EXPERT= "$config" >"$config.shown"
	kmake allnoconfig KCONFIG_ALLCONFIG="$config.shown"
	grep -q CONFIG_EXPERT= "$config" || return 0
	cat "$config" >>"$obj/.config"
	kmake olddefconfig
}

config=$build/kernel/merged.config
[ -z "$KERNEL" ] || [ -f "$here/kernel/$KERNEL.config" ] ||
	die "no such kernel: $KERNEL"
mkdir -p "$build/kernel"
merge_config "$here/kernel/test.config" \
	${KERNEL:+"$here/kernel/$KERNEL.config"} >"$config"
[ -f "$tree/drivers/virt/gunyah/Kconfig" ] ||
	die "drivers/virt/gunyah/Kconfig is missing: no driver to build"

key=$( (source_version; cat "$config"; ${cross}gcc --version) |
	sha256sum | cut -c1-12)
obj=$cache/obj-$key
mkdir -p "$obj"

# Skip the build if its inputs have not changed.
inputs=$(cd "$top" && hash_files patches drivers include \
	tools/testing/gunyah/kernel)-$key
if [ "$(cat "$obj/gunyah.built" 2>/dev/null)" != "$inputs" ]; then
	rm -f "$obj/gunyah.built"
	[ -f "$obj/arch/arm64/boot/Image" ] ||
		say "first build of this kernel: 10 to 20 minutes on two processors"
	say "configuring the kernel"
	logged "$build/logs/kernel-config.log" configure
	missing=$(grep '^CONFIG_' "$config" | grep -vxFf "$obj/.config" || true)
	[ -z "$missing" ] ||
		die "Kconfig did not accept these lines of ${config#"$top/"}:" $missing
	say "building kernel and driver"
	logged "$build/logs/kernel.log" kmake Image modules
	echo "$inputs" >"$obj/gunyah.built"
	grep -hE "(drivers/virt|linux)/gunyah.*(warning|error):" \
		"$build/logs/kernel.log" || true
fi
touch "$obj"
echo "$obj" >"$build/kernel/objects"

for file in arch/arm64/boot/Image drivers/virt/gunyah/gunyah{,_qcom}.ko \
	    include/config/kernel.release .config; do
	[ -f "$obj/$file" ] || die "the kernel build did not make $file"
	name=${file##*/}
	cmp -s "$obj/$file" "$build/kernel/${name#.}" ||
		cp "$obj/$file" "$build/kernel/${name#.}"
done

# Remove objects that have not been used for a month.
find "$cache" -maxdepth 1 -name 'obj-*' -mtime +30 -exec rm -rf {} +
