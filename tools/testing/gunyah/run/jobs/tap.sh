#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# What the administrator of a host does for a guest with a network:
#
#	tap.sh NAME ADDRESS/LENGTH	create a tap with an address of the host

tunctl -t "$1" >/dev/null
ip addr add "$2" dev "$1"
ip link set "$1" up
