/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * FP/SIMD register file
 *
 * The C code of the hypervisor is built without FP instructions, so that the
 * registers hold what the host or a guest left in them.
 *
 * void fp_save(struct fp_regs *fp);
 * void fp_restore(const struct fp_regs *fp);
 */
	.arch_extension fp
	.arch_extension simd
	.text

	.macro	each_pair insn
	\insn	q0, q1, [x0, #0x000]
	\insn	q2, q3, [x0, #0x020]
	\insn	q4, q5, [x0, #0x040]
	\insn	q6, q7, [x0, #0x060]
	\insn	q8, q9, [x0, #0x080]
	\insn	q10, q11, [x0, #0x0a0]
	\insn	q12, q13, [x0, #0x0c0]
	\insn	q14, q15, [x0, #0x0e0]
	\insn	q16, q17, [x0, #0x100]
	\insn	q18, q19, [x0, #0x120]
	\insn	q20, q21, [x0, #0x140]
	\insn	q22, q23, [x0, #0x160]
	\insn	q24, q25, [x0, #0x180]
	\insn	q26, q27, [x0, #0x1a0]
	\insn	q28, q29, [x0, #0x1c0]
	\insn	q30, q31, [x0, #0x1e0]
	.endm

	.global	fp_save
	.type	fp_save, %function
fp_save:
	each_pair stp
	mrs	x1, fpsr
	mrs	x2, fpcr
	add	x0, x0, #0x200
	stp	x1, x2, [x0]
	ret
	.size	fp_save, . - fp_save

	.global	fp_restore
	.type	fp_restore, %function
fp_restore:
	each_pair ldp
	add	x0, x0, #0x200
	ldp	x1, x2, [x0]
	msr	fpsr, x1
	msr	fpcr, x2
	ret
	.size	fp_restore, . - fp_restore
