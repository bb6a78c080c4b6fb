/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Firmware of protected VMs, see gunyah_testfw.h
 *
 * Its code is copied into VMs and runs there, at EL1 without MMU, and at any
 * address that is a multiple of 4096.
 */
#include "gunyah_testfw.h"

#define PSCI_SYSTEM_RESET2	0xc4000012

	.section .rodata
	.balign	4096
	.global	test_firmware
test_firmware:
	adr	x3, test_firmware
	add	x4, x3, #GH_TESTFW_X0
	stp	x0, x1, [x4]
	stp	x2, x3, [x4, #GH_TESTFW_X2 - GH_TESTFW_X0]
	mrs	x5, CurrentEL
	str	x5, [x4, #GH_TESTFW_EL - GH_TESTFW_X0]
	ldr	x5, [x4, #GH_TESTFW_RUNS - GH_TESTFW_X0]
	add	x5, x5, #1
	str	x5, [x4, #GH_TESTFW_RUNS - GH_TESTFW_X0]

	/* A page's start, once, and all of it is there */
	cmp	x5, #1
	b.ne	failed
	tst	x3, #0xfff
	b.ne	failed
	mov	x5, #GH_TESTFW_END
	ldr	x4, [x3, x5]
	ldr	x5, end_value
	cmp	x4, x5
	b.ne	failed

	/* The image, which is neither the firmware nor nowhere */
	cbz	x1, failed
	cmp	x1, x3
	b.eq	failed
	dsb	sy
	isb
	br	x1

failed:
	ldr	x0, =PSCI_SYSTEM_RESET2
	ldr	x1, =GH_TESTFW_FAILED
	hvc	#0
1:	b	1b

	.ltorg
	.balign	8
end_value:
	.quad	GH_TESTFW_END_VALUE

	.org	test_firmware + GH_TESTFW_X0
	.quad	0, 0, 0, 0, 0, 0
	.org	test_firmware + GH_TESTFW_END, 0x5a
	.quad	GH_TESTFW_END_VALUE
	.global	test_firmware_end
test_firmware_end:
