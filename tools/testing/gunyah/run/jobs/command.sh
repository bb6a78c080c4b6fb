#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# One guest. COMMAND is the command line of its VMM. With STATIC the driver allows
# VMs that the hypervisor schedules. /tmp/disk is an empty disk.
# With TAP, a name and an address, there is a tap for the VM.

truncate -s 1M /tmp/disk
[ -z "$STATIC" ] || echo Y >/sys/module/gunyah/parameters/allow_static_vcpus
# shellcheck disable=SC2086 # two arguments
[ -z "$TAP" ] || /job/tap.sh $TAP
eval "exec $COMMAND"
