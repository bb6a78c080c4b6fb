/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Guest code of the Gunyah tests, see payloads.h
 *
 * Position independent, entered at EL1 with the MMU off. The MMU stays off: all
 * accesses are aligned and nothing needs a stack.
 *
 * x19: next operation of this vCPU's program
 */
#include "payloads.h"

	.section .rodata
	.balign 8
	.globl	guest_code
	.globl	guest_code_end

guest_code:
	adr	x19, guest_code + GUEST_PROG
	b	next
	.balign	16
guest_secondary:
	mov	x19, x0
next:
	ldp	w0, w1, [x19]
	ldp	x2, x3, [x19, #8]
	ldr	x4, [x19, #24]
	add	x19, x19, #32
	mov	x9, x0
	cmp	w0, #GUEST_OPS
	b.hs	failed
	adr	x5, ops
	ldr	w6, [x5, x0, lsl #2]
	add	x5, x5, w6, sxtw
	br	x5

	.balign	4
ops:
	.word	op_off - ops
	.word	op_reset - ops
	.word	op_reset2 - ops
	.word	op_cpu_off - ops
	.word	op_cpu_on - ops
	.word	op_write - ops
	.word	op_read - ops
	.word	op_echo - ops
	.word	op_fill - ops
	.word	op_check - ops
	.word	op_idle - ops
	.word	op_sleep - ops
	.word	op_spin - ops
	.word	op_fault - ops
	.word	op_wait - ops
	.word	op_hvc - ops
	.word	op_jump - ops

/* x9: what was wrong */
failed:
	ldr	x0, =PSCI_SYSTEM_RESET2
	ldr	x1, =GUEST_FAILED
	mov	x2, x9
	hvc	#0
	b	op_sleep

op_off:
	ldr	x0, =PSCI_SYSTEM_OFF
	hvc	#0
	b	op_sleep

op_reset:
	ldr	x0, =PSCI_SYSTEM_RESET
	hvc	#0
	b	op_sleep

op_reset2:
	ldr	x0, =PSCI_SYSTEM_RESET2
	mov	x1, x2
	mov	x2, x3
	hvc	#0
	b	op_sleep

op_cpu_off:
	ldr	x0, =PSCI_CPU_OFF
	hvc	#0
	mov	x9, x0
	b	failed

op_cpu_on:
	ldr	x0, =PSCI_CPU_ON
	mov	x1, x2
	adr	x2, guest_secondary
	hvc	#0
	mov	x9, x0
	cbnz	x0, failed
	b	next

op_write:
	cmp	w1, #1
	b.eq	1f
	cmp	w1, #2
	b.eq	2f
	cmp	w1, #4
	b.eq	4f
	str	x3, [x2]
	b	next
1:	strb	w3, [x2]
	b	next
2:	strh	w3, [x2]
	b	next
4:	str	w3, [x2]
	b	next

op_read:
	adr	x30, 1f
	b	load
1:	cmp	x9, x3
	b.ne	failed
	b	next

/* Load x9 from x2, kind w1; returns to x30 */
load:
	mov	x9, x1
	cmp	w1, #GUEST_LOADS
	b.hs	failed
	adr	x5, 1f
	add	x5, x5, x1, lsl #3
	br	x5
1:	ldrb	w9, [x2]
	ret
	ldrh	w9, [x2]
	ret
	ldr	w9, [x2]
	ret
	ldr	x9, [x2]
	ret
	ldrsb	x9, [x2]
	ret
	ldrsh	x9, [x2]
	ret
	ldrsw	x9, [x2]
	ret
	ldrsb	w9, [x2]
	ret
	ldrsh	w9, [x2]
	ret

op_echo:
	cbz	x4, next
	ldr	x9, [x2]
	str	x9, [x3]
	sub	x4, x4, #1
	b	op_echo

op_fill:
	ldr	x5, =GUEST_PATTERN_STEP
	add	x3, x2, x3
1:	cmp	x2, x3
	b.hs	next
	str	x4, [x2], #8
	add	x4, x4, x5
	b	1b

op_check:
	ldr	x5, =GUEST_PATTERN_STEP
	add	x3, x2, x3
1:	cmp	x2, x3
	b.hs	next
	ldr	x9, [x2], #8
	cmp	x9, x4
	b.ne	failed
	add	x4, x4, x5
	b	1b

/*
 * Sleep until the virtual timer's interrupt. It is masked in PSTATE and
 * acknowledged here, so no vector is needed.
 */
op_idle:
	ldr	x5, =GUEST_GICD
	mov	w6, #0x12		/* ARE_NS, EnableGrp1NS */
	str	w6, [x5]
	ldr	x5, =GUEST_GICR
	mrs	x6, mpidr_el1
	and	x6, x6, #0xff
	add	x5, x5, x6, lsl #17
	ldr	w6, [x5, #0x14]		/* GICR_WAKER */
	and	w6, w6, #~2
	str	w6, [x5, #0x14]
1:	ldr	w6, [x5, #0x14]
	tbnz	w6, #2, 1b
	add	x5, x5, #0x10000	/* SGI frame */
	mov	w6, #-1
	str	w6, [x5, #0x80]		/* GICR_IGROUPR0 */
	mov	w6, #(1 << 27)
	str	w6, [x5, #0x100]	/* GICR_ISENABLER0 */
	dsb	sy
	mrs	x6, s3_0_c12_c12_5	/* ICC_SRE_EL1 */
	orr	x6, x6, #1
	msr	s3_0_c12_c12_5, x6
	isb
	mov	x6, #0xff
	msr	s3_0_c4_c6_0, x6	/* ICC_PMR_EL1 */
	mov	x6, #1
	msr	s3_0_c12_c12_7, x6	/* ICC_IGRPEN1_EL1 */
	msr	cntv_tval_el0, x2
	msr	cntv_ctl_el0, x6
	isb
2:	wfi
	mrs	x6, cntv_ctl_el0
	tbz	w6, #2, 2b
	mrs	x6, s3_0_c12_c12_0	/* ICC_IAR1_EL1 */
	dsb	sy
	msr	cntv_ctl_el0, xzr
	isb
	mov	x9, x6
	cmp	w6, #1023
	b.eq	2f			/* taken back before we looked */
	cmp	w6, #27
	b.ne	failed
	msr	s3_0_c12_c12_1, x6	/* ICC_EOIR1_EL1 */
	isb
2:	b	next

op_sleep:
	wfi
	b	op_sleep

op_spin:
	b	op_spin

op_fault:
	ldr	x5, =0xfffff000		/* nothing is there */
	msr	vbar_el1, x5
	isb
	brk	#0
	b	op_sleep

op_wait:
	ldr	x9, [x2]
	cmp	x9, x3
	b.eq	next
	yield
	b	op_wait

op_hvc:
	mov	x20, x4
	mov	x0, x2
	mov	x1, x3
	mov	x2, xzr
	mov	x3, xzr
	mov	x4, xzr
	mov	x5, xzr
	hvc	#0
	mov	x9, x0
	cmp	x0, x20
	b.ne	failed
	b	next

op_jump:
	mov	x19, x2
	b	next

	.ltorg
	.balign	8
guest_code_end:
	/* An error if the code runs into the programs */
	.org	guest_code + GUEST_PROG

	.section .note.GNU-stack, "", %progbits
