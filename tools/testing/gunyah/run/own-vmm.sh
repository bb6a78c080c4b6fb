#!/bin/sh -e
# SPDX-License-Identifier: GPL-2.0-only
#
# Compile a VMM and run it on the test machine; the manual shows this, from here:

mkdir -p build
aarch64-linux-gnu-gcc -static -O2 -Wall -idirafter include/uapi \
	-o build/hello samples/gunyah/hello.c
dtc -a 8 -o build/hello.dtb samples/gunyah/hello.dts
echo '/job/hello /job/hello.dtb' >build/hello.job
make job FILES="build/hello build/hello.dtb" JOB=build/hello.job
