# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Sourced by scripts that make a new Debian: its apt reaches its servers as the one
# of this machine does.

apt_sources()
{
	find /etc/apt/sources.list /etc/apt/sources.list.d -maxdepth 1 -type f \
		\( -name '*.list' -o -name '*.sources' \) -size +0 2>/dev/null
}

apt_options()
{
	apt-config dump | grep '^Acquire::' || true
}
