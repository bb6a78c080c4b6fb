/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The guest of bench_page: writes to the range at BENCH_PARAMS, then to BENCH_MMIO
 *
 * Position independent, copied to the start of the image. The MMU stays off.
 */
#include "bench.h"

	.section .rodata
	.balign	8
	.globl	bench_touch
	.globl	bench_touch_end

bench_touch:
	ldr	x19, =BENCH_MMIO
	adr	x0, bench_touch + BENCH_PARAMS	/* struct bench_range */
	ldp	x1, x2, [x0]
	ldr	x3, [x0, #16]
1:	str	x1, [x1]
	add	x1, x1, x3
	cmp	x1, x2
	b.lo	1b
2:	str	wzr, [x19, #BENCH_DONE]
	b	2b

	.ltorg
bench_touch_end:
	/* An error if the code runs into the parameters */
	.org	bench_touch + BENCH_CODE_SIZE

	.section .note.GNU-stack, "", %progbits
