/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The benchmark's guest, the same on each hypervisor
 *
 * Position independent, copied to an address that is a multiple of 2 KiB,
 * entered at EL1. The MMU stays off, and nothing needs a stack.
 *
 * x19: BENCH_MMIO, x20: operations of each kind, x21: kinds, x22: interrupts
 */
#include "bench.h"
#include "payloads.h"

	.macro	mark, imm
	movz	xzr, #\imm
	.endm

	.section .rodata
	.balign	8
	.globl	bench_guest
	.globl	bench_guest_end

bench_guest:
	msr	daifset, #0xf
	adr	x0, vectors
	msr	vbar_el1, x0
	msr	spsel, #1
	ldr	x19, =BENCH_MMIO
	adr	x0, bench_guest + BENCH_PARAMS
	ldp	x20, x21, [x0]

	tbz	x21, #BENCH_WRITE, 2f
	mov	x0, #0
1:	mark	BENCH_BEGIN(BENCH_WRITE)
	str	w0, [x19, #BENCH_DATA]
	mark	BENCH_END(BENCH_WRITE)
	add	x0, x0, #1
	cmp	x0, x20
	b.lo	1b

2:	tbz	x21, #BENCH_READ, 2f
	mov	x0, #0
1:	mark	BENCH_BEGIN(BENCH_READ)
	ldr	w1, [x19, #BENCH_DATA]
	mark	BENCH_END(BENCH_READ)
	cmp	w0, w1
	b.ne	failed
	add	x0, x0, #1
	cmp	x0, x20
	b.lo	1b

2:	tbz	x21, #BENCH_IOEVENTFD, 2f
	mov	x0, #0
1:	mark	BENCH_BEGIN(BENCH_IOEVENTFD)
	str	w0, [x19, #BENCH_DOORBELL]
	mark	BENCH_END(BENCH_IOEVENTFD)
	add	x0, x0, #1
	cmp	x0, x20
	b.lo	1b

2:	tbz	x21, #BENCH_IRQFD, 2f
	bl	gic_on
	mov	x22, #0
	str	wzr, [x19, #BENCH_REPLY]
	/* Masked while it sleeps: WFI must not miss what came just before */
1:	wfi
	msr	daifclr, #2
	isb
	msr	daifset, #2
	cmp	x22, x20
	b.lo	1b

2:	str	wzr, [x19, #BENCH_DONE]
	b	2b

/* w1: what was wrong */
failed:
	str	w1, [x19, #BENCH_FAILED]
	b	failed

irq:
	mrs	x1, s3_0_c12_c12_0	/* ICC_IAR1_EL1 */
	cmp	w1, #BENCH_INTID
	b.ne	failed
	add	x22, x22, #1
	msr	s3_0_c12_c12_1, x1	/* ICC_EOIR1_EL1 */
	str	wzr, [x19, #BENCH_REPLY]
	eret

/* Interrupt controller and BENCH_INTID, edge-triggered, for this vCPU */
gic_on:
	ldr	x0, =GUEST_GICD
	mov	w1, #0x12		/* ARE_NS, EnableGrp1NS */
	str	w1, [x0]
	mov	w1, #(1 << (BENCH_INTID % 32))
	str	w1, [x0, #0x80 + BENCH_INTID / 32 * 4]	/* GICD_IGROUPR */
	mov	w1, #(2 << (BENCH_INTID % 16 * 2))
	str	w1, [x0, #0xc00 + BENCH_INTID / 16 * 4]	/* GICD_ICFGR */
	mov	x2, #(0x6000 + BENCH_INTID * 8)
	mrs	x1, mpidr_el1
	and	x1, x1, #0xffffff
	str	x1, [x0, x2]				/* GICD_IROUTER */
	mov	w1, #(1 << (BENCH_INTID % 32))
	str	w1, [x0, #0x100 + BENCH_INTID / 32 * 4]	/* GICD_ISENABLER */

	ldr	x0, =GUEST_GICR
	ldr	w1, [x0, #0x14]		/* GICR_WAKER */
	and	w1, w1, #~2
	str	w1, [x0, #0x14]
1:	ldr	w1, [x0, #0x14]
	tbnz	w1, #2, 1b
	dsb	sy
	mrs	x1, s3_0_c12_c12_5	/* ICC_SRE_EL1 */
	orr	x1, x1, #1
	msr	s3_0_c12_c12_5, x1
	isb
	mov	x1, #0xff
	msr	s3_0_c4_c6_0, x1	/* ICC_PMR_EL1 */
	mov	x1, #1
	msr	s3_0_c12_c12_7, x1	/* ICC_IGRPEN1_EL1 */
	isb
	ret

	.ltorg
	.org	bench_guest + 0x800
vectors:
	.rept	4
	mov	w1, #-1			/* no exception is expected ... */
	b	failed
	.balign	128
	.endr
	mov	w1, #-1
	b	failed
	.balign	128
	/* ... but for an interrupt: this is where it is delivered */
	mark	BENCH_END(BENCH_IRQFD)
	b	irq
	.balign	128
	.rept	10
	mov	w1, #-1
	b	failed
	.balign	128
	.endr
bench_guest_end:
	/* An error if the code runs into the parameters */
	.org	bench_guest + BENCH_CODE_SIZE

	.section .note.GNU-stack, "", %progbits
