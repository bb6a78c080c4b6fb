// SPDX-License-Identifier: GPL-2.0-only
/*
 * Timer events, and kicks
 *
 * EL2 gets control while the host or a guest runs by interrupts of Group 0,
 * which are FIQs: the host uses only Group 1, and HCR_EL2.FMO brings FIQs to
 * EL2 even if EL1 has masked them. The EL2 physical timer and one SGI are in that
 * group. The host initialises the GIC as if it were alone, so that these
 * interrupts are set up again whenever they are needed.
 */
#include "hyp.h"

#define GICD_CTLR		0x0000
#define GICD_CTLR_ENABLE_G0	BIT(0)

/* In the redistributor's SGI frame */
#define GICR_SGI		0x10000
#define GICR_IGROUPR0		0x0080
#define GICR_ISENABLER0		0x0100
#define GICR_IPRIORITYR		0x0400

#define PRIORITY		0x20
#define INTID_SPURIOUS		1023

#define GROUP0			(BIT(INTID_CNTHP) | BIT(INTID_KICK))

/**
 * timer_us() - microseconds as ticks of the generic timer
 * @us: microseconds
 *
 * Return: ticks.
 */
u64 timer_us(u64 us)
{
	return us * hyp.timer_hz / 1000000;
}

static void group0_enable(struct cpu *cpu)
{
	u64 sgi = cpu->gicr + GICR_SGI;
	u32 group = read32(sgi + GICR_IGROUPR0);
	u32 ctlr = read32(GICD_BASE + GICD_CTLR);

	if (group & GROUP0)
		write32(sgi + GICR_IGROUPR0, group & ~GROUP0);
	*(volatile u8 *)(sgi + GICR_IPRIORITYR + INTID_CNTHP) = PRIORITY;
	*(volatile u8 *)(sgi + GICR_IPRIORITYR + INTID_KICK) = PRIORITY;
	write32(sgi + GICR_ISENABLER0, GROUP0);
	if (!(ctlr & GICD_CTLR_ENABLE_G0))
		write32(GICD_BASE + GICD_CTLR, ctlr | GICD_CTLR_ENABLE_G0);
}

/* Only for this CPU, as each can access only its own timer */
static void arm(struct cpu *cpu)
{
	if (cpu->events) {
		group0_enable(cpu);
		write_sysreg(cpu->events->when, cnthp_cval_el2);
		write_sysreg(1, cnthp_ctl_el2);
	} else {
		write_sysreg(0, cnthp_ctl_el2);
	}
	isb();
}

static void insert(struct cpu *cpu, struct timer_event *event)
{
	struct timer_event **p = &cpu->events;

	while (*p && (*p)->when <= event->when)
		p = &(*p)->next;
	event->next = *p;
	event->cpu = cpu;
	*p = event;
}

static void remove(struct timer_event *event)
{
	struct timer_event **p = &event->cpu->events;

	while (*p != event)
		p = &(*p)->next;
	*p = event->next;
	event->cpu = NULL;
}

/**
 * timer_init() - set up this CPU
 * @cpu: this CPU
 */
void timer_init(struct cpu *cpu)
{
	write_sysreg(0, cnthp_ctl_el2);
	write_sysreg(1, S3_0_C12_C12_6);	/* ICC_IGRPEN0_EL1 */
	arm(cpu);
}

/**
 * timer_set() - have an event called
 * @event: set already: moved to the new time
 * @when: CNTPCT_EL0 value
 */
void timer_set(struct timer_event *event, u64 when)
{
	struct cpu *cpu = this_cpu();

	if (event->cpu)
		timer_cancel(event);
	event->when = when;
	insert(cpu, event);
	/* An overdue event has lost its interrupt: another kernel has the GIC now */
	if (cpu->events == event || cpu->events->when < timer_now())
		arm(cpu);
}

/**
 * timer_cancel() - have it not called
 * @event: set or not
 */
void timer_cancel(struct timer_event *event)
{
	struct cpu *cpu = event->cpu;

	if (!cpu)
		return;
	/* Another CPU's timer fires in vain, if it was the first there */
	remove(event);
	if (cpu == this_cpu())
		arm(cpu);
}

static void run_due(struct cpu *cpu)
{
	struct timer_event *event;
	u64 now = timer_now();

	while ((event = cpu->events) && event->when <= now) {
		remove(event);
		event->fn(event);
	}
}

/**
 * timer_fiq() - take an interrupt of Group 0
 * @cpu: this CPU
 */
void timer_fiq(struct cpu *cpu)
{
	u64 intid = read_sysreg(S3_0_C12_C8_0);		/* ICC_IAR0_EL1 */

	if (intid == INTID_SPURIOUS)
		return;
	if (intid == INTID_CNTHP)
		write_sysreg(0, cnthp_ctl_el2);
	isb();
	write_sysreg(intid, S3_0_C12_C8_1);		/* ICC_EOIR0_EL1 */
	run_due(cpu);
	arm(cpu);
}

/**
 * timer_cpu_off() - this CPU is about to be turned off by the host
 * @cpu: this CPU
 */
void timer_cpu_off(struct cpu *cpu)
{
	struct timer_event *event;
	struct cpu *other = NULL;
	u32 i;

	for (i = 0; i < hyp.num_cpus; i++) {
		if (&hyp.cpus[i] != cpu && hyp.cpus[i].online)
			other = &hyp.cpus[i];
	}
	if (other && cpu->events) {
		while ((event = cpu->events)) {
			remove(event);
			insert(other, event);
		}
		cpu_kick(other);	/* which arms its timer */
	}
	write_sysreg(0, cnthp_ctl_el2);
}

/**
 * cpu_kick() - make another CPU enter EL2
 * @cpu: which; nothing is done for this CPU
 */
void cpu_kick(struct cpu *cpu)
{
	u64 aff = cpu->mpidr;

	if (cpu == this_cpu())
		return;
	group0_enable(cpu);
	dsb_ishst();
	/* ICC_SGI0R_EL1: target list within Aff3.Aff2.Aff1 */
	write_sysreg((aff >> 32 & 0xff) << 48 | (aff >> 16 & 0xff) << 32 |
		     (aff >> 8 & 0xff) << 16 | (u64)INTID_KICK << 24 |
		     BIT(aff & 0xf), S3_0_C12_C11_7);
	isb();
}
