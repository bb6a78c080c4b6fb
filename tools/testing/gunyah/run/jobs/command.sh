#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# One guest. COMMAND is the command line of its VMM. With STATIC the driver allows
# VMs that the hypervisor schedules. /tmp/disk is an empty disk.

truncate -s 1M /tmp/disk
[ -z "$STATIC" ] || echo Y >/sys/module/gunyah/parameters/allow_static_vcpus
eval "exec $COMMAND"
