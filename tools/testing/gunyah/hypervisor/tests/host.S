/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A program at EL1 in the place of Linux: entry, exceptions, hypercalls. The MMU
 * is off.
 */
	.section .head, "ax"
	.global	_start
_start:
	b	start
	.word	0
	.quad	0, 0x200000, 0xa, 0, 0, 0
	.ascii	"ARM\x64"
	.word	0

start:
	adr	x0, vectors
	msr	vbar_el1, x0
	ldr	x0, =stack_end
	mov	sp, x0
	ldr	x0, =__bss_start
	ldr	x1, =__bss_end
1:	cmp	x0, x1
	b.hs	2f
	stp	xzr, xzr, [x0], #16
	b	1b
2:	isb
	bl	host_main
	b	.

	/* An abort: count it, and go on behind the instruction */
	.balign	2048
vectors:
	.rept	16
	.balign	128
	stp	x0, x1, [sp, #-16]!
	ldr	x0, =host_aborts
	ldr	x1, [x0]
	add	x1, x1, #1
	str	x1, [x0]
	mrs	x1, esr_el1
	str	x1, [x0, #8]
	mrs	x0, elr_el1
	add	x0, x0, #4
	msr	elr_el1, x0
	ldp	x0, x1, [sp], #16
	eret
	.endr

	.text
	/* void hvc(u64 regs[8]): x0..x7 in and out */
	.global	hvc
hvc:
	stp	x19, x30, [sp, #-16]!
	mov	x19, x0
	ldp	x0, x1, [x19]
	ldp	x2, x3, [x19, #16]
	ldp	x4, x5, [x19, #32]
	ldp	x6, x7, [x19, #48]
	hvc	#0
	stp	x0, x1, [x19]
	stp	x2, x3, [x19, #16]
	stp	x4, x5, [x19, #32]
	stp	x6, x7, [x19, #48]
	ldp	x19, x30, [sp], #16
	ret

	/* u64 semihosting(u64 op, void *arg) */
	.global	semihosting
semihosting:
	hlt	#0xf000
	ret

	.global	vm_dtb, vm_dtb_end
	.section .rodata
	.balign	8
vm_dtb:	.incbin	VM_DTB
vm_dtb_end:

	.bss
	.balign	16
	.space	0x8000
stack_end:
	.global	host_aborts
host_aborts:
	.quad	0
	.quad	0
