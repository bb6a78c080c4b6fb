#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# KUnit tests run when the module is loaded; the kernel log has their results.

insmod /lib/gunyah.ko || exit 1
dmesg | sed 's/^\[[^]]*\] //' | sed -n '/^KTAP version/,$p'
rmmod gunyah
