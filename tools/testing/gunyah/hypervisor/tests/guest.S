/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the VM executes. It is copied to a page of the VM, so it has
 * no absolute addresses. Each report is a store to the owner's registers at x19.
 */
	.macro	report, reg
	str	\reg, [x19]
	.endm

	.section .rodata
	.balign	4096
	.global	guest_code, guest_code_end, guest_vectors
guest_code:
	mov	x19, #0x10000000
	mov	x20, #0x80000000
	adr	x1, guest_vectors
	msr	vbar_el1, x1
	isb
	mrs	x2, mpidr_el1
	ands	x2, x2, #0xff
	b.ne	second

	mov	x0, #3
	movk	x0, #0xc400, lsl #16
	mov	x1, #1
	mov	x2, x20
	mov	x3, #0
	hvc	#0
	report	x0

	/* Loads and stores of one register */
	add	x1, x20, #0x10000
	ldr	x2, [x1, #8]
	report	x2
	add	x1, x20, #0x11000
	mov	x2, #0x1234
	str	x2, [x1, #16]
	ldr	x3, [x1, #16]
	report	x3

	/* A pair that is on two pages */
	add	x1, x20, #0x13000
	ldp	x2, x3, [x1, #-8]
	report	x2
	report	x3
	add	x1, x20, #0x15000
	stp	x2, x3, [x1, #-8]
	ldp	x4, x5, [x1, #-8]
	report	x5
	/* Execution in another page, which returns */
	add	x1, x20, #0x20000
	blr	x1
	report	x0

	/* The owner wants an abort, then maps the page */
	add	x1, x20, #0x21000
	ldr	x2, [x1]
	report	x2
	/* The same for a device, and a repetition */
	mov	x1, #0x20000000
	ldr	x2, [x1]
	report	x2
	ldr	w2, [x1, #4]
	report	x2
	str	x19, [x1]
	report	x2

	/* Shared memory where a device would be */
	mov	x1, #0x30000000
	ldr	x2, [x1]
	report	x2
	str	x19, [x1, #8]
	ldr	x2, [x1, #8]
	report	x2

	/* A page without the right to write */
	add	x1, x20, #0x22000
	ldr	x2, [x1]
	report	x2
	str	x2, [x1]
	report	x2

	/* What is not in any range */
	mov	x1, #0x90000000
	ldr	x2, [x1]
	report	x2

	/* A whole block */
	add	x1, x20, #0x400000
	ldr	x2, [x1]
	report	x2
	mov	x1, #0xf000
	movk	x1, #0x805f, lsl #16
	ldr	x2, [x1]
	report	x2
	add	x1, x20, #0x400000
	ldr	x2, [x1, #0x1000]
	report	x2

	/* Tables in a page that is not there: VA 1 GiB and more map IPA 2 GiB */
	mov	x1, #0xff
	msr	mair_el1, x1
	mov	x1, #0x3519
	movk	x1, #0x80, lsl #16
	msr	tcr_el1, x1
	add	x1, x20, #0x30000
	msr	ttbr0_el1, x1
	isb
	mrs	x1, sctlr_el1
	orr	x1, x1, #1
	msr	sctlr_el1, x1
	isb
	report	x1
	/* An unaligned access that is on two pages, which needs the MMU */
	add	x1, x20, #0x1a000
	ldur	x2, [x1, #-3]
	report	x2
	/* A store without a register */
	add	x1, x20, #0x1c000
	dc	zva, x1
	report	x1
	mrs	x1, sctlr_el1
	bic	x1, x1, #1
	msr	sctlr_el1, x1
	isb

	mov	w0, #8
	movk	w0, #0x8400, lsl #16
	hvc	#0
	b	.

second:
	add	x1, x20, #0x10000
	ldr	x2, [x1, #8]
	report	x2
	b	.

	/* Report the syndrome, go on behind the instruction */
	.balign	2048
guest_vectors:
	.rept	16
	.balign	128
	mrs	x17, esr_el1
	report	x17
	mrs	x17, far_el1
	report	x17
	mrs	x17, elr_el1
	add	x17, x17, #4
	msr	elr_el1, x17
	mov	x2, #0xdead
	eret
	.endr
guest_code_end:

	/* Execution in another page */
	.global	guest_far, guest_far_end
guest_far:
	mov	x0, #0x77
	ret
guest_far_end:

	/* An exception whose vector is in a page that is not there */
	.global	guest_lost, guest_lost_end
guest_lost:
	mov	x1, #0x80000000
	add	x1, x1, #0x40000
	msr	vbar_el1, x1
	isb
	brk	#0
guest_lost_end:
