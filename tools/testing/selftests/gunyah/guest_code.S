/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The guest code inside a test program, whatever the program is compiled for
 */
	.section .rodata
	.balign	8
	.globl	guest_code
guest_code:
	.incbin	"payloads.bin"

	.section .note.GNU-stack, "", %progbits
