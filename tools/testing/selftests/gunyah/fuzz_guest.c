// SPDX-License-Identifier: GPL-2.0-only
/*
 * Guests that cannot be trusted: random accesses, PSCI calls and hypercalls
 */
#include <string.h>

#include "fuzz.h"

#define HVC_FIRST	0xc6008000ULL
#define HVC_COUNT	0x70

/* The programs of all vCPUs take turns with a register file of their own */
#define REGS_AT(cpu)	(GUEST_DATA + (cpu) * 0x200)

static const __u64 psci_calls[] = {
	0x84000000,		/* VERSION */
	0xc4000001,		/* CPU_SUSPEND */
	0x84000002, 0xc4000003, 0xc4000004, 0x84000006, 0x84000007, 0x84000008,
	0x84000009, 0x8400000a, 0xc400000c, 0xc400000d, 0xc400000e, 0xc4000010,
	0xc4000012,
	0x80000000,		/* SMCCC_VERSION */
	0x80000001, 0x8600ff01, 0x8600ff03, 0x84000050, 0xc5000020,
};

static __u64 some_address(__u64 *state)
{
	static const __u64 bases[] = {
		0, 0x1000, 0x20000000, 0x3ffff000, 0x3ffffff8,
		GUEST_GICD, GUEST_GICR, GUEST_BASE, GUEST_SHM_BASE,
		GUEST_BASE + GUEST_SIZE, 0x40000000, 0x8000000000,
	};
	__u64 base = bases[random_below(state, random_below(state, 16) ? 7 :
					      ARRAY_SIZE(bases))];

	/* Payloads make aligned accesses only */
	return base + (random_below(state, 0x1000) & ~7ULL);
}

static void some_regs(__u64 *regs, __u64 *state)
{
	unsigned int i;

	for (i = 0; i < 6; i++)
		regs[i] = random_below(state, 2) ? random_below(state, 64) :
			  random_next(state) >> random_below(state, 64);
	if (random_below(state, 2))
		regs[0] = HVC_FIRST + random_below(state, HVC_COUNT);
	else
		regs[0] = psci_calls[random_below(state,
						 ARRAY_SIZE(psci_calls))];
	/* Those that end the VM are rare: nothing happens after them */
	if ((regs[0] == PSCI_SYSTEM_OFF || regs[0] == PSCI_SYSTEM_RESET ||
	     regs[0] == PSCI_SYSTEM_RESET2 || regs[0] == PSCI_CPU_OFF) &&
	    random_below(state, 8))
		regs[0] = 0x84000000;
}

static struct guest_op some_op(__u64 *state)
{
	__u64 at = some_address(state), value = random_next(state);
	unsigned int len = 1 << random_below(state, 4);

	switch (random_below(state, 12)) {
	case 0:
	case 1:
	case 2:
	case 3:
		return (struct guest_op)G_WRITE(len, 0x1000 + (at & 0x18),
						value & 3);
	case 4:
	case 5:
		return (struct guest_op)G_WRITE(len, at, value);
	case 6:
		return (struct guest_op)G_ECHO(at, 0x2000, 1 + (value & 7));
	case 7:
		return (struct guest_op)G_IDLE(1 + (value & 0xffff));
	case 8:
		return (struct guest_op)G_IRQ_ENABLE(value & 2,
						     32 + (value >> 8) % 64);
	case 9:
		return (struct guest_op)G_IRQ_PEEK(GUEST_BASE + GUEST_DATA +
						   0x1000);
	case 10:
		return (struct guest_op)G_BELL_CLEAR(value & 15, GUEST_BASE +
						     GUEST_DATA + 0x1008);
	default:
		return (struct guest_op)G_TIME(GUEST_BASE + GUEST_DATA +
					       0x1010);
	}
}

/* How it ends, unless a call has ended it */
static struct guest_op last_op(__u64 start, __u64 *state)
{
	switch (random_below(state, 12)) {
	case 0:
		return (struct guest_op)G_OFF;
	case 1:
		return (struct guest_op)G_RESET;
	case 2:
		return (struct guest_op)G_RESET2(random_next(state), 1);
	case 3:
		return (struct guest_op)G_FAULT;
	case 4:
		return (struct guest_op)G_SPIN;
	case 5:
		return (struct guest_op)G_CPU_OFF;
	case 6:
		return (struct guest_op)G_SLEEP;
	default:
		return (struct guest_op)G_JUMP(start);
	}
}

/**
 * fuzz_guest_program() - write a random program of a vCPU
 * @ops: the program
 * @n: its length
 * @regs: registers of its calls, 6 for each of them
 * @regs_gpa: their address in the guest
 * @seed: of the random numbers
 *
 * It begins with PSCI and Gunyah's calls, and does the rest again and again.
 */
void fuzz_guest_program(struct guest_op *ops, unsigned int n, __u64 *regs,
			__u64 regs_gpa, __u64 seed)
{
	__u64 state = random_state(seed, n);
	unsigned int i;

	for (i = 0; i < n - 1; i++) {
		if (i < 10 && random_below(&state, 3) == 0) {
			some_regs(regs + 6 * i, &state);
			ops[i] = (struct guest_op)
				 G_HVC_REGS(regs_gpa + 6 * i * sizeof(*regs));
		} else {
			ops[i] = some_op(&state);
		}
	}
}

/**
 * fuzz_guest_image() - write code and programs of a guest into its image
 * @mem: the image, GUEST_FREE bytes, which may be lent at any time
 * @seed: of the random numbers
 * @cpus: number of vCPUs
 *
 * Return: whether all of it could be written.
 */
bool fuzz_guest_image(void *mem, __u64 seed, unsigned int cpus)
{
	__u64 state = random_state(seed, 1000), prog, regs[60] = {};
	const unsigned int n = 12;
	struct guest_op ops[12];
	unsigned int cpu;

	if (!fuzz_copy(mem, guest_code, sizeof(guest_code)))
		return false;
	for (cpu = 0; cpu < cpus; cpu++) {
		prog = VM_PROGRAM(cpu);
		fuzz_guest_program(ops, n, regs, GUEST_BASE + REGS_AT(cpu),
				   seed + cpu);
		ops[n - 1] = last_op(prog, &state);
		if (!cpu && cpus > 1)
			ops[0] = (struct guest_op)G_CPU_ON(1, VM_PROGRAM(1));
		if (!fuzz_copy(mem + GUEST_PROG + cpu * GUEST_PROG_SIZE, ops,
			       sizeof(ops)) ||
		    !fuzz_copy(mem + REGS_AT(cpu), regs, sizeof(regs)))
			return false;
	}
	return true;
}
