/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Test hypervisor: physical CPUs, exceptions and timer events
 */
#ifndef GUNYAH_TEST_CPU_H
#define GUNYAH_TEST_CPU_H

#include "base.h"

#define HYP_MAX_CPUS		8

/* QEMU's virt machine */
#define GICD_BASE		0x08000000UL
#define GICD_SIZE		0x10000UL
#define GICR_BASE		0x080a0000UL
#define GICR_STRIDE		0x20000UL
#define PL011_BASE		0x09000000UL

/* PPIs that EL2 uses itself, and the SGI that kicks another CPU */
#define INTID_KICK		15
#define INTID_MAINT		25
#define INTID_CNTHP		26
#define INTID_CNTV		27
#define INTID_CNTP		30

/* SPSR for the start of a CPU: EL1h, all interrupts masked */
#define SPSR_BOOT		0x3c5

struct cpu;
struct vcpu;

/**
 * struct frame - registers of the interrupted EL1/EL0 context
 * @x: general purpose registers
 * @pc: ELR_EL2: behind an HVC, but still at a trapped SMC
 * @spsr: SPSR_EL2
 * @unused: keeps the size a multiple of 16
 *
 * vectors.S stores it at the top of the CPU's EL2 stack and restores it from
 * there: a handler changes it to change what EL2 returns to.
 */
struct frame {
	u64 x[31];
	u64 pc;
	u64 spsr;
	u64 unused;
};

/**
 * struct timer_event - something to do at a time, embed and use container_of()
 * @fn: called with the hypervisor lock held, on any CPU
 * @when: CNTPCT_EL0 value at which it is due
 * @next: later event of the same CPU
 * @cpu: CPU whose timer it waits for, NULL if it is not set
 */
struct timer_event {
	void (*fn)(struct timer_event *event);
	u64 when;
	struct timer_event *next;
	struct cpu *cpu;
};

/**
 * struct cpu - a physical CPU
 * @index: 0.. in the order of the devicetree
 * @mpidr: its MPIDR_EL1 affinity
 * @online: Linux has it (from CPU_ON to CPU_OFF)
 * @vcpu: the guest's vCPU that is at EL1, or NULL for the host
 * @host_frame: the host's registers while @vcpu is not NULL
 * @in_guest: it may be executing a guest: set by hyp_unlock() if @vcpu is not
 *	NULL, cleared by hyp_lock() before it waits for the lock
 * @gicr: base of its redistributor
 * @events: timer events, sorted by time
 * @boot_pc: where the host wants this CPU to start
 * @boot_ctx: the value that x0 has there
 * @host_sgis: writes of the host to the registers that send SGIs
 */
struct cpu {
	u32 index;
	u64 mpidr;
	bool online;
	struct vcpu *vcpu;
	struct frame host_frame;
	volatile bool in_guest;
	u64 gicr;
	struct timer_event *events;
	u64 boot_pc;
	u64 boot_ctx;
	u64 host_sgis;
};

static inline struct cpu *this_cpu(void)
{
	return (struct cpu *)read_sysreg(tpidr_el2);
}

/* main.c: called by head.S with registers to fill in for EL1 */
void hyp_main(void *fdt, struct frame *f);
void hyp_secondary(u32 index, struct frame *f);
void hyp_lock(void);
void hyp_unlock(void);
void cpu_start(struct cpu *cpu);

/* trap.c: called by vectors.S */
void trap_sync(struct frame *f);
void trap_irq(struct frame *f);
void trap_fiq(struct frame *f);
void trap_serror(struct frame *f);
void __noreturn trap_hyp(struct frame *f, u64 vector);
/* Exceptions for the EL1 context that runs now, the host's or a guest's */
void inject_sea(struct frame *f, bool instruction, u64 far);
void inject_undef(struct frame *f);

/* psci_host.c */
bool psci_host(struct cpu *cpu, struct frame *f);
u64 smc_call(u64 fn, u64 a1, u64 a2, u64 a3);
void host_cpu_init(struct cpu *cpu);

/* timer.c */
void timer_init(struct cpu *cpu);
void timer_set(struct timer_event *event, u64 when);
void timer_cancel(struct timer_event *event);
void timer_fiq(struct cpu *cpu);
void timer_cpu_off(struct cpu *cpu);
void cpu_kick(struct cpu *cpu);
u64 timer_us(u64 us);

static inline bool timer_is_set(const struct timer_event *event)
{
	return event->cpu;
}

static inline u64 timer_now(void)
{
	isb();
	return read_sysreg(cntpct_el0);
}

#endif /* GUNYAH_TEST_CPU_H */
