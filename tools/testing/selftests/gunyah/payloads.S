/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Guest code of the Gunyah tests, see payloads.h
 *
 * Always arm64 code, also for tests that are 32-bit programs: it is made into a
 * file of its own, which guest_code.S puts into every program. Position
 * independent, entered at EL1 with the MMU off. The MMU stays off: all accesses
 * are aligned and nothing needs a stack.
 *
 * x19: next operation of this vCPU's program
 */
#include "payloads.h"

	.text

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
	.word	op_copy - ops
	.word	op_hammer - ops
	.word	op_time - ops
	.word	op_irq_enable - ops
	.word	op_irq_wait - ops
	.word	op_irq_serve - ops
	.word	op_bell_clear - ops
	.word	op_hvc_regs - ops
	.word	op_irq_peek - ops

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
	bl	store
	b	next

/* Store w1 bytes of x3 to x2 */
store:
	cmp	w1, #1
	b.eq	1f
	cmp	w1, #2
	b.eq	2f
	cmp	w1, #4
	b.eq	4f
	str	x3, [x2]
	ret
1:	strb	w3, [x2]
	ret
2:	strh	w3, [x2]
	ret
4:	str	w3, [x2]
	ret

/* The limit is read each time: the host may change it */
op_hammer:
	ldp	x5, x6, [x4]
	cmp	x5, x6
	b.hs	next
	bl	store
	add	x5, x5, #1
	str	x5, [x4]
	b	op_hammer

op_read:
	bl	load
	cmp	x9, x3
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

op_copy:
	add	x4, x2, x4
1:	cmp	x2, x4
	b.hs	next
	ldr	x5, [x2], #8
	str	x5, [x3], #8
	b	1b

op_time:
	isb
	mrs	x5, cntvct_el0
	str	x5, [x2]
	b	next

/*
 * Switch the interrupt controller on for this vCPU. Interrupts stay masked in
 * PSTATE and are acknowledged where they are waited for, so no vector is needed.
 * Returns the redistributor's SGI frame in x5, uses x6.
 */
gic_on:
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
	dsb	sy
	mrs	x6, s3_0_c12_c12_5	/* ICC_SRE_EL1 */
	orr	x6, x6, #1
	msr	s3_0_c12_c12_5, x6
	isb
	mov	x6, #0xff
	msr	s3_0_c4_c6_0, x6	/* ICC_PMR_EL1 */
	mov	x6, #1
	msr	s3_0_c12_c12_7, x6	/* ICC_IGRPEN1_EL1 */
	isb
	ret

/* Sleep until the virtual timer's interrupt */
op_idle:
	bl	gic_on
	mov	w6, #(1 << 27)
	str	w6, [x5, #0x100]	/* GICR_ISENABLER0 */
	dsb	sy
	mov	x6, #1
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

op_irq_enable:
	bl	gic_on
	ldr	x5, =GUEST_GICD
	lsr	w8, w2, #4
	add	x8, x5, x8, lsl #2
	ubfiz	w6, w2, #1, #4
	mov	w7, #3
	lsl	w7, w7, w6
	lsl	w1, w1, w6
	ldr	w6, [x8, #0xc00]	/* GICD_ICFGR */
	bic	w6, w6, w7
	orr	w6, w6, w1
	str	w6, [x8, #0xc00]
	mrs	x6, mpidr_el1
	and	x6, x6, #0xffffff
	mov	w8, #0x6000		/* GICD_IROUTER */
	add	x8, x8, x2, lsl #3
	str	x6, [x5, x8]
	lsr	w8, w2, #5
	add	x8, x5, x8, lsl #2
	mov	w7, #1
	lsl	w7, w7, w2
	ldr	w6, [x8, #0x80]		/* GICD_IGROUPR */
	orr	w6, w6, w7
	str	w6, [x8, #0x80]
	str	w7, [x8, #0x100]	/* GICD_ISENABLER */
	dsb	sy
	b	next

/* Clear the flags of doorbell x1 unless it is GUEST_NO_BELL; old flags in x1 */
/* Uses x0 to x17 */
clear_bell:
	cmn	x1, #1
	b.eq	1f
	ldr	x0, =GUEST_BELL_RECEIVE
	mov	x2, #-1
	mov	x3, xzr
	mov	x4, xzr
	mov	x5, xzr
	hvc	#0
	mov	x9, x0
	cbnz	x0, failed
1:	ret

op_irq_wait:
	mov	x20, x2
	mov	x21, x3
	mov	x22, x4
1:	wfi
	mrs	x23, s3_0_c12_c12_0	/* ICC_IAR1_EL1 */
	dsb	sy
	mov	x9, x23
	cmp	w23, #1023
	b.eq	1b
	cmp	w23, w20
	b.ne	failed
	mov	x1, x22
	bl	clear_bell
	cbz	x21, 2f
	ldr	x5, [x21]
	add	x5, x5, #1
	str	x5, [x21]
2:	msr	s3_0_c12_c12_1, x23	/* ICC_EOIR1_EL1 */
	isb
	b	next

op_irq_serve:
	mov	w20, w1
	mov	x21, x2
	mov	x22, x3
1:	mrs	x23, s3_0_c12_c12_0	/* ICC_IAR1_EL1 */
	dsb	sy
	cmp	w23, #1023
	b.ne	3f
	ldr	x5, [x21]
	cbnz	x5, next
	cbnz	w20, 2f
	wfi
	b	1b
2:	yield
	b	1b
3:	mov	x9, x23
	cmp	w23, #1020
	b.hs	failed
	add	x24, x22, x23, lsl #4
	ldr	x1, [x24, #8]
	bl	clear_bell
	ldr	x5, [x24]
	add	x5, x5, #1
	str	x5, [x24]
	msr	s3_0_c12_c12_1, x23	/* ICC_EOIR1_EL1 */
	isb
	b	1b

op_irq_peek:
	bl	gic_on
	mrs	x6, s3_0_c12_c12_2	/* ICC_HPPIR1_EL1 */
	str	x6, [x2]
	yield
	b	next

op_bell_clear:
	mov	x20, x3
	mov	x1, x2
	bl	clear_bell
	str	x1, [x20]
	b	next

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

op_hvc_regs:
	mov	x20, x2
	ldp	x0, x1, [x20]
	ldp	x2, x3, [x20, #16]
	ldp	x4, x5, [x20, #32]
	hvc	#0
	stp	x0, x1, [x20]
	stp	x2, x3, [x20, #16]
	b	next

op_jump:
	mov	x19, x2
	b	next

	.ltorg
	/* An error if the code runs into the programs */
	.org	guest_code + GUEST_PROG
