/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The guest code where no arm64 code can run: a kernel with CONFIG_GUNYAH_TEST
 * interprets the operations itself if an image begins with this
 */
#include "payloads.h"

	.section .rodata
	.balign	8
	.globl	guest_code
guest_code:
	.ascii	GUEST_MOCK_MAGIC
	.org	guest_code + GUEST_PROG

	.section .note.GNU-stack, "", %progbits
