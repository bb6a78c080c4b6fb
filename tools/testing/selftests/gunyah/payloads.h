/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Guest side of the Gunyah tests
 *
 * payloads.S is an interpreter that is copied to the start of a VM's image. Each
 * vCPU executes a program, a list of operations of 32 bytes, without MMU. The
 * first vCPU's program is at GUEST_PROG; GUEST_OP_CPU_ON gives one to another.
 *
 * A guest that finds something wrong (GUEST_OP_READ, GUEST_OP_CHECK ...) ends
 * with SYSTEM_RESET2, reset type GUEST_FAILED, and the value it saw as cookie.
 */
#ifndef GUNYAH_TEST_PAYLOADS_H
#define GUNYAH_TEST_PAYLOADS_H

/* Layout of the image region, offsets from its start */
#define GUEST_PROG		0x1000	/* a program for each vCPU ... */
#define GUEST_PROG_SIZE		0x800	/* ... of up to so many bytes */
#define GUEST_DATA		0x6000	/* words that vCPUs exchange */
#define GUEST_DTB		0x8000
#define GUEST_DTB_SIZE		0x8000
#define GUEST_FREE		0x10000	/* nothing of ours from here on */

#define GUEST_MAX_CPUS		8

/* Begins an image where no arm64 code can run, see guest_mock.S */
#define GUEST_MOCK_MAGIC	"GNYHMOCK"

/* Interrupt controller, as the devicetree tells */
#define GUEST_GICD		0x08000000
#define GUEST_GICR		0x080a0000

/* Vendor specific type of SYSTEM_RESET2 */
#define GUEST_FAILED		0x80000bad

/* PSCI */
#define PSCI_CPU_OFF		0x84000002
#define PSCI_CPU_ON		0xc4000003
#define PSCI_SYSTEM_OFF		0x84000008
#define PSCI_SYSTEM_RESET	0x84000009
#define PSCI_SYSTEM_RESET2	0xc4000012

/* Operations: n, a, b, c are the members of struct guest_op */
#define GUEST_OP_OFF		0	/* PSCI SYSTEM_OFF */
#define GUEST_OP_RESET		1	/* PSCI SYSTEM_RESET */
#define GUEST_OP_RESET2		2	/* PSCI SYSTEM_RESET2, type a, cookie b */
#define GUEST_OP_CPU_OFF	3	/* PSCI CPU_OFF */
#define GUEST_OP_CPU_ON		4	/* PSCI CPU_ON of vCPU a, program at b */
#define GUEST_OP_WRITE		5	/* write n bytes of b to a */
#define GUEST_OP_READ		6	/* load n from a, must give b */
#define GUEST_OP_ECHO		7	/* c times: 8 bytes from a, to b */
#define GUEST_OP_FILL		8	/* fill b bytes at a, pattern c */
#define GUEST_OP_CHECK		9	/* b bytes at a must have pattern c */
#define GUEST_OP_IDLE		10	/* WFI until a timer ticks are over */
#define GUEST_OP_SLEEP		11	/* WFI for ever */
#define GUEST_OP_SPIN		12	/* loop for ever */
#define GUEST_OP_FAULT		13	/* exceptions in the exception vector */
#define GUEST_OP_WAIT		14	/* until the 8 bytes at a are b */
#define GUEST_OP_HVC		15	/* hvc: x0 = a, x1 = b, must give c */
#define GUEST_OP_JUMP		16	/* go on with the program at a */
#define GUEST_OP_COPY		17	/* c bytes from a to b */
#define GUEST_OP_HAMMER		18	/* write n bytes of b to a, count ... */
					/* ... at c, until that is (c + 8) */
#define GUEST_OP_TIME		19	/* counter of the virtual timer to a */
#define GUEST_OP_IRQ_ENABLE	20	/* enable interrupt a, kind n */
#define GUEST_OP_IRQ_WAIT	21	/* WFI until interrupt a comes, count */
					/* it at b, clear doorbell c; */
					/* b may be 0, c GUEST_NO_BELL */
#define GUEST_OP_IRQ_SERVE	22	/* take interrupts until a is not 0 */
#define GUEST_OP_BELL_CLEAR	23	/* clear doorbell a, old flags to b */
#define GUEST_OP_HVC_REGS	24	/* hvc: x0-x5 from a, x0-x3 to there */
#define GUEST_OP_IRQ_PEEK	25	/* most urgent pending interrupt to a */
#define GUEST_OPS		26

/* Kinds of interrupts, in n of GUEST_OP_IRQ_ENABLE: bits of GICD_ICFGR */
#define GUEST_IRQ_LEVEL		0
#define GUEST_IRQ_EDGE		2

/* What to do meanwhile, in n of GUEST_OP_IRQ_SERVE */
#define GUEST_SERVE_WFI		0
#define GUEST_SERVE_POLL	1

/* Gunyah's hypercall that reads and clears the flags of a doorbell */
#define GUEST_BELL_RECEIVE	0xc6008013

/* No capability: Gunyah has none with this value, while 0 is a valid one */
#define GUEST_NO_BELL		(~0ULL)

/* Kinds of loads, in n of GUEST_OP_READ */
#define GUEST_LOAD_8		0	/* ldrb */
#define GUEST_LOAD_16		1	/* ldrh */
#define GUEST_LOAD_32		2	/* ldr wN */
#define GUEST_LOAD_64		3	/* ldr xN */
#define GUEST_LOAD_S8		4	/* ldrsb xN */
#define GUEST_LOAD_S16		5	/* ldrsh xN */
#define GUEST_LOAD_S32		6	/* ldrsw xN */
#define GUEST_LOAD_S8W		7	/* ldrsb wN */
#define GUEST_LOAD_S16W		8	/* ldrsh wN */
#define GUEST_LOADS		9

/* Pattern c: the 64-bit word number i is c + i * GUEST_PATTERN_STEP */
#define GUEST_PATTERN_STEP	0x9e3779b97f4a7c15

#ifndef __ASSEMBLER__

#include <linux/types.h>

/**
 * struct guest_op - one operation of a guest's program
 * @op: GUEST_OP_...
 * @n: as the operation says
 * @a: as the operation says
 * @b: as the operation says
 * @c: as the operation says
 */
struct guest_op {
	__u32 op;
	__u32 n;
	__u64 a;
	__u64 b;
	__u64 c;
};

/**
 * struct guest_irq - what GUEST_OP_IRQ_SERVE does with an interrupt
 * @count: incremented each time it comes
 * @bell: capability of the doorbell to clear then, or GUEST_NO_BELL
 *
 * There is an array of them in memory, the index is the INTID.
 */
struct guest_irq {
	__u64 count;
	__u64 bell;
};

extern const unsigned char guest_code[GUEST_PROG];

#define GUEST_OP(_op, _n, _a, _b, _c) { (_op), (_n), (_a), (_b), (_c) }
#define G_OFF			GUEST_OP(GUEST_OP_OFF, 0, 0, 0, 0)
#define G_RESET			GUEST_OP(GUEST_OP_RESET, 0, 0, 0, 0)
#define G_RESET2(type, cookie)	GUEST_OP(GUEST_OP_RESET2, 0, type, cookie, 0)
#define G_CPU_OFF		GUEST_OP(GUEST_OP_CPU_OFF, 0, 0, 0, 0)
#define G_CPU_ON(cpu, prog)	GUEST_OP(GUEST_OP_CPU_ON, 0, cpu, prog, 0)
#define G_WRITE(n, addr, val)	GUEST_OP(GUEST_OP_WRITE, n, addr, val, 0)
#define G_READ(kind, addr, val)	GUEST_OP(GUEST_OP_READ, kind, addr, val, 0)
#define G_ECHO(from, to, n)	GUEST_OP(GUEST_OP_ECHO, 0, from, to, n)
#define G_FILL(addr, size, pat)	GUEST_OP(GUEST_OP_FILL, 0, addr, size, pat)
#define G_CHECK(addr, size, pat) GUEST_OP(GUEST_OP_CHECK, 0, addr, size, pat)
#define G_IDLE(ticks)		GUEST_OP(GUEST_OP_IDLE, 0, ticks, 0, 0)
#define G_SLEEP			GUEST_OP(GUEST_OP_SLEEP, 0, 0, 0, 0)
#define G_SPIN			GUEST_OP(GUEST_OP_SPIN, 0, 0, 0, 0)
#define G_FAULT			GUEST_OP(GUEST_OP_FAULT, 0, 0, 0, 0)
#define G_WAIT(addr, val)	GUEST_OP(GUEST_OP_WAIT, 0, addr, val, 0)
#define G_HVC(fn, arg, ret)	GUEST_OP(GUEST_OP_HVC, 0, fn, arg, ret)
#define G_HVC_REGS(regs)	GUEST_OP(GUEST_OP_HVC_REGS, 0, regs, 0, 0)
#define G_JUMP(prog)		GUEST_OP(GUEST_OP_JUMP, 0, prog, 0, 0)
#define G_COPY(from, to, size)	GUEST_OP(GUEST_OP_COPY, 0, from, to, size)
#define G_HAMMER(n, addr, val, count) \
				GUEST_OP(GUEST_OP_HAMMER, n, addr, val, count)
#define G_TIME(addr)		GUEST_OP(GUEST_OP_TIME, 0, addr, 0, 0)
#define G_IRQ_ENABLE(kind, irq)	GUEST_OP(GUEST_OP_IRQ_ENABLE, kind, irq, 0, 0)
#define G_IRQ_WAIT(irq, count, bell) \
				GUEST_OP(GUEST_OP_IRQ_WAIT, 0, irq, count, bell)
#define G_IRQ_SERVE(how, stop, irqs) \
				GUEST_OP(GUEST_OP_IRQ_SERVE, how, stop, irqs, 0)
#define G_IRQ_PEEK(addr)	GUEST_OP(GUEST_OP_IRQ_PEEK, 0, addr, 0, 0)
#define G_BELL_CLEAR(bell, old)	GUEST_OP(GUEST_OP_BELL_CLEAR, 0, bell, old, 0)

#endif /* __ASSEMBLER__ */
#endif /* GUNYAH_TEST_PAYLOADS_H */
