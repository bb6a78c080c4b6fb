#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# fresh.sh: do what README.md tells a new user, on a new machine: a minimal
# Debian 12 made for this, with the committed state of this repository and
# without anything that the project installs by itself. Needs root.
#
#   FRESH="run test"	targets of make to run, in this order
#   CACHE=DIR		use this cache of kernels; it is empty if not given
#
# The last line says how many tests have passed and failed. Processes and mounts
# are in namespaces of their own and end with this script, and the new root is
# removed. It needs about 8 GB in build/ meanwhile.

# shellcheck source=tools/testing/gunyah/kernel/env.sh
. "$(dirname "$0")/../kernel/env.sh"
# shellcheck source=tools/testing/gunyah/kernel/debian.sh
. "$here/kernel/debian.sh"

targets=${FRESH:-run test}
given=${CACHE:-}
suite=bookworm
# What a machine has on which somebody develops, and nothing else
packages=gcc,make,clang-14,python3,git
root=$build/fresh/root
log=$build/logs/fresh

[ "$(id -u)" = 0 ] || die "needs root, to mount file systems and to chroot"

# Everything runs in namespaces of its own. The first process in there dies with
# unshare, and all others with it; unshare itself ignores all signals but KILL.
if [ -z "${FRESH_INSIDE:-}" ]; then
	[ -z "$given" ] || [ -d "$given" ] || die "CACHE=$given: no such directory"
	git -C "$top" rev-parse -q --verify HEAD >/dev/null ||
		die "$top is not a git repository with a commit"
	child=
	clean()
	{
		local try

		[ -z "$child" ] || kill -KILL "$child" 2>/dev/null || true
		# The last processes may be on their way out
		for try in 1 2 3 4 5; do
			rm -rf --one-file-system "$build/fresh" 2>/dev/null &&
				return
			sleep 1
		done
		echo "cannot remove $build/fresh" >&2
	}
	clean
	mkdir -p "$root" "$build/logs"
	trap clean EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM
	trap 'exit 129' HUP
	export FRESH_INSIDE=1
	setpriv --pdeathsig KILL unshare --mount --pid --fork --kill-child \
		--propagation private "$0" "$@" &
	child=$!
	status=0
	wait $child || status=$?
	child=
	exit $status
fi

# --- inside the namespaces

copy_into_root()
{
	local file

	for file in "$@"; do
		[ ! -e "$file" ] || cp -rL --parents "$file" "$root" 2>/dev/null ||
			true
	done
}

make_root()
{
	local sources

	mapfile -t sources < <(apt_sources)
	[ ${#sources[@]} != 0 ] || die "apt has no sources"
	apt_options >"$build/fresh/apt.conf"
	logged "$log-debian.log" mmdebstrap --mode=root --variant=minbase \
		--aptopt="$build/fresh/apt.conf" --include="$packages" \
		--skip=cleanup/apt "$suite" "$root" "${sources[@]}"
	copy_into_root /etc/apt/sources.list /etc/apt/sources.list.d \
		/etc/apt/auth.conf.d /etc/apt/keyrings /etc/apt/trusted.gpg \
		/etc/apt/trusted.gpg.d /etc/apt/preferences.d \
		/usr/share/keyrings /etc/ssl/certs/ca-certificates.crt \
		/etc/resolv.conf /etc/hosts
	rm -f "$root/etc/apt/sources.list.d/0000"*
}

mount_all()
{
	local node

	mount -t proc none "$root/proc"
	mount -t sysfs -o ro sysfs "$root/sys" 2>/dev/null ||
		mount --rbind /sys "$root/sys"
	mount -t tmpfs -o mode=755 dev "$root/dev"
	# Not made with mknod, which containers do not allow
	for node in null zero full random urandom tty; do
		touch "$root/dev/$node"
		mount --bind "/dev/$node" "$root/dev/$node"
	done
	mkdir "$root/dev/pts" "$root/dev/shm"
	mount -t devpts -o newinstance,ptmxmode=0666 devpts "$root/dev/pts"
	mount -t tmpfs shm "$root/dev/shm"
	ln -s pts/ptmx "$root/dev/ptmx"
	ln -s /proc/self/fd "$root/dev/fd"
	ln -s fd/0 "$root/dev/stdin"
	ln -s fd/1 "$root/dev/stdout"
	ln -s fd/2 "$root/dev/stderr"
	mkdir -p "$root/root/.cache/gunyah"
	[ -z "$given" ] || mount --bind "$given" "$root/root/.cache/gunyah"
}

# inside COMMAND...: as a user of the new machine
inside()
{
	local name words=()

	# apt and git reach the network as they do outside
	for name in http_proxy https_proxy ftp_proxy no_proxy HTTP_PROXY \
		    HTTPS_PROXY NO_PROXY; do
		[ -z "${!name:-}" ] || words+=("$name=${!name}")
	done
	chroot "$root" /usr/bin/env -i HOME=/root TERM="${TERM:-dumb}" \
		LANG=C.UTF-8 PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
		"${words[@]}" "$@" </dev/null
}

passed=0
failed=0

# result NAME COMMAND...: one test
result()
{
	local name=$1

	shift
	if "$@"; then
		passed=$((passed + 1))
		echo "ok   fresh: $name"
	else
		failed=$((failed + 1))
		echo "FAIL fresh: $name"
	fi
}

# The commands are those of README.md, so that it is the README that is tested.
in_readme()
{
	grep -qE "^    make $1\$|\`make $1\`" "$root/root/gunyah/README.md"
}

nothing_installed()
{
	! inside sh -c 'command -v qemu-system-aarch64 flex bison sparse \
		aarch64-linux-gnu-gcc' && [ ! -e "$root/usr/src/linux-source-6.12.tar.xz" ]
}

run_target()
{
	inside sh -c "cd /root/gunyah && exec make $1" 2>&1 |
		tee "$log-$1.log"
}

powered_off()
{
	grep -q 'gunyah_vmm: guest powered off' "$log-run.log"
}

all_passed()
{
	tail -n 1 "$log-test.log" | grep -qxE '[1-9][0-9]* passed, 0 failed'
}

say "making a Debian $suite with ${packages//,/, }"
make_root
mount_all
git clone -q --no-hardlinks "$top" "$root/root/gunyah"
say "commit $(git -C "$root/root/gunyah" log -1 --format='%h %s')"

result "nothing is installed yet" nothing_installed
for target in $targets; do
	say "make $target, see $log-$target.log"
	result "README.md has make $target" in_readme "$target"
	start=$SECONDS
	result "make $target: exit status 0" run_target "$target"
	say "make $target took $((SECONDS - start)) s"
	case $target in
	run)	result "make run: the guest powered off" powered_off ;;
	test)	result "make test: all have passed" all_passed ;;
	esac
done
# Logs of the new machine's tests
[ ! -d "$root/root/gunyah/build/logs" ] ||
	{ rm -rf "$log"; cp -r "$root/root/gunyah/build/logs" "$log"; }
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
