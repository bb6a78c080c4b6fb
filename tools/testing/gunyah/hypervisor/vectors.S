/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Exception vectors
 *
 * An exception from EL1 or EL0 stores the general purpose registers as struct
 * frame at the top of the CPU's stack, which is empty then, and calls the
 * handler with it.
 */
#include "hyp.h"

	.macro	save_frame
	sub	sp, sp, #FRAME_SIZE
	stp	x0, x1, [sp, #0]
	stp	x2, x3, [sp, #16]
	stp	x4, x5, [sp, #32]
	stp	x6, x7, [sp, #48]
	stp	x8, x9, [sp, #64]
	stp	x10, x11, [sp, #80]
	stp	x12, x13, [sp, #96]
	stp	x14, x15, [sp, #112]
	stp	x16, x17, [sp, #128]
	stp	x18, x19, [sp, #144]
	stp	x20, x21, [sp, #160]
	stp	x22, x23, [sp, #176]
	stp	x24, x25, [sp, #192]
	stp	x26, x27, [sp, #208]
	stp	x28, x29, [sp, #224]
	mrs	x1, elr_el2
	mrs	x2, spsr_el2
	stp	x30, x1, [sp, #240]
	str	x2, [sp, #FRAME_SPSR]
	mov	x0, sp
	.endm

	.macro	lower handler
	.balign	128
	b	\handler\()_entry
	.endm

	.macro	own vector
	.balign	128
	save_frame
	mov	x1, #\vector
	b	trap_hyp
	.endm

	.macro	entry handler
\handler\()_entry:
	save_frame
	bl	\handler
	b	restore_frame
	.endm

	.text
	.balign	2048
	.global	vectors
vectors:
	own	0			/* SP0: not used */
	own	1
	own	2
	own	3
	own	4			/* SPx: a bug, or a bad address */
	own	5
	own	6
	own	7
	lower	trap_sync
	lower	trap_irq
	lower	trap_fiq
	lower	trap_serror
	lower	trap_sync		/* from AArch32, at EL0 */
	lower	trap_irq
	lower	trap_fiq
	lower	trap_serror

	entry	trap_sync
	entry	trap_irq
	entry	trap_fiq
	entry	trap_serror

	/* sp: struct frame, at the top of the stack */
	.global	restore_frame
restore_frame:
	ldp	x30, x1, [sp, #240]
	ldr	x2, [sp, #FRAME_SPSR]
	msr	elr_el2, x1
	msr	spsr_el2, x2
	ldp	x0, x1, [sp, #0]
	ldp	x2, x3, [sp, #16]
	ldp	x4, x5, [sp, #32]
	ldp	x6, x7, [sp, #48]
	ldp	x8, x9, [sp, #64]
	ldp	x10, x11, [sp, #80]
	ldp	x12, x13, [sp, #96]
	ldp	x14, x15, [sp, #112]
	ldp	x16, x17, [sp, #128]
	ldp	x18, x19, [sp, #144]
	ldp	x20, x21, [sp, #160]
	ldp	x22, x23, [sp, #176]
	ldp	x24, x25, [sp, #192]
	ldp	x26, x27, [sp, #208]
	ldp	x28, x29, [sp, #224]
	add	sp, sp, #FRAME_SIZE
	eret
