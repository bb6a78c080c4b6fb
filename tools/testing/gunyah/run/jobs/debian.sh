#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What systemd runs on a new Debian of the test machine. The kernel's command line
# says which step: "step=install" installs the packages by apt, "step=use" is after
# the next boot. Reports in KTAP, as image/host-init does.

# shellcheck source=tools/testing/gunyah/run/jobs/ktap.sh
. /srv/ktap.sh

export PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C DEBIAN_FRONTEND=noninteractive
OUTPUT=/var/tmp/out
MANUAL=/usr/share/doc/gunyah-tools/README.Debian
USER=somebody

quietly() { "$@" >$OUTPUT 2>&1; }
# in_manual PATTERN: the command of the manual that begins with this
in_manual() { sed -n "s/^    \($1.*\)/\1/p" $MANUAL | head -n 1; }

repository()
{
	rm -f /etc/apt/sources.list /etc/apt/sources.list.d/*
	echo "deb [trusted=yes] file:/srv/repository ./" >/etc/apt/sources.list
	apt-get update
}
built()
{
	dkms status | tee $OUTPUT | grep -q "^gunyah/.*$(uname -r).*: installed"
}
# leaves_alone RELEASE [LINE]: DKMS does not build for such a kernel, which is no
# failure, if its configuration has this line
leaves_alone()
{
	local version

	version=$(dkms status)
	mkdir -p /tmp/headers
	echo "${2:-}" >/tmp/headers/.config
	quietly dkms build "${version%%,*}" -k "$1" --kernelsourcedir /tmp/headers
	[ $? = 77 ]
}
# Those that the driver does not build for, and one that has it
others()
{
	leaves_alone 6.5.0-1-arm64 && leaves_alone 6.13.0-1-arm64 &&
		leaves_alone 6.12.0-1-arm64 CONFIG_GUNYAH=m &&
		! leaves_alone 6.12.0-1-arm64
}
# What the manual says about permissions and limits
user()
{
	adduser --disabled-password --gecos "" $USER &&
		eval "$(in_manual adduser | sed "s/USER/$USER/")" &&
		in_manual @kvm >/etc/security/limits.d/gunyah.conf
}

install()
{
	echo 1..6
	check "apt finds the packages" quietly repository
	check "apt installs them" quietly apt-get install -y \
		linux-headers-arm64 gunyah-dkms gunyah-tools
	check "DKMS has built the module" built
	check "the module is for this kernel" modinfo -k "$(uname -r)" gunyah
	check "DKMS leaves other kernels alone" others
	check "a user, as the manual says" quietly user
}

permissions() { [ "$(stat -c %G:%a /dev/gunyah)" = kvm:660 ]; }
# The guest waits in its initramfs for somebody who switches it off
guest()
{
	local command

	command=$(in_manual gunyah_vmm)
	[ -n "$command" ] || return
	mkfifo /tmp/in
	su - $USER -c "$command" </tmp/in >$OUTPUT 2>&1 &
	exec 3>/tmp/in
	until grep -q "^(initramfs)" $OUTPUT; do
		kill -0 $! || return
		sleep 1
	done
	echo "poweroff -f" >&3
	wait $! && grep -q "guest powered off" $OUTPUT
}
# The tests lend memory, which is only safe if nobody else uses the machine
allow() { echo Y >/sys/module/gunyah/parameters/allow_unsafe_lend; }
removed()
{
	quietly apt-get purge -y gunyah-dkms gunyah-tools || return
	! modinfo gunyah && [ -z "$(dkms status)" ] && rmmod gunyah
}

use()
{
	echo 1..7
	check "the module is loaded" [ -d /sys/module/gunyah ]
	check "the group kvm may use the device" permissions
	check "a guest, by the manual's command" guest
	check "lending can be allowed" allow
	check "kselftest of the ABI" quietly /usr/libexec/gunyah/gunyah_abi
	check "kselftest of lives" quietly /usr/libexec/gunyah/gunyah_life
	check "apt removes the packages" removed
}

exec </dev/null >/dev/console 2>&1
udevadm settle
echo "gunyah-job: begin"
"$(sed 's/.*\bstep=\([a-z]*\).*/\1/' /proc/cmdline)"
dmesg -n 1
echo
echo "gunyah-job: exit=0"
sync
poweroff -f
