/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Entry points: an arm64 Image header for QEMU's -kernel, the start of the boot
 * CPU and the start of the others
 */
#include "hyp.h"

	.section .head, "ax"
	.global	_start
_start:
	b	boot_cpu
	.word	0
	.quad	0			/* text_offset */
	.quad	HYP_SIZE		/* image_size: reserves all of it */
	.quad	0xa			/* flags: LE, 4K, anywhere */
	.quad	0, 0, 0
	.ascii	"ARM\x64"
	.word	0

	/* x0: devicetree */
boot_cpu:
	mov	x19, x0
	mrs	x1, CurrentEL
	cmp	x1, #0x8
	b.ne	hang

	adrp	x0, __bss_start
	add	x0, x0, :lo12:__bss_start
	adrp	x1, __bss_end
	add	x1, x1, :lo12:__bss_end
1:	cmp	x0, x1
	b.hs	2f
	stp	xzr, xzr, [x0], #16
	b	1b
2:
	mov	x0, #0
	bl	set_up_cpu
	mov	x0, x19
	mov	x1, sp
	bl	hyp_main
	b	restore_frame

	/* CPU_ON ends here, x0: index of the CPU */
	.global	secondary_cpu
secondary_cpu:
	bl	set_up_cpu
	mov	x1, sp
	bl	hyp_secondary
	b	restore_frame

	/* x0: index; leaves it in x0 */
set_up_cpu:
	mov	x1, #0x0830		/* RES1 bits, MMU and caches off */
	movk	x1, #0x30c5, lsl #16
	msr	sctlr_el2, x1
	adrp	x1, vectors
	add	x1, x1, :lo12:vectors
	msr	vbar_el2, x1
	isb
	msr	spsel, #1
	adrp	x1, stacks
	add	x1, x1, :lo12:stacks
	mov	x2, #HYP_STACK_SIZE
	madd	x1, x2, x0, x1
	add	x1, x1, x2
	sub	x1, x1, #FRAME_SIZE	/* struct frame to start EL1 with */
	mov	sp, x1
	ret

hang:	wfi
	b	hang
