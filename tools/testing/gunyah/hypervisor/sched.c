// SPDX-License-Identifier: GPL-2.0-only
/*
 * Scheduler for vCPUs that are not proxy-scheduled
 *
 * On each physical CPU such vCPUs and the host take turns. A vCPU's turn ends
 * with its time slice, when it waits for an interrupt, and when the host has an
 * interrupt to take. Then the host gets at least as much time as the vCPU had
 * before the next one's turn, so that neither starves the other. A vCPU runs on
 * the CPU that its affinity names if the host has that online.
 */
#include "guest.h"

#define SLICE_MIN_US		200U
#define SLICE_MAX_US		5000U
#define HOST_MIN_US		50
#define RETRY_US		50

#define RPR_IDLE		0xff
#define ISR_I			BIT(7)

/**
 * struct sched - a physical CPU's turns
 * @tick: end of the present turn: the vCPU's, or the host's if @tick is set
 * @due: that time has come
 * @running: it is a vCPU's turn
 * @start: when it started
 * @host_until: end of the time that the host gets after that
 * @last: the vCPU whose turn it is or was
 */
struct sched {
	struct timer_event tick;
	bool due;
	bool running;
	u64 start;
	u64 host_until;
	struct vcpu *last;
};

static struct sched scheds[HYP_MAX_CPUS];
static struct vcpu *all;

static u32 cpu_for(const struct vcpu *vcpu)
{
	u32 n = vcpu->affinity % hyp.num_cpus;

	if (hyp.cpus[n].online)
		return n;
	for (n = 0; n < hyp.num_cpus - 1; n++) {
		if (hyp.cpus[n].online)
			break;
	}
	return n;
}

static bool wants(const struct vcpu *vcpu, u32 cpu)
{
	return vcpu->state == VCPU_RUNNABLE && !vcpu->cpu &&
	       cpu_for(vcpu) == cpu;
}

static struct vcpu *pick(u32 cpu)
{
	struct vcpu *last = scheds[cpu].last, *vcpu;

	for (vcpu = last ? last->next : NULL; vcpu; vcpu = vcpu->next) {
		if (wants(vcpu, cpu))
			return vcpu;
	}
	for (vcpu = all; vcpu; vcpu = vcpu->next) {
		if (wants(vcpu, cpu))
			return vcpu;
	}
	return NULL;
}

static void tick(struct timer_event *event)
{
	struct sched *s = container_of(event, struct sched, tick);

	s->due = true;
	cpu_kick(&hyp.cpus[s - scheds]);
}

static void arm(struct sched *s)
{
	if (s->running || s->due || timer_is_set(&s->tick))
		return;
	s->tick.fn = tick;
	timer_set(&s->tick, max(timer_now(), s->host_until));
}

/* Every vCPU that can run gets a turn, on the CPU that cpu_for() chooses */
static void arm_all(void)
{
	for (struct vcpu *vcpu = all; vcpu; vcpu = vcpu->next) {
		if (vcpu->state == VCPU_RUNNABLE && !vcpu->cpu)
			arm(&scheds[cpu_for(vcpu)]);
	}
}

u64 sched_slice(u32 timeslice_us)
{
	u64 us = max(timeslice_us, SLICE_MIN_US);

	return timer_us(min(us, SLICE_MAX_US));
}

void sched_add(struct vcpu *vcpu)
{
	vcpu->next = all;
	all = vcpu;
}

void sched_remove(struct vcpu *vcpu)
{
	struct vcpu **p = &all;

	while (*p && *p != vcpu)
		p = &(*p)->next;
	if (*p)
		*p = vcpu->next;
	for (u32 i = 0; i < hyp.num_cpus; i++) {
		if (scheds[i].last == vcpu)
			scheds[i].last = NULL;
	}
}

void sched_wake(struct vcpu *vcpu)
{
	arm(&scheds[cpu_for(vcpu)]);
}

void sched_left(struct cpu *cpu)
{
	struct sched *s = &scheds[cpu->index];
	u64 now = timer_now();

	if (!s->running)
		return;
	s->running = false;
	s->due = false;
	timer_cancel(&s->tick);
	s->host_until = now + max(now - s->start, timer_us(HOST_MIN_US));
	arm_all();
}

void sched_cpu_off(struct cpu *cpu)
{
	struct sched *s = &scheds[cpu->index];

	s->due = false;
	timer_cancel(&s->tick);
	arm_all();
}

/* Whether the CPU may be taken from the host now */
static bool host_idle(void)
{
	/* No interrupt is pending, and none is being handled */
	return !(read_sysreg(isr_el1) & ISR_I) &&
	       read_sysreg(S3_0_C12_C11_3) == RPR_IDLE;	/* ICC_RPR_EL1 */
}

void sched_poll(struct cpu *cpu, struct frame *f)
{
	struct sched *s = &scheds[cpu->index];
	struct vcpu *vcpu;

	if (!s->due)
		return;
	s->due = false;

	if (cpu->vcpu) {
		bool slice_over = !cpu->vcpu->proxy;

		vcpu_exit(cpu, f, RUN_READY, 0, 0, 0);
		if (slice_over)
			return;
	}

	vcpu = pick(cpu->index);
	if (!vcpu) {
		/* The runnable ones may belong to other CPUs by now */
		arm_all();
		return;
	}
	if (!host_idle()) {
		timer_set(&s->tick, timer_now() + timer_us(RETRY_US));
		return;
	}
	s->last = vcpu;
	s->running = true;
	s->start = timer_now();
	timer_set(&s->tick, s->start + vcpu->slice);
	vcpu_enter(cpu, f, vcpu);
}
